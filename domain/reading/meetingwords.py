"""The compiled words of meetings: their nouns and verbs, words of company, plurals and pairs. It reads no sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.reading.meetingverbs import PRONOUNS, verb_at, verb_forms, verb_table
from domain.reading.phrases import Phrases
from domain.reading.registry import Registry
from domain.reading.text import Word, level

VERBS = ("meet", "receive", "discuss", "call", "talk", "visit", "join", "sit", "bargain")
PORTFOLIOS = frozenset({"الخارجيه", "خارجيه", "الدفاع", "دفاع", "الداخليه", "الماليه", "الطاقه", "الحكومه"})
_UNSUFFIXED = ("قمه", "مكالمه", "جوله", "جلسه", "محادثه", "زياره", "مريي", "هاتفيه")


class MeetingWords:
    """The words of one registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        words = registry.lexicon.meetings
        nouns = [(form, "noun") for n in words["nouns"] for form in (n, n + "ا")]
        nouns += [(form, "weak") for n in words["weak"] for form in (n, n + "ا")]
        nouns += [(n, kind) for kind in ("acts", "beside") for n in words[kind]]
        self.nouns = Phrases(nouns)
        self.verbs = verb_table([entry for kind in VERBS for entry in verb_forms(words[kind], kind)])
        self.holding = verb_table(verb_forms(words["hold"], "hold"))
        self.attending = verb_table(verb_forms(words["attend"], "attend"))
        self.telephone = Phrases((p, True) for p in words["telephone"])
        self.during = Phrases((p, True) for p in words["during"] if " " not in p)
        self.willing = Phrases((p, True) for name in ("proposed", "wish") for p in words[name])
        self.inviting = Phrases((p, True) for p in words["inviting"])
        self.hosting = Phrases((p, True) for p in words["hosting"])
        self.stops, self.plenty, self.company, self.under, self.bar, self.bodies = (
            frozenset(map(level, words[name]))
            for name in ("stops", "plenty", "with", "under", "not_before", "not_after")
        )
        self.offices = frozenset(map(level, words["hosts"]))
        self.pairs = {level(w): rank for rank in ("leaders", "ministers", "any") for w in words["pairs_" + rank]}
        self.adjectives = registry.nations

    def blocs(self, actors: Iterable[str]) -> set[str]:
        """Those among actors that are no single state."""
        return {a for a in actors if self._registry.actors[a].kind != "state"}

    def nation(self, word: Word) -> str | None:
        """The actor that an adjective or the name of a people stands for."""
        for text in (word.text, word.text.removeprefix("و")):
            actor = self.adjectives.get(text.removeprefix("ال"))
            if actor is not None:
                return actor
        return None

    def suffix(self, word: Word) -> str:
        """The pronoun on a noun: هما of لقائهما; the feminine ending is none."""
        text = word.text
        if text.endswith(_UNSUFFIXED):
            return ""
        return next((p for p in PRONOUNS if text.endswith(p)), "")

    def by_telephone(self, first: int, last: int, run: Sequence[Word]) -> bool:
        """Whether the words of a head, or those right behind it, name the telephone."""
        return bool(self.telephone.find(run[first : last + 8]))

    def attends(self, word: Word) -> bool:
        """Whether a word is a verb that tells who takes part."""
        return verb_at(self.attending, word.text) is not None


def is_definite(word: Word) -> bool:
    """Whether a noun has the article."""
    return word.text.lstrip("وفبل").startswith("ال") or word.text.startswith("لل")
