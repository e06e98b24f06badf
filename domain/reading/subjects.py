"""Who the subject of a cue is: named behind it, before it, by a title, by a pronoun, or nobody registered.

Verbs agree with their subjects in gender, prepositions keep a name from being one, and a title stands for its last
bearer. It must not know what a cue's content says, nor how clauses nest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from domain.events import Attribution
from domain.reading.cues import AMBIGUOUS, CueHit, Gender
from domain.reading.mentions import Mention
from domain.reading.phrases import Phrases
from domain.reading.registry import Registry
from domain.reading.speakers import NARRATED, Carry, Speaker
from domain.reading.subjectwords import (
    AFTER,
    AUXILIARY,
    BEFORE_VERB,
    COLLECTIVE,
    CONNECTORS,
    CONTENT,
    DAYS,
    DOCUMENTS,
    FEMININE_TITLES,
    GOVERNING,
    IMPERSONAL,
    LIKE_ARTICLE,
    LINKS,
    NOUNS,
    OPENINGS,
    PRONOUNS,
    RELATIVE,
    REPORTED,
    REPORTING,
    SUPPOSED_BY_ALL,
    SUPPOSING,
    TIMES,
    TRANSITIVE,
    VERBAL,
    VIEWS,
    WRITTEN,
)
from domain.reading.text import Sentence, Word, level

How = Literal["overt", "carried", "unknown", "own"]
_BOTH = frozenset({"الدولتان", "البلدان", "الطرفان", "الجانبان", "الزعيمان", "الرييسان", "الوزيران", "المسوولان"})
_DOCUMENT_REACH = 6
_JOINED = NARRATED | {"person", "office"}


class Found(msgspec.Struct, frozen=True):
    """What is known of a cue's subject: how it shows, who it is, and the word where the content begins.

    `others`: actors named beside the subject (قالت فرنسا وألمانيا); `inverted`: it stands behind أن, before its verb.
    """

    how: How
    speaker: Speaker | None
    content: int
    others: tuple[Speaker, ...] = ()
    inverted: bool = False


class Scope(msgspec.Struct, frozen=True):
    """One sentence as subjects are looked for: its words, its mentions by their first and last words, its cues."""

    sentence: Sentence
    run: tuple[Word, ...]
    mentions: tuple[Mention, ...]
    starting: dict[int, Mention]
    ending: dict[int, Mention]
    cues: frozenset[int]
    nouns: frozenset[int]
    named: frozenset[int]
    quoted_to: int

    @classmethod
    def of(cls, sentence: Sentence, mentions: Sequence[Mention], hits: Sequence[CueHit]) -> Scope:
        """The scope of a sentence with its mentions and cues."""
        return cls(
            sentence, sentence.words, tuple(mentions), {m.first: m for m in mentions}, {m.last: m for m in mentions},
            frozenset(h.index for h in hits), frozenset(h.index for h in hits if h.cue.form == "noun"),
            frozenset(i for m in mentions for i in range(m.first, m.last)), _leading_quote(sentence),
        )  # fmt: skip

    def first_named(self, start: int, stop: int) -> Mention | None:
        """The first mention that begins in words [start, stop), places left out."""
        found = (self.starting.get(index) for index in range(start, stop))
        return next((m for m in found if m is not None and m.kind != "place"), None)

    def text(self, index: int) -> str:
        """A word's letters; empty outside the sentence."""
        return self.run[index].text if 0 <= index < len(self.run) else ""


def _leading_quote(sentence: Sentence) -> int:
    """Where the quotation ends that opens a sentence; 0 where none does."""
    first = sentence.quotes[0] if sentence.quotes else None
    return first[1] if first is not None and first[0] <= sentence.words[0].start else 0


class SubjectFinder:
    """Finds subjects. One for each registry; what the text has told so far is in a `Carry`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        words = registry.lexicon.words
        self._anonymous = Phrases((p, True) for p in words["anonymous"])
        self._anaphors = {
            level(word): rank for rank, group in registry.lexicon.anaphors.items() if rank != "issue" for word in group
        }
        self._feminine = _feminine_bodies(registry)
        self._adjectives = {
            form: actor.id
            for actor in registry.actors.values() for a in actor.adjectives
            for form in (level(a), level(a) + "ون", level(a) + "ين")
        }  # fmt: skip

    def reread(self, hit: CueHit, scope: Scope) -> CueHit:
        """لم يتبدل رفض واشنطن: of a verb and a noun written alike the noun, where no verb can stand or agrees."""
        after = scope.starting.get(hit.index + 1)
        doubtful = hit.cue.form == "past" and not hit.joined and hit.word in AMBIGUOUS and hit.index not in scope.ending
        if not doubtful or after is None:
            return hit
        differs = after.kind in NARRATED and self._disagrees(hit, after, scope.run)
        if not differs and scope.text(hit.index - 1) not in GOVERNING:
            return hit
        return msgspec.structs.replace(hit, cue=msgspec.structs.replace(hit.cue, form="noun"))

    def is_cue(self, hit: CueHit, scope: Scope, carry: Carry) -> bool:
        """Words that are cues only in some places need a subject or content at once."""
        run = scope.run
        after = scope.starting.get(hit.index + 1)
        if run[hit.index].text in IMPERSONAL or (hit.cue.kind in ("act", "commit") and _subordinate(run, hit.index)):
            return False
        if hit.cue.form == "noun":
            return hit.suffixed or (after is not None and after.kind != "place")
        if _is_supposed(hit, scope) or _is_resumed(hit, scope) or (hit.object and not _stands_clear(hit, scope)):
            return False
        if hit.cue.lemma in WRITTEN:
            return any(scope.text(i) in DOCUMENTS for i in range(hit.index + 1, hit.index + 4))
        base = hit.word
        if base not in AMBIGUOUS or hit.cue.form == "participle":
            return True
        following = scope.text(hit.index + 1)
        if hit.word == "قبل" and following == "ان":
            return False  # rather before than accepts
        leads = _leads(hit, scope)
        if leads and self._anonymous.find(run[hit.index + 1 : hit.index + 3]):
            return True
        if hit.joined and run[hit.index].text[0] == "ف":
            return True
        if (after is not None and after.acts) or following in CONTENT or self._stands_for(following, scope, hit, carry):
            return True
        before = scope.ending.get(hit.index)
        if before is not None and before.acts and hit.cue.form == "present":
            return True
        if self._before_verb(hit, scope) is not None:
            return True
        if before is not None and before.kind == "person" and following in LINKS and hit.cue.form == "past":
            return True
        if leads and (scope.text(hit.index - 1) in RELATIVE or self.overt(hit, scope) is not None):
            return True
        if hit.joined and hit.word in VERBAL:
            return True
        start = hit.index == 0 and following not in ("من", "في", "علي", "الي")
        return start and hit.cue.kind in REPORTING

    def subject(self, hit: CueHit, scope: Scope, carry: Carry) -> Found:
        """The subject of a cue."""
        if hit.cue.form == "participle" or _is_purpose(hit, scope.run):
            return Found("own", None, hit.index + 1)
        if hit.cue.lemma in REPORTED:
            found = self._quoted_source(hit, scope)
            if found is not None:
                return found
        relative = self._relative(hit, scope)
        if relative is not None:
            return Found(
                "overt", self.speaker(relative, hit, scope, carry, how="told of in a relative clause"), hit.index + 1
            )
        inverted = self._before_verb(hit, scope)
        if inverted is not None:
            found = self._found(inverted, hit, scope, carry, "before the cue", hit.index + 1)
            return msgspec.structs.replace(found, inverted=scope.text(inverted.first - 1) in CONTENT)
        after = self.overt(hit, scope)
        if after is not None:
            return self._found(after, hit, scope, carry, "after the cue", after.last)
        if hit.cue.form == "noun":
            return Found("own" if hit.suffixed else "unknown", None, hit.index + 1)
        before = self._preceding(hit, scope)
        if before is not None:
            return self._found(before, hit, scope, carry, "before the cue", hit.index + 1)
        return self._unnamed(hit, scope, carry)

    def focus(self, scope: Scope, hits: Sequence[CueHit], carry: Carry) -> tuple[int, Speaker] | None:
        """Who the sentence is about before its first cue: the subject of a verb that is none, or a name that leads."""
        stop = hits[0].index if hits else len(scope.run)
        for index in range(min(stop, 14)):
            mention = self._leading(index, scope) or self._acting(index, scope)
            if mention is not None and mention.last <= stop:
                speaker = self.speaker(mention, None, scope, carry, how="whom the sentence is about")
                return None if speaker is None else (mention.last, speaker)
        return None

    def _leading(self, index: int, scope: Scope) -> Mention | None:
        """A name that opens the sentence, at once or after أما."""
        about = scope.text(index) in ("اما", "واما")
        if not about and index:
            return None
        for place in range(index + about, index + 5 if about else index + 1):
            mention = scope.starting.get(place)
            if mention is not None:
                paused = mention.last < len(scope.run) and scope.run[mention.last].pause
                dateline = mention.kind in ("capital", "place") and paused and not about
                governed = scope.run[place].text[:1] in "بلك" and mention.front != ""
                if mention.kind == "capital" and place > index + about:
                    continue
                return None if dateline or governed or mention.kind == "place" else mention
        return None

    def _acting(self, index: int, scope: Scope) -> Mention | None:
        """The subject of a verb that is no cue, at the head of its clause (التقى روبيو نتنياهو، وقال)."""
        run = scope.run
        word = run[index]
        bare = word.text[1:] if word.text[:1] in "وف" and len(word.text) > 3 else word.text
        before = scope.text(index - 1).lstrip("و")
        opens = index == 0 or word.pause or before in AUXILIARY or before == "كما"
        if not opens or bare in NOUNS or _has_article(bare) or len(bare) < 3:
            return None
        if index in scope.named or bare.endswith(("ات", "ين", "ون", "يه")):
            return None
        mention = self._behind(index, scope, 5)
        if mention is None or not mention.acts or not _nominative(mention, run):
            return None
        gender = self.gender(mention, run)
        feminine = bare.endswith("ت") or bare.startswith("ت")
        return None if gender == "f" and not feminine else mention

    def _found(
        self, mention: Mention, hit: CueHit, scope: Scope, carry: Carry, how: str, content: int
    ) -> Found:  # fmt: skip
        anonymous = mention.first > hit.index and self._is_anonymous(scope.run, hit.index + 1, mention.first)
        speaker = self.speaker(mention, hit, scope, carry, anonymous=anonymous, how=how)
        others: list[Speaker] = []
        last = content
        for other in self._beside(mention, scope):
            named = self.speaker(other, hit, scope, carry, how=how)
            last = max(last, other.last) if mention.first > hit.index else last
            if named is not None:
                others.append(named)
        return Found("overt", speaker, last, tuple(others))

    def _beside(self, mention: Mention, scope: Scope) -> Iterator[Mention]:
        """Names joined to a subject by و, all of states: before it and behind it."""
        if mention.kind not in _JOINED:
            return
        one = mention
        while (
            one.front.startswith("و") and (before := scope.ending.get(one.first)) is not None and before.kind in _JOINED
        ):
            one = before
            yield one
        one = mention
        while (after := scope.starting.get(one.last)) is not None and after.front == "و" and after.kind in _JOINED:
            one = after
            yield one

    def speaker(
        self, mention: Mention, hit: CueHit | None, scope: Scope, carry: Carry, *, how: str, anonymous: bool = False
    ) -> Speaker | None:  # fmt: skip
        """The speaker that a mention makes; None for a former office."""
        if mention.former_title or mention.speaker is None or not self._is_member(mention):
            return None
        known = self._bearer(mention, scope, carry)
        if known is not None:
            return msgspec.structs.replace(known, how=f"{how}: {mention.label()} stands for {known.id}")
        anonymous = anonymous or mention.anonymous
        attribution: Attribution = "self"
        if mention.kind in NARRATED and (hit is None or not _reports(hit)):
            attribution = "outlet"
        if anonymous:
            attribution = "anonymous"
        return Speaker(
            actor=mention.actor, id=mention.speaker, seniority="other" if anonymous else mention.seniority,
            level=mention.level, attribution=attribution, gender=self.gender(mention, scope.run), kind=mention.kind,
            how=f"{how}: {mention.label()}",
        )  # fmt: skip

    def _is_member(self, mention: Mention) -> bool:
        """Whether a person holds an office; relatives and legislators are listed without one."""
        return mention.kind != "person" or (bool(self._registry.persons[mention.id].terms) and not mention.former)

    def _bearer(self, mention: Mention, scope: Scope, carry: Carry) -> Speaker | None:
        """Whom a general title of a state stands for (الوزير الروسي): the last person named who bears it."""
        general = mention.kind == "office" and ":" in mention.id and not mention.anonymous
        if not general:
            return None
        known = carry.seen.get((mention.actor, mention.seniority))
        return known if known is not None and known.gender == self.gender(mention, scope.run) else None

    def note(self, scope: Scope, carry: Carry) -> None:
        """Remember who is named in a sentence, so that titles and surnames can stand for them later."""
        for mention in scope.mentions:
            beside = [] if mention.front.startswith("و") else list(self._beside(mention, scope))
            if beside:
                named = (self.speaker(m, None, scope, carry, how="named together") for m in (mention, *beside))
                carry.group = tuple(s for s in named if s is not None)
            if mention.kind == "person" and not mention.former_title:
                person = self.speaker(mention, None, scope, carry, how="named")
                if person is not None:
                    carry.see(person)
                    surnames = self._registry.persons[mention.id].ambiguous
                    carry.aliases.update({level(name): person for name in surnames})
            elif mention.kind == "office" and not mention.anonymous:
                office = self.speaker(mention, None, scope, carry, how="named")
                name = _name_behind(mention, scope)
                if office is not None and name:
                    carry.aliases[name] = office

    def _relative(self, hit: CueHit, scope: Scope) -> Mention | None:
        """بيسكوف الذي نفى، موسكو التي تعارض: the name before the relative is the verb's subject."""
        if hit.cue.form not in ("past", "present"):
            return None
        index = hit.index - 1
        while scope.text(index) in AUXILIARY:
            index -= 1
        if scope.text(index) not in RELATIVE:
            return None
        mention = scope.ending.get(index)
        if mention is None or mention.kind == "place" or scope.starting.get(hit.index + 1) is not None:
            return None
        return None if self._disagrees(hit, mention, scope.run) else mention

    def _before_verb(self, hit: CueHit, scope: Scope) -> Mention | None:
        """إن فرنسا ستسلم أوكرانيا: behind إن, أن and أما the subject stands before its verb."""
        if hit.cue.form not in ("past", "present"):
            return None
        found = _mention_ending(scope, hit.index)
        while found is not None and found.front == "و" and found.first in scope.ending:
            found = scope.ending[found.first]
        if found is None or not found.acts or found.front not in ("", "ف") or found.first == 0:
            return None
        both = scope.text(found.first - 1) == "من" and scope.text(found.first - 2).lstrip("و") in ("كل", "كلا")
        opened = both or scope.text(found.first - 1).lstrip("وفب") in BEFORE_VERB
        return found if opened and not self._disagrees(hit, found, scope.run) else None

    def _preceding(self, hit: CueHit, scope: Scope) -> Mention | None:
        """A name right before its verb, which no conjunction or pause parts from it."""
        run = scope.run
        if hit.joined or run[hit.index].pause:
            return None
        before = _mention_ending(scope, hit.index)
        relative = scope.text(hit.index + 1) in ("فيه", "فيها")
        if before is None or not before.acts or (_governed(before, run) and not relative):
            return None
        return None if self._disagrees(hit, before, run) else before

    def overt(self, hit: CueHit, scope: Scope) -> Mention | None:
        """The mention that follows a cue as its subject: at once, or after a word or two of office or time."""
        run = scope.run
        mention = scope.starting.get(hit.index + 1)
        if mention is not None:
            if self._disagrees(hit, mention, run) or (
                hit.cue.kind in TRANSITIVE and self._is_object(hit, mention, scope)
            ):
                return None
            able = mention.kind != "place" and (mention.acts or mention.kind not in NARRATED)
            return mention if able and _nominative(mention, run) else None
        if hit.cue.form == "noun":
            return None
        mention = self._behind(hit.index, scope, 8)
        return None if mention is None or self._disagrees(hit, mention, run) else mention

    def _behind(self, index: int, scope: Scope, reach: int) -> Mention | None:
        """A member some words behind a verb, with only titles and times between."""
        run = scope.run
        for place in range(index + 1, min(index + reach, len(run))):
            mention = scope.starting.get(place)
            aside = mention is not None and place > index + 2 and (mention.front in ("ب", "ل") or not mention.acts)
            if mention is not None and not aside:
                between = run[index + 1 : place]
                near = mention.kind in ("person", "office") and place - index <= 6
                if mention.kind == "place" or not (place == index + 1 or near or self._anonymous.find(between)):
                    return None
                head = between[0].text if between else ""
                plain = not head.startswith(("ب", "ل")) and not any(w.text.startswith("لل") for w in between[-1:])
                return mention if _nominative(mention, run) and plain else None
            word = run[place]
            timely = word.text in TIMES or word.text in DAYS or word.text in PRONOUNS
            if (
                (is_link(word) and not timely)
                or place in scope.nouns
                or (word.pause and not timely and place > index + 1)
            ):
                return None
        return None

    def _disagrees(self, hit: CueHit, mention: Mention, run: Sequence[Word]) -> bool:
        """A verb agrees with its subject in gender: وتوعد موسكو has another subject."""
        if hit.cue.form not in ("past", "present"):
            return False
        gender = self.gender(mention, run)
        return "p" not in (gender, hit.cue.gender) and gender != hit.cue.gender

    def _is_object(self, hit: CueHit, mention: Mention, scope: Scope) -> bool:
        """وطالب باريس بكذا، لافتات تطالب باريس ولندن بكذا: a name that a demand's wording follows is its object."""
        last = max((m.last for m in self._beside(mention, scope) if m.first >= mention.last), default=mention.last)
        following = scope.text(last)
        inside = (hit.joined and hit.index > 0) or not _leads(hit, scope)
        return inside and hit.cue.form != "noun" and (following[:1] == "ب" or following in ("الي", "علي"))

    def _unnamed(self, hit: CueHit, scope: Scope, carry: Carry) -> Found:
        """A verb beside which no registered name stands: carried on, by a title or an alias, or somebody unknown."""
        run = scope.run
        following = run[hit.index + 1] if hit.index + 1 < len(run) else None
        bare = following is None or hit.object or is_link(following) or punctuated(scope.sentence, run, hit.index)
        if hit.cue.lemma in WRITTEN:
            return self._document(hit, scope, carry)
        if bare:
            earlier = self._title_before(hit, scope, carry)
            if earlier is not None:
                return Found("overt", earlier, hit.index + 1)
            strange = hit.cue.kind in REPORTING and _has_own_subject(hit, scope)
            return Found("unknown" if strange else "carried", None, hit.index + 1)
        assert following is not None  # noqa: S101 - told by `bare`
        author = self._author(hit, following, scope, carry) if following.text in DOCUMENTS else None
        if author is not None:
            return author
        if self._anonymous.find(run[hit.index + 1 : hit.index + 3]):
            return Found("overt", self._anonymous_speaker(hit, scope, carry), hit.index + 2)
        known = self._stands_for(following.text, scope, hit, carry)
        if known is not None:
            spoken = msgspec.structs.replace(known, how=f"{following.text} stands for {known.id}")
            return Found("overt", spoken, hit.index + 2)
        grouped = COLLECTIVE.get(scope.text(hit.index + 2), 2 if following.text in _BOTH else 0)
        if grouped and following.text in _BOTH | {"الدول", "القوي"} and len(carry.group) == grouped:
            return Found("overt", carry.group[0], hit.index + 3, carry.group[1:])
        if hit.cue.kind in REPORTING or not _prodrop(hit, run):
            return Found("unknown", None, hit.index + 1)
        return Found("carried", None, hit.index + 1)

    def _title_before(self, hit: CueHit, scope: Scope, carry: Carry) -> Speaker | None:
        """لكن المصدر شدد على: a title alone, right before its verb."""
        index = hit.index - 1
        while scope.text(index) in AUXILIARY:
            index -= 1
        if hit.joined or scope.run[hit.index].pause or index < 0 or not self._names_somebody(scope.text(index), carry):
            return None
        opened = index == 0 or scope.text(index - 1).lstrip("و") in BEFORE_VERB
        earlier = msgspec.structs.replace(hit, index=index - 1)
        known = self._stands_for(scope.text(index), scope, earlier, carry, closed=True) if opened else None
        return known and msgspec.structs.replace(known, how=f"{scope.text(index)} stands for {known.id}")

    def _names_somebody(self, word: str, carry: Carry) -> bool:
        return word in self._anaphors or word in carry.aliases

    def _document(self, hit: CueHit, scope: Scope, carry: Carry) -> Found:
        """وجاء في بيان للكرملين أن: whose document it is, or the last speaker's."""
        stop = next((i for i in range(hit.index, len(scope.run)) if scope.text(i) in CONTENT), hit.index + 8)
        for mention in scope.mentions:
            if hit.index < mention.first < stop and mention.kind in ("person", "office", "institution"):
                speaker = self.speaker(mention, hit, scope, carry, how="whose document it is")
                return Found("overt", speaker, mention.last)
        return Found("carried", None, hit.index + 1)

    def _author(self, hit: CueHit, document: Word, scope: Scope, carry: Carry) -> Found | None:
        """ذكر بيان للبيت الأبيض أن: whose document speaks; None where nobody's name stands at it."""
        mention = scope.first_named(hit.index + 2, hit.index + _DOCUMENT_REACH)
        if hit.cue.kind not in REPORTING or mention is None or document.text.startswith("ال"):
            return None
        between = {scope.text(i) for i in range(hit.index + 2, mention.first)}
        issued = bool(between & {"عن", "من", "ل"}) or mention.front[:1] == "ل" or mention.first == hit.index + 2
        if not issued or between & CONTENT or mention.kind in ("place", "people"):
            return None
        speaker = self.speaker(mention, hit, scope, carry, how="whose document it is")
        return Found("overt", speaker, mention.last)

    def _stands_for(
        self, word: str, scope: Scope, hit: CueHit, carry: Carry, *, closed: bool = False
    ) -> Speaker | None:  # fmt: skip
        """Whom a word behind a verb stands for: a name of the text's own, or a title alone."""
        alias = carry.aliases.get(word)
        if alias is not None:
            return alias
        rank = self._anaphors.get(word)
        after = scope.run[hit.index + 2] if hit.index + 2 < len(scope.run) else None
        if rank is None or (after is not None and not closed and not _closes_title(after)):
            return None
        known = carry.by_rank.get(rank) or carry.seen.get(("", rank))
        if word.startswith("الامين"):
            known = next(
                (s for (actor, r), s in reversed(carry.seen.items()) if r == "head" and self._is_body(actor)), None
            )
        if (
            known is None
            or known.kind in NARRATED
            or (rank == "any" and known.kind == "person" and word in ("الوزاره", "الخارجيه"))
        ):
            return None
        if rank in ("head", "minister", "spokesman", "other") and (word.endswith("ه") != (known.gender == "f")):
            return None
        return known

    def _is_body(self, actor: str) -> bool:
        return actor in self._registry.actors and self._registry.actors[actor].kind != "state"

    def _is_anonymous(self, run: Sequence[Word], start: int, end: int) -> bool:
        return end > start and bool(self._anonymous.find(run[start:end]))

    def _anonymous_speaker(self, hit: CueHit, scope: Scope, carry: Carry) -> Speaker | None:
        """An unnamed official of a registered actor: by an institution, an office or an adjective beside him."""
        window = scope.run[hit.index + 1 : hit.index + 8]
        mention = scope.first_named(hit.index + 1, hit.index + 8)
        if mention is not None:
            return self.speaker(mention, hit, scope, carry, anonymous=True, how="an unnamed official")
        actors = (self._adjectives[form] for word in window for form in word.forms if form in self._adjectives)
        found = next(actors, None)
        if found is None:
            return None
        name = self._registry.actors[found].english.lower().replace(" ", "-")
        return Speaker(actor=found, id=name, attribution="anonymous", kind="actor", how="an unnamed official")

    def _quoted_source(self, hit: CueHit, scope: Scope) -> Found | None:
        """نقلت الوكالة عن فلان قوله: the source is whom the agency names."""
        run, carry = scope.run, Carry()
        marks = ("عن", "من") if hit.cue.lemma == "علم" else ("عن",)
        for place in range(hit.index + 1, min(hit.index + 14, len(run) - 1)):
            if hit.cue.lemma == "ذكر" and run[place].text in CONTENT:
                return None
            if run[place].text not in marks:
                continue
            mention = scope.first_named(place + 1, place + 4)
            anonymous = bool(self._anonymous.find(run[place + 1 : place + 4]))
            if mention is not None:
                unnamed = anonymous and not (mention.kind == "person" and mention.front == "")
                speaker = self.speaker(mention, hit, scope, carry, anonymous=unnamed, how="named by the agency")
                return Found("overt", speaker, mention.last)
            if anonymous:
                shifted = msgspec.structs.replace(hit, index=place)
                return Found("overt", self._anonymous_speaker(shifted, scope, carry), place + 2)
            return Found("unknown", None, place + 1)
        return None

    def gender(self, mention: Mention, run: Sequence[Word]) -> Gender:
        """The gender of the verbs that a mention takes; p for peoples."""
        if mention.kind in ("person", "office"):
            title = run[mention.first].text.lstrip("و")
            if mention.last - mention.first > 1 and title.removeprefix("ال") in FEMININE_TITLES:
                return "f"
            person = self._registry.persons.get(mention.id) or self._registry.persons.get(mention.speaker or "")
            return person.gender if person is not None else "m"
        if mention.kind == "institution":
            return "f" if any(f in self._feminine for f in _surfaces(run[mention.first : mention.last])) else "m"
        if mention.kind == "people":
            return "p"
        actor = self._registry.actors.get(mention.actor)
        return "f" if mention.kind == "capital" or actor is None else actor.gender


def _feminine_bodies(registry: Registry) -> frozenset[str]:
    """The names of institutions that take feminine verbs: by their first word, or by the adjective at their end."""
    found = set()
    for institution in registry.institutions.values():
        for name in institution.names:
            parts = name.split()
            described = parts[0].startswith("ال") and len(parts) > 1 and parts[-1].endswith("ية")
            if described or parts[0].endswith("ة") or parts[0] in ("قوات", "القوات", "وزارتا", "وزارتي"):
                found.add(level(name))
    return frozenset(found)


def _surfaces(words: Sequence[Word]) -> Iterator[str]:
    rest = "".join(" " + w.text for w in words[1:])
    for form in words[0].forms:
        yield form + rest


def _name_behind(mention: Mention, scope: Scope) -> str:
    """An unregistered name behind an office (السفير الروسي بالقاهرة جورجي …): its last word, or ""."""
    if mention.kind != "office":
        return ""
    name, count = "", 0
    for index in range(mention.last, min(mention.last + 6, len(scope.run))):
        word = scope.run[index]
        if index in scope.starting and name:
            break
        if (
            word.text in CONTENT
            or word.pause
            or index in scope.cues
            or (name and (is_link(word) or word.text[:1] in "بلو"))
        ):
            break
        if (
            is_link(word)
            or index in scope.starting
            or word.text[:2] == "ال"
            or word.text[:1] in "بل"
            or len(word.text) < 3
        ):
            continue
        name, count = word.text, count + 1
    return name if count > 1 else ""


def _subordinate(run: Sequence[Word], index: int) -> bool:
    """Whether a verb stands behind بعد أن or a relative: it tells of something that was before."""
    if index == 0:
        return False
    before = run[index - 1].text
    return before in ("بعدما", "منذ", "التي", "الذي", "عندما", "حين") or (
        before == "ان" and index > 1 and run[index - 2].text in AFTER
    )


def _has_own_subject(hit: CueHit, scope: Scope) -> bool:
    """Whether somebody unregistered is a verb's subject, or nobody is (ويتوقع أن): no speaker is carried to it."""
    if not _leads(hit, scope) or (hit.cue.form == "present" and hit.cue.lemma in SUPPOSED_BY_ALL):
        return True
    if hit.joined or not hit.index or not scope.run[hit.index].pause:
        return False
    opening = scope.text(0)
    bare = opening[1:] if opening[:1] in "وف" and len(opening) > 2 else opening
    quoted = scope.quoted_to > 0
    return not (quoted or {opening, bare} & OPENINGS or bare[:1] in "بلك")


def _stands_clear(hit: CueHit, scope: Scope) -> bool:
    """Whether what looks like a verb with its object is one: it leads its clause, or a name stands at either side."""
    return hit.index + 1 in scope.starting or hit.index in scope.ending or _leads(hit, scope)


def _reports(hit: CueHit) -> bool:
    """Whether a verb gives words; تعتبر موسكو tells of a view that is held."""
    view = hit.cue.form == "present" and hit.cue.lemma in VIEWS
    return hit.cue.kind in REPORTING and hit.cue.form != "noun" and not view


def _has_article(word: str) -> bool:
    return word.startswith(("ال", "لل", "بال")) and not word.startswith(LIKE_ARTICLE)


def _is_supposed(hit: CueHit, scope: Scope) -> bool:
    """إذا رفضت موسكو، ما إذا كانت واشنطن تدرس: what is only supposed or asked."""
    before = scope.ending.get(hit.index)
    index = hit.index if before is None else before.first
    while scope.text(index - 1) in AUXILIARY:
        index -= 1
    return scope.text(index - 1).lstrip("وف") in SUPPOSING


def _is_resumed(hit: CueHit, scope: Scope) -> bool:
    """العقوبات التي أعلنتها واشنطن: what is told of a thing in passing, not said here."""
    return hit.object and scope.text(hit.index - 1) in RELATIVE and hit.cue.kind in REPORTING | {"act", "commit"}


def _leads(hit: CueHit, scope: Scope) -> bool:
    """Whether a verb stands where a clause begins."""
    before = scope.text(hit.index - 1)
    start = scope.run[hit.index].start
    quoted = 0 < scope.quoted_to <= start < scope.quoted_to + 4
    return (
        hit.index == 0 or hit.joined or scope.run[hit.index].pause or quoted
        or before in CONNECTORS or before in RELATIVE or before in AUXILIARY or before in CONTENT
    )  # fmt: skip


def _closes_title(word: Word) -> bool:
    return (
        is_link(word)
        or word.pause
        or word.text in ("نفسه", "نفسها", "ذاته", "ذاتها", "المذكور")
        or word.text[:1] in "بلو"
    )


def _is_purpose(hit: CueHit, run: Sequence[Word]) -> bool:
    """ليطالب: what its subject does so that; the subject is that of the verb before."""
    text = run[hit.index].text
    return hit.cue.form == "present" and text[:2] in ("لي", "لت") and len(text) > 4


def _mention_ending(scope: Scope, index: int) -> Mention | None:
    """The mention right before a word, past قد and كان."""
    stop = index
    while stop > 0 and scope.run[stop - 1].text in AUXILIARY:
        stop -= 1
    return scope.ending.get(stop)


def _governed(mention: Mention, run: Sequence[Word]) -> bool:
    """Whether a preposition or a construct before a name keeps it from being the subject of what follows."""
    word = run[mention.first]
    if mention.first == 0:
        return word.text[:1] in "بل" and word.text[1:] in word.forms and len(word.text) > 4
    before = run[mention.first - 1].text
    return before in LINKS - {"ان", "لكن", "اليوم", "امس", "كما"} or (
        word.text[0] in "بل" and word.text.startswith(("لل", "بال"))
    )


def _nominative(mention: Mention, run: Sequence[Word]) -> bool:
    """A subject carries no preposition."""
    return mention.front in ("", "ف") and (
        mention.first == 0
        or run[mention.first - 1].text not in ("في", "علي", "من", "عن", "الي", "لدي", "مع", "بين", "حول")
    )


def is_link(word: Word) -> bool:
    """Whether a word behind a verb is no subject: a particle, a preposition, a day."""
    return word.text in LINKS or word.text.removeprefix("و") in CONTENT or word.text.startswith(("لل", "بال", "بان"))


def punctuated(sentence: Sentence, run: Sequence[Word], index: int) -> bool:
    """Whether a quotation or a pause stands right after a cue."""
    if index + 1 >= len(run):
        return any(run[index].end <= q[0] <= sentence.end for q in sentence.quotes)
    end, following = run[index].end, run[index + 1].start
    return following - end > 1


def _prodrop(hit: CueHit, run: Sequence[Word]) -> bool:
    """A verb of stance that leads its clause, whose subject may be the one before."""
    before = run[hit.index - 1].text if hit.index else ""
    return hit.joined or before in ("كما", "لكنه", "لكنها", "قد", "ثم", "لا", "لن", "لم", "انه", "انها")
