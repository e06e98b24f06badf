"""Made-up changes as messages tell them, with names for people. It must not know a database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from domain.alerts.message import CloudEvent, Composed, Item, Quote, compose
from domain.alerts.terms import Language
from domain.alerts.wording import words
from domain.positions import Change
from domain.positions.outcome import EvidenceRef
from workers.titles import Titles

AT = datetime(2025, 9, 5, 12, 0, tzinfo=UTC)
QUOTE = Quote(
    text="أعلن ماكرون أن ستا وعشرين دولة تعهدت بإرسال قوات إلى أوكرانيا.", url="https://one.example/a?x=1&y=2",
    outlet="منارة الخبر", title="ست وعشرون دولة", speaker="macron", occurred_on="2025-09-04",
)  # fmt: skip
OTHER = Quote(text="وقال ماكرون ذلك في باريس.", url="https://two.example/b", outlet="جسر برس", speaker="macron")


def change(**more: Any) -> Change:
    """France turned round on foreign troops."""
    evidence = tuple(
        EvidenceRef(
            event_id=quote.url, article=quote.url, version=1, url=quote.url, outlet=quote.outlet, title=quote.title,
            spans=(), speaker="macron", occurred_on="2025-09-04", attribution="self",
        )
        for quote in (QUOTE, OTHER)
    )  # fmt: skip
    given: dict[str, Any] = {
        "key": "c" * 32, "actor": "FRA", "issue": "ukraine.foreign-troops", "kind": "reversed", "before": "opposes",
        "after": "supports", "on": "2025-09-04", "speaker": "macron", "event_ids": (), "sources": 2,
        "confidence": 0.9, "contested": False, "evidence": evidence,
    }  # fmt: skip
    return Change(**(given | more))


def item(number: int = 1, quotes: tuple[Quote, ...] = (QUOTE, OTHER), **more: Any) -> Item:
    """It, as a message could tell it."""
    fields = {name: more.pop(name) for name in ("withdrawn", "borne", "memory", "first_key") if name in more}
    return Item(delivery=number, change=change(**more), quotes=quotes, **fields)


def composed(titles: Titles, *items: Item, language: Language = "en") -> Composed | None:
    """The message about these changes."""
    return compose(items, key="msg_1", at=AT, language=language, names=titles, wording=words)


def message(titles: Titles, *items: Item, language: Language = "en") -> CloudEvent:
    """The message about these changes, which there must be."""
    found = composed(titles, *items, language=language)
    assert found is not None
    return found.event
