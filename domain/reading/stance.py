"""Which side a clause takes on an issue: from its cue, the words beside the issue, negation and conditions.

Stance is toward the proposition as worded in the registry (Mohammad et al. 2016: target, stance). It must not know
who speaks.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from domain.events import Stance
from domain.reading.clauses import Clause
from domain.reading.phrases import Phrases, phrase_key
from domain.reading.registry import Issue, Registry
from domain.reading.text import Word
from domain.reading.topics import Topic

_NEGATION_REACH = 3
_DIRECTION_REACH = 3
_CLASS_SIGN = {"reject": -1, "accuse": -1, "accept": 1, "demand": 1, "commit": 1, "threat": -1}
PLEDGING = frozenset({"تعهد", "التزم", "وعد"})
CONTRAST = frozenset({"لكن", "لكنه", "لكنها", "ولكن", "ولكنه", "ولكنها", "لكننا", "بيد", "بينما", "فيما"})


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A stance with the words that gave it and what flipped it, for explanations. `strength` in [0, 1]."""

    stance: Stance | None
    because: str = ""
    flipped_by: str = ""
    condition: tuple[int, int] | None = None
    strength: float = 0.5
    decisive: bool = False


class _Signal(msgspec.Struct, frozen=True):
    index: int
    sign: int
    word: str
    flipped_by: str = ""


class StanceReader:
    """The compiled word lists of polarity. One for each registry."""

    def __init__(self, registry: Registry) -> None:
        words = registry.lexicon.words
        self._polarity: Phrases[int] = Phrases(
            [(p, -1) for p in words["negative"]] + [(p, 1) for p in words["positive"]]
        )
        self._negation = frozenset(phrase_key(p) for p in words["negation"])
        self._condition = Phrases((p, True) for p in words["condition"])
        self._undecided = Phrases((p, True) for p in words["undecided"])
        self._own: dict[str, tuple[Phrases[int], Phrases[int]]] = {
            issue.id: (_directions(issue), _verdicts(issue)) for issue in registry.issues.values()
        }

    def read(self, clause: Clause, topic: Topic, run: Sequence[Word], first: int, last: int) -> Verdict:
        """The stance of words [first, last) of a clause on a topic; `stance` None where they take no side."""
        direction, direction_word = self._direction(topic, run, clause.first)
        own = self._decisive(topic.issue, run, first, last)
        condition = self._condition_at(run, clause.first, clause.last)
        if own is not None:
            return Verdict(
                stance="supports" if own.sign > 0 else "opposes", because=own.word, strength=0.9, decisive=True
            )
        if self._undecided.find(run[first:last]) or (clause.cue is not None and clause.cue.cue.kind == "hesitate"):
            return Verdict(stance="undecided", because="leaves it open", strength=0.6)
        signal = self._evaluation(clause, topic, run, first, last)
        if signal is None:
            if condition is not None and clause.cue is not None and clause.cue.cue.kind == "condition":
                return Verdict(stance="conditional", because="a condition is set", condition=condition, strength=0.6)
            return Verdict(stance=None)
        sign = signal.sign * direction
        flips = " ".join(w for w in (signal.flipped_by, direction_word if direction < 0 else "") if w)
        conditional = condition is not None and (sign > 0 or _exception(run, condition))
        if clause.cue is not None and clause.cue.cue.kind == "condition":
            conditional = True
        stance: Stance = "conditional" if conditional else ("supports" if sign > 0 else "opposes")
        return Verdict(stance=stance, because=signal.word, flipped_by=flips, condition=condition,
                       strength=0.8 if abs(signal.index - topic.anchors[0][0]) < 10 else 0.6)  # fmt: skip

    def condition_in(self, run: Sequence[Word], first: int, last: int) -> tuple[int, int] | None:
        """Where a condition stands in a stretch of words."""
        return self._condition_at(run, first, last)

    def _direction(self, topic: Topic, run: Sequence[Word], first: int) -> tuple[int, str]:
        """Whether the words before the anchor bring the proposition about, or its opposite."""
        directions = self._own[topic.issue][0]
        for anchor_first, _ in topic.anchors:
            start = max(0, anchor_first - _DIRECTION_REACH)
            hits = directions.find(run[start : anchor_first + 1], overlapping=True)
            if hits:
                nearest = max(hits, key=lambda h: (h.last, h.last - h.first))
                return nearest.values[-1], run[start + nearest.first].text
        return 1, ""

    def _decisive(self, issue: str, run: Sequence[Word], first: int, last: int) -> _Signal | None:
        hits = self._own[issue][1].find(run[first:last], overlapping=True)
        if not hits:
            return None
        hit = hits[0]
        sign = hit.values[0]
        flipped = self._negated(run, first + hit.first, first)
        return _Signal(
            first + hit.first, -sign if flipped else sign, _words(run, first + hit.first, first + hit.last), flipped
        )

    def _evaluation(self, clause: Clause, topic: Topic, run: Sequence[Word], first: int, last: int) -> _Signal | None:
        """The evaluating word nearest to the topic; the clause's own cue where nothing in its content evaluates."""
        anchor = topic.anchors[0][0]
        signals = self._signals(clause, run, first, last)
        signals = [s for s in signals if not any(a <= s.index < b for a, b in topic.anchors)]
        cue = self._cue_signal(clause, run)
        if cue is not None and (not signals or clause.cue is not None and anchor - clause.cue.index <= 9):
            return cue
        if not signals:
            return cue
        return min(signals, key=lambda s: (abs(s.index - anchor), s.index))

    def _cue_signal(self, clause: Clause, run: Sequence[Word]) -> _Signal | None:
        if clause.cue is None or clause.cue.cue.kind not in _CLASS_SIGN:
            return None
        sign = _CLASS_SIGN[clause.cue.cue.kind]
        flipped = run[clause.cue.index - 1].text if clause.negated else ""
        return _Signal(clause.cue.index, -sign if clause.negated else sign, run[clause.cue.index].text, flipped)

    def _signals(self, clause: Clause, run: Sequence[Word], first: int, last: int) -> list[_Signal]:
        signals = []
        for hit in self._polarity.find(run[first:last]):
            index = first + hit.first
            sign = hit.values[0]
            flipped = self._negated(run, index, first)
            signals.append(_Signal(index, -sign if flipped else sign, _words(run, index, first + hit.last), flipped))
        others = {inner.hit.index for inner in clause.inner if inner.foreign}
        signals = [s for s in signals if s.index not in others]
        taken = {s.index for s in signals} | others
        for inner in clause.inner:
            index, kind = inner.hit.index, inner.hit.cue.kind
            collective = inner.unknown and inner.hit.cue.lemma in PLEDGING
            if index in taken or not first <= index < last or kind not in _CLASS_SIGN:
                continue
            if not inner.unknown or collective:
                flipped = self._negated(run, index, first)
                sign = _CLASS_SIGN[kind]
                signals.append(_Signal(index, -sign if flipped else sign, run[index].text, flipped))
        return signals

    def _negated(self, run: Sequence[Word], index: int, first: int) -> str:
        for place in range(index - 1, max(first, index - _NEGATION_REACH) - 1, -1):
            bare = run[place].text
            if any(form in self._negation for form in (bare, bare.lstrip("وف"), bare.removeprefix("ب"))):
                return bare
        return ""

    def _condition_at(self, run: Sequence[Word], first: int, last: int) -> tuple[int, int] | None:
        hits = self._condition.find(run[first:last])
        if not hits:
            return None
        start = first + hits[0].first
        end = start + 1
        while end < last and end - start < 14 and not run[end - 1].text.endswith(("،", ",")):
            end += 1
        return start, end


def _exception(run: Sequence[Word], condition: tuple[int, int]) -> bool:
    return any(run[i].text in ("الا", "ما") for i in range(condition[0], min(condition[1], condition[0] + 3)))


def _words(run: Sequence[Word], first: int, last: int) -> str:
    return " ".join(w.text for w in run[first:last])


def _directions(issue: Issue) -> Phrases[int]:
    return Phrases([(p, 1) for p in issue.forward] + [(p, -1) for p in issue.reverse])


def _verdicts(issue: Issue) -> Phrases[int]:
    return Phrases([(p, 1) for p in issue.in_favour] + [(p, -1) for p in issue.against])
