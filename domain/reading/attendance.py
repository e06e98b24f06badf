"""Who meets: the parties that the words around a head tie to it.

`behind` and `before` read the words on its two sides; here is told what each kind of head needs of them. It must not
know whether a meeting takes place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from domain.reading.before import Before
from domain.reading.behind import Behind, Walk
from domain.reading.groups import MEMBERS, PEOPLE, PERSONAL, chain_of, in_person, is_free, subject_before
from domain.reading.meetingverbs import verb_at
from domain.reading.meetingwords import VERBS, MeetingWords, is_definite
from domain.reading.mentions import Mention
from domain.reading.registry import Registry
from domain.reading.scenery import Head, Parties, Scenery
from domain.reading.text import Word

_JOINT = frozenset({"مع", "مشترك", "مشتركه", "المشترك", "المشتركه", "مشتركا", "جمعه", "جمعها"})
_JOINT_REACH = 8
_BILATERAL = frozenset({"ثنايي", "ثناييه", "الثناييه", "الثنايي", "ثناييا", "بينهما"})
_NO_VERBS = frozenset({"قابلا", "وزاره", "استضافه", "جلسه", "جلسات", "وقعت"})
_HOST_REACH = 26
_COMPANY_REACH = 8
_INVITED = 10
_TOWARDS = frozenset({"مع", "الي"})
_FOR_SO_LONG = frozenset({"لمده", "لاكثر", "طيله", "لساعه", "لساعتين"})
_RECEIVED = frozenset({"باستقبال", "باستقباله", "باستقبالها"})


class Attendance:
    """Tells who meets. One for each registry."""

    def __init__(self, registry: Registry) -> None:
        self._words = MeetingWords(registry)

    def blocs(self, actors: Iterable[str]) -> set[str]:
        """Those among actors that are no single state."""
        return self._words.blocs(actors)

    def heads(self, scenery: Scenery) -> list[Head]:
        """The words of a sentence that name a meeting, in order."""
        run = scenery.sentence.words
        named = {i for m in scenery.mentions for i in range(m.first, m.last)}
        heads = [
            Head(hit.first, hit.last, hit.values[0])
            for hit in self._words.nouns.find(run)
            if hit.first not in named and not self._barred(hit.first, hit.last, run)
        ]
        taken = {i for h in heads for i in range(h.first, h.last)} | named
        for index, word in enumerate(run):
            verb = verb_at(self._words.verbs, word.text) if index not in taken and word.text not in _NO_VERBS else None
            if verb is not None:
                heads.append(Head(index, index + 1, verb.kind, verb.tense))
        heads.sort(key=lambda h: h.first)
        return [*heads, *self._adverbs(heads, run)]

    def _adverbs(self, heads: Sequence[Head], run: Sequence[Word]) -> list[Head]:
        """هاتفيا where no verb or noun of meeting is near: أبلغه هاتفيا, هنأه هاتفيا."""
        found = [i for i, word in enumerate(run) if word.text == "هاتفيا"]
        return [Head(i, i + 1, "phone") for i in found if not any(-8 <= h.first - i <= 3 for h in heads)]

    def _barred(self, first: int, behind: int, run: Sequence[Word]) -> bool:
        """لقاء صحافي, اجتماع مجلس الوزراء, لجنة المفاوضات: no meeting of two actors."""
        if first and run[first - 1].text.lstrip("وبل").removeprefix("ال") in self._words.bodies:
            return True
        if behind >= len(run) or run[behind].text.removeprefix("ال") not in self._words.bar:
            return False
        conference = run[first].text.lstrip("وبل").startswith(("موتمر", "ندوه"))
        return not (conference and any(w.text in _JOINT for w in run[behind : behind + _JOINT_REACH]))

    def parties(self, head: Head, scenery: Scenery, others: Sequence[Head] = ()) -> Parties:
        """Who meets by a head; with fewer than two actors where nothing tells."""
        run = scenery.sentence.words
        named = {h.first for h in others if h.kind in ("noun", "weak") and h.first > head.last}
        if head.kind in ("meet", "receive"):
            named = {i for i in named if not self._words.during.find(run[i - 1 : i])}
        behind = Walk(self._words, head, scenery, named).read()
        if head.kind == "phone":
            return self._by_adverb(head, scenery)
        found = self._of_verb(head, behind, scenery) if head.kind in VERBS else self._of_noun(head, behind, scenery)
        return self._with_host(head, found, scenery)

    def _of_verb(self, head: Head, behind: Behind, scenery: Scenery) -> Parties:
        run, mentions = scenery.sentence.words, scenery.mentions
        before = Before(self._words, head, scenery)
        actors, members = set(behind.actors), list(behind.members)
        subject = subject_before(head.first, mentions, run)
        if subject is not None and (subject.kind in MEMBERS or subject.acts):
            group = [subject, *chain_of(subject, mentions)]
            members += group
            actors |= {m.actor for m in group}
        if not self._met(head, behind, members, run):
            return Parties()
        if subject is None and len(actors) < 2 and (actors or self._dual(head, run)):
            dual = self._dual(head, run)
            group = before.subject() if dual and actors else before.pronoun(several=dual)
            members += group
            actors |= {m.actor for m in group} or before.carried(bool(actors))
        return Parties(frozenset(actors), tuple(members), head.first, head.tense, behind.partner)

    def _met(self, head: Head, behind: Behind, members: Sequence[Mention], run: Sequence[Word]) -> bool:
        """Whether a verb tells of a meeting: to talk, discuss, visit, sign or sit needs more than a name."""
        living = [m for m in members if m.kind in (*PEOPLE, "people")]
        together = len({m.actor for m in living}) > 1 and len(living) == len(members)
        if head.kind in ("discuss", "join", "sit") and not (behind.partner or together):
            return False
        if head.kind == "discuss" and not living:
            return False
        if head.kind == "bargain":
            return len({m.actor for m in living}) > 1
        if head.kind == "talk":
            return self._talked(head, behind, run, together=together)
        if head.kind == "visit":
            return bool(in_person(behind.members))
        if head.kind == "sit":
            return any(w.text in _TOWARDS for w in run[head.last : head.last + _COMPANY_REACH])
        return head.kind != "join" or len(in_person(members)) > 1

    def _talked(self, head: Head, behind: Behind, run: Sequence[Word], *, together: bool) -> bool:
        """تحدث هاتفيا مع فلان, تحدث إلى نظيره: with a person, by telephone or for so long; more were a speech."""
        if (behind.partner or together) and self._words.by_telephone(head.first, head.last, run):
            return True
        if head.tense == "present":
            return False
        following = run[head.last : head.last + _COMPANY_REACH]
        if together and any(w.text in _FOR_SO_LONG for w in following):
            return True
        company = next((i for i, w in enumerate(following, head.last) if w.text in _TOWARDS), None)
        if company is None or company + 1 >= len(run):
            return False
        named = any(m.first == company + 1 and m.kind in PERSONAL for m in behind.members)
        return named or run[company + 1].text.startswith("نظير")

    def _by_adverb(self, head: Head, scenery: Scenery) -> Parties:
        """أبلغ X هاتفيا Y: the two around the adverb."""
        people = Before(self._words, head, scenery).told_to()
        return Parties(frozenset(m.actor for m in people), tuple(people), None, "past", len(people) > 1)

    def _of_noun(self, head: Head, behind: Behind, scenery: Scenery) -> Parties:
        run = scenery.sentence.words
        actors, members = set(behind.actors), list(behind.members)
        before = Before(self._words, head, scenery)
        suffix = self._words.suffix(run[head.last - 1])
        holder = before.holder()
        anaphor = is_definite(run[head.first]) and (not actors or behind.attended)
        if holder is not None:
            group = before.holding_subject(holder[0])
            group += before.speaker_among(group)
            members += group
            actors |= {m.actor for m in group} or before.nations()
            actors |= self._counterparts(run[min(holder[0], head.first) : head.first])
            if not group and behind.partner and len(actors) == 1 and run[holder[0]].text.endswith("ها"):
                actors |= before.carried(True)
        elif anaphor and not actors:
            actors |= before.nations()
        if suffix:
            group = before.pronoun(several=suffix in ("هم", "هما") and not behind.partner)
            members += group
            named = {m.actor for m in group} or (before.nations() if suffix in ("هم", "هما") else set())
            actors |= named or before.carried(bool(actors))
        else:
            held = holder is not None or anaphor
            more = self._completed(head, behind, members, actors, scenery, held=held)
            if more is None:
                return Parties()
            members += more
            actors |= {m.actor for m in more}
            if not more and len(actors) == 1 and behind.partner and not self._words.blocs(actors) - in_person(members):
                actors |= before.carried(True)
        held_by, tense = (None, "") if holder is None else holder
        return Parties(frozenset(actors), tuple(members), held_by, tense, behind.partner, anaphor, behind.actors)

    def _counterparts(self, run: Sequence[Word]) -> set[str]:
        """عقد لافروف ونظيره السعودي مؤتمرا: the nations of counterparts."""
        nations = (
            self._words.nation(run[i + 1]) for i, w in enumerate(run[:-1]) if w.text.lstrip("ولب").startswith("نظير")
        )
        return {actor for actor in nations if actor is not None}

    def _completed(
        self, head: Head, behind: Behind, members: Sequence[Mention], actors: set[str], scenery: Scenery, *, held: bool
    ) -> list[Mention] | None:
        """The party that a noun without a pronoun leaves unsaid: the sentence's subject, or the two who act in it."""
        run, before = scenery.sentence.words, Before(self._words, head, scenery)
        people = in_person(members)
        governed = head.first > 0 and run[head.first - 1].text in ("في", "عن", "الي", "علي")
        on_the_way = head.kind == "beside" or bool(self._words.during.find(run[max(0, head.first - 1) : head.first]))
        on_the_way = on_the_way or (governed and run[head.first].text.startswith("لقا"))
        if head.kind == "acts" and people and (governed or run[head.first].text in _RECEIVED):
            return before.subject()
        if (head.kind == "acts" and not behind.partner) or (head.kind == "beside" and not people):
            return None
        if len(actors) == 1 and not self._words.blocs(actors) - people:
            willing = any(h.last == head.first for h in self._words.willing.find(run[: head.first]))
            if behind.partner or self._purpose(head, run) or (people and (on_the_way or willing)):
                return before.subject()
            beside = [m for m in scenery.mentions if m.last == head.first and m.kind in MEMBERS and is_free(m, run)]
            return beside if people else []
        agreed = any(w.text.startswith("اتفق") for w in run[max(0, head.first - _INVITED) : head.first])
        if not actors and governed and agreed:
            return before.group()
        invited = bool(self._words.inviting.find(run[max(0, head.first - _INVITED) : head.first]))
        if not actors and ((invited and governed) or self._words.by_telephone(head.first, head.last, run)):
            return before.told_to()
        bilateral = any(w.text in _BILATERAL for w in run[head.last : head.last + 1])
        if not actors and ((not held and on_the_way) or bilateral):
            return before.group()
        if not actors and not is_definite(run[head.first]):
            return before.bloc()
        return []

    def _dual(self, head: Head, run: Sequence[Word]) -> bool:
        """التقيا, يجتمعان, بحثوا: a verb of several without a subject behind it."""
        text = run[head.first].text
        return head.kind in VERBS and text.endswith(("ا", "ان", "وا", "ون")) and not text.endswith("جرا")

    def _purpose(self, head: Head, run: Sequence[Word]) -> bool:
        return run[head.first].text.startswith("لل") or run[head.first].text == "ليلتقي"

    def _with_host(self, head: Head, parties: Parties, scenery: Scenery) -> Parties:
        """A bloc's meeting counts the state that hosts it, where a verb of hosting says so."""
        if not self._words.blocs(parties.actors):
            return parties
        near = [m for m in scenery.mentions if abs(m.first - head.first) <= _HOST_REACH and m.kind != "place"]
        hosts = {m.actor for m in near if m.kind == "capital" and not m.acts and 0 < m.first - head.last <= 7}
        for mention in near:
            around = scenery.sentence.words[max(0, mention.first - 1) : mention.last + 2]
            if self._words.hosting.find(around):
                hosts.add(mention.actor)
        return msgspec.structs.replace(parties, actors=parties.actors | (hosts - self._words.blocs(hosts)))
