"""The tasks on a real Valkey: every kind answered, a dead queue told, and nothing but the settings changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from domain.errors import MarsadError, SettingError, StoreAway, TemporaryFailure
from tests.support.valkey import Valkey, valkey
from workers.fleet.redis import check_redis, state
from workers.ports import WorkKind
from workers.tasks import KINDS, Bell, make_broker


@pytest.fixture
def server() -> Iterator[Valkey]:
    with valkey() as server:
        yield server


class Stage:
    """Takes note of what it was asked to do."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        self.fails: list[Exception] = []

    def run(self, kind: WorkKind, subject: str) -> bool:
        self.done.append((kind, subject))
        if self.fails:
            raise self.fails.pop()
        return True


def bell(server: Valkey, stage: Stage) -> Bell:
    return Bell(make_broker(server.url), stage)  # type: ignore[arg-type] # one verb of it


def answer(ringing: Bell, kinds: tuple[WorkKind, ...] = KINDS) -> None:
    """Work until no message of these kinds is left."""
    worker = ringing.worker(2, kinds)
    for kind in kinds:
        ringing.broker.join(kind, timeout=20_000)
    worker.stop()


def test_every_kind_of_work_is_a_task_with_one_id(server: Valkey) -> None:
    stage = Stage()
    ringing = bell(server, Stage())
    for kind in KINDS:
        ringing.ring(kind, "7")
    answer(bell(server, stage))
    assert sorted(stage.done) == sorted((kind, "7") for kind in KINDS)


def test_a_worker_answers_its_kinds_only(server: Valkey) -> None:
    stage = Stage()
    ringing = bell(server, stage)
    ringing.ring("project", "positions")
    ringing.ring("read", "a")
    answer(ringing, ("read",))
    assert stage.done == [("read", "a")]


@pytest.mark.parametrize("error", [StoreAway("away"), ValueError("ours")])
def test_what_fails_is_not_rung_again_by_the_queue(error: Exception, server: Valkey) -> None:
    stage = Stage()
    stage.fails = [error]
    ringing = bell(server, stage)
    ringing.ring("read", "a")
    answer(ringing, ("read",))
    assert stage.done == [("read", "a")]
    with server.client() as client:
        assert client.llen("dramatiq:read") == 0


def test_a_queue_that_is_away_is_told_and_comes_back(server: Valkey) -> None:
    stage = Stage()
    ringing = bell(server, stage)
    ringing.ring("read", "a")
    server.kill()
    with pytest.raises(TemporaryFailure, match="MARSAD_REDIS_URL"):
        ringing.ring("read", "b")
    with pytest.raises(TemporaryFailure, match="start it"):
        check_redis(server.url)
    server.start()
    ringing.ring("read", "c")
    answer(ringing, ("read",))
    assert stage.done == [("read", "c")]


def test_a_queue_that_nobody_answers_is_full_after_a_while(server: Valkey) -> None:
    ringing = bell(server, Stage())
    for number in range(499):
        ringing.ring("read", str(number))
    assert not ringing.is_full("read")
    ringing.ring("read", "499")
    assert ringing.is_full("read")
    assert not ringing.is_full("fetch")
    with server.client() as client:
        client.delete("dramatiq:read")  # as an eviction does: the messages' texts remain
    assert not ringing.is_full("read")


def test_a_queue_that_does_not_take_messages_is_told(server: Valkey) -> None:
    ringing = bell(server, Stage())
    with server.client() as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1")
    with pytest.raises(TemporaryFailure, match="MARSAD_REDIS_URL"):
        ringing.ring("read", "a")


@pytest.mark.parametrize(
    ("policy", "most", "passes"),
    [("noeviction", "100mb", True), ("allkeys-lru", "0", True), ("allkeys-lru", "100mb", False),
     ("volatile-ttl", "100mb", False)],
)  # fmt: skip
def test_a_queue_that_evicts_is_refused(policy: str, most: str, passes: bool, server: Valkey) -> None:
    with server.client() as client:
        client.config_set("maxmemory", most)
        client.config_set("maxmemory-policy", policy)
    assert state(server.url).evicts is not passes
    if passes:
        check_redis(server.url)
        return
    with pytest.raises(SettingError, match=rf"MARSAD_REDIS_URL.*{policy}.*set maxmemory-policy noeviction"):
        check_redis(server.url)


def test_a_queue_that_asks_for_a_password_says_so(server: Valkey) -> None:
    with server.client() as client:
        client.config_set("requirepass", "secret")
    with pytest.raises(MarsadError, match="the server refuses us"):
        check_redis(server.url)
