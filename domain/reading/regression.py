"""Multinomial logistic regression as it is shipped: weights by feature, and the probabilities that they give.

It must not know what the features or the classes mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from domain.errors import RegistryError


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """A bias and the weights of each feature, one for each class; as the training scripts write them."""

    bias: tuple[float, ...]
    weights: dict[str, tuple[float, ...]]

    def odds(self, features: Iterable[str]) -> list[float]:
        """The probability of each class; they sum to one."""
        scores = list(self.bias)
        for feature in features:
            for index, weight in enumerate(self.weights.get(feature, ())):
                scores[index] += weight
        return softmax(scores)


def softmax(scores: Sequence[float]) -> list[float]:
    """Probabilities that sum to one."""
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def load_weights(name: str, data: str) -> Weights:
    """The weights of a data file of that name.

    Raises:
        RegistryError: the file is not of that form.
    """
    try:
        return msgspec.json.decode(data, type=Weights)
    except msgspec.MsgspecError as exc:
        raise RegistryError(name, None, f"no model: {exc}; train it again") from exc
