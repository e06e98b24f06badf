"""Whom the words behind the head of a meeting tie to it, read once and in order.

A preposition governs what follows it, مع and بين bring company, a verb's subject and object stand free of both, a
conjunction goes on with those already found. It must not know what stands before the head.
"""

from __future__ import annotations

from collections.abc import Set

import msgspec

from domain.reading.groups import MEMBERS, PEOPLE, PERSONAL, RELATIVES
from domain.reading.meetingverbs import verb_at
from domain.reading.meetingwords import PORTFOLIOS, VERBS, MeetingWords, is_definite
from domain.reading.mentions import Mention
from domain.reading.scenery import Cast, Head, Scenery

_REACH = 26
_ASIDE = 14
_HONOURS = frozenset({
    "فخامه", "معالي", "سعاده", "سمو", "جلاله", "صاحب", "سياده", "السمو", "الملكي", "الامير", "الشيخ", "الدكتور",
    "السيد", "اخيه", "دوله",
})  # fmt: skip
_BY = ("قبل", "طرف", "جانب")


class Behind(msgspec.Struct, frozen=True):
    """What stands behind a head: the actors, their mentions, and whether a word of company brought one."""

    actors: frozenset[str]
    members: tuple[Mention, ...]
    partner: bool
    attended: bool


class Walk:
    """One walk over the words behind a head."""

    def __init__(self, lists: MeetingWords, head: Head, scenery: Scenery, others: Set[int]) -> None:
        self._lists, self._head, self._scenery, self._others = lists, head, scenery, others
        self._run = scenery.sentence.words
        self._starts = {m.first: m for m in scenery.mentions}
        self._cues = {
            c.cue.index for c, _ in scenery.clauses if c.cue is not None and c.cue.cue.form in ("past", "present")
        }
        self._dated = {
            i for i in range(head.last, min(len(self._run), head.last + _REACH))
            if any(d.start <= self._run[i].start < d.end for d in scenery.dates)
        }  # fmt: skip
        self._members: list[Mention] = []
        self._actors: set[str] = set()
        self._partner = False
        self._attended = any(self._attends(i) for i in range(max(0, head.first - 3), head.first))
        self._base = "with" if self._attended and head.kind in ("noun", "weak") else "free"
        self._mode, self._since = self._base, head.last  # free, with, under
        self._unnamed = self._genitive = False
        self._slots = 0  # subject and object found; those whom a conjunction ties to one share its slot

    def read(self) -> Behind:
        """The parties behind the head."""
        index, stop = self._head.last, min(len(self._run), self._head.last + _REACH)
        while index < stop:
            mention = self._starts.get(index)
            if mention is not None:
                self._meet(mention)
                index = mention.last
            elif index in self._dated:
                self._mode = self._base
                index += 1
            elif self._ends(index):
                resumed = self._resumes(index)
                if resumed is None:
                    break
                index = resumed
            else:
                index = self._word(index)
        if self._unnamed and (not self._actors or not self._partner):
            self._of_the_place()
        if len(self._actors) > 1 and self._head.kind not in VERBS:
            self._partner = True
        return Behind(frozenset(self._actors), tuple(self._members), self._partner, self._attended)

    def _of_the_place(self) -> None:
        """اجتمع مع رئيس الجمهورية في بيروت: whoever is not registered is of the place."""
        near = [m for m in self._scenery.mentions if m.place and not m.acts and abs(m.first - self._head.last) <= 14]
        if near:
            self._actors.add(near[0].actor)
            self._partner = True

    def _ends(self, index: int) -> bool:
        """Whether another clause begins at a word."""
        text = self._run[index].text
        if text in ("فيما", "بينما") and index + 1 < len(self._run) and self._attends(index + 1):
            return False
        if self._attends(index) and self._text(index - 1).lstrip("بفو").removeprefix("ال").startswith(("زيار", "جول")):
            return True  # زيارة تشمل: where else the journey goes
        if self._attends(index) or (text in RELATIVES and self._relative(index)):
            return False
        if text == "ان" and index + 1 < len(self._run) and self._attends(index + 1):
            return False
        if text == "عن" and self._text(index + 1) == "بعد":
            return False
        cued = (
            index in self._cues and text not in self._lists.company
        )  # لقاء هو الأول بين X وY: between, not he explained
        return index in self._others or text in self._lists.stops or (cued and index > self._head.last)

    def _resumes(self, index: int) -> int | None:
        """يلتقي فلان، الذي يزور المنطقة، الرئيس: where the object follows the relative clause about the subject."""
        if self._head.kind not in VERBS or self._run[index].text not in RELATIVES or len(self._members) != 1:
            return None
        for later in range(index + 2, min(len(self._run), index + _ASIDE)):
            if self._run[later].pause:
                object_ = later in self._starts or self._run[later].text in self._lists.offices
                return later if object_ else None
        return None

    def _relative(self, index: int) -> bool:
        """التي عقدها, الذي كان مقررا: a relative clause that tells of the meeting itself."""
        following = range(index + 1, min(len(self._run), index + 3))
        return any(
            verb_at(self._lists.holding, self._run[i].text) or self._attends(i)
            or self._run[i].text in ("كان", "كانت", "من", "يعتزم", "تعتزم", "سيكون")
            for i in following
        )  # fmt: skip

    def _attends(self, index: int) -> bool:
        return self._lists.attends(self._run[index])

    def _text(self, index: int) -> str:
        return self._run[index].text if index < len(self._run) else ""

    def _word(self, index: int) -> int:
        text = self._run[index].text
        whole = text in self._lists.plenty or text in self._lists.pairs
        bare = text[1:] if text[:1] == "و" and len(text) > 3 and not whole else text
        if text[:1] == "و" and self._members and self._members[-1].last == index and self._adjective(index):
            self._actors.add(self._adjective(index) or "")
            return index + 1
        if bare in self._lists.company or self._attends(index) or (bare == "الي" and self._towards(index)):
            self._bring(index)
            self._unnamed = self._unnamed or self._text(index + 1) in self._lists.offices
        elif bare.lstrip("لب").startswith(("نظير", "نظراي")):
            self._counterpart(index)
        elif self._head.kind in ("meet", "receive") and self._members and bare in self._lists.offices:
            self._unnamed = True
        elif bare in self._lists.plenty or bare in self._lists.pairs:
            return self._group(index, bare)
        elif bare.removeprefix("ل") in self._lists.plenty and index == self._head.last:
            return self._group(index, bare.removeprefix("ل"))
        elif text in ("كل", "كلا") and self._text(index + 1) == "من":
            self._bring(index)
            return index + 2
        elif text == "من" and (self._head.kind == "acts" or self._text(index + 1) in _BY) and self._received():
            self._bring(index)
            return index + 1 + (self._text(index + 1) in _BY)
        elif text == "من" and (self._incoming() or self._text(index - 1) in self._lists.plenty):
            self._bring(index)
        elif bare in self._lists.under:
            self._mode, self._since = "under", index
        elif self._adjective(index) is not None and index <= self._head.last + 1:
            return self._nations(index)
        elif self._mode == "under" and index - self._since >= 4:
            self._mode = self._base
        return index + 1

    def _bring(self, index: int) -> None:
        """A word of company: who follows takes part."""
        self._mode = self._base = "with"
        self._since = index

    def _towards(self, index: int) -> bool:
        """تحدث إلى, جلوسه إلى, اجتمع إلى فلان: the other party."""
        following = self._starts.get(index + 1)
        person = following is not None and following.kind in ("person", "office")
        return self._head.kind in ("talk", "call", "acts", "sit") or self._incoming() or (person and self._meets())

    def _received(self) -> bool:
        return self._head.kind in ("acts", "receive")

    def _meets(self) -> bool:
        return self._head.kind == "meet" and "جتم" in self._run[self._head.first].text

    def _incoming(self) -> bool:
        """اتصالا هاتفيا من: who calls."""
        return bool(self._lists.telephone.find(self._run[self._head.first : self._head.last]))

    def _meet(self, mention: Mention) -> None:
        if self._mode == "under" and self._closed(mention):
            self._mode = self._base
        near = bool(self._members) and mention.first - self._members[-1].last <= 4
        joined = mention.front.startswith("و") and near and self._mode != "under"
        if mention.kind == "place" or mention.former or (self._mode == "under" and not self._by_clitic(mention)):
            self._mode = self._base if self._mode == "under" else self._mode
            return
        if mention.actor == "UN" and mention.kind not in ("person", "office"):
            return
        located = not mention.acts and mention.front.endswith(("ب", "ل"))
        if mention.kind == "capital" and (located or not (self._mode == "with" or joined)):
            return
        apart = ("ك",) if self._genitive and mention.kind == "actor" else ("ل", "ك")
        if (self._mode == "with" and not located and not mention.front.startswith(apart)) or self._by_clitic(mention):
            self._add(mention, partner=True)
        elif joined or self._is_free(mention):
            self._slots += not joined
            self._add(mention, partner=False)

    def _closed(self, mention: Mention) -> bool:
        """على هامش القمة الرئيس: a definite word before a title ends what the preposition governs."""
        before = mention.first - 1
        apart = mention.kind in ("person", "office") and mention.front == "" and before > self._since
        return apart and self._head.kind in VERBS and is_definite(self._run[before]) and self._adjective(before) is None

    def _by_clitic(self, mention: Mention) -> bool:
        """التقى بنظيره, اجتماع لحلف الأطلسي."""
        front = mention.front.removeprefix("و") or self._before_honours(mention)
        if front == "ب":
            return mention.kind in PERSONAL
        if front == "ل" and self._head.kind == "acts":
            return mention.kind in PERSONAL
        bloc = bool(self._lists.blocs([mention.actor]))
        return front == "ل" and bloc and self._head.kind in ("noun", "weak") and mention.first - self._head.last <= 4

    def _before_honours(self, mention: Mention) -> str:
        """بفخامة الرئيس, بصاحب السمو الملكي الأمير: the preposition before the honours of a name."""
        for index in range(mention.first - 1, max(self._head.last, mention.first - 5) - 1, -1):
            text = self._run[index].text
            if text[:1] in "بل" and text[1:] in _HONOURS:
                return text[0]
            if text not in _HONOURS:
                break
        return ""

    def _is_free(self, mention: Mention) -> bool:
        """A verb's subject or object, or what a noun stands in construct with."""
        if mention.front not in ("", "ف") or self._mode == "under":
            return False
        suffixed = bool(self._lists.suffix(self._run[self._head.last - 1]))
        if self._head.kind in (*VERBS, "acts") or (self._head.kind == "noun" and suffixed):
            return self._slots < 2 and mention.kind in MEMBERS and (mention.acts or mention.kind in PEOPLE)
        return mention.first - self._head.last <= 1

    def _add(self, mention: Mention, *, partner: bool) -> None:
        self._members.append(mention)
        self._actors.add(mention.actor)
        self._partner = self._partner or partner

    def _counterpart(self, index: int) -> None:
        """نظيره الأميركي: the nation by its adjective; the name may follow."""
        if self._mode == "under" and self._run[index].text[:1] not in "لب":
            return
        actor = self._adjective(index + 1)
        if actor is not None:
            self._actors.add(actor)
        self._partner = True
        self._bring(index)

    def _group(self, index: int, bare: str) -> int:
        """قادة أوروبيون, الوزيران الأميركي والروسي: nations behind a noun of several, or the last two."""
        if self._mode == "under":
            return index + 1
        self._genitive = True
        start = index + 1
        while self._text(start).removeprefix("و") in PORTFOLIOS:
            start += 1
        nations, behind = self._adjectives_from(start)
        if nations and (self._mode == "with" or self._head.kind in VERBS or index <= self._head.last + 1):
            self._actors |= nations
            self._partner = True
            return behind
        if bare in self._lists.pairs and not nations and behind not in self._starts:
            rank = self._lists.pairs[bare]
            before = [m for m in self._scenery.mentions if m.last <= index and m.kind in ("person", "office")]
            cast = Cast([*self._scenery.cast.people, *before])
            for mention in cast.pair(None if rank == "any" else rank):
                self._add(mention, partner=True)
        elif self._mode == "free" and index <= self._head.last + 2:
            self._bring(index)
        return index + 1

    def _adjective(self, index: int) -> str | None:
        return self._lists.nation(self._run[index]) if index < len(self._run) else None

    def _adjectives_from(self, index: int) -> tuple[set[str], int]:
        found: set[str] = set()
        while index < len(self._run):
            actor, mention = self._adjective(index), self._starts.get(index)
            if actor is None or (mention is not None and mention.last > index + 1):
                break
            found.add(actor)
            index += 1
        return found, index

    def _nations(self, index: int) -> int:
        """القمة الروسية الأميركية: two nations or more named by adjectives behind the noun."""
        found, behind = self._adjectives_from(index)
        if found and self._members and self._members[-1].last == index:  # اجتماعا روسيا أميركيا
            found.add(self._members[-1].actor)
        if len(found) > 1:
            self._actors |= found
            self._partner = True
            return behind
        return index + 1
