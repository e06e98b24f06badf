"""Near-identical sentences: which articles are copies of one wire story, and so one source.

Bottom-k sketches of three-word shingles (Broder 1997), joined with a prefix filter (Chaudhuri, Ganti, Kaushik 2006), so
that only sentences that share a rare shingle are compared. Pure; it must not know where texts come from.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

SKETCH_SIZE = 24
SAME = 0.4  # Jaccard: an article with a fifth of its words edited keeps 0.52, different ones stay below 0.05
FEW = 4  # articles up to which comparing every pair is the fastest, and sentences up to which asking all is
_WORD = re.compile(r"\w+")
_MARKS = re.compile(r"[\u064b-\u0652\u0670\u0640\u200b-\u200f\u202a-\u202e\u2066-\u2069]")

Sketch = tuple[int, ...]


def sketch(sentence: str, size: int = SKETCH_SIZE) -> Sketch:
    """The smallest hashes of the three-word shingles, ascending; at most `size`, empty without words."""
    words = _WORD.findall(_MARKS.sub("", sentence))
    shingles = {" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2))} if words else set()
    return tuple(sorted({zlib.crc32(s.encode()) for s in shingles})[:size])


def similarity(one: Sketch, other: Sketch) -> float:
    """Estimated Jaccard similarity of two sentences, in [0, 1]."""
    if not one or not other:
        return 0.0
    a, b = set(one), set(other)
    smallest = sorted(a | b)[:SKETCH_SIZE]
    return sum(1 for h in smallest if h in a and h in b) / len(smallest)


def independent(articles: Iterable[tuple[str, Sequence[Sketch]]]) -> int:
    """How many independent sources a set of articles is: (article id, sketches of its sentences) each."""
    return len(groups(articles))


def groups(articles: Iterable[tuple[str, Sequence[Sketch]]]) -> list[list[str]]:
    """The article ids of each independent source, sorted; an article may come in several pieces.

    Copies are found pairwise and chained, so the answer does not depend on the order.
    """
    merged: dict[str, set[Sketch]] = {}
    for article, sketches in articles:
        merged.setdefault(article, set()).update(sketches)
    names = sorted(merged)
    forest = _Forest(len(names))
    if 1 < len(names) <= FEW:
        _join_few([merged[name] for name in names], forest)
    elif len(names) > 1:
        _join_copies([merged[name] for name in names], forest)
    found: dict[int, list[str]] = {}
    for i, name in enumerate(names):
        found.setdefault(forest.root(i), []).append(name)
    return sorted(found.values())


class Sentences:
    """Sentences seen before, to be asked for near-identical ones; indexed once they are asked more than a few times."""

    def __init__(self) -> None:
        self._known: Counter[Sketch] = Counter()
        self._asked = 0
        self._holding: dict[int, list[Sketch]] | None = None

    def add(self, one: Sketch) -> None:
        """Remember a sentence."""
        if one:
            self._known[one] += 1
            if self._known[one] == 1 and self._holding is not None:
                _hold(self._holding, one)

    def discard(self, one: Sketch) -> None:
        """Forget a sentence that was added, as often as it was."""
        if one:
            self._known[one] -= 1
            if self._known[one] == 0:
                del self._known[one]
                if self._holding is not None:
                    for h in _head(one):
                        self._holding[h].remove(one)

    def __contains__(self, one: Sketch) -> bool:
        """Whether a near-identical sentence was added; never for one without words."""
        if one in self._known:
            return True
        self._asked += 1
        if self._holding is None and self._asked <= FEW:
            hashes = set(one)
            return any(not hashes.isdisjoint(other) and _near(one, other) for other in self._known)
        if self._holding is None:
            self._holding = {}
            for known in self._known:
                _hold(self._holding, known)
        holding = self._holding
        near = {other for h in _head(one) if h in holding for other in holding[h]}
        return any(_near(one, other) for other in near)


def _hold(holding: dict[int, list[Sketch]], one: Sketch) -> None:
    for h in _head(one):
        holding.setdefault(h, []).append(one)


class Ties:
    """Pieces of articles that come and go, and which of them are of one source: `groups`, kept up piece by piece."""

    def __init__(self) -> None:
        self._article: dict[str, str] = {}
        self._sketches: dict[str, tuple[Sketch, ...]] = {}
        self._tied: dict[str, set[str]] = {}
        self._holding: dict[int, list[tuple[Sketch, str]]] = {}

    def add(self, name: str, article: str, sketches: Sequence[Sketch]) -> None:
        """A piece comes; `name` is new."""
        known, ties, holding = tuple(filter(None, sketches)), set[str](), self._holding
        for one in known:
            for h in _head(one):
                held = holding.setdefault(h, [])
                for other, owner in held:
                    if owner != name and owner not in ties and _near(one, other):
                        ties.add(owner)
                held.append((one, name))
        self._article[name], self._sketches[name], self._tied[name] = article, known, ties
        for owner in ties:
            self._tied[owner].add(name)

    def drop(self, name: str) -> None:
        """A piece goes."""
        del self._article[name]
        for other in self._tied.pop(name):
            self._tied[other].discard(name)
        for one in self._sketches.pop(name):
            for h in _head(one):
                self._holding[h].remove((one, name))
                if not self._holding[h]:
                    del self._holding[h]

    def groups(self) -> list[list[str]]:
        """The names of each independent source, those of one article together."""
        found: dict[str, list[str]] = {}
        for name, article in self._article.items():
            found.setdefault(article, []).append(name)
        tied = {name: others for name, others in self._tied.items() if others}
        if not tied:
            return list(found.values())
        place = {article: i for i, article in enumerate(found)}
        forest = _Forest(len(place))
        for name, others in tied.items():
            for other in others:
                forest.join(place[self._article[name]], place[self._article[other]])
        joined: dict[int, list[str]] = {}
        for article, names in found.items():
            joined.setdefault(forest.root(place[article]), []).extend(names)
        return list(joined.values())


def _head(one: Sketch) -> Sketch:
    """As `_prefix`, where nothing is known of rarity: by the hash alone, and a sketch ascends."""
    return one[: len(one) - _needed(one) + 1]


def _rarity(sketches: Iterable[Sketch]) -> Counter[int]:
    """How often each hash occurs."""
    counts: Counter[int] = Counter()
    for one in sketches:
        counts.update(one)
    return counts


class _Forest:
    """Disjoint sets of the numbers below n."""

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))
        self._size = [1] * n

    def root(self, i: int) -> int:
        parent = self._parent
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    def join(self, i: int, j: int) -> None:
        a, b = self.root(i), self.root(j)
        if a == b:
            return
        if self._size[a] < self._size[b]:
            a, b = b, a
        self._parent[b] = a
        self._size[a] += self._size[b]


def _join_few(articles: Sequence[Iterable[Sketch]], forest: _Forest) -> None:
    """As `_join_copies`, by comparing all."""
    hashes = [[(one, set(one)) for one in sketches] for sketches in articles]
    for i, sketches in enumerate(hashes):
        for other in range(i):
            if any(
                not known.isdisjoint(one) and _near(one, two) for one, _ in sketches for two, known in hashes[other]
            ):
                forest.join(i, other)


def _join_copies(articles: Sequence[Iterable[Sketch]], forest: _Forest) -> None:
    """Join the articles that share a near-identical sentence, each known by its index."""
    owners: dict[Sketch, int] = {}
    for i, sketches in enumerate(articles):
        for one in sketches:
            if one:
                forest.join(owners.setdefault(one, i), i)
    counts = _rarity(owners)
    # by hash, then by set: a sentence needs to match one of a set, so many copies cost no more than a few
    holding: dict[int, dict[int, list[Sketch]]] = {}
    for one, owner in owners.items():
        shared = [h for h in _prefix(one, counts) if counts[h] > 1]
        tried: set[Sketch] = set()
        for h in shared:
            by_root = holding.setdefault(h, {})
            _settle(by_root, forest)
            for root, others in by_root.items():
                if forest.root(root) != forest.root(owner) and _any_near(one, others, tried):
                    forest.join(root, owner)
        for h in shared:
            holding[h].setdefault(forest.root(owner), []).append(one)


def _settle(by_root: dict[int, list[Sketch]], forest: _Forest) -> None:
    """Put the sentences of sets that were joined since under their common root."""
    for old in [root for root in by_root if forest.root(root) != root]:
        by_root.setdefault(forest.root(old), []).extend(by_root.pop(old))


def _any_near(one: Sketch, others: Iterable[Sketch], tried: set[Sketch]) -> bool:
    for other in others:
        if other not in tried:
            tried.add(other)
            if _near(one, other):
                return True
    return False


def _near(one: Sketch, other: Sketch) -> bool:
    needed = max(_needed(one), _needed(other))
    return len(set(one).intersection(other)) >= needed and similarity(one, other) >= SAME


def _needed(one: Sketch) -> int:
    """How many hashes a near-identical sentence shares at least: `SAME` of the union, no smaller than `one`."""
    size = len(one)
    return _NEEDED[size if size < SKETCH_SIZE else SKETCH_SIZE]


_NEEDED = [max(1, math.ceil(SAME * size)) for size in range(SKETCH_SIZE + 1)]


def _prefix(one: Sketch, counts: Mapping[int, int]) -> list[int]:
    """The rarest hashes, as many that two near-identical sentences share one of them."""
    keep = len(one) - _needed(one) + 1
    return sorted(one, key=lambda h: (counts.get(h, 0), h))[:keep]
