"""Whom the words before the head of a meeting tie to it: who holds it, and whom a pronoun or nothing at all means.

It must not know what stands behind the head.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.reading.groups import (
    AUXILIARIES,
    MEMBERS,
    PEOPLE,
    PERSONAL,
    RELATIVES,
    chain_of,
    is_free,
    latest_two,
    subject_before,
)
from domain.reading.meetingverbs import verb_at
from domain.reading.meetingwords import PORTFOLIOS, MeetingWords
from domain.reading.mentions import Mention
from domain.reading.scenery import Head, Scenery

_HOLD_REACH = 16
_HELD_REACH = 10
_NEAR_BLOC = 6
_TOLD_REACH = 14
_OPENING = 3
_LIVING = ("person", "office", "people")
_SELF = frozenset({"انه", "انها", "بانه", "بانها", "لانه", "لانها"})


class Before:
    """The words before one head."""

    def __init__(self, words: MeetingWords, head: Head, scenery: Scenery) -> None:
        self._words, self._head, self._scenery = words, head, scenery
        self._run = scenery.sentence.words

    def holder(self) -> tuple[int, str] | None:
        """The verb that holds the meeting, before the noun or in its relative clause, with its tense."""
        run, head = self._run, self._head
        for index in range(head.first - 1, max(-1, head.first - _HOLD_REACH), -1):
            verb = verb_at(self._words.holding, run[index].text)
            if verb is not None:
                return index, verb.tense
            if run[index].text in self._words.stops:
                break
        named = {m.last for m in self._scenery.mentions}
        for index in range(head.last, min(len(run), head.last + _HELD_REACH)):
            if run[index].text in self._words.stops - RELATIVES:
                break
            verb = verb_at(self._words.holding, run[index].text)
            if verb is not None and (
                run[index - 1].text in RELATIVES or run[index - 1].text in AUXILIARIES or index <= head.last + 3
                or run[index].text.endswith(("ها", "ه")) or verb.tense == "future" or index in named
            ):  # fmt: skip
                return index, verb.tense
        return None

    def holding_subject(self, verb: int) -> list[Mention]:
        run, mentions = self._run, self._scenery.mentions
        stop = self._head.first if verb < self._head.first else min(len(run), verb + 8)
        behind = [m for m in mentions if verb < m.first < stop and m.front in ("", "و") and is_free(m, run)]
        behind = [m for m in behind if m.kind != "place" and m.acts and m.first - verb <= 4 and not m.former]
        behind = [m for m in behind if not run[m.first - 1].text.lstrip("وبل").startswith("نظير")]
        if behind:
            return chain_of(behind[0], mentions)
        before = subject_before(verb, mentions, run)
        if before is not None:
            return chain_of(before, mentions)
        if verb > self._head.first and run[verb].text.endswith(("ها", "ه")):
            return self.pronoun(several=False, until=verb)
        return []

    def pronoun(self, *, several: bool, until: int | None = None) -> list[Mention]:
        """Whom a pronoun or an unsaid subject means: the nearest subject before, for several a group of two actors."""
        mentions, stop = self._scenery.mentions, self._head.first if until is None else until
        before = [m for m in mentions if m.last <= stop and m.kind in MEMBERS and not m.former]
        if several:
            for mention in reversed(before):
                chain = chain_of(mention, mentions)
                if len({m.actor for m in chain}) > 1:
                    return chain
            two = latest_two([m for m in before if m.kind in PERSONAL])
            return two or self._scenery.cast.pair(None)
        free = [m for m in before if m.front in ("", "و", "ف") and is_free(m, self._run)]
        subjects = [m for m in free if m.acts or m.kind in PEOPLE]
        people = [m for m in subjects if m.kind in _LIVING]
        return self._saying(before, stop) or (people or subjects)[-1:]

    def subject(self) -> list[Mention]:
        """وصل ماكرون وميرتس للقاء فلان: the subject before, with those whom a conjunction ties to it."""
        last = self.pronoun(several=False)
        if not last or last[0].kind not in _LIVING:
            return last
        return chain_of(last[0], [m for m in self._scenery.mentions if m.last <= self._head.first])

    def speaker_among(self, group: Sequence[Mention]) -> list[Mention]:
        """قال إنه والزعماء عقدوا: the speaker with those whom a conjunction ties to the pronoun."""
        first = group[0].first if group else 0
        if not first or group[0].front != "و" or self._run[first - 1].text not in _SELF:
            return []
        return self._saying([m for m in self._scenery.mentions if m.last < first], self._head.first)

    def _saying(self, before: Sequence[Mention], stop: int) -> list[Mention]:
        """قال ... إنه التقى: behind إنه the pronoun means the speaker, whoever else was named before it."""
        last = before[-1].last if before else 0
        speakers = [c.speaker.actor for c, _ in self._scenery.clauses if c.speaker is not None and c.first <= stop]
        if not speakers or not any(w.text in _SELF for w in self._run[last:stop]):
            return []
        return [m for m in before if m.actor == speakers[-1]][-1:]

    def told_to(self) -> list[Mention]:
        """أبلغ X نظيره Y في مكالمة, في مكالمة أبلغ X نظيره Y: the two who stand before a call that names nobody.

        Behind it they stand where the call opens the sentence, or is told by an adverb (هنأ X هاتفيا Y).
        """
        first = self._head.first
        people = [m for m in self._scenery.mentions if self._hears(m) and not m.former]
        near = [m for m in people if 0 <= first - m.last <= _TOLD_REACH]
        opens = 0 < first <= _OPENING and self._run[first - 1].text.lstrip("و") in ("في", "خلال")
        if opens or self._head.kind == "phone":
            near += [m for m in people if 0 <= m.first - first <= _TOLD_REACH]
        two = latest_two(near)
        return [m for one in two for m in chain_of(one, near)]

    def _hears(self, mention: Mention) -> bool:
        """Whether a mention is a person, or the counterpart of one (نظيره الروسي)."""
        opening = self._run[max(0, mention.first - 1) : mention.first + 1]
        return mention.kind in PERSONAL or (
            mention.kind == "people" and any(w.text.lstrip("ولب").startswith("نظير") for w in opening)
        )

    def carried(self, wanted: bool) -> set[str]:
        return {self._scenery.carried.actor} if wanted and self._scenery.carried is not None else set()

    def bloc(self) -> list[Mention]:
        """يقر قادة الحلف في قمة: the bloc whose leaders the sentence is about."""
        near = range(self._head.first - _NEAR_BLOC, self._head.first + 1)
        before = [m for m in self._scenery.mentions if m.last in near and m.first and m.kind != "place"]
        if self._head.first > 1 and self._run[self._head.first - 2].text.removeprefix("ال").startswith("مجتمع"):
            return [m for m in before if self._words.blocs([m.actor])][-1:]
        led = [m for m in before if self._words.blocs([m.actor]) and self._run[m.first - 1].text in self._words.plenty]
        return led[-1:]

    def group(self) -> list[Mention]:
        """ترامب وبوتين ... خلال اجتماع: a group of two actors that the sentence is about."""
        living = [m for m in self._scenery.mentions if m.kind in _LIVING]
        for mention in reversed([m for m in living if m.last <= self._head.first]):
            chain = [m for m in chain_of(mention, self._scenery.mentions) if m.kind in _LIVING]
            if len({m.actor for m in chain}) > 1 and all(is_free(m, self._run) for m in chain):
                return chain
        return []

    def nations(self) -> set[str]:
        """الوفدان الروسي والأوكراني ... محادثاتهما: the nations of a pair or group named before a head."""
        run = self._run
        for index in range(self._head.first - 1, max(-1, self._head.first - _HOLD_REACH), -1):
            if run[index].text.removeprefix("و") in self._words.plenty or run[index].text in self._words.pairs:
                found: set[str] = set()
                first = index + 1 + (run[min(index + 1, len(run) - 1)].text in PORTFOLIOS)
                for word in run[first : first + 3]:
                    actor = self._words.nation(word)
                    if actor is None:
                        break
                    found.add(actor)
                if len(found) > 1:
                    return found
        return set()
