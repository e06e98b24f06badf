"""Which side a clause takes on an issue, composed as Arabic composes it: what governs stands before what is governed.

The polarity of a topic is the product of what governs it, read from the cue inwards (رفض · ضرورة · رفع · العقوبات);
where nothing governs it, of the predicate behind it (نشر القوات · غير مقبول). Stance is toward the proposition as
worded in the registry (Mohammad et al. 2016: target, stance). It must not know who speaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from domain.events import Stance
from domain.reading.clauses import Clause
from domain.reading.cues import past_forms, present_forms
from domain.reading.denials import BELIEFS, beside, indispensable, left_open, raised
from domain.reading.phrases import Phrases, phrase_key
from domain.reading.registry import Issue, Registry
from domain.reading.text import Word, level
from domain.reading.topics import Topic, bare

_NEGATION_REACH = 2
_DIRECTION_REACH = 4
_GOVERNING_REACH = 14
_PREDICATE_REACH = 16
_PARTICLES = frozenset({"لا", "لن", "لم", "ما", "ان", "قد", "سوف", "ليس"})
_STILL = frozenset({"تزال", "يزال", "نزال", "ازال", "يزالون", "زال", "زالت", "تزالان", "شك", "سيما", "بد"})
_EMPTY = frozenset({"اي", "ايه", "يوجد", "توجد", "هناك"})  # words that stand between a denial and what it denies
_VERBAL_NOUN = re.compile("ت..ي.[اه]?")  # تصعيد, which begins like a verb
_SUBJECT_REACH = 5
_ANNOUNCED_REACH = 6
_ANNOUNCING = frozenset({"اعلن", "قرر", "اقر", "صادق", "امر"})
_COMPLEMENTS = frozenset({"ان", "انه", "انها", "بان", "بانه", "بانها", "انهم"})
_CLASS_SIGN = {
    "reject": -1,
    "accuse": -1,
    "accept": 1,
    "demand": 1,
    "commit": 1,
    "act": 1,
    "threat": -1,
    "condition": 1,
}
PLEDGING = frozenset({"تعهد", "التزم", "وعد"})
CONTRAST = frozenset({"لكن", "لكنه", "لكنها", "ولكن", "ولكنه", "ولكنها", "لكننا", "بيد", "بينما", "فيما", "لكنهم"})
COMPLEMENT = frozenset({"وان", "وبان", "وانه", "وانها", "وبانه", "وبانها", "وانهم", "واننا"})


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A stance with the words that gave it and what flipped it, for explanations. `strength` in [0, 1].

    `deed`: the side follows from something that the speaker's own side does or will do. `direction`: -1 where the words
    beside the topic turn the proposition round; `sign`: the side before that, 0 where no word takes one.
    """

    stance: Stance | None
    because: str = ""
    flipped_by: str = ""
    condition: tuple[int, int] | None = None
    strength: float = 0.5
    decisive: bool = False
    deed: bool = False
    direction: int = 1
    sign: int = 0


class Signal(msgspec.Struct, frozen=True):
    """An evaluating word. `turns`: it only turns what it governs (منع، عدم) and takes no side by itself.

    `effect`: it says what its subject brings about, and judges that alone. `certain`: no word
    beside it says otherwise.
    """

    index: int
    last: int
    sign: int
    word: str
    flipped_by: str = ""
    turns: bool = False
    deed: bool = False
    effect: bool = False
    certain: bool = False


class StanceReader:
    """The compiled word lists of polarity. One for each registry."""

    def __init__(self, registry: Registry) -> None:
        words = registry.lexicon.words
        entries = [(form, (-1, False)) for entry in words["negative"] for form in _inflected(entry)]
        entries += [(form, (1, False)) for entry in words["positive"] for form in _inflected(entry)]
        entries += [(form, (-1, True)) for entry in words["turning"] for form in _inflected(entry)]
        entries += [(form, (0, True)) for entry in words["no_stance"] for form in _inflected(entry)]
        entries += [(form, (2, False)) for entry in words["if_denied"] for form in _inflected(entry)]
        entries += [(form, (-2, False)) for entry in words["if_denied_bad"] for form in _inflected(entry)]
        self._polarity: Phrases[tuple[int, bool]] = Phrases(entries, names=True)
        effects = [(form, -1) for entry in words["effects_bad"] for form in _inflected(entry)]
        effects += [(form, 1) for entry in words["effects_good"] for form in _inflected(entry)]
        self._effects = Phrases(effects, names=True)
        self._negation = frozenset(phrase_key(p) for p in words["negation"])
        self._condition = Phrases(
            [(p, True) for p in words["condition"]] + [(p, False) for p in words["no_condition"]], names=True
        )
        self._after_pledge = Phrases([(p, True) for p in words["condition_of_pledges"]], names=True)
        self._undecided = Phrases([(p, True) for p in words["undecided"]], names=True)
        self._barriers = frozenset(level(w) for w in words["barriers"])
        self._deeds = frozenset(form for entry in words["deeds"] for form in _inflected(entry))
        self._ending = frozenset(form for entry in words["ending"] for form in _inflected(entry))
        self._gifts = frozenset(form for entry in words["gifts"] for form in _inflected(entry))
        self._own: dict[str, tuple[Phrases[int], Phrases[int], Phrases[bool]]] = {
            issue.id: (_directions(issue), _verdicts(issue), Phrases((p, True) for p in issue.conditional))
            for issue in registry.issues.values()
        }

    def read(
        self, clause: Clause, topic: Topic, run: Sequence[Word], first: int, last: int, sides: Mapping[int, bool]
    ) -> Verdict:
        """The stance of words [first, last) of a clause on a topic; `stance` None where they take no side.

        `sides`: words that name the speaker's own side (True) or another actor (False).
        """
        direction, direction_word, direction_at = self._direction(topic, run, clause)
        condition = self._condition_at(run, first, last)
        chain = self._chain(clause, topic, run, first, last, direction_at, sides)
        sign, because, flips, deed = _product(chain)
        base = Verdict(stance=None, condition=condition, direction=direction, sign=sign)
        if self._open(clause, run, topic.anchors[0][0], first, last):
            return replace(base, stance="undecided", because="leaves it open", strength=0.6, decisive=True)
        if self._own[topic.issue][2].find(run[first:last]):
            return replace(base, stance="conditional", because="asked for others too", strength=0.8)
        own = self._decisive(topic.issue, run, first, last)
        if own is not None:
            stance: Stance = "supports" if own.sign > 0 else "opposes"
            return replace(
                base, stance=stance, because=own.word, flipped_by=own.flipped_by, strength=0.9, decisive=True
            )
        if sign == 0:
            return base
        if direction < 0:
            flips = f"{flips} {direction_word}".strip()
        hangs = self._hangs(clause, run, sign * direction, condition, topic.anchors[0][0])
        stance = "conditional" if hangs else ("supports" if sign * direction > 0 else "opposes")
        certain = any(s.certain for s in chain)
        return replace(
            base, stance=stance, because=because, flipped_by=flips, strength=0.7, deed=deed, decisive=certain
        )

    def _open(self, clause: Clause, run: Sequence[Word], place: int, first: int, last: int) -> bool:
        """Whether the speaker leaves the thing open: he has not decided, or does not rule it out."""
        if clause.cue is not None and clause.cue.cue.kind == "hesitate":
            return True
        start = first if clause.cue is None or clause.cue.index > first else max(clause.cue.index - 1, 0)
        for hit in self._undecided.find(run[start:last]):
            stop = start + hit.last
            if not any(run[i].pause for i in range(stop, place + 1)):
                return True
        return left_open(run, start, last, (inner.hit.index for inner in clause.inner if inner.foreign))

    def _hangs(
        self, clause: Clause, run: Sequence[Word], sign: int, condition: tuple[int, int] | None, anchor: int
    ) -> bool:
        """Whether the side hangs on a condition."""
        if clause.cue is not None and clause.cue.cue.kind == "condition":
            return run[anchor].text.startswith("ل") or run[anchor - 1].text in ("مقابل", "قبل", "لقبول", "قبول")
        return condition is not None and (sign > 0 or _exception(run, condition))

    def supposed(self, run: Sequence[Word], index: int, first: int) -> bool:
        """Whether a word stands in a protasis (إذا …، ف), which supposes and takes no side."""
        for place in range(index, max(first, index - 12) - 1, -1):
            if place != index and run[place].text in ("اذا", "لو") and (place == first or run[place - 1].text != "الا"):
                return any(
                    run[i].pause or run[i].text.startswith("ف") for i in range(index + 1, min(len(run), index + 14))
                )
            if run[place].pause and place != index:
                return False
        return False

    def hanging(self, verdict: Verdict, run: Sequence[Word], clause: Clause) -> Verdict:
        """The verdict on an undertaking, conditional where it waits for something (متى وُقّع السلام)."""
        span = _span(self._after_pledge, run, clause.first, clause.last)
        if span is None:
            return verdict
        return replace(verdict, stance="conditional", condition=verdict.condition or span)

    def deed(self, run: Sequence[Word], first: int, last: int, sides: Mapping[int, bool]) -> int | None:
        """The word that tells what the speaker's side will do; None where there is none, or it is denied."""
        for signal in self._deed_signals(run, first, last, sides):
            text = run[signal.index].text.lstrip("وف")
            if signal.sign > 0 and text.startswith("س") and text in self._gifts:
                return signal.index
        return None

    def condition_in(self, run: Sequence[Word], first: int, last: int) -> tuple[int, int] | None:
        """Where a condition stands in a stretch of words."""
        return self._condition_at(run, first, last)

    def _direction(self, topic: Topic, run: Sequence[Word], clause: Clause) -> tuple[int, str, int]:
        """Whether the words before the anchor bring the proposition about, or its opposite; and where they stand."""
        directions = self._own[topic.issue][0]
        floor = clause.first if clause.cue is None else min(clause.first, clause.cue.index)
        for anchor_first, anchor_last in topic.anchors:
            start = max(0, floor, anchor_first - _DIRECTION_REACH)
            hits = [
                h for h in directions.find(run[start:anchor_last], overlapping=True) if start + h.first < anchor_first
            ]
            if hits:
                nearest = max(hits, key=lambda h: (h.last, h.last - h.first))
                place = start + nearest.first
                sign = nearest.values[-1]
                denied = place > start and run[place - 1].text.lstrip("وف") in ("لا", "لم", "لن", "عدم")
                if denied and clause.cue is not None and place != clause.cue.index:
                    sign = -sign
                return sign, run[place].text, place
        return topic.base, "", -1

    def _decisive(self, issue: str, run: Sequence[Word], first: int, last: int) -> Signal | None:
        hits = self._own[issue][1].find(run[first:last], overlapping=True)
        if not hits:
            return None
        index, stop = first + hits[0].first, first + hits[0].last
        sign = hits[0].values[0]
        flipped = self._negated(run, index, first)
        return Signal(index, stop, -sign if flipped else sign, _words(run, index, stop), flipped)

    def _chain(
        self, clause: Clause, topic: Topic, run: Sequence[Word], first: int, last: int, direction_at: int,
        sides: Mapping[int, bool],
    ) -> list[Signal]:  # fmt: skip
        """What takes a side on the topic, with a denial that is raised out of the clause."""
        place = direction_at if direction_at >= 0 else topic.anchors[0][0]
        needed = indispensable(run, first, place)
        if needed >= 0:
            return [Signal(needed, needed + 1, -1 if needed == direction_at else 1, run[needed].text, certain=True)]
        chain = self._plain_chain(clause, topic, run, first, last, direction_at, sides)
        denial = raised(run, first if clause.cue is None else min(first, clause.cue.index - 1), last)
        if denial is None or self._barred(run, denial[1] + 1, place):
            return chain
        if denial[0] > place and run[denial[0]].text.startswith("و"):  # ولا ترى فائدة في: said of something else
            return [s for s in chain if s.index < denial[0]]
        signal = Signal(denial[0], denial[1], -1, _words(run, *denial), turns=True, certain=True)
        taking = [s for s in chain if not s.turns]
        if any(s.index > denial[0] for s in taking):
            return [signal, *chain]
        if not taking and beside(run, denial[1], place, sides):
            return [replace(signal, turns=False), *chain]
        return chain

    def _plain_chain(
        self, clause: Clause, topic: Topic, run: Sequence[Word], first: int, last: int, direction_at: int,
        sides: Mapping[int, bool],
    ) -> list[Signal]:  # fmt: skip
        """What governs the topic, else what is said of it, else the cue alone."""
        signals = [self._ended(s, direction_at) for s in self._signals(clause, run, first, last, sides)]
        signals = [s for s in signals if s.deed or s.index != direction_at]
        signals = [s for s in signals if s.deed or not any(a <= s.index < b for a, b in topic.anchors)]
        cue = self._cue_signal(clause, run, direction_at)
        anchor = topic.anchors[0]
        governing = [
            s
            for s in signals
            if not s.effect and s.index < anchor[0] + s.deed and not self._barred(run, s.last, anchor[0])
        ]
        governing = [s for s in governing if anchor[0] - s.index <= _GOVERNING_REACH]
        announced = self._announced(clause, run, topic, direction_at)
        if not governing and announced >= 0:
            return [Signal(announced, announced + 1, 1, run[announced].text, deed=True)]
        asked = max(direction_at, 0) or anchor[0]
        if not governing and cue is None and any(w.text == "مقابل" for w in run[max(first, asked - 1) : asked]):
            return [Signal(asked - 1, asked, 1, "مقابل")]
        if cue is not None and not self._barred(run, cue.last, anchor[0]):
            blames = clause.cue is not None and clause.cue.cue.kind == "accuse"
            return [] if blames and any(s.sign < 0 for s in governing) else [cue, *governing]
        if any(not s.turns for s in governing):
            return governing
        after = [s for s in signals if s.index >= anchor[1] and not s.turns and s.index - anchor[1] <= _PREDICATE_REACH]
        after = [s for s in after if not self._barred(run, anchor[1], s.index)]
        if after:
            return [*governing, after[0]]
        return [] if cue is None else [cue, *governing]

    def _announced(self, clause: Clause, run: Sequence[Word], topic: Topic, direction_at: int) -> int:
        """أعلنت واشنطن رفع العقوبات: where the announced verbal noun stands, the speaker's own deed; else -1."""
        place = direction_at if direction_at >= 0 else topic.anchors[0][0]
        if clause.cue is None or clause.cue.cue.lemma not in _ANNOUNCING or clause.negated:
            return -1
        between = run[clause.first : place]
        near = len(between) <= _ANNOUNCED_REACH and not any(w.text in _COMPLEMENTS for w in between)
        return place if near and clause.first <= place else -1

    def _ended(self, signal: Signal, direction_at: int) -> Signal:
        """علقت مشاركتها في المعاهدة: a deed that ends what it is done to, where the issue has no word for it."""
        ends = signal.deed and signal.index != direction_at and signal.word.lstrip("وف") in self._ending
        return msgspec.structs.replace(signal, sign=-signal.sign) if ends else signal

    def _barred(self, run: Sequence[Word], start: int, stop: int) -> bool:
        return any(run[i].text in self._barriers for i in range(start, stop))

    def _cue_signal(self, clause: Clause, run: Sequence[Word], direction_at: int) -> Signal | None:
        """The side of the cue itself; a threat to do a thing (بفرض عقوبات) is for that thing."""
        if clause.cue is None or clause.cue.cue.kind not in _CLASS_SIGN:
            return None
        index, kind = clause.cue.index, clause.cue.cue.kind
        if index + 1 < len(run) and any(h.values[0][0] == 0 for h in self._polarity.find(run[index : index + 3])):
            return None
        sign = 1 if kind == "threat" and direction_at > index else _CLASS_SIGN[kind]
        flipped = run[index - 1].text if clause.negated else ""
        sign = -sign if clause.negated else sign
        told = Signal(index, index + 1, sign, run[index].text, flipped, deed=kind in ("commit", "act"))
        return self._ended(told, direction_at)

    def _signals(
        self, clause: Clause, run: Sequence[Word], first: int, last: int, sides: Mapping[int, bool]
    ) -> list[Signal]:
        """The evaluating words of the speaker's own side, in order."""
        foreign = {inner.hit.index for inner in clause.inner if inner.foreign}
        evaluative = clause.cue is not None and clause.cue.cue.kind in ("accept", "reject", "demand")
        denial = raised(run, first if clause.cue is None else min(first, clause.cue.index - 1), last)
        silent: set[int] = set()
        signals: list[Signal] = []
        for hit in self._polarity.find(run[first:last]):
            index, stop = first + hit.first, first + hit.last
            sign, turns = hit.values[0]
            if sign == 0:
                silent |= set(range(index, stop))
            elif index not in foreign and (turns or evaluative or not _others(run, index, stop, first, sides)):
                flipped = self._negated(run, index, first)
                if abs(sign) > 1 and not flipped and (denial is None or index < denial[1]):
                    continue
                sign = 1 if sign > 0 else -1
                word = _words(run, index, stop)
                signals.append(Signal(index, stop, -sign if flipped else sign, word, flipped, turns))
        taken = {s.index for s in signals} | foreign | silent
        signals += [s for s in self._inner_signals(clause, run, first, last, sides) if s.index not in taken]
        signals += [s for s in self._effect_signals(run, first, last) if s.index not in taken]
        signals += [s for s in self._deed_signals(run, first, last, sides) if s.index not in taken]
        return sorted((s for s in signals if s.index not in silent), key=lambda s: s.index)

    def _inner_signals(
        self, clause: Clause, run: Sequence[Word], first: int, last: int, sides: Mapping[int, bool]
    ) -> Iterable[Signal]:
        for inner in clause.inner:
            index, kind = inner.hit.index, inner.hit.cue.kind
            collective = inner.unknown and inner.hit.cue.lemma in PLEDGING
            if not first <= index < last or kind not in _CLASS_SIGN or (inner.unknown and not collective):
                continue
            if kind == "act" and not _own_act(run, index, run[index].text, first, sides):
                continue
            flipped = self._negated(run, index, first)
            sign = _CLASS_SIGN[kind]
            deed = kind in ("commit", "act") and inner.hit.cue.form != "noun"
            yield Signal(index, index + 1, -sign if flipped else sign, run[index].text, flipped, deed=deed)

    def _effect_signals(self, run: Sequence[Word], first: int, last: int) -> Iterable[Signal]:
        for hit in self._effects.find(run[first:last]):
            index, stop = first + hit.first, first + hit.last
            flipped = self._negated(run, index, first)
            sign = -hit.values[0] if flipped else hit.values[0]
            yield Signal(index, stop, sign, _words(run, index, stop), flipped, effect=True)

    def _deed_signals(self, run: Sequence[Word], first: int, last: int, sides: Mapping[int, bool]) -> Iterable[Signal]:
        """What the speaker's side does or will do: سنرسل، ستقدم بلاده، إنها رفعت."""
        for index in range(first, last):
            text = run[index].text
            bare_text = text[1:] if text[:1] in "وف" and text not in self._deeds else text
            if bare_text in self._deeds and _own_act(run, index, bare_text, first, sides):
                flipped = self._negated(run, index, first)
                yield Signal(index, index + 1, -1 if flipped else 1, text, flipped, deed=True)

    def _negated(self, run: Sequence[Word], index: int, first: int) -> str:
        """The particle that denies a word, at most a word between (لا أحد يعارض); لا تزال denies nothing."""
        reach = _NEGATION_REACH
        for place in range(index - 1, first - 1, -1):
            text = run[place].text
            if index - place > reach:
                break
            reach += text in _EMPTY
            if run[place + 1].text in _STILL or (place + 1 < index and run[place + 1].text in BELIEFS):
                return ""
            if any(form in self._negation for form in (text, text.lstrip("وف"), text.removeprefix("ب"))):
                return text
        return ""

    def _condition_at(self, run: Sequence[Word], first: int, last: int) -> tuple[int, int] | None:
        found = _span(self._condition, run, first, last)
        if found is not None:
            return found
        for index in range(first + 1, last - 2):
            provided = run[index].pause and run[index].text == "علي" and run[index + 1].text in ("ان", "الا")
            if provided and run[index + 2].text[:1] in "يتن":  # على أن تحذو واشنطن حذوها
                return index, min(last, index + 14)
        return None


def _others(run: Sequence[Word], index: int, stop: int, first: int, sides: Mapping[int, bool]) -> bool:
    """Whether an evaluating word is another's: a verb behind his name (كييف لا تريد), a noun before it (رفض كييف)."""
    if stop in sides and not run[stop].pause:
        return not sides[stop] and run[stop].text[:1] not in "بل"
    text = run[index].text.lstrip("وف")
    if text[:1] not in "يتن" or _VERBAL_NOUN.fullmatch(text):
        return False
    for place in range(index - 1, max(first, index - _SUBJECT_REACH) - 1, -1):
        if place in sides:
            return not sides[place]
        if run[place + 1].pause:
            return False
    return False


def _own_act(run: Sequence[Word], index: int, text: str, first: int, sides: Mapping[int, bool]) -> bool:
    """Whether the subject of a verb is the speaker's own side: by its person, else by the nearest name or pronoun."""
    if text.startswith(("سن", "سا")):
        return True
    if sides.get(index - 1, False) and not run[index].pause and text[:1] in "يتس":
        return True  # إنه سيزود أوكرانيا: the name behind is the object
    if index + 1 in sides:
        return sides[index + 1]
    if text[:1] not in "يتناس":  # the past of رفع is written as its verbal noun: it needs its subject at once
        return sides.get(index - 1, False) or (run[index - 1].text in ("قد", "لقد") and sides.get(index - 2, False))
    for place in range(index - 1, max(first, index - _SUBJECT_REACH) - 1, -1):
        if place in sides:
            return sides[place]
    return text.startswith("ن") and len(text) > 3 and run[index].text[:1] == "ن" and index == first


def _span(phrases: Phrases[bool], run: Sequence[Word], first: int, last: int) -> tuple[int, int] | None:
    hits = [hit for hit in phrases.find(run[first:last]) if hit.values[0]]
    return (first + hits[0].first, min(last, first + hits[0].first + 14)) if hits else None


def _product(chain: Sequence[Signal]) -> tuple[int, str, str, bool]:
    """A chain's sign, the word that decides, what flipped it, whether it is a deed; 0 where nothing takes a side."""
    sides = [s for s in chain if not s.turns]
    if not sides:
        return 0, "", "", False
    sign = 1
    for signal in chain:
        sign *= signal.sign
    flips = " ".join(s.flipped_by or s.word for s in chain if s.flipped_by or s.turns)
    return sign, sides[0].word, flips, sides[0].deed and sign > 0


def _exception(run: Sequence[Word], condition: tuple[int, int]) -> bool:
    return any(run[i].text in ("الا", "ما") for i in range(condition[0], min(condition[1], condition[0] + 3)))


def _words(run: Sequence[Word], first: int, last: int) -> str:
    return " ".join(w.text for w in run[first:last])


def _inflected(entry: str, *, future_only: bool = False) -> list[str]:
    """An entry's forms: a verb given as past and present in all persons and the future, anything else as it stands."""
    past, _, present = level(entry).partition(" ")
    if not present.startswith("ي") or " " in present or len(present) < 3 or past in _PARTICLES:
        return [entry]
    future = ["س" + form for form, _ in present_forms(present)]
    if future_only:
        return future
    return [*(form for form, _ in past_forms(past)), *(form for form, _ in present_forms(present)), *future]


def _directions(issue: Issue) -> Phrases[int]:
    forward = [(bare(form), 1) for entry in issue.forward for form in _inflected(entry)]
    return Phrases(forward + [(bare(form), -1) for entry in issue.reverse for form in _inflected(entry)])


def _verdicts(issue: Issue) -> Phrases[int]:
    return Phrases([(p, 1) for p in issue.in_favour] + [(p, -1) for p in issue.against])
