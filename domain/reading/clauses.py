"""Who says what: clauses of a sentence, each with its cue, its speaker and the words it covers.

Attribution after the news pattern source, cue, content (Pareti 2015): a cue opens a clause or lies inside the content
of the one before; a source named behind the words (على ما أعلن الكرملين) takes them. It must not know issues.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from domain.reading.cues import CueHit, Cues
from domain.reading.mentions import Mention
from domain.reading.phrases import Phrases
from domain.reading.registry import Registry
from domain.reading.speakers import NARRATED, Carry, Speaker
from domain.reading.subjects import Found, Scope, SubjectFinder, punctuated
from domain.reading.subjectwords import CONTENT, RELATIVE, REPORTING
from domain.reading.text import Sentence, Span

__all__ = ["Carry", "Clause", "ClauseReader", "Inner", "Speaker"]

_NESTING = REPORTING | {"demand", "accuse", "reject"}
_BESIDE = frozenset({"كما", "لكنه", "لكنها", "ثم", "ولكنه", "قد", "وقد"})
_BESIDE_PAST = frozenset({"كما", "لكنه", "لكنها", "فيما", "بينما", "حين"})
_NEGATIONS = frozenset({"لا", "لم", "لن"})
_REMARK = frozenset({"كما", "حسبما", "ما"})  # before a verb: the words that it reports stand before it
_DONE = frozenset({"act", "commit"})  # what is done is told of one sentence's subject, and carried on by a conjunction
_REACH = 4
_TO_SPEAKER = frozenset({"له", "لي", "لها", "لنا", "لهم"})
_PLEDGED = REPORTING | {"commit", "accept"}


class Inner(msgspec.Struct, frozen=True):
    """A cue inside a clause's content. `foreign`: its subject is another actor than the speaker's, or somebody unknown.

    `voice`: the member whose words or act it is, where one of the speaker's own side is named.
    """

    hit: CueHit
    foreign: bool
    unknown: bool = False
    voice: Speaker | None = None


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """A cue with its speaker and content: words [first, last) of the sentence.

    `speaker` None: somebody who is no registered member. `inner`: cues inside the content.
    """

    sentence: int
    cue: CueHit | None
    speaker: Speaker | None
    first: int
    last: int
    inner: tuple[Inner, ...] = ()
    negated: bool = False


class _Source(msgspec.Struct, frozen=True):
    """A source named beside the words: from a word on, with the cue by which it was found."""

    speaker: Speaker
    first: int
    hit: CueHit | None


_Start = tuple[CueHit, Found]


class ClauseReader:
    """Splits sentences into clauses. One for each registry; the state of one text is in a `Carry`."""

    def __init__(self, registry: Registry) -> None:
        self._cues = Cues(registry.lexicon)
        self._subjects = SubjectFinder(registry)
        words = registry.lexicon.words
        self._reset = Phrases((p, True) for p in words["reset"])
        self._according = Phrases((p, True) for p in words["according"])
        self._anonymous = Phrases((p, True) for p in words["anonymous"])

    def read(self, index: int, sentence: Sentence, mentions: Sequence[Mention], carry: Carry) -> list[Clause]:
        """The clauses of one sentence, in order; updates the carried speaker."""
        run = sentence.words
        if self._reset.find(run[:6]):
            carry.set(None)
        named = {index for m in mentions for index in range(m.first, m.last)}
        hits = [h for h in self._cues.find(run) if h.index not in named]
        scope = Scope.of(sentence, mentions, hits)
        hits = [self._subjects.reread(hit, scope) for hit in hits]
        starts = [
            (hit, self._subjects.subject(hit, scope, carry)) for hit in hits if self._subjects.is_cue(hit, scope, carry)
        ]
        source = self._remark(starts, scope) or self._named_source(scope, carry)
        if source is not None and source.hit is not None:
            starts = [(hit, found) for hit, found in starts if hit is not source.hit]
        clauses = _Assembly(index, scope, carry, self._subjects).clauses(starts, source.speaker if source else None)
        if source is not None:
            clauses = _attributed(index, clauses, source, scope)
            carry.set(source.speaker)
        elif not clauses:
            clauses = _continued(index, sentence, carry)
        self._subjects.note(scope, carry)
        return clauses

    def _remark(self, starts: Sequence[_Start], scope: Scope) -> _Source | None:
        """…، على ما أعلن الكرملين؛ …، كما قال فلان: the words before it are the source's."""
        for hit, found in reversed(starts):
            opened = scope.text(hit.index - 1) in _REMARK and hit.index > _REACH
            if not opened or hit.cue.kind not in REPORTING or found.how != "overt" or found.speaker is None:
                continue
            first = hit.index - 1 - (scope.text(hit.index - 2) in ("علي", "وفق", "بحسب", "حسب"))
            behind = any(w.text in CONTENT for w in scope.run[hit.index + 1 :])
            if (scope.run[first].pause or first != hit.index - 1) and not behind:
                return _Source(found.speaker, first, hit)
        return None

    def _named_source(self, scope: Scope, carry: Carry) -> _Source | None:
        """بحسب، وفقا لـ، على لسان: the source is the name behind."""
        for hit in self._according.find(scope.run):
            mention = scope.first_named(hit.last - 1, hit.last + 4)
            if mention is None:
                continue
            anonymous = bool(self._anonymous.find(scope.run[hit.last - 1 : mention.first]))
            speaker = self._subjects.speaker(
                mention, None, scope, carry, anonymous=anonymous, how="named as the source"
            )
            if speaker is not None:
                told = "self" if speaker.attribution == "outlet" else speaker.attribution
                return _Source(msgspec.structs.replace(speaker, attribution=told), hit.first, None)
        return None


class _Assembly:
    """One sentence's clauses while they are put together."""

    def __init__(self, index: int, scope: Scope, carry: Carry, subjects: SubjectFinder) -> None:
        self._index, self._scope, self._carry, self._subjects = index, scope, carry, subjects
        self._found: list[Clause] = []
        self._more: list[Clause] = []
        self._here: Speaker | None = None
        self._opened = False
        self._focus: Speaker | None = None

    def clauses(self, starts: Sequence[_Start], source: Speaker | None) -> list[Clause]:
        """The clauses of the cues, in order; `source` is named beside the words."""
        focus = self._subjects.focus(self._scope, [hit for hit, _ in starts], self._carry)
        self._focus = source or (focus[1] if focus is not None else None)
        if self._focus is not None and not starts:
            self._carry.about(self._focus)
        pending: list[_Start] = []
        for hit, found in starts:
            if not self._opened and self._is_quoted_lead(hit, starts):
                pending.append((hit, found))
            elif self._opened and self._is_inner(hit, found):
                self._nest(hit, found)
            else:
                self._open(hit, found, pending)
                pending = []
        return self._found + self._more

    def _is_quoted_lead(self, hit: CueHit, starts: Sequence[_Start]) -> bool:
        """A cue inside a quotation that opens the sentence and whose source is told behind it."""
        end, run = self._scope.quoted_to, self._scope.run
        if run[hit.index].start >= end:
            return False
        return any(run[h.index].start >= end and h.cue.kind in REPORTING for h, _ in starts)

    def _open(self, hit: CueHit, found: Found, pending: Sequence[_Start]) -> None:
        speaker = None if self._is_told(hit, found) else self._speaker(hit, found)
        aside = self._scope.text(hit.index - 1) in RELATIVE
        if self._found:
            self._found[-1] = msgspec.structs.replace(self._found[-1], last=hit.index)
        run = self._scope.run
        first, last = self._content(hit, found.content)
        negated = hit.index > 0 and run[hit.index - 1].text.lstrip("و") in _NEGATIONS
        inner = tuple(_inner(h, f, speaker) for h, f in pending)
        clause = Clause(
            sentence=self._index, cue=hit, speaker=speaker, first=first, last=last, negated=negated, inner=inner
        )
        self._found.append(clause)
        self._more += [msgspec.structs.replace(clause, speaker=other) for other in found.others]
        if not aside and (hit.cue.form != "noun" or found.how == "overt"):
            self._here, self._opened = speaker, True
        if hit.cue.form != "noun" and not (aside and speaker is None):
            self._carry.set(speaker)
            if found.others and speaker is not None:
                self._carry.group = (speaker, *found.others)

    def _is_told(self, hit: CueHit, found: Found) -> bool:
        """ويختم الكاتب بالقول إن واشنطن تقدم: what somebody tells whose verb is no cue."""
        told = found.speaker is not None and found.speaker.attribution == "outlet" and not self._opened
        return told and found.inverted and self._focus is None

    def _speaker(self, hit: CueHit, found: Found) -> Speaker | None:
        if found.how not in ("carried", "own"):
            return found.speaker
        if self._opened and (self._here is None or _agrees(hit, self._here)):
            return self._told_of(hit) or self._here
        beside = hit.cue.form == "participle" and not self._scope.run[hit.index].pause
        if self._focus is not None and (beside or _agrees(hit, self._focus)):
            return self._focus
        if hit.cue.kind in _DONE and not hit.joined:
            return None
        return self._carry.agreeing(hit.cue.gender, adding=hit.cue.kind == "add")

    def _told_of(self, hit: CueHit) -> Speaker | None:
        """نقلت عن مسؤول أن الرئيس حث أوروبا ودعاها: a second act told of is by whom the first was."""
        voices = [inner.voice for inner in self._found[-1].inner if inner.voice is not None]
        here = self._here
        if here is None or here.attribution != "anonymous" or not voices or hit.cue.kind in REPORTING:
            return None
        return msgspec.structs.replace(voices[-1], attribution=here.attribution)

    def _nest(self, hit: CueHit, found: Found) -> None:
        inner = _inner(hit, found, self._found[-1].speaker)
        self._found[-1] = msgspec.structs.replace(self._found[-1], inner=(*self._found[-1].inner, inner))
        if inner.foreign and found.speaker is not None and self._is_aside(hit):
            narrated = msgspec.structs.replace(found.speaker, attribution="outlet")
            self._more.append(
                Clause(sentence=self._index, cue=hit, speaker=narrated, first=found.content, last=len(self._scope.run))
            )
        told = found.speaker if inner.foreign and found.speaker is not None else None
        if told is not None and told.kind in ("person", "office") and (self._here is None or self._is_witnessed(hit)):
            told = msgspec.structs.replace(told, attribution="third-party")
            self._more.append(
                Clause(sentence=self._index, cue=hit, speaker=told, first=found.content, last=len(self._scope.run))
            )

    def _is_aside(self, hit: CueHit) -> bool:
        """استعداده للقاء بوتين الذي يرفض ذلك: what the outlet tells of a name, outside reported words."""
        opened = self._found[-1].cue
        start = opened.index if opened is not None else 0
        between = self._scope.run[start : hit.index]
        return (
            hit.cue.form == "present" and between[-1].text in RELATIVE and not any(w.text in CONTENT for w in between)
        )

    def _is_witnessed(self, hit: CueHit) -> bool:
        """تعهد له، أبلغه: words that the speaker himself was told."""
        return hit.cue.kind in _PLEDGED and (hit.object or self._scope.text(hit.index + 1) in _TO_SPEAKER)

    def _is_inner(self, hit: CueHit, found: Found) -> bool:
        """Whether a cue lies inside the content of the clause before it, rather than beside it."""
        clause = self._found[-1]
        if hit.cue.form == "participle":
            return False
        if clause.cue is None or clause.cue.cue.kind not in _NESTING:
            return hit.cue.form == "noun"
        before = self._scope.text(hit.index - 1)
        if hit.cue.kind in REPORTING and (hit.joined or before in _BESIDE):
            return False
        if hit.cue.form == "past" and (hit.joined or before in _BESIDE_PAST):
            return False
        if found.how != "overt" or hit.cue.form != "past" or hit.cue.kind not in REPORTING:
            return True
        unsure = self._here is None or self._here.attribution == "anonymous" or self._is_witnessed(hit)
        return unsure and found.content == hit.index + 1

    def _content(self, hit: CueHit, content: int) -> Span:
        """The words a cue covers: after it, or before it where the quotation came first."""
        run, sentence = self._scope.run, self._scope.sentence
        if hit.cue.form == "noun" and hit.cue.kind in REPORTING:
            stop = min((i for i in self._scope.nouns if i >= content), default=len(run))
            opens = any(w.text in CONTENT for w in run[content : min(content + 6, stop)])
            return (content, len(run)) if opens or punctuated(sentence, run, content - 1) else (content, content)
        rest = len(run) - content
        leading = 0 < self._scope.quoted_to <= run[hit.index].start
        if hit.index > 3 and hit.cue.kind in REPORTING and (leading or (rest <= _REACH and hit.cue.form == "present")):
            later = any(w.text in CONTENT for w in run[content : content + 4])
            if not later:
                return 0, len(run) if leading else hit.index
        return content, len(run)


def _agrees(hit: CueHit, speaker: Speaker) -> bool:
    return "p" in (hit.cue.gender, speaker.gender) or hit.cue.gender == speaker.gender


def _attributed(index: int, clauses: Sequence[Clause], source: _Source, scope: Scope) -> list[Clause]:
    """The clauses of a sentence that names its source: what the outlet narrates is the source's words."""
    if not clauses:
        last = source.first if source.first > _REACH else len(scope.run)
        return [Clause(sentence=index, cue=source.hit, speaker=source.speaker, first=0, last=last)]
    found = []
    for clause in clauses:
        said, own = clause.speaker, clause.cue is not None and clause.cue.cue.form in ("past", "present")
        general = said is not None and (
            said.kind in NARRATED or (said.kind == "institution" and source.speaker.kind in ("person", "office"))
        )
        if said is None or not general or not own:
            found.append(clause)
        elif said.actor == source.speaker.actor:
            found.append(msgspec.structs.replace(clause, speaker=source.speaker))
        elif clause.cue is not None and source.hit is None and source.first == 0:
            inner = (Inner(clause.cue, True), *clause.inner)
            found.append(msgspec.structs.replace(clause, speaker=source.speaker, inner=inner))
        else:
            found.append(clause)
    return found


def _continued(index: int, sentence: Sentence, carry: Carry) -> list[Clause]:
    """A sentence with no cue that opens with a quotation and is little else: the quotation goes on."""
    quoted = sum(q[1] - q[0] for q in sentence.quotes)
    leads = bool(sentence.quotes) and sentence.quotes[0][0] <= sentence.words[0].start
    if leads and quoted * 2 > sentence.end - sentence.start and carry.speaker is not None:
        speaker = msgspec.structs.replace(carry.speaker, how=f"the quotation goes on: {carry.speaker.id}")
        return [Clause(sentence=index, cue=None, speaker=speaker, first=0, last=len(sentence.words))]
    return []


def _inner(hit: CueHit, found: Found, speaker: Speaker | None) -> Inner:
    named = found.speaker if found.how == "overt" else None
    foreign = named is not None and (speaker is None or named.actor != speaker.actor)
    voice = named if named is not None and not foreign and named.kind in ("person", "office") else None
    return Inner(hit, foreign, found.how == "unknown", voice)
