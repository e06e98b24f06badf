"""Copies of one story: articles whose whole texts are nearly the same, whichever outlet prints them, and when.

Bottom-k sketches of three-word shingles, as for sentences (`domain.copies`), of a size that fits an article. The
smallest hashes of a sketch are its keys: two copies share one of them but for a chance of about 1 in 70 at the least
similarity that counts, so whoever keeps sketches by key finds copies without comparing all. It must not know where they
are kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from domain.copies import Sketch, similarity, sketch

SIZE = 128
KEYS = 12
SAME = 0.3  # Jaccard: see deploy/docs/fetching.md for what was measured


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
    return sketch(text, SIZE)


def keys(hashes: Sketch) -> Sketch:
    """The hashes under which a sketch is found."""
    return hashes[:KEYS]


def is_copy(one: Sketch, other: Sketch) -> bool:
    """Whether two articles tell one story in the same words."""
    return similarity(one, other, SIZE) >= SAME


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
