"""What a site's robots.txt asks (RFC 9309): whether an address may be fetched, and the pause between requests.

Read once per site and kept for a while. It must not know what is fetched.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
from protego import Protego

from domain.errors import PermanentFailure, TemporaryFailure

ROBOTS_BYTES = 1_000_000
_KEPT = 24 * 3600.0
_KEPT_MISSING = 6 * 3600.0
_KEPT_FAILURE = 600.0
_MOST_SITES = 10_000


class _Body(Protocol):
    @property
    def body(self) -> bytes: ...


class Getting(Protocol):
    """What fetches; see `workers.fetch.client`."""

    def get(self, url: str, *, limit_bytes: int) -> _Body: ...


class _Rules(msgspec.Struct, frozen=True):
    """`rules` None: everything is allowed. `failure`: why the file could not be read."""

    until: float
    rules: Protego | None = None
    failure: str | None = None


class Robots:
    """The rules of every site met. Safe to use from many threads."""

    def __init__(self, client: Getting, user_agent: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._agent = _token(user_agent)
        self._clock = clock
        self._guard = threading.Lock()
        self._sites: dict[str, _Rules] = {}

    def allowed(self, url: str) -> bool:
        """Whether the site lets us fetch the address. A site without the file allows everything.

        Raises:
            TemporaryFailure: the file could not be read (5xx, time-out), so nobody knows yet.
        """
        known = self._known(url)
        if known.failure is not None:
            left = max(1.0, known.until - self._clock())
            raise TemporaryFailure(f"{url}: its site's robots.txt is unknown: {known.failure}", retry_after=left)
        return known.rules is None or bool(known.rules.can_fetch(url, self._agent))

    def crawl_delay(self, url: str) -> float | None:
        """Seconds that the site asks to leave between requests; None where it asks nothing."""
        known = self._known(url)
        delay = None if known.rules is None else known.rules.crawl_delay(self._agent)
        return None if delay is None else float(delay)

    def _known(self, url: str) -> _Rules:
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}".lower()
        with self._guard:
            known = self._sites.get(site)
        if known is None or known.until <= self._clock():
            known = self._read(site)
            with self._guard:
                if len(self._sites) >= _MOST_SITES:
                    self._sites.pop(next(iter(self._sites)))
                self._sites[site] = known
        return known

    def _read(self, site: str) -> _Rules:
        try:
            answer = self._client.get(f"{site}/robots.txt", limit_bytes=ROBOTS_BYTES)
        except PermanentFailure:
            return _Rules(until=self._clock() + _KEPT_MISSING)
        except TemporaryFailure as exc:
            wait = max(_KEPT_FAILURE, min(exc.retry_after or 0.0, _KEPT))
            return _Rules(until=self._clock() + wait, failure=str(exc))
        rules = Protego.parse(answer.body.decode("utf-8", "replace"))
        return _Rules(until=self._clock() + _KEPT, rules=rules)


def _token(user_agent: str) -> str:
    """The product's name, by which a robots.txt addresses us (RFC 9309, 2.2.1)."""
    match = re.match(r"\s*([A-Za-z_-]+)", user_agent)
    return "*" if match is None else match[1]
