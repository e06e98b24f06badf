"""Whether a confidence means what it says: how often events of one confidence are right, and the map that mends it.

The map is fitted by pooling adjacent violators (isotonic regression; Barlow et al. 1972), then evened out to a few
points with straight lines between them. It must not know how a confidence came about.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter

import msgspec

from domain.scoring import Pair

EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)
Judged = tuple[float, bool]  # a confidence, and whether its event was right
Point = tuple[float, float]  # a raw score, and how often events of that score are right
_FEWEST = 12  # events behind a point; fewer say nothing about a share
_LEAST, _MOST = 0.02, 0.97


class Bin(msgspec.Struct, frozen=True):
    """Events of confidence in [least, most): how many, their mean confidence, and the share that is right."""

    least: float
    most: float
    events: int
    confidence: float
    right: float


def judged(pairs: Iterable[Pair]) -> list[Judged]:
    """Every event found that is rewarded or punished: its confidence, and whether it matches with the right stance."""
    return [(p.found.confidence, p.right) for p in pairs if p.counts and p.found is not None]


def table(events: Sequence[Judged], edges: Sequence[float] = EDGES) -> list[Bin]:
    """The bins that hold events, from low to high."""
    bins = []
    for least, most in zip(edges, (*edges[1:], 1.0), strict=True):
        last = most == 1.0  # full confidence belongs to the last bin
        inside = [(c, right) for c, right in events if least <= c and (c < most or last)]
        if inside:
            mean = sum(c for c, _ in inside) / len(inside)
            share = sum(right for _, right in inside) / len(inside)
            bins.append(Bin(least, most, len(inside), round(mean, 3), round(share, 3)))
    return bins


def error(events: Sequence[Judged]) -> float | None:
    """Expected calibration error: the mean distance between confidence and share right; None of no events."""
    if not events:
        return None
    return round(sum(abs(b.confidence - b.right) * b.events for b in table(events)) / len(events), 3)


def fit(events: Sequence[Judged], fewest: int = _FEWEST) -> list[Point]:
    """The monotone map from raw score to share, as points in rising order; empty where too few events are known."""
    points: list[Point] = []
    for scores, right in _pooled(events, fewest):
        share = min(max((right + 1) / (len(scores) + 2), _LEAST), _MOST)
        points.append((round(sum(scores) / len(scores), 3), round(share, 3)))
    return points


def _pooled(events: Sequence[Judged], fewest: int) -> Iterator[tuple[list[float], int]]:
    """Blocks of rising scores whose shares rise too, each of so many events at least."""
    blocks: list[tuple[list[float], int]] = []
    for _, tied in groupby(sorted(events), key=itemgetter(0)):  # one score is one block, whatever the order
        same = list(tied)
        blocks.append(([s for s, _ in same], sum(right for _, right in same)))
        while len(blocks) > 1 and _merges(blocks[-2], blocks[-1], fewest):
            scores, good = blocks.pop()
            blocks[-1] = (blocks[-1][0] + scores, blocks[-1][1] + good)
    if len(blocks) > 1 and len(blocks[-1][0]) < fewest:
        scores, good = blocks.pop()
        blocks[-1] = (blocks[-1][0] + scores, blocks[-1][1] + good)
    yield from blocks


def _merges(one: tuple[list[float], int], other: tuple[list[float], int], fewest: int) -> bool:
    falls = one[1] * len(other[0]) >= other[1] * len(one[0])
    return falls or len(one[0]) < fewest


def apply(points: Sequence[Point], score: float) -> float:
    """A raw score on the map: straight lines between points, level outside; the score itself where there is no map."""
    if not points:
        return score
    place = bisect_right([p[0] for p in points], score)
    if place == 0:
        return points[0][1]
    if place == len(points):
        return points[-1][1]
    (left, low), (right, high) = points[place - 1], points[place]
    return round(low + (high - low) * (score - left) / (right - left), 3)
