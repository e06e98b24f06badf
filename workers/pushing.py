"""Feeds that push: hubs are asked to tell us, and a push makes its feed due at once.

What is pushed is a doorbell: it is checked and thrown away, and the feed is polled as ever, so a push can forge
nothing. Polling goes on beside it, at its own pace. It must not know the web server, nor a database.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from domain.errors import MarsadError
from workers.fetch.websub import LEASE_SECONDS, Posting, ask_hub, signature_holds
from workers.ports import Feed, Hub, PollOutcome

log = structlog.get_logger()
_LONGEST_LEASE = timedelta(days=30)


class HubStore(Protocol):
    """What is kept of hubs; see `workers.store.hubs`."""

    def ask_due(self, feed_id: int, hub: str, topic: str, *, now: datetime) -> Hub | None:
        """The row to ask the hub with, where that is due; it counts as asked from now on."""
        ...

    def hub(self, token: str) -> Hub | None: ...

    def hub_answered(self, feed_id: int, *, until: datetime | None, error: str | None) -> None:
        """The hub pushes until then, or does not, and why."""
        ...

    def ring_feed(self, feed_id: int, *, now: datetime) -> bool:
        """Make a feed due at once, or in a moment where it was polled just now. False where nothing changes."""
        ...


class Pushing:
    """`public_url`: the page as others reach it, below which hubs call."""

    def __init__(self, store: HubStore, client: Posting, public_url: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._client = client
        self._callback = f"{public_url.rstrip('/')}/websub/"
        self._clock = clock

    def keep(self, feed: Feed, outcome: PollOutcome) -> None:
        """After a poll: ask the hub that the feed names, unless that was done lately. A refusal is kept, not raised."""
        if outcome.hub is None:
            return
        found = self._store.ask_due(feed.id, outcome.hub, outcome.topic or feed.url, now=self._clock())
        if found is None:
            return
        try:
            ask_hub(
                self._client, found.hub, topic=found.topic, callback=self._callback + found.token, secret=found.secret
            )
        except MarsadError as exc:
            self._store.hub_answered(feed.id, until=None, error=str(exc))
            log.warning("hub_refused", feed=feed.url, why=str(exc))

    def confirm(self, token: str, *, mode: str, topic: str, lease: str, reason: str) -> bool:
        """Whether a hub's question is about what we asked for; `denied` is an answer too, and is kept."""
        found = self._store.hub(token)
        if found is None or found.topic != topic or mode not in ("subscribe", "denied"):
            return False
        if mode == "denied":
            self._store.hub_answered(
                found.feed_id, until=None, error=f"{found.hub} denies: {reason[:200] or 'no reason'}"
            )
            return True
        seconds = float(lease) if lease.isascii() and lease.isdigit() else LEASE_SECONDS
        until = self._clock() + min(timedelta(seconds=min(seconds, 1e9)), _LONGEST_LEASE)
        self._store.hub_answered(found.feed_id, until=until, error=None)
        return True

    def pushed(self, token: str, signature: str, body: bytes) -> bool:
        """Ring the feed, if the hub signed the push. False where nobody asked for it."""
        found = self._store.hub(token)
        if found is None or found.active_until is None:
            return False
        if signature_holds(signature, found.secret, body):
            rung = self._store.ring_feed(found.feed_id, now=self._clock())
            log.info("feed_pushed", feed_id=found.feed_id, rung=rung)
        else:
            log.warning("push_unsigned", feed_id=found.feed_id)
        return True
