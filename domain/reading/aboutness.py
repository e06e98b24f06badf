"""Which issues a stretch of words is about, by a small trained model: where no word group names one, or wrongly.

One logistic regression an issue, over the stems of the words and what the rules found. It must not know sides or
speakers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import msgspec

from domain.errors import RegistryError
from domain.reading.text import Word, stem
from domain.reading.topics import Topic

_REACH = 40  # words of a stretch that are looked at


class AboutModel(msgspec.Struct, frozen=True, kw_only=True):
    """By issue: its bias, and the weights of features. As the training script writes them."""

    bias: dict[str, float]
    weights: dict[str, dict[str, float]]


class Aboutness:
    """A ready model. `add`: the probability from which an issue is added, `keep`: below it a rule's is dropped."""

    def __init__(self, model: AboutModel, *, add: float = 0.55, keep: float = 0.003) -> None:
        self._bias = model.bias
        self._add = add
        self._keep = keep
        self._rows: dict[str, list[tuple[str, float]]] = {}
        for issue, weights in model.weights.items():
            for feature, weight in weights.items():
                self._rows.setdefault(feature, []).append((issue, weight))

    def odds(self, features: Iterable[str]) -> dict[str, float]:
        """The probability of each issue."""
        scores = dict(self._bias)
        for feature in features:
            for issue, weight in self._rows.get(feature, ()):
                scores[issue] += weight
        return {issue: 1 / (1 + math.exp(-max(-30.0, min(30.0, score)))) for issue, score in scores.items()}

    def amend(
        self, run: Sequence[Word], first: int, last: int, ruled: Sequence[Topic], context: Mapping[str, str]
    ) -> list[Topic]:
        """The rules' topics of words [first, last) without those that the words belie, and what the words add."""
        if first >= last:
            return list(ruled)
        odds = self.odds(about_features(run, first, last, ruled, context))
        kept = [t for t in ruled if odds.get(t.issue, 1.0) >= self._keep]
        named = {t.issue for t in ruled}
        added = [issue for issue, p in odds.items() if p >= self._add and issue not in named]
        return kept + [self._topic(run, first, last, issue) for issue in sorted(added, key=lambda i: -odds[i])]

    def _topic(self, run: Sequence[Word], first: int, last: int, issue: str) -> Topic:
        """A topic that hangs on the word that speaks for it most."""
        stop = min(last, first + _REACH)
        weight = [sum(w for i, w in self._rows.get(f"w:{stem(run[k])}", ()) if i == issue) for k in range(first, stop)]
        best = first + max(range(len(weight)), key=weight.__getitem__, default=0)
        return Topic(issue, ((best, best + 1),), "the words of its kind")


def about_features(
    run: Sequence[Word], first: int, last: int, ruled: Sequence[Topic], context: Mapping[str, str]
) -> list[str]:
    """What the model sees of words [first, last); each once.

    `context`: of issues that the text speaks of elsewhere, how: `before`, `after` or `here` (in the sentence).
    """
    stems = [stem(word) for word in run[first : min(last, first + _REACH)]]
    found = [f"w:{s}" for s in stems] + [f"b:{a} {b}" for a, b in pairwise(stems)]
    found += [f"r:{topic.issue}" for topic in ruled]
    found += [f"{how}:{issue}" for issue, how in context.items()]
    if not ruled:
        found.append("r:")
    return list(dict.fromkeys(found))


def load_aboutness(data: str) -> Aboutness:
    """The model of a data file, as the training script writes it.

    Raises:
        RegistryError: the file is not of that form.
    """
    try:
        return Aboutness(msgspec.json.decode(data, type=AboutModel))
    except msgspec.MsgspecError as exc:
        raise RegistryError("about.json", None, f"no model: {exc}; train it again") from exc
