"""Those who stand together in a sentence: a subject before its verb, and whom conjunctions tie to somebody.

It must not know what they do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.reading.mentions import Mention
from domain.reading.scenery import Cast
from domain.reading.text import Word

PERSONAL = ("person", "office")
PEOPLE = (*PERSONAL, "institution")
MEMBERS = (*PEOPLE, "people", "actor")
RELATIVES = frozenset({"الذي", "التي", "اللذين", "اللذان", "الذين", "اللتين"})
AUXILIARIES = frozenset({"قد", "وقد", "كان", "كانت", "وكان", "وكانت", "لن", "لم", "لا", "ان", "سوف"})


def is_free(mention: Mention, run: Sequence[Word]) -> bool:
    """Whether no preposition or construct of place stands right before a mention."""
    return mention.first == 0 or run[mention.first - 1].text not in (
        "في", "علي", "عن", "من", "الي", "ضد", "لدي", "نحو", "داخل", "مع", "بين", "حول", "بشان", "باسم",
    )  # fmt: skip


def subject_before(index: int, mentions: Sequence[Mention], run: Sequence[Word]) -> Mention | None:
    """The subject that stands before its verb, past قد, كان and a relative."""
    stop = index
    while stop > 0 and (run[stop - 1].text in AUXILIARIES or run[stop - 1].text in RELATIVES):
        stop -= 1
    found = next((m for m in mentions if m.last == stop and m.kind != "place" and not m.former), None)
    if found is None or not is_free(found, run) or found.front not in ("", "و", "ف"):
        return None
    return found


def chain_of(mention: Mention, mentions: Sequence[Mention]) -> list[Mention]:
    """A mention with those that conjunctions tie to it, on both sides."""
    ordered = [m for m in mentions if m.kind != "place"]
    at = ordered.index(mention)
    first = last = at
    while first > 0 and ordered[first].front.startswith("و") and ordered[first].first - ordered[first - 1].last <= 2:
        first -= 1
    while (
        last + 1 < len(ordered) and ordered[last + 1].front == "و" and ordered[last + 1].first - ordered[last].last <= 2
    ):
        last += 1
    return ordered[first : last + 1]


def latest_two(people: Sequence[Mention]) -> list[Mention]:
    """The last two of different actors, in order."""
    found = Cast(list(people)).pair(None)
    return found[::-1]


def in_person(members: Iterable[Mention]) -> set[str]:
    """The actors of those named by name or office."""
    return {m.actor for m in members if m.kind in PERSONAL}
