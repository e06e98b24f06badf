"""Logistic regression over sparse binary features, by stochastic gradient descent (Adagrad), in plain Python.

Deterministic for a seed. It must not know what the features mean.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence

import msgspec

from domain.reading.regression import Weights, softmax

_SETTLED = 0.01


class Example(msgspec.Struct, frozen=True):
    """One example: its features, the index of its class (for two classes: 0 yes, 1 no), and its weight."""

    features: tuple[str, ...]
    label: int
    weight: float = 1.0


def fit(
    examples: Sequence[Example], classes: int, *, epochs: int = 14, rate: float = 0.25, decay: float = 2e-4,
    least: int = 2, seed: int = 7,
) -> Weights:  # fmt: skip
    """Fit a model. `decay`: L2 a step; `least`: in how many examples a feature must stand."""
    counts = Counter(feature for example in examples for feature in example.features)
    weights = {feature: [0.0] * classes for feature, n in counts.items() if n >= least}
    squares = {feature: [1e-6] * classes for feature in weights}
    bias, bias_squares = [0.0] * classes, [1e-6] * classes
    order = list(range(len(examples)))
    shuffle = random.Random(seed)  # noqa: S311 -- an order of examples, no secret
    for _ in range(epochs):
        shuffle.shuffle(order)
        for index in order:
            example = examples[index]
            present = [f for f in example.features if f in weights]
            rows = [weights[f] for f in present]
            odds = softmax([b + sum(row[k] for row in rows) for k, b in enumerate(bias)])
            errors = [example.weight * (p - (k == example.label)) for k, p in enumerate(odds)]
            _step(bias, bias_squares, errors, rate, 0.0)
            for feature in present:
                _step(weights[feature], squares[feature], errors, rate, decay * len(present))
    return Weights(bias=tuple(bias), weights={feature: tuple(row) for feature, row in weights.items()})


def fit_two(
    examples: Sequence[Example], *, epochs: int = 6, rate: float = 0.25, decay: float = 2e-4, least: int = 2,
    seed: int = 7,
) -> tuple[float, dict[str, float]]:  # fmt: skip
    """Fit a model of two classes (label 0: yes): its bias, and one weight a feature. Much faster than `fit`."""
    counts = Counter(feature for example in examples for feature in example.features)
    weights = {feature: 0.0 for feature, n in counts.items() if n >= least}
    squares = dict.fromkeys(weights, 1e-6)
    kept = [([f for f in e.features if f in weights], 1.0 if e.label == 0 else 0.0, e.weight) for e in examples]
    bias, bias_square = 0.0, 1e-6
    shuffle = random.Random(seed)  # noqa: S311 -- an order of examples, no secret
    for _ in range(epochs):
        shuffle.shuffle(kept)
        for present, wanted, weight in kept:
            score = bias + sum([weights[f] for f in present])
            error = weight * (1 / (1 + math.exp(-max(-30.0, min(30.0, score)))) - wanted)
            if -_SETTLED < error < _SETTLED:
                continue  # nothing to learn from what is known
            bias_square += error * error
            bias -= rate * error / math.sqrt(bias_square)
            pull = decay * len(present)
            for f in present:
                gradient = error + pull * weights[f]
                squares[f] += gradient * gradient
                weights[f] -= rate * gradient / math.sqrt(squares[f])
    return bias, weights


def _step(row: list[float], seen: list[float], errors: Sequence[float], rate: float, decay: float) -> None:
    for k, error in enumerate(errors):
        gradient = error + decay * row[k]
        seen[k] += gradient * gradient
        row[k] -= rate * gradient / math.sqrt(seen[k])
