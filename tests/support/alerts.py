"""Alerts at work on a store: facts go in, the clock is moved, and a sender keeps what would have been sent.

It must not know how a message travels.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec

from domain.alerts.message import CloudEvent
from domain.events import event_identity
from domain.log import NewEvent
from tests.support.facts import T0, read
from workers.composing import Composer
from workers.lanes import Lanes
from workers.ports import Delivery, DeliveryOutcome, Subscription
from workers.projections.runner import PositionsRunner
from workers.stages import Stages
from workers.store.store import Store
from workers.titles import Titles

DELIVERED = DeliveryOutcome(status="delivered", http_status=204)
WAIT = 30.0


class Sink:
    """A kind of channel that keeps what it is given. `answer`: what it says of the attempts to come."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, CloudEvent]] = []
        self.answer: Callable[[Delivery], DeliveryOutcome] = lambda _: DELIVERED

    def send(self, delivery: Delivery, *, now: datetime) -> DeliveryOutcome:
        """Keep it, and answer."""
        self.sent.append((delivery.key, msgspec.json.decode(delivery.body, type=CloudEvent)))
        return self.answer(delivery)

    @property
    def events(self) -> list[CloudEvent]:
        """The messages, in order."""
        return [event for _, event in self.sent]


class Desk:
    """A store with a runner, the steps and a clock of its own."""

    def __init__(self, store: Store, titles: Titles, *, wait: float = WAIT) -> None:
        self.store = store
        self.now = T0
        self.sink = Sink()
        self.wait = wait
        self.titles = titles
        self.restart()

    def restart(self) -> None:
        """A new process on the same database."""
        clock = lambda: self.now  # noqa: E731
        self.runner = PositionsRunner(self.store, alert_wait=self.wait)
        self.stages = Stages(
            self.store, cast(Any, None), cast(Any, None), self.runner, {"webhook": self.sink},
            compose=Composer(self.titles, clock), lanes=Lanes(8), clock=clock, lease_seconds=120, attempts=6,
        )  # fmt: skip

    def subscribe(self, target: str = "https://hook.example/", **wanted: Any) -> Subscription:
        """Who wants to know, from now on."""
        channel = self.store.add_channel("webhook", target, secrets=["whsec_c2VjcmV0"], now=self.now)
        return self.store.add_subscription([channel.id], now=self.now, **wanted)

    def say(self, article: str, stance: str, day: str, **more: Any) -> str:
        """A fact read out of an article, projected; its id in the log."""
        record = read(article, stance=stance, day=day, **more)
        event_id = event_identity(article, record)
        self.store.log.append(article, [NewEvent(event_id=event_id, record=record)])
        self.project()
        return event_id

    def take_back(self, event_id: str) -> None:
        """A retraction, projected."""
        self.store.retract(event_id, why="misread", who="editor", now=self.now)
        self.project()

    def project(self) -> None:
        """Catch up with the log."""
        self.runner.catch_up(now=self.now)

    def move(self, **by: float) -> int:
        """Let time pass, then do whatever is due; returns how many messages went."""
        self.now += timedelta(**by)
        before = len(self.sink.sent)
        for _ in range(20):
            due = [item for item in self.store.due(self.now, limit=1000) if item.kind == "deliver"]
            if not due:
                break
            for item in due:
                self.stages.run("deliver", item.subject)
        return len(self.sink.sent) - before

    def statuses(self) -> list[str]:
        """Of every delivery, oldest first."""
        return [str(d.status) for d in self.store.deliveries(limit=1000)][::-1]
