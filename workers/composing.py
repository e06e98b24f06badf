"""The words of messages, with the names that people use. It must not know who gets them, nor when."""

from __future__ import annotations

from collections.abc import Sequence

from domain.alerts.message import Composed, Item, compose
from domain.alerts.wording import words
from workers.ports import Subscription
from workers.stages import Clock
from workers.titles import Titles


class Composer:
    """Composes what a subscriber is told, in his language."""

    def __init__(self, titles: Titles, clock: Clock) -> None:
        self._titles = titles
        self._clock = clock

    def __call__(self, subscription: Subscription, key: str, items: Sequence[Item]) -> Composed | None:
        """The message; None where nothing is left to tell."""
        return compose(
            items, key=key, at=self._clock(), language=subscription.terms.language, names=self._titles, wording=words
        )
