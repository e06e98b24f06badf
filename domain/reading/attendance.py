"""Who meets: the parties that the words around a head tie to it.

Behind a head the words are read once, in order: a preposition governs what follows it, مع and بين bring company, a
verb's subject and object stand free of both, a conjunction goes on with those already found. Before the head stand the
subject of its verb and whom a pronoun means. It must not know whether a meeting takes place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from datetime import date

import msgspec

from domain.reading.candidates import Moment
from domain.reading.clauses import Clause, Speaker
from domain.reading.cues import past_forms, present_forms
from domain.reading.dates import DateMention
from domain.reading.mentions import Mention
from domain.reading.phrases import Phrases
from domain.reading.registry import Registry
from domain.reading.text import Sentence, Word, level
from domain.reading.topics import TextTopics

REACH = 26
_HOLD_REACH = 16
_PEOPLE = ("person", "office", "institution")
_MEMBERS = (*_PEOPLE, "people", "actor")
_VERBS = ("meet", "receive", "discuss", "call", "talk", "visit", "join", "sit")
_RELATIVES = frozenset({"الذي", "التي", "اللذين", "اللذان", "الذين", "اللتين"})
_AUXILIARIES = frozenset({"قد", "وقد", "كان", "كانت", "وكان", "وكانت", "لن", "لم", "لا", "ان", "سوف"})
_SELF = frozenset({"انه", "انها", "بانه", "بانها", "لانه", "لانها"})
_JOINT = frozenset({"مع", "مشترك", "مشتركه", "المشترك", "المشتركه", "مشتركا", "جمعه", "جمعها"})
_JOINT_REACH = 8
_ASIDE = 14
_PORTFOLIOS = frozenset({"الخارجيه", "خارجيه", "الدفاع", "دفاع", "الداخليه", "الماليه", "الطاقه", "الحكومه"})
_NEAR_BLOC = 6
_BILATERAL = frozenset({"ثنايي", "ثناييه", "الثناييه", "الثنايي", "ثناييا", "بينهما"})
_NO_VERBS = frozenset({"قابلا", "وزاره", "استضافه", "جلسه", "جلسات", "وقعت"})
_PRONOUNS = ("هما", "هم", "ها", "ه")


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


class Cast(msgspec.Struct):
    """Who has been named so far in one text, the latest last; changes while the text is read."""

    people: list[Mention] = msgspec.field(default_factory=list)

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


class Attendance:
    """The compiled words of company. One for each registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        words = registry.lexicon.meetings
        nouns = [(form, "noun") for n in words["nouns"] for form in (n, n + "ا")]
        nouns += [(form, "weak") for n in words["weak"] for form in (n, n + "ا")]
        nouns += [(n, kind) for kind in ("acts", "beside") for n in words[kind]]
        self._nouns = Phrases(nouns)
        self._verbs = verb_table([entry for kind in _VERBS for entry in _verbs(words[kind], kind)])
        self.holding = verb_table(_verbs(words["hold"], "hold"))
        self.attending = verb_table(_verbs(words["attend"], "attend"))
        self.telephone = Phrases((p, True) for p in words["telephone"])
        self._during = Phrases((p, True) for p in words["during"] if " " not in p)
        self._willing = Phrases((p, True) for name in ("proposed", "wish") for p in words[name])
        self._hosting = Phrases((p, True) for p in words["hosting"])
        self.stops, self.plenty, self.company, self.under, self._bar, self._bodies = (
            frozenset(map(level, words[name]))
            for name in ("stops", "plenty", "with", "under", "not_before", "not_after")
        )
        self.offices = frozenset(map(level, words["hosts"]))
        self.pairs = {level(w): rank for rank in ("leaders", "ministers", "any") for w in words["pairs_" + rank]}
        self.adjectives = registry.nations

    # ---- heads

    def heads(self, scenery: Scenery) -> list[Head]:
        """The words of a sentence that name a meeting, in order."""
        run = scenery.sentence.words
        named = {i for m in scenery.mentions for i in range(m.first, m.last)}
        heads = [
            Head(hit.first, hit.last, hit.values[0])
            for hit in self._nouns.find(run)
            if hit.first not in named and not self._barred(hit.first, hit.last, run)
        ]
        taken = {i for h in heads for i in range(h.first, h.last)} | named
        for index, word in enumerate(run):
            verb = verb_at(self._verbs, word.text) if index not in taken and word.text not in _NO_VERBS else None
            if verb is not None:
                heads.append(Head(index, index + 1, verb.kind, verb.tense))
        return sorted(heads, key=lambda h: h.first)

    def _barred(self, first: int, behind: int, run: Sequence[Word]) -> bool:
        """لقاء صحافي, اجتماع مجلس الوزراء, لجنة المفاوضات: no meeting of two actors."""
        if first and run[first - 1].text.lstrip("وبل").removeprefix("ال") in self._bodies:
            return True
        if behind >= len(run) or run[behind].text.removeprefix("ال") not in self._bar:
            return False
        conference = run[first].text.lstrip("وبل").startswith(("موتمر", "ندوه"))
        return not (conference and any(w.text in _JOINT for w in run[behind : behind + _JOINT_REACH]))

    # ---- parties

    def parties(self, head: Head, scenery: Scenery, others: Sequence[Head] = ()) -> Parties:
        """Who meets by a head; with fewer than two actors where nothing tells."""
        run = scenery.sentence.words
        named = {h.first for h in others if h.kind in ("noun", "weak") and h.first > head.last}
        if head.kind in ("meet", "receive"):
            named = {i for i in named if not self._during.find(run[i - 1 : i])}
        behind = _Reading(self, head, scenery, named).read()
        found = self._of_verb(head, behind, scenery) if head.kind in _VERBS else self._of_noun(head, behind, scenery)
        return self._with_host(head, found, scenery)

    def blocs(self, actors: Iterable[str]) -> set[str]:
        """Those among actors that are no single state."""
        return {a for a in actors if self._registry.actors[a].kind != "state"}

    def _of_verb(self, head: Head, behind: _Behind, scenery: Scenery) -> Parties:
        run, mentions = scenery.sentence.words, scenery.mentions
        actors, members = set(behind.actors), list(behind.members)
        subject = subject_before(head.first, mentions, run)
        several = subject is not None and len({m.actor for m in chain_of(subject, mentions)}) > 1
        talked = (behind.partner or several) and self._by_telephone(head, run)
        if head.kind == "talk" and not talked and not self._spoke_with(head, behind, run):
            return Parties()
        if head.kind == "visit" and not any(m.kind in ("person", "office") for m in members):
            return Parties()
        if subject is not None and (subject.kind in _MEMBERS or subject.acts):
            group = [subject, *chain_of(subject, mentions)]
            members += group
            actors |= {m.actor for m in group}
        needy = head.kind in ("discuss", "join", "sit")
        if needy and not behind.partner and not (len(actors) > 1 and all(m.kind in _PEOPLE for m in members)):
            return Parties()
        if head.kind == "sit" and not any(w.text in ("مع", "الي") for w in run[head.last : head.last + 8]):
            return Parties()
        if head.kind == "join" and len({m.actor for m in members if m.kind in ("person", "office")}) < 2:
            return Parties()
        if subject is None and len(actors) < 2 and (actors or self._dual(head, run)):
            group = self._pronoun(head, scenery, several=self._dual(head, run) and not actors)
            members += group
            actors |= {m.actor for m in group} or self._carried(scenery, bool(actors))
        return Parties(frozenset(actors), tuple(members), head.first, head.tense, behind.partner)

    def _spoke_with(self, head: Head, behind: _Behind, run: Sequence[Word]) -> bool:
        """تحدث مع فلان: with a person by name or office, and of what was said nothing."""
        company = next((i for i in range(head.last, min(len(run), head.last + 6)) if run[i].text == "مع"), None)
        return head.tense == "past" and company is not None and any(
            m.first == company + 1 and m.kind in ("person", "office") for m in behind.members
        )  # fmt: skip

    def _of_noun(self, head: Head, behind: _Behind, scenery: Scenery) -> Parties:
        run = scenery.sentence.words
        actors, members = set(behind.actors), list(behind.members)
        suffix = self.suffix(run[head.last - 1])
        holder = self._holder(head, run)
        anaphor = _definite(run[head.first]) and (not actors or behind.attended)
        if holder is not None:
            group = self._holding_subject(holder[0], head, scenery)
            group += self._speaker_among(group, head, scenery)
            members += group
            actors |= {m.actor for m in group} or self.nations_before(head, run)
            actors |= self._counterparts(run[min(holder[0], head.first) : head.first])
            if not group and behind.partner and len(actors) == 1 and run[holder[0]].text.endswith("ها"):
                actors |= self._carried(scenery, True)
        elif anaphor and not actors:
            actors |= self.nations_before(head, run)
        if suffix:
            group = self._pronoun(head, scenery, several=suffix in ("هم", "هما") and not behind.partner)
            members += group
            named = {m.actor for m in group} or (self.nations_before(head, run) if suffix in ("هم", "هما") else set())
            actors |= named or self._carried(scenery, bool(actors))
        else:
            held = holder is not None or anaphor
            more = self._completed(head, behind, members, actors, scenery, held=held)
            if more is None:
                return Parties()
            members += more
            actors |= {m.actor for m in more}
            if not more and len(actors) == 1 and behind.partner and not self.blocs(actors) - self._in_person(members):
                actors |= self._carried(scenery, True)
        held_by, tense = (None, "") if holder is None else holder
        return Parties(frozenset(actors), tuple(members), held_by, tense, behind.partner, anaphor, behind.actors)

    def _counterparts(self, run: Sequence[Word]) -> set[str]:
        """عقد لافروف ونظيره السعودي مؤتمرا: the nations of counterparts."""
        nations = (self.nation(run[i + 1]) for i, w in enumerate(run[:-1]) if w.text.lstrip("ولب").startswith("نظير"))
        return {actor for actor in nations if actor is not None}

    def _completed(
        self, head: Head, behind: _Behind, members: Sequence[Mention], actors: set[str], scenery: Scenery, *, held: bool
    ) -> list[Mention] | None:
        """The party that a noun without a pronoun leaves unsaid: the sentence's subject, or the two who act in it."""
        run = scenery.sentence.words
        people = self._in_person(members)
        governed = head.first > 0 and run[head.first - 1].text in ("في", "عن", "الي", "علي")
        on_the_way = head.kind == "beside" or bool(self._during.find(run[max(0, head.first - 1) : head.first]))
        on_the_way = on_the_way or (governed and run[head.first].text.startswith("لقا"))
        if (head.kind == "acts" and not behind.partner) or (head.kind == "beside" and not people):
            return None
        if len(actors) == 1 and not self.blocs(actors) - people:
            willing = any(h.last == head.first for h in self._willing.find(run[: head.first]))
            if behind.partner or self._purpose(head, run) or (people and (on_the_way or willing)):
                return self._pronoun(head, scenery, several=False)
            beside = [m for m in scenery.mentions if m.last == head.first and m.kind in _MEMBERS and _free(m, run)]
            return beside if people else []
        if not actors and self._by_telephone(head, run):
            return self._told_to(head, scenery)
        bilateral = any(w.text in _BILATERAL for w in run[head.last : head.last + 1])
        if not actors and ((not held and on_the_way) or bilateral):
            return self._group_before(head, scenery)
        if not actors and not _definite(run[head.first]):
            return self._bloc_before(head, scenery)
        return []

    def _bloc_before(self, head: Head, scenery: Scenery) -> list[Mention]:
        """يقر قادة الحلف في قمة: the bloc whose leaders the sentence is about."""
        near = range(head.first - _NEAR_BLOC, head.first + 1)
        before = [m for m in scenery.mentions if m.last in near and m.first and m.kind != "place"]
        run = scenery.sentence.words
        led = [m for m in before if self.blocs([m.actor]) and run[m.first - 1].text in self.plenty]
        return led[-1:]

    def nations_before(self, head: Head, run: Sequence[Word]) -> set[str]:
        """الوفدان الروسي والأوكراني ... محادثاتهما: the nations of a pair or group named before a head."""
        for index in range(head.first - 1, max(-1, head.first - _HOLD_REACH), -1):
            if run[index].text.removeprefix("و") in self.plenty or run[index].text in self.pairs:
                found: set[str] = set()
                first = index + 1 + (run[min(index + 1, len(run) - 1)].text in _PORTFOLIOS)
                for word in run[first : first + 3]:
                    actor = self.nation(word)
                    if actor is None:
                        break
                    found.add(actor)
                if len(found) > 1:
                    return found
        return set()

    def nation(self, word: Word) -> str | None:
        """The actor that an adjective or the name of a people stands for."""
        for text in (word.text, word.text.removeprefix("و")):
            actor = self.adjectives.get(text.removeprefix("ال"))
            if actor is not None:
                return actor
        return None

    def _group_before(self, head: Head, scenery: Scenery) -> list[Mention]:
        """ترامب وبوتين ... خلال اجتماع: a group of two actors that the sentence is about."""
        before = [m for m in scenery.mentions if m.last <= head.first and m.kind in ("person", "office", "people")]
        for mention in reversed(before):
            chain = [m for m in chain_of(mention, scenery.mentions) if m.kind in ("person", "office", "people")]
            if len({m.actor for m in chain}) > 1 and all(_free(m, scenery.sentence.words) for m in chain):
                return chain
        return []

    def _in_person(self, members: Iterable[Mention]) -> set[str]:
        return {m.actor for m in members if m.kind in ("person", "office")}

    def _dual(self, head: Head, run: Sequence[Word]) -> bool:
        """التقيا, يجتمعان, بحثوا: a verb of several without a subject behind it."""
        text = run[head.first].text
        return head.kind in _VERBS and text.endswith(("ا", "ان", "وا", "ون")) and not text.endswith("جرا")

    def _by_telephone(self, head: Head, run: Sequence[Word]) -> bool:
        return bool(self.telephone.find(run[head.first : head.last + 8]))

    def suffix(self, word: Word) -> str:
        """The pronoun on a noun: هما of لقائهما; the feminine ending is none."""
        text = word.text
        if text.endswith(("قمه", "مكالمه", "جوله", "جلسه", "محادثه", "زياره", "مريي", "هاتفيه")):
            return ""
        return next((p for p in _PRONOUNS if text.endswith(p)), "")

    def _purpose(self, head: Head, run: Sequence[Word]) -> bool:
        return run[head.first].text.startswith("لل") or run[head.first].text == "ليلتقي"

    # ---- before the head

    def _holder(self, head: Head, run: Sequence[Word]) -> tuple[int, str] | None:
        """The verb that holds the meeting, before the noun or in its relative clause, with its tense."""
        for index in range(head.first - 1, max(-1, head.first - _HOLD_REACH), -1):
            verb = verb_at(self.holding, run[index].text)
            if verb is not None:
                return index, verb.tense
            if run[index].text in self.stops:
                break
        for index in range(head.last, min(len(run), head.last + 8)):
            if run[index].text in self.stops - _RELATIVES:
                break
            verb = verb_at(self.holding, run[index].text)
            if verb is not None and (
                run[index - 1].text in _RELATIVES or run[index - 1].text in _AUXILIARIES or index <= head.last + 3
                or run[index].text.endswith(("ها", "ه"))
            ):  # fmt: skip
                return index, verb.tense
        return None

    def _holding_subject(self, verb: int, head: Head, scenery: Scenery) -> list[Mention]:
        run, mentions = scenery.sentence.words, scenery.mentions
        stop = head.first if verb < head.first else min(len(run), verb + 8)
        behind = [m for m in mentions if verb < m.first < stop and m.front in ("", "و") and _free(m, run)]
        behind = [m for m in behind if m.kind != "place" and m.acts and m.first - verb <= 4 and not m.former]
        behind = [m for m in behind if not run[m.first - 1].text.lstrip("وبل").startswith("نظير")]
        if behind:
            return chain_of(behind[0], mentions)
        before = subject_before(verb, mentions, run)
        if before is not None:
            return chain_of(before, mentions)
        if verb > head.first and run[verb].text.endswith(("ها", "ه")):
            return self._pronoun(Head(verb, verb + 1, "hold"), scenery, several=False)
        return []

    def _pronoun(self, head: Head, scenery: Scenery, *, several: bool) -> list[Mention]:
        """Whom a pronoun or an unsaid subject means: the nearest subject before, for several a group of two actors."""
        run, mentions = scenery.sentence.words, scenery.mentions
        before = [m for m in mentions if m.last <= head.first and m.kind in _MEMBERS and not m.former]
        if several:
            for mention in reversed(before):
                chain = chain_of(mention, mentions)
                if len({m.actor for m in chain}) > 1:
                    return chain
            two = _latest_two([m for m in before if m.kind in ("person", "office")])
            return two or scenery.cast.pair(None)
        subjects = [m for m in before if m.front in ("", "و", "ف") and _free(m, run) and (m.acts or m.kind in _PEOPLE)]
        people = [m for m in subjects if m.kind in ("person", "office", "people")]
        return self._saying(before, head, scenery) or (people or subjects)[-1:]

    def _speaker_among(self, group: Sequence[Mention], head: Head, scenery: Scenery) -> list[Mention]:
        """قال إنه والزعماء عقدوا: the speaker with those whom a conjunction ties to the pronoun."""
        first = group[0].first if group else 0
        if not first or group[0].front != "و" or scenery.sentence.words[first - 1].text not in _SELF:
            return []
        return self._saying([m for m in scenery.mentions if m.last < first], head, scenery)

    def _saying(self, before: Sequence[Mention], head: Head, scenery: Scenery) -> list[Mention]:
        """قال ... إنه التقى: behind إنه the pronoun means the speaker, whoever else was named before it."""
        run = scenery.sentence.words
        last = before[-1].last if before else 0
        speakers = [c.speaker.actor for c, _ in scenery.clauses if c.speaker is not None and c.first <= head.first]
        if not speakers or not any(w.text in _SELF for w in run[last : head.first]):
            return []
        return [m for m in before if m.actor == speakers[-1]][-1:]

    def _carried(self, scenery: Scenery, wanted: bool) -> set[str]:
        return {scenery.carried.actor} if wanted and scenery.carried is not None else set()

    def _told_to(self, head: Head, scenery: Scenery) -> list[Mention]:
        """أبلغ X نظيره Y في مكالمة: the two who stand before a call that names nobody."""
        before = [
            m for m in scenery.mentions
            if m.last <= head.first and head.first - m.last <= 14 and m.kind in ("person", "office") and not m.former
        ]  # fmt: skip
        two = _latest_two(before)
        return [m for one in two for m in chain_of(one, before)]

    def _with_host(self, head: Head, parties: Parties, scenery: Scenery) -> Parties:
        """A bloc's meeting counts the state that hosts it, where a verb of hosting says so."""
        if not self.blocs(parties.actors):
            return parties
        near = [m for m in scenery.mentions if abs(m.first - head.first) <= REACH and m.kind != "place"]
        hosts = {m.actor for m in near if m.kind == "capital" and not m.acts and 0 < m.first - head.last <= 7}
        for mention in near:
            around = scenery.sentence.words[max(0, mention.first - 1) : mention.last + 2]
            if self._hosting.find(around):
                hosts.add(mention.actor)
        return msgspec.structs.replace(parties, actors=parties.actors | hosts)


class _Behind(msgspec.Struct, frozen=True):
    """What stands behind a head: the actors, their mentions, and whether a word of company brought one."""

    actors: frozenset[str]
    members: tuple[Mention, ...]
    partner: bool
    attended: bool


class _Reading:
    """One walk over the words behind a head."""

    def __init__(self, lists: Attendance, head: Head, scenery: Scenery, others: Set[int]) -> None:
        self._lists, self._head, self._scenery, self._others = lists, head, scenery, others
        self._run = scenery.sentence.words
        self._starts = {m.first: m for m in scenery.mentions}
        self._cues = {
            c.cue.index for c, _ in scenery.clauses if c.cue is not None and c.cue.cue.form in ("past", "present")
        }
        self._dated = {
            i for i in range(head.last, min(len(self._run), head.last + REACH))
            if any(d.start <= self._run[i].start < d.end for d in scenery.dates)
        }  # fmt: skip
        self._members: list[Mention] = []
        self._actors: set[str] = set()
        self._partner = False
        self._attended = any(self._attends(i) for i in range(max(0, head.first - 3), head.first))
        self._base = "with" if self._attended and head.kind in ("noun", "weak") else "free"
        self._mode, self._since = self._base, head.last  # free, with, under
        self._unnamed = self._genitive = False

    def read(self) -> _Behind:
        """The parties behind the head."""
        index, stop = self._head.last, min(len(self._run), self._head.last + REACH)
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
        if len(self._actors) > 1 and self._head.kind not in _VERBS:
            self._partner = True
        return _Behind(frozenset(self._actors), tuple(self._members), self._partner, self._attended)

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
        if self._attends(index) or (text in _RELATIVES and self._relative(index)):
            return False
        if text == "ان" and index + 1 < len(self._run) and self._attends(index + 1):
            return False
        if text == "عن" and self._text(index + 1) == "بعد":
            return False
        return index in self._others or text in self._lists.stops or (index in self._cues and index > self._head.last)

    def _resumes(self, index: int) -> int | None:
        """يلتقي فلان، الذي يزور المنطقة، الرئيس: where the object follows the relative clause about the subject."""
        if self._head.kind not in _VERBS or self._run[index].text not in _RELATIVES or len(self._members) != 1:
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
        return verb_at(self._lists.attending, self._run[index].text) is not None

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
            self._add(mention, partner=False)

    def _closed(self, mention: Mention) -> bool:
        """على هامش القمة الرئيس: a definite word before a title ends what the preposition governs."""
        before = mention.first - 1
        apart = mention.kind in ("person", "office") and mention.front == "" and before > self._since
        return apart and self._head.kind in _VERBS and _definite(self._run[before]) and self._adjective(before) is None

    def _by_clitic(self, mention: Mention) -> bool:
        """التقى بنظيره, اجتماع لحلف الأطلسي."""
        front = mention.front.removeprefix("و")
        if front == "ب":
            return mention.kind in ("person", "office")
        bloc = bool(self._lists.blocs([mention.actor]))
        return front == "ل" and bloc and self._head.kind in ("noun", "weak") and mention.first - self._head.last <= 4

    def _is_free(self, mention: Mention) -> bool:
        """A verb's subject or object, or what a noun stands in construct with."""
        if mention.front not in ("", "ف") or self._mode == "under":
            return False
        suffixed = bool(self._lists.suffix(self._run[self._head.last - 1]))
        if self._head.kind in _VERBS or (self._head.kind in ("noun", "acts") and suffixed):
            return len(self._members) < 2 and mention.kind in _MEMBERS and (mention.acts or mention.kind in _PEOPLE)
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
        nations, behind = self._adjectives_from(index + 1 + (self._text(index + 1) in _PORTFOLIOS))
        if nations and (self._mode == "with" or self._head.kind in _VERBS or index <= self._head.last + 1):
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
        if len(found) > 1:
            self._actors |= found
            self._partner = True
            return behind
        return index + 1


def _definite(word: Word) -> bool:
    return word.text.lstrip("وفبل").startswith("ال") or word.text.startswith("لل")


def _latest_two(people: Sequence[Mention]) -> list[Mention]:
    found = Cast(list(people)).pair(None)
    return found[::-1]


def _verbs(entries: Sequence[str], kind: str) -> list[tuple[str, Head]]:
    """The forms of verbs given as past and present; future ones bear their س."""
    found = []
    for entry in entries:
        past, _, present = level(entry).partition(" ")
        if past != "-":
            found += [(form, Head(0, 0, kind, "past")) for form, _ in past_forms(past)]
        for form, _ in present_forms(present) if present else ():
            found += [(form, Head(0, 0, kind, "present")), ("س" + form, Head(0, 0, kind, "future"))]
        if present:
            dual = (present[:-1] + "يان", "ت" + present[1:-1] + "يان") if present[-1] == "ي" else (present + "ان",)
            found += [(form, Head(0, 0, kind, "present")) for form in (*dual, *(d[:-1] for d in dual))]
            found += [("س" + form, Head(0, 0, kind, "future")) for form in dual]
    return found


def verb_table(entries: Iterable[tuple[str, Head]]) -> dict[str, Head]:
    """Forms to verbs; of one form read as past and as present the past counts (اجتمع)."""
    table: dict[str, Head] = {}
    for form, head in sorted(entries, key=lambda entry: entry[1].tense != "past"):
        table.setdefault(form, head)
    return table


def verb_at(table: dict[str, Head], text: str) -> Head | None:
    """The verb of a word, past its conjunction and its pronoun (عقدها)."""
    fronts = [text]
    if len(text) > 3 and (text[0] in "وف" or text[:2] == "لي"):
        fronts.append(text[1:])
    for front in fronts:
        for pronoun in ("", *_PRONOUNS):
            form = front.removesuffix(pronoun)
            if form in table and (pronoun == "" or form != front):
                return table[form]
    return None


def _free(mention: Mention, run: Sequence[Word]) -> bool:
    """Whether no preposition or construct of place stands right before a mention."""
    return mention.first == 0 or run[mention.first - 1].text not in (
        "في", "علي", "عن", "من", "الي", "ضد", "لدي", "نحو", "داخل", "مع", "بين", "حول", "بشان", "باسم",
    )  # fmt: skip


def subject_before(index: int, mentions: Sequence[Mention], run: Sequence[Word]) -> Mention | None:
    """The subject that stands before its verb, past قد, كان and a relative."""
    stop = index
    while stop > 0 and (run[stop - 1].text in _AUXILIARIES or run[stop - 1].text in _RELATIVES):
        stop -= 1
    found = next((m for m in mentions if m.last == stop and m.kind != "place" and not m.former), None)
    if found is None or not _free(found, run) or found.front not in ("", "و", "ف"):
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
