"""The annotated seeds, where they exist: the fold of their events gives the positions and changes beside them.

They are looked for in the folder that MARSAD_SEEDS names, or in `shared/data/seeds` beside the checkout.
"""

from __future__ import annotations

import os
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.copies import sketch
from domain.positions import Fact, Outcome, fold
from tests.support.words import word

SEEDS = Path(os.environ.get("MARSAD_SEEDS") or Path(__file__).resolve().parents[3] / "shared" / "data" / "seeds")
HEADS = {"putin", "trump", "macron", "rutte"}
VOICES = {"peskov", "kremlin"}
pytestmark = pytest.mark.skipif(not (SEEDS / "positions.json").exists(), reason=f"no annotated seeds in {SEEDS}")


def _fact(article: dict[str, Any], event: dict[str, Any], number: int, text: str) -> Fact:
    speaker = event["speaker"]
    return word(
        f"{article['id'][:3]}-{number:02}",
        event["stance"],
        event["occurred_on"],
        speaker,
        seniority="head" if speaker in HEADS else "spokesman" if speaker in VOICES else "other",
        actor=event["actor"],
        issue=event["issue"],
        attribution=event["attribution"],
        precision=event["precision"],
        article=article["id"][:3],
        evidence=tuple(map(tuple, event["evidence"])),
        sketches=tuple(sketch(text[a:b]) for a, b in event["evidence"]),
    )


@cache
def outcomes() -> dict[tuple[str, str], Outcome]:
    words: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for line in (SEEDS / "gold.jsonl").read_text("utf-8").splitlines():
        article = msgspec.json.decode(line)
        text = (SEEDS / f"{article['id']}.txt").read_text("utf-8")
        for number, event in enumerate(article["events"]):
            if event["type"] != "summit" and event["issue"] and event["stance"] and event["occurred_on"]:
                words[event["actor"], event["issue"]].append(_fact(article, event, number, text))
    return {key: fold(group) for key, group in words.items()}


def expected() -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode((SEEDS / "positions.json").read_bytes())
    return found


def test_the_seeds_give_their_positions() -> None:
    for wanted in expected()["positions"]:
        position = outcomes()[wanted["actor"], wanted["issue"]].position
        assert position is not None
        told = {
            name: getattr(position, name) for name in ("actor", "issue", "stance", "speaker", "since", "last_confirmed")
        }
        assert told == {name: wanted[name] for name in told}
        # one article may carry a position in words that another one copied: never more sources than articles
        assert {e.article for e in position.evidence} == set(wanted["articles"])
        assert position.sources == wanted["sources"], wanted["why"]


def test_the_seeds_give_no_position_that_is_not_expected() -> None:
    found = {key for key, outcome in outcomes().items() if outcome.position is not None}
    assert found == {(p["actor"], p["issue"]) for p in expected()["positions"]}


def test_the_seeds_give_their_changes() -> None:
    found = {
        (c.on, c.actor, c.issue, c.kind, c.before, c.after, c.speaker)
        for outcome in outcomes().values()
        for c in outcome.changes
    }
    wanted = {
        (c["date"], c["actor"], c["issue"], c["change"], c["from"], c["to"], c["speaker"])
        for c in expected()["changes"]
    }
    assert found == wanted


def test_the_seeds_give_what_only_anonymous_sources_say() -> None:
    found = [u for outcome in outcomes().values() for u in outcome.unconfirmed]
    assert [(u.actor, u.issue, u.stance, u.occurred_on) for u in found] == [
        (u["actor"], u["issue"], u["stance"], u["occurred_on"]) for u in expected()["unconfirmed"]
    ]
