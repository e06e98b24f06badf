"""The side that a clause leans to, by a small trained model over its words and over what the rules made of it.

A multinomial logistic regression. Polarity is learned in the frame of the words beside the topic: where a word like
رفع turns the thing round, the classes `pro` and `con` change places afterwards, so that one weight serves both. It
knows neither who speaks nor of whom: a side that the words do not show must not come out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

from domain.events import Stance
from domain.reading.clauses import Clause
from domain.reading.regression import Weights
from domain.reading.stance import Verdict
from domain.reading.text import Word, stem
from domain.reading.topics import Topic

Leaning = Literal["pro", "con", "conditional", "undecided", "none"]
CLASSES: tuple[Leaning, ...] = ("pro", "con", "conditional", "undecided", "none")
_LEFT, _RIGHT = 10, 12
_NEGATION = frozenset({"لا", "لن", "لم", "ليس", "ليست", "غير", "عدم", "ما", "دون", "بلا"})


class Tendency:
    """A model ready for use."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def weigh(self, features: Iterable[str]) -> dict[Leaning, float]:
        """The probability of each class; they sum to one."""
        return dict(zip(CLASSES, self._weights.odds(features), strict=True))


def stance_of(leaning: Leaning, direction: int) -> Stance | None:
    """The stance of a class, given whether the words beside the topic turn it round (-1)."""
    if leaning in ("pro", "con"):
        return "supports" if (leaning == "pro") == (direction > 0) else "opposes"
    return None if leaning == "none" else leaning  # type: ignore[return-value]


def leaning_of(stance: str | None, direction: int) -> Leaning:
    """The class of a stance, the other way round."""
    if stance in ("supports", "opposes"):
        return "pro" if (stance == "supports") == (direction > 0) else "con"
    return "none" if stance is None else stance  # type: ignore[return-value]


def features(run: Sequence[Word], clause: Clause, topic: Topic, first: int, last: int, verdict: Verdict) -> list[str]:
    """What the model sees of a topic in words [first, last) of a clause; each once."""
    start, stop = topic.anchors[0]
    left = [stem(w) for w in run[max(first, start - _LEFT) : start]]
    right = [stem(w) for w in run[stop : min(last, stop + _RIGHT)]]
    anchor = [stem(w) for w in run[start:stop]]
    found = [f"l:{w}" for w in left] + [f"r:{w}" for w in right] + [f"a:{w}" for w in anchor]
    found += [f"x:{w}" for w in (*left, *right)]
    found += [f"l:{a} {b}" for a, b in zip(left, [*left[1:], *anchor], strict=False)]
    found += [f"r:{a} {b}" for a, b in pairwise(right)]
    found += [f"n:{side}" for side, words in (("l", left), ("r", right)) if _NEGATION & set(words)]
    found += [*_of_rules(clause, topic, verdict)]
    return list(dict.fromkeys(found))


def _of_rules(clause: Clause, topic: Topic, verdict: Verdict) -> Iterable[str]:
    kind = "" if clause.cue is None else clause.cue.cue.kind
    denied = "-" if clause.negated else ""
    yield f"c:{denied}{kind}"
    if clause.cue is not None:
        yield f"k:{denied}{clause.cue.cue.lemma}"
    yield f"v:{verdict.sign}"
    yield f"vc:{verdict.sign} {kind}"
    yield f"s:{leaning_of(verdict.stance, verdict.direction)}"
    yield f"i:{topic.issue}"
    yield f"vi:{verdict.sign} {topic.issue}"
    if verdict.condition is not None:
        yield "if"
        yield f"if:{verdict.sign}"
    if verdict.decisive:
        yield f"decisive:{leaning_of(verdict.stance, verdict.direction)}"
    if verdict.deed:
        yield "deed"
    if any(inner.foreign for inner in clause.inner):
        yield "others"
