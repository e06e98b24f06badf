"""Who says what: clauses of a sentence, each with its cue, its speaker and the words it covers.

Attribution after the news pattern source, cue, content (Pareti 2015). The speaker is carried over sentences that name
nobody, and forgotten at من جهته and its like. It must not know issues.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from domain.events import Attribution, Seniority
from domain.reading.cues import AMBIGUOUS, CueHit, Cues, Gender
from domain.reading.mentions import Mention
from domain.reading.phrases import Phrases
from domain.reading.registry import Level, Registry
from domain.reading.text import Sentence, Word, level

_REPORTING = frozenset({"say", "add", "stress"})
_TRANSITIVE = frozenset({"demand", "accuse"})
_CONTENT = frozenset({"ان", "انه", "انها", "انهم", "اننا", "اني", "انني", "بان", "بانه", "بانها", "انهما", "بانهم"})
_LINKS = frozenset({"الي", "علي", "عن", "في", "خلال", "امام", "بعد", "قبل", "عقب", "علي", "من", "مع", "ايضا", "كذلك",
                    "حول", "بشان", "ضد", "لدي", "عبر", "اثر", "امس", "اليوم", "مساء", "صباح", "يوم", "انذاك", "ردا",
                    "للصحفيين", "للصحافيين", "للصحفيين", "لوكاله", "لقناه", "لصحيفه", "لاحقا", "سابقا", "مجددا",
                    "بالقول", "قايلا", "كما", "هذا", "ذلك", "قوله", "قولها", "به", "بها", "فيه", "فيها", "له", "لها",
                    "عنه", "منه", "اليه", "عليه", "بوضوح", "بشده", "مرارا", "ايضا", "لكن", "اذا", "لا", "لن", "لم", "ما", "لماذا",
                    "هل", "ليس", "نحن", "هناك"})  # fmt: skip
_DAYS = frozenset({"الاحد", "الاثنين", "الثلاثاء", "الاربعاء", "الخميس", "الجمعه", "السبت"})
_CONNECTORS = frozenset({"كما", "لكنه", "لكنها", "ثم", "فيما", "بينما", "حيث", "وقد", "قد", "ولكنه", "حين", "لكن", "وكان",
                         "وكانت", "كان", "كانت", "و", "اذ", "بل", "ولكن", "غير", "عندما", "سبق", "الا", "انه"})  # fmt: skip


_IMPERSONAL = frozenset({"يذكر", "ويذكر", "يشار", "ويشار"})
_AFTER = frozenset({"بعد", "منذ", "قبل", "بمجرد", "عقب"})


class Speaker(msgspec.Struct, frozen=True, kw_only=True):
    """Whose words a clause gives. `how` says how the speaker was found, for explanations."""

    actor: str
    id: str
    seniority: Seniority = "other"
    level: Level | None = None
    attribution: Attribution = "self"
    gender: Gender = "m"
    kind: str = "person"
    how: str = ""


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


class Carry(msgspec.Struct):
    """The speaker whom later sentences may continue; changes while a text is read."""

    speaker: Speaker | None = None
    by_gender: dict[str, Speaker] = msgspec.field(default_factory=dict)
    by_rank: dict[str, Speaker] = msgspec.field(default_factory=dict)
    aliases: dict[str, Speaker] = msgspec.field(default_factory=dict)

    def set(self, speaker: Speaker | None) -> None:
        """Remember who spoke last; None forgets."""
        self.speaker = speaker
        if speaker is not None:
            self.by_gender[speaker.gender] = speaker
            self.by_rank[speaker.seniority] = speaker
            self.by_rank["any"] = speaker
        else:
            self.by_gender.clear()


class ClauseReader:
    """Splits sentences into clauses. One for each registry; the state of one text is in a `Carry`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._cues = Cues(registry.lexicon)
        words = registry.lexicon.words
        self._reset = Phrases((p, True) for p in words["reset"])
        self._according = Phrases((p, True) for p in words["according"])
        self._anonymous = Phrases((p, True) for p in words["anonymous"])
        self._anaphors = {
            level(word): rank for rank, group in registry.lexicon.anaphors.items() if rank != "issue" for word in group
        }

    def read(self, index: int, sentence: Sentence, mentions: Sequence[Mention], carry: Carry) -> list[Clause]:
        """The clauses of one sentence, in order; updates the carried speaker."""
        run = sentence.words
        if self._reset.find(run[:6]):
            carry.set(None)
        hits = [h for h in self._cues.find(run) if not self._inside_mention(h, mentions)]
        starts = [
            (hit, self._subject(hit, run, mentions, carry, sentence))
            for hit in hits
            if self._is_cue(hit, run, mentions)
        ]
        clauses = self._assemble(index, sentence, starts, mentions, carry)
        if not clauses:
            clauses = self._without_cue(index, sentence, mentions, carry)
        return clauses

    def _inside_mention(self, hit: CueHit, mentions: Sequence[Mention]) -> bool:
        return any(m.first <= hit.index < m.last for m in mentions)

    def _is_cue(self, hit: CueHit, run: Sequence[Word], mentions: Sequence[Mention]) -> bool:
        """Words that are cues only in some places need a subject or content at once."""
        after = _mention_at(mentions, hit.index + 1)
        if run[hit.index].text in _IMPERSONAL or (hit.cue.kind in ("act", "commit") and _subordinate(run, hit.index)):
            return False
        if hit.cue.form == "noun":
            return hit.suffixed or (after is not None and after.kind != "place" and after.first == hit.index + 1)
        base = run[hit.index].text.lstrip("وف") if hit.joined else run[hit.index].text
        if base not in AMBIGUOUS or hit.cue.form == "participle":
            return True
        following = run[hit.index + 1].text if hit.index + 1 < len(run) else ""
        leads = hit.index == 0 or hit.joined or run[hit.index - 1].text in _CONNECTORS
        if after is not None and after.acts and after.first == hit.index + 1:
            return True
        if following in _CONTENT:
            return True
        before = _mention_ending(mentions, hit.index)
        if before is not None and before.acts and hit.cue.form == "present":
            return True
        if before is not None and before.kind == "person" and following in _LINKS and hit.cue.form == "past":
            return True
        return leads and hit.index == 0 and following not in ("من", "في", "علي", "الي") and hit.cue.kind in _REPORTING

    def _subject(
        self, hit: CueHit, run: Sequence[Word], mentions: Sequence[Mention], carry: Carry, sentence: Sentence
    ) -> tuple[str, Speaker | None, int]:
        """How the subject shows (overt, carried, unknown, own), who it is, and where the content begins."""
        if hit.cue.form == "participle":
            return "own", None, hit.index + 1
        if hit.cue.lemma == "نقل" or hit.cue.lemma == "ذكر":
            found = self._quoted_source(hit, run, mentions)
            if found is not None:
                return found
        after = self._overt(hit, run, mentions)
        inverted = self._before_verb(hit, run, mentions)
        if inverted is not None:
            return "overt", self._speaker(inverted, hit, anonymous=False, how="before the cue"), hit.index + 1
        if after is not None:
            anonymous = self._is_anonymous(run, hit.index + 1, after.first)
            named = self._speaker(after, hit, anonymous=anonymous, how="after the cue")
            _remember_name(after, named, run, carry)
            return "overt", named, after.last
        if hit.cue.form == "noun":
            return ("own", None, hit.index + 1) if hit.suffixed else ("unknown", None, hit.index + 1)
        before = _mention_ending(mentions, hit.index, run)
        relative = hit.index + 1 < len(run) and run[hit.index + 1].text in ("فيه", "فيها")
        if before is not None and before.acts and (relative or not _governed(before, run)):
            return "overt", self._speaker(before, hit, anonymous=False, how="before the cue"), hit.index + 1
        following = run[hit.index + 1] if hit.index + 1 < len(run) else None
        if following is None or _is_link(following) or _punctuated(sentence, run, hit.index):
            return "carried", None, hit.index + 1
        if self._anonymous.find(run[hit.index + 1 : hit.index + 3]):
            found_speaker = self._anonymous_speaker(run, hit, mentions)
            return "overt", found_speaker, hit.index + 2
        known = carry.aliases.get(following.text) or carry.by_rank.get(self._anaphors.get(following.text, ""))
        if known is not None:
            how = f"{following.text} stands for {known.id}"
            return "overt", msgspec.structs.replace(known, how=how), hit.index + 2
        if hit.cue.kind in _REPORTING or not _prodrop(hit, run):
            return "unknown", None, hit.index + 1
        return "carried", None, hit.index + 1

    def _before_verb(self, hit: CueHit, run: Sequence[Word], mentions: Sequence[Mention]) -> Mention | None:
        """إن فرنسا ستسلم أوكرانيا: behind إن, أن and أما the subject stands before its verb."""
        if hit.cue.form not in ("past", "present"):
            return None
        found = _mention_ending(mentions, hit.index, run)
        if found is None or not found.acts or found.front not in ("", "ف") or found.first == 0:
            return None
        opened = run[found.first - 1].text.lstrip("وفب") in ("ان", "اما", "لكن")
        return found if opened and not self._disagrees(hit, found) else None

    def _overt(self, hit: CueHit, run: Sequence[Word], mentions: Sequence[Mention]) -> Mention | None:
        """The mention that follows a cue as its subject: at once, or after a word or two of office or time."""
        mention = _mention_at(mentions, hit.index + 1)
        if mention is not None and mention.first == hit.index + 1:
            if self._disagrees(hit, mention) or (hit.cue.kind in _TRANSITIVE and self._is_object(hit, mention, run)):
                return None
            return mention if mention.kind != "place" and _nominative(mention, run) else None
        for step in range(2, 8):
            place = hit.index + step
            if place >= len(run) or place - 1 >= len(run):
                return None
            between = run[hit.index + 1 : place]
            if any(_is_link(w) and w.text not in ("امس", "اليوم", "يوم") and w.text not in _DAYS for w in between):
                return None
            mention = next((m for m in mentions if m.first == place), None)
            if mention is not None and mention.kind != "place":
                head = between[0].text
                if mention.kind in ("person", "office") and step <= 5 or self._anonymous.find(between):
                    return mention if _nominative(mention, run) and not head.startswith(("ب", "ل")) else None
                return None
        return None

    def _disagrees(self, hit: CueHit, mention: Mention) -> bool:
        """A verb before its subject agrees with it in gender: وتوعد موسكو has another subject."""
        if hit.cue.form not in ("past", "present") or mention.kind not in ("actor", "capital", "institution"):
            return False
        gender = self._gender(mention)
        return "p" not in (gender, hit.cue.gender) and gender != hit.cue.gender

    def _is_object(self, hit: CueHit, mention: Mention, run: Sequence[Word]) -> bool:
        """وطالب الولايات المتحدة بكذا: a name of the other gender, or one that its demand follows at once, is the object."""
        gender = self._gender(mention)
        if hit.cue.form != "noun" and mention.kind in ("actor", "capital") and "p" not in (gender, hit.cue.gender):
            if gender != hit.cue.gender:
                return True
        following = run[mention.last].text if mention.last < len(run) else ""
        return hit.joined and hit.index > 0 and (following[:1] == "ب" or following in ("الي", "علي"))

    def _is_anonymous(self, run: Sequence[Word], start: int, end: int) -> bool:
        return end > start and bool(self._anonymous.find(run[start:end]))

    def _anonymous_speaker(self, run: Sequence[Word], hit: CueHit, mentions: Sequence[Mention]) -> Speaker | None:
        """An unnamed official of a registered actor: by an institution, an office or an adjective beside him."""
        window = run[hit.index + 1 : hit.index + 8]
        mention = next((m for m in mentions if hit.index < m.first <= hit.index + 7 and m.kind != "place"), None)
        if mention is not None:
            return self._speaker(mention, hit, anonymous=True, how="an unnamed official")
        for word in window:
            for actor in self._registry.actors.values():
                if any(
                    form in word.forms
                    for a in actor.adjectives
                    for form in (_plain(a), _plain(a) + "ون", _plain(a) + "ين")
                ):
                    return Speaker(actor=actor.id, id=actor.english.lower().replace(" ", "-"), attribution="anonymous", kind="actor",
                                   how="an unnamed official")  # fmt: skip
        return None

    def _quoted_source(
        self, hit: CueHit, run: Sequence[Word], mentions: Sequence[Mention]
    ) -> tuple[str, Speaker | None, int] | None:
        """نقلت الوكالة عن فلان قوله: the source is whom the agency names."""
        for place in range(hit.index + 1, min(hit.index + 14, len(run) - 1)):
            if run[place].text == "عن":
                mention = next((m for m in mentions if place < m.first <= place + 3 and m.kind != "place"), None)
                anonymous = bool(self._anonymous.find(run[place + 1 : place + 4]))
                if mention is not None:
                    return (
                        "overt",
                        self._speaker(mention, hit, anonymous=anonymous, how="named by the agency"),
                        mention.last,
                    )
                if anonymous:
                    shifted = msgspec.structs.replace(hit, index=place)
                    return "overt", self._anonymous_speaker(run, shifted, mentions), place + 2
                return "unknown", None, place + 1
        return None

    def _speaker(self, mention: Mention, hit: CueHit | None, *, anonymous: bool, how: str) -> Speaker | None:
        if mention.former_title or mention.speaker is None:
            return None
        attribution: Attribution = "self"
        speaker = mention.speaker
        anonymous = anonymous or mention.anonymous
        narrated = mention.kind in ("actor", "capital", "people")
        if narrated and (hit is None or hit.cue.kind not in _REPORTING or hit.cue.form == "noun"):
            attribution = "outlet"
        if anonymous:
            attribution = "anonymous"
        return Speaker(
            actor=mention.actor, id=speaker, seniority="other" if anonymous else mention.seniority, level=mention.level,
            attribution=attribution, gender=self._gender(mention), kind=mention.kind, how=f"{how}: {mention.label()}",
        )  # fmt: skip

    def _gender(self, mention: Mention) -> Gender:
        if mention.kind in ("person", "office"):
            person = self._registry.persons.get(mention.id) or self._registry.persons.get(mention.speaker or "")
            return person.gender if person is not None else "m"
        if mention.kind == "institution":
            name = self._registry.institutions[mention.id].names[0].split()[0]
            return "f" if name.endswith(("ة", "ية")) else "m"
        actor = self._registry.actors.get(mention.actor)
        if mention.kind == "people":
            return "p"
        return "f" if mention.kind == "capital" or actor is None else actor.gender

    def _assemble(
        self,
        index: int,
        sentence: Sentence,
        starts: Sequence[tuple[CueHit, tuple[str, Speaker | None, int]]],
        mentions: Sequence[Mention],
        carry: Carry,
    ) -> list[Clause]:
        run = sentence.words
        clauses: list[Clause] = []
        here: Speaker | None = None
        opened = False
        for hit, (how, speaker, content) in starts:
            if opened and self._is_inner(hit, how, run, clauses[-1]):
                inner = _inner(hit, how, speaker, clauses[-1].speaker)
                clauses[-1] = msgspec.structs.replace(clauses[-1], inner=(*clauses[-1].inner, inner))
                continue
            if how == "carried":
                speaker = here if here is not None and opened else self._carried(hit, carry)
            elif how == "own":
                speaker = here if opened else carry.speaker
            if clauses:
                clauses[-1] = msgspec.structs.replace(clauses[-1], last=hit.index)
            first, last = self._content(sentence, hit, content)
            clauses.append(Clause(sentence=index, cue=hit, speaker=speaker, first=first, last=last,
                                  negated=hit.index > 0 and run[hit.index - 1].text.lstrip("و") in ("لا", "لم", "لن")))  # fmt: skip
            if hit.cue.form != "noun" or how == "overt":
                here, opened = speaker, True
            if hit.cue.form != "noun":
                carry.set(speaker)
        return clauses

    def _carried(self, hit: CueHit, carry: Carry) -> Speaker | None:
        speaker = carry.speaker
        if speaker is None:
            return None
        if hit.cue.gender != "p" and speaker.gender not in (hit.cue.gender, "p"):
            speaker = carry.by_gender.get(hit.cue.gender)
        return speaker and msgspec.structs.replace(speaker, how=f"carried on from {speaker.id}")

    def _is_inner(self, hit: CueHit, how: str, run: Sequence[Word], clause: Clause) -> bool:
        """Whether a cue lies inside the content of the clause before it, rather than beside it."""
        if hit.cue.form == "participle":
            return False
        if clause.cue is None or clause.cue.cue.kind not in _REPORTING | {"demand", "accuse", "reject"}:
            return hit.cue.form == "noun"
        before = run[hit.index - 1].text if hit.index else ""
        if hit.cue.kind in _REPORTING and (
            hit.joined or before in ("كما", "لكنه", "لكنها", "ثم", "ولكنه", "قد", "وقد")
        ):
            return False
        if hit.cue.form == "past" and (hit.joined or before in ("كما", "لكنه", "لكنها", "فيما", "بينما", "حين")):
            return False
        return not (how == "overt" and hit.cue.form == "past" and hit.cue.kind in _REPORTING)

    def _content(self, sentence: Sentence, hit: CueHit, content: int) -> tuple[int, int]:
        """The words a cue covers: after it, or before it where the quotation came first."""
        run = sentence.words
        if hit.cue.form == "noun" and hit.cue.kind in _REPORTING:
            opens = any(w.text in _CONTENT for w in run[content : content + 6])
            return (content, len(run)) if opens or _punctuated(sentence, run, content - 1) else (content, content)
        rest = len(run) - content
        leading = any(q[0] <= run[0].start and q[1] <= run[hit.index].start for q in sentence.quotes)
        if hit.index > 3 and hit.cue.kind in _REPORTING and (leading or (rest <= 4 and hit.cue.form == "present")):
            later = any(w.text in _CONTENT for w in run[content : content + 4])
            if not later:
                return 0, len(run) if leading else hit.index
        return content, len(run)

    def _without_cue(self, index: int, sentence: Sentence, mentions: Sequence[Mention], carry: Carry) -> list[Clause]:
        """A sentence with no cue: a source named behind (بحسب), a quotation that goes on, or narration."""
        run = sentence.words
        for hit in self._according.find(run):
            mention = next((m for m in mentions if hit.last <= m.first <= hit.last + 2 and m.kind != "place"), None)
            mention = mention or next((m for m in mentions if m.first == hit.last - 1), None)
            if mention is not None:
                anonymous = self._is_anonymous(run, hit.last - 1, mention.first)
                speaker = self._speaker(mention, None, anonymous=anonymous, how="named as the source")
                if speaker is not None and speaker.attribution == "outlet":
                    speaker = msgspec.structs.replace(speaker, attribution="self")
                return [Clause(sentence=index, cue=None, speaker=speaker, first=0, last=len(run))]
        quoted = sum(q[1] - q[0] for q in sentence.quotes)
        if quoted * 2 > sentence.end - sentence.start and carry.speaker is not None:
            speaker = msgspec.structs.replace(carry.speaker, how=f"the quotation goes on: {carry.speaker.id}")
            return [Clause(sentence=index, cue=None, speaker=speaker, first=0, last=len(run))]
        return []


def _inner(hit: CueHit, how: str, subject: Speaker | None, speaker: Speaker | None) -> Inner:
    named = subject if how == "overt" else None
    foreign = named is not None and (speaker is None or named.actor != speaker.actor)
    voice = named if named is not None and not foreign and named.kind in ("person", "office") else None
    return Inner(hit, foreign, how == "unknown", voice)


def _remember_name(mention: Mention, speaker: Speaker | None, run: Sequence[Word], carry: Carry) -> None:
    """An office with an unregistered name behind it (السفير الروسي جيورجي …): later the name stands for its bearer."""
    if speaker is None or mention.kind not in ("office", "institution"):
        return
    name: Word | None = None
    for word in run[mention.last : mention.last + 4]:
        if _is_link(word) or word.pause:
            break
        if word.text[:2] == "ال" or word.text[:1] in "بل" or len(word.text) < 3:
            continue
        name = word
    if name is not None:
        carry.aliases[name.text] = speaker


def _subordinate(run: Sequence[Word], index: int) -> bool:
    """Whether a verb stands behind بعد أن or a relative: it tells of something that was before."""
    if index == 0:
        return False
    before = run[index - 1].text
    return before in ("بعدما", "منذ", "التي", "الذي", "عندما", "حين") or (
        before == "ان" and index > 1 and run[index - 2].text in _AFTER
    )


def _plain(word: str) -> str:
    return word.translate(str.maketrans("أإآىةؤئ", "ااايهوي"))


def _mention_at(mentions: Sequence[Mention], index: int) -> Mention | None:
    return next((m for m in mentions if m.first <= index < m.last), None)


def _mention_ending(mentions: Sequence[Mention], index: int, run: Sequence[Word] | None = None) -> Mention | None:
    """The mention right before a word, past قد and كان."""
    stop = index
    while (
        run is not None
        and stop > 0
        and run[stop - 1].text in ("قد", "وقد", "كان", "كانت", "لا", "لم", "لن", "ما", "لن")
    ):
        stop -= 1
    return next((m for m in mentions if m.last == stop), None)


def _governed(mention: Mention, run: Sequence[Word]) -> bool:
    """Whether a preposition or a construct before a name keeps it from being the subject of what follows."""
    word = run[mention.first]
    if mention.first == 0:
        return word.text[:1] in "بل" and word.text[1:] in word.forms and len(word.text) > 4
    before = run[mention.first - 1].text
    return before in _LINKS - {"ان", "لكن", "اليوم", "امس", "كما"} or (
        word.text[0] in "بل" and word.text.startswith(("لل", "بال"))
    )


def _nominative(mention: Mention, run: Sequence[Word]) -> bool:
    """A subject carries no preposition."""
    return mention.front in ("", "ف") and (
        mention.first == 0 or run[mention.first - 1].text not in ("في", "علي", "من", "عن", "الي")
    )


def _is_link(word: Word) -> bool:
    bare = word.text.removeprefix("و")
    return (
        word.text in _LINKS
        or word.text in _CONTENT
        or word.text in _DAYS
        or bare in _CONTENT
        or word.text.startswith(("لل", "بال", "بان"))
    )


def _punctuated(sentence: Sentence, run: Sequence[Word], index: int) -> bool:
    """Whether a quotation opens right after a cue."""
    end, following = run[index].end, run[index + 1].start if index + 1 < len(run) else sentence.end
    return any(end <= q[0] <= following for q in sentence.quotes) or following - end > 1 and index + 1 < len(run)


def _prodrop(hit: CueHit, run: Sequence[Word]) -> bool:
    """A verb of stance that leads its clause, whose subject may be the one before."""
    before = run[hit.index - 1].text if hit.index else ""
    return hit.joined or before in ("كما", "لكنه", "لكنها", "قد", "ثم", "لا", "لن", "لم", "انه", "انها")
