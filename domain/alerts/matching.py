"""Which subscriptions want a change: one test, and an index that finds them without asking each.

Pure; it must not know how a message is worded or travels.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

from domain.alerts.terms import Terms

SILENT = frozenset({"reaffirmed"})  # kinds of change that alert only those who ask for them by name


class Wanted(Protocol):
    """The filters of a subscription; empty ones match everything, save that `changes` leaves out `SILENT`."""

    @property
    def actors(self) -> tuple[str, ...]: ...
    @property
    def issues(self) -> tuple[str, ...]: ...
    @property
    def changes(self) -> tuple[str, ...]: ...
    @property
    def terms(self) -> Terms: ...


class Changed(Protocol):
    """What of a change is matched."""

    @property
    def actor(self) -> str: ...
    @property
    def issue(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def after(self) -> str: ...
    @property
    def sources(self) -> int: ...
    @property
    def confidence(self) -> float: ...


Who = TypeVar("Who", bound=Wanted)


def matches(subscription: Wanted, change: Changed) -> bool:
    """Whether the subscriber asked for this change."""
    if subscription.actors and change.actor not in subscription.actors:
        return False
    if subscription.issues and change.issue not in subscription.issues:
        return False
    return _rest(subscription, change)


def _rest(subscription: Wanted, change: Changed) -> bool:
    terms = subscription.terms
    if terms.stances and change.after not in terms.stances:
        return False
    if change.confidence < terms.confidence or change.sources < terms.sources:
        return False
    if subscription.changes:
        return change.kind in subscription.changes
    return change.kind not in SILENT


class Index(Generic[Who]):
    """Subscriptions by actor and issue: asking costs four look-ups and what is found, however many there are."""

    def __init__(self, subscriptions: Iterable[Who]) -> None:
        self._by_pair: dict[tuple[str | None, str | None], list[Who]] = {}
        for subscription in subscriptions:
            for actor in dict.fromkeys(subscription.actors) or (None,):
                for issue in dict.fromkeys(subscription.issues) or (None,):
                    self._by_pair.setdefault((actor, issue), []).append(subscription)

    def wanting(self, change: Changed) -> list[Who]:
        """Who wants this change, each once."""
        pairs = ((change.actor, change.issue), (change.actor, None), (None, change.issue), (None, None))
        return [s for pair in pairs for s in self._by_pair.get(pair, ()) if _rest(s, change)]
