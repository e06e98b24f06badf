"""Copies of one story: articles whose whole texts are nearly the same, whichever outlet prints them, and when.

Bottom-k sketches of three-word shingles, as for sentences (`domain.copies`), of a size that fits an article, over
letters that outlets spell differently made one. Two articles are copies where many of their shingles are common, or
most of the shorter one's, if it is no small part of the longer one. The smallest hashes of a sketch are its keys:
copies share one of them almost always, so whoever keeps sketches by key finds copies without comparing all. It must not
know where they are kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime

import msgspec

from domain.copies import Sketch, sketch

SIZE = 256
ALIKE = 0.38  # Jaccard from which two articles are copies; judged by reading, see deploy/docs/fetching.md
INSIDE, LEAST_ALIKE = 0.60, 0.15  # or so much of the shorter one, and at least so much of both
_SPACE = 2**32
_KEYS_BELOW = _SPACE // 12  # a fixed part of all hashes, so that a shorter copy has its share of a longer one's keys
_LEAST_KEYS, _MOST_KEYS = 12, 48
_SPELT = str.maketrans({
    **dict.fromkeys("أإآٱ", "ا"), "ى": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه",
    **{chr(0x660 + n): str(n) for n in range(10)},
})  # fmt: skip


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """An article as a candidate. `moment`: when it was published, else fetched."""

    article: str
    moment: datetime
    hashes: Sketch
    origin: str | None = None

    @property
    def rank(self) -> tuple[datetime, str]:
        """Who was first; of two at one moment the lesser id, so that all who ask agree."""
        return self.moment, self.article


def story_sketch(text: str) -> Sketch:
    """The sketch of an article's text; empty without words."""
    return sketch(text.translate(_SPELT), SIZE)


def keys(hashes: Sketch) -> Sketch:
    """The hashes under which a sketch is found."""
    return hashes[: min(max(bisect_right(hashes, _KEYS_BELOW), _LEAST_KEYS), _MOST_KEYS)]


def is_copy(one: Sketch, other: Sketch) -> bool:
    """Whether two articles tell one story in the same words."""
    if not one or not other:
        return False
    # both sketches are whole up to the lower of their ends: there they are compared
    end = min((hashes[-1] for hashes in (one, other) if len(hashes) == SIZE), default=_SPACE)
    mine, theirs = set(one[: bisect_right(one, end)]), set(other[: bisect_right(other, end)])
    common = len(mine & theirs)
    if common == 0:
        return False
    alike, inside = common / len(mine | theirs), common / min(len(mine), len(theirs))
    return alike >= ALIKE or (alike >= LEAST_ALIKE and inside >= INSIDE)


def origins(story: Story, candidates: Iterable[Story]) -> dict[str, str | None]:
    """What changes by a story: by article, the one that it is a copy of, None where it is nobody's.

    An article is linked to the first one that it is itself a copy of, so that no chain of edits joins two stories.
    """
    known = {c.article: c for c in candidates if c.article != story.article}
    copies = [c for c in known.values() if is_copy(story.hashes, c.hashes)]
    first = min(copies, key=lambda c: c.rank, default=None)
    mine = first.article if first is not None and first.rank < story.rank else None
    changed: dict[str, str | None] = {} if mine == story.origin else {story.article: mine}
    for copy in copies:
        present = known.get(copy.origin or "")
        if story.rank < copy.rank and copy.origin != story.article and (present is None or story.rank < present.rank):
            changed[copy.article] = story.article
    return changed
