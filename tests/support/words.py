"""Made-up facts for tests of the positions: short to write, every field a default. It must not know a database."""

from __future__ import annotations

from typing import Any

from domain.copies import Sketch
from domain.positions import Fact
from tests.support.facts import T0, at

SENIORITY = {"putin": "head", "lavrov": "minister", "peskov": "spokesman", "duma": "other"}


def sentence(number: int) -> Sketch:
    """The sketch of a sentence that is like no other of another number."""
    return tuple(range(number * 1000, number * 1000 + 24))


def word(
    name: str,
    stance: str = "opposes",
    day: str | None = "2025-09-05",
    speaker: str | None = "putin",
    **more: Any,
) -> Fact:
    """What a speaker said on a day; `name` is the event's id, and its article's unless named."""
    number = int.from_bytes(name.encode()[-4:], "big")
    defaults: dict[str, Any] = {
        "event_id": name,
        "sequence": 1,
        "recorded_at": T0,
        "type": "statement",
        "actor": "RUS",
        "issue": "ukraine.foreign-troops",
        "stance": stance,
        "speaker": speaker,
        "seniority": SENIORITY.get(speaker or "", "other"),
        "attribution": "self",
        "occurred_on": day,
        "precision": "day",
        "condition": None,
        "confidence": 0.8,
        "article": f"article-{name}",
        "version": 1,
        "url": f"https://one.example/{name}",
        "outlet": "outlet one",
        "title": "",
        "published": day,
        "evidence": ((0, 10),),
        "sketches": (sentence(number),),
    }
    return Fact(**(defaults | more))


__all__ = ["at", "sentence", "word"]
