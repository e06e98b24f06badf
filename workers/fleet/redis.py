"""What the queue's server must be like: it answers, and it never evicts. It must not know the messages."""

from __future__ import annotations

import msgspec
import redis

from domain.errors import SettingError, TemporaryFailure

_SECONDS = 5


class RedisState(msgspec.Struct, frozen=True, kw_only=True):
    """`policy`: what happens when `most_bytes` are full; `most_bytes` 0: no limit. `now`: its clock, in seconds."""

    policy: str
    most_bytes: int
    used_bytes: int
    now: float

    @property
    def evicts(self) -> bool:
        """Whether queued messages may be thrown away without an error."""
        return self.most_bytes > 0 and self.policy != "noeviction"


def state(url: str) -> RedisState:
    """How the server stands.

    Raises:
        TemporaryFailure: it does not answer.
        SettingError: it refuses us.
    """
    try:
        with redis.Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS) as client:
            memory = client.info("memory")
            seconds, micros = client.time()
    except (redis.exceptions.AuthenticationError, redis.exceptions.ResponseError) as exc:
        raise SettingError(f"MARSAD_REDIS_URL: the server refuses us: {exc}") from exc
    except (redis.RedisError, OSError) as exc:
        raise TemporaryFailure(f"MARSAD_REDIS_URL: no Redis answers there ({exc}): start it, or mend the URL") from exc
    return RedisState(
        policy=str(memory.get("maxmemory_policy", "noeviction")), most_bytes=int(memory.get("maxmemory", 0)),
        used_bytes=int(memory.get("used_memory", 0)), now=float(seconds) + float(micros) / 1e6,
    )  # fmt: skip


def check_redis(url: str) -> None:
    """Pass where queued messages are safe from eviction.

    Raises:
        SettingError: they are not; the message says what to set.
        TemporaryFailure: the server does not answer.
    """
    found = state(url)
    if found.evicts:
        raise SettingError(
            f"MARSAD_REDIS_URL: this Redis throws queued messages away when its memory is full ({found.policy}): "
            "set maxmemory-policy noeviction there (CONFIG SET, and in its configuration file)"
        )
