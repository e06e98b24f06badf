"""From changes to deliveries, in the transaction of the change: who wants them, and when they are to go.

It must not know what a message says, nor how it travels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from domain.alerts.matching import Index, matches
from domain.alerts.message import lost
from domain.alerts.terms import due
from domain.positions import Change
from workers.ports import Channel, Subscription
from workers.store.alerting import Moved, NewDelivery
from workers.store.positions import Projecting


class Alerts:
    """Keeps the subscriptions between transactions, and asks for them again once one of them has changed.

    `wait`: for how long a message waits for others of its position; with none, each change is a message of its own.
    """

    def __init__(self, wait: timedelta) -> None:
        self._wait = wait
        self._stamp: int | None = None
        self._index: Index[Subscription] = Index(())
        self._by_id: dict[int, Subscription] = {}

    def write(self, unit: Projecting, new: Sequence[Change], *, now: datetime) -> int:
        """Write down what is to be told of new changes, and of those that moved; returns how many deliveries."""
        moved, unit.moved = unit.moved, []
        pairs, unit.heirs = unit.heirs, []
        if not new and not moved:
            return 0
        self._refresh(unit)
        if not self._by_id:
            return 0
        found = [d for change in new for s in self._index.wanting(change) for d in self._deliveries(s, change, now)]
        found += self._reached(moved, now)
        found += self._later(unit, moved, now)
        known = unit.alerts.inherit(pairs, now=now)
        found = [d for d in found if (d.subscription_id, d.channel_id, d.change_key) not in known]
        return unit.alerts.add(found, now=now) if found else 0

    def _reached(self, moved: Iterable[Moved], now: datetime) -> list[NewDelivery]:
        """Changes that by now have the sources or the confidence that somebody asked for."""
        return [
            delivery
            for m in moved
            if not m.withdrawn and not m.was_withdrawn
            for s in self._index.wanting(m.change)
            if not matches(s, m.before)
            for delivery in self._deliveries(s, m.change, now)
        ]

    def _later(self, unit: Projecting, moved: Iterable[Moved], now: datetime) -> list[NewDelivery]:
        """More to say of changes that were told: they were taken back, stand again, or lost evidence."""
        changes = {m.change.key: m.change for m in moved if _fell(m)}
        if not changes:
            return []
        found = []
        for told in unit.alerts.told(changes):
            subscription = self._by_id.get(told.subscription_id)
            channels = () if subscription is None else subscription.channels
            channel = next((c for c in channels if c.id == told.channel_id), None)
            if subscription is not None and channel is not None:
                found.append(self._delivery(subscription, channel, changes[told.change_key], told.turn + 1, now))
        return found

    def _deliveries(self, subscription: Subscription, change: Change, now: datetime) -> list[NewDelivery]:
        """The change itself, by each channel."""
        return [self._delivery(subscription, channel, change, 0, now) for channel in subscription.channels]

    def _delivery(
        self, subscription: Subscription, channel: Channel, change: Change, turn: int, now: datetime
    ) -> NewDelivery:
        when = due(subscription.terms, now, self._wait)
        return NewDelivery(
            subscription_id=subscription.id,
            channel_id=channel.id,
            change_key=change.key,
            turn=turn,
            group="" if when.whole else f"{change.actor}/{change.issue}" if self._wait else change.key,
            due=when.at,
            dead=None if channel.disabled is None else f"the channel is disabled: {channel.disabled}",
        )

    def _refresh(self, unit: Projecting) -> None:
        stamp = unit.alerts.stamp()
        if stamp == self._stamp:
            return
        subscriptions = unit.alerts.subscriptions()
        self._index = Index(subscriptions)
        self._by_id = {s.id: s for s in subscriptions}
        self._stamp = stamp


def _fell(moved: Moved) -> bool:
    return moved.withdrawn != moved.was_withdrawn or bool(
        lost([ref.url for ref in moved.before.evidence], moved.change)
    )
