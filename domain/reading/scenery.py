"""What meetings are read in and what is read of them: a sentence with all known of it, heads, parties, the cast.

It must not know words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from domain.reading.candidates import Moment
from domain.reading.clauses import Clause, Speaker
from domain.reading.dates import DateMention
from domain.reading.mentions import Mention
from domain.reading.text import Sentence
from domain.reading.topics import TextTopics


class Head(msgspec.Struct, frozen=True):
    """What names a meeting: words [first, last). `kind`: noun, weak (a noun that needs more), or a verb's class."""

    first: int
    last: int
    kind: str
    tense: str = ""


class Parties(msgspec.Struct, frozen=True):
    """Who meets. `held_by`: the word of the verb that holds the meeting, with its tense.

    `anaphor`: the noun is definite and nobody is tied to it but those who came (القمة, حضر الاجتماع فلان).
    """

    actors: frozenset[str] = frozenset()
    members: tuple[Mention, ...] = ()
    held_by: int | None = None
    tense: str = ""
    partner: bool = False
    anaphor: bool = False
    named: frozenset[str] = frozenset()  # those whom words behind the noun name


class Journey(msgspec.Struct, frozen=True):
    """A journey that a text tells with a day to come: in which sentence, of whom, and when."""

    order: int
    actors: frozenset[str]
    moment: Moment


class Cast(msgspec.Struct):
    """Who has been named so far in one text, the latest last; changes while the text is read."""

    people: list[Mention] = msgspec.field(default_factory=list)
    journey: Journey | None = None

    def enter(self, mentions: Iterable[Mention]) -> None:
        """Remember the persons and offices of a sentence."""
        self.people += [m for m in mentions if m.kind in ("person", "office") and not m.former]
        del self.people[:-12]

    def pair(self, rank: str | None) -> list[Mention]:
        """The last two of different actors, of one rank where الرئيسان or الوزيران names it."""
        found: list[Mention] = []
        for mention in reversed(self.people):
            if (rank is None or mention.level == rank) and all(m.actor != mention.actor for m in found):
                found.append(mention)
            if len(found) == 2:
                return found
        return []


class Scenery(msgspec.Struct, frozen=True, kw_only=True):
    """The sentence in which meetings are read, with what is known of it. `carried`: whom a pronoun may stand for."""

    index: int
    sentence: Sentence
    mentions: Sequence[Mention]
    clauses: Sequence[tuple[Clause, Moment]]
    dates: Sequence[DateMention]
    topics: TextTopics
    published: date | None
    carried: Speaker | None
    cast: Cast = msgspec.field(default_factory=Cast)
