"""Multinomial logistic regression over sparse binary features, by stochastic gradient descent (Adagrad), in plain Python.

Deterministic for a seed. It must not know what the features mean.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence

import msgspec


class Example(msgspec.Struct, frozen=True):
    """One example: its features, the index of its class, and its weight."""

    features: tuple[str, ...]
    label: int
    weight: float = 1.0


class Fitted(msgspec.Struct, frozen=True):
    """A fitted model: the bias of each class, and the weights of each feature, one a class."""

    bias: tuple[float, ...]
    weights: dict[str, tuple[float, ...]]


def fit(
    examples: Sequence[Example], classes: int, *, epochs: int = 14, rate: float = 0.25, decay: float = 2e-4,
    least: int = 2, seed: int = 7,
) -> Fitted:  # fmt: skip
    """Fit a model. `decay`: L2 a step; `least`: in how many examples a feature must stand."""
    counts = Counter(feature for example in examples for feature in example.features)
    kept = {feature for feature, n in counts.items() if n >= least}
    weights = {feature: [0.0] * classes for feature in kept}
    squares = {feature: [1e-6] * classes for feature in kept}
    bias, bias_squares = [0.0] * classes, [1e-6] * classes
    order = list(range(len(examples)))
    shuffle = random.Random(seed)  # noqa: S311 -- an order of examples, no secret
    for _ in range(epochs):
        shuffle.shuffle(order)
        for index in order:
            example = examples[index]
            present = [f for f in example.features if f in kept]
            errors = _errors(example, bias, [weights[f] for f in present])
            for k, error in enumerate(errors):
                bias_squares[k] += error * error
                bias[k] -= rate * error / math.sqrt(bias_squares[k])
            for feature in present:
                row, seen = weights[feature], squares[feature]
                for k, error in enumerate(errors):
                    gradient = error + decay * row[k] * len(present)
                    seen[k] += gradient * gradient
                    row[k] -= rate * gradient / math.sqrt(seen[k])
    return Fitted(tuple(bias), {feature: tuple(row) for feature, row in weights.items()})


def _errors(example: Example, bias: Sequence[float], rows: Sequence[Sequence[float]]) -> list[float]:
    scores = [b + sum(row[k] for row in rows) for k, b in enumerate(bias)]
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    total = sum(powers)
    return [example.weight * (power / total - (1.0 if k == example.label else 0.0)) for k, power in enumerate(powers)]


def predict(model: Fitted, features: Sequence[str]) -> list[float]:
    """The probability of each class."""
    scores = list(model.bias)
    for feature in features:
        for k, weight in enumerate(model.weights.get(feature, ())):
            scores[k] += weight
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    return [power / sum(powers) for power in powers]
