"""Pairs of real articles, judged by reading whether they are copies of one story, and what the rule makes of them.

A pair is named by the hashes of its texts and stands for a number of pairs like it: all pairs of the set whose exact
likeness is 0.1 or more were drawn from by degrees of likeness. Judged a copy: one report from one text, however cut,
put in another order or led in otherwise. No copy: routine texts of one form on two occasions (telegrams, weather,
markets, receptions), two reporters on one event, a round-up that takes a paragraph over.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from functools import cache

import msgspec

from domain import stories
from domain.copies import Sketch
from tests.gold.sets import DATA, HERE

ARTICLES = DATA / "saudinewsnet"


class Pair(msgspec.Struct, frozen=True):
    """One judged pair. `one`, `other`: SHA-256 of the texts."""

    one: str
    other: str
    copy: bool
    stands_for: float


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Shares in [0, 1], each pair counted as often as it stands for others. `keyed`: copies that share a key."""

    pairs: int
    precision: float
    recall: float
    keyed: float


def judged() -> list[Pair]:
    """The pairs, as they were judged."""
    lines = (HERE / "copies.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Pair) for line in lines]


def texts() -> Iterator[str]:
    """Every article of the set."""
    for path in sorted(ARTICLES.glob("*.zip")):
        with zipfile.ZipFile(path) as packed:
            for name in sorted(n for n in packed.namelist() if n.endswith(".json")):
                found = msgspec.json.decode(packed.read(name).decode("utf-8-sig"))
                yield from (article["content"] for article in found)


@cache
def figures() -> Figures:
    """What the rule finds among the judged pairs."""
    pairs = judged()
    wanted = {name for pair in pairs for name in (pair.one, pair.other)}
    sketches: dict[str, Sketch] = {}
    for text in texts():
        name = hashlib.sha256(text.encode()).hexdigest()
        if name in wanted:
            sketches[name] = stories.story_sketch(text)
    found = right = keyed = 0.0
    for pair in pairs:
        one, other = sketches[pair.one], sketches[pair.other]
        same = stories.is_copy(one, other)
        found += pair.stands_for * same
        right += pair.stands_for * (same and pair.copy)
        keyed += pair.stands_for * (pair.copy and bool(set(stories.keys(one)) & set(stories.keys(other))))
    copies = sum(pair.stands_for for pair in pairs if pair.copy)
    return Figures(pairs=len(pairs), precision=right / found, recall=right / copies, keyed=keyed / copies)
