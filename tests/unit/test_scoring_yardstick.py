"""The project's figures are those of the yardstick, figure for figure, where the yardstick lies beside the checkout.

It is looked for in the folder that GOLD_YARDSTICK names, or in `shared/tools`.
"""

from __future__ import annotations

import importlib.util
import os
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.scoring import TYPES, Article, Found, Scored, found_of, score
from tests.gold.sets import SETS, extractor
from workers.bootstrap import parse_day
from workers.gold import Texts

TOOLS = Path(os.environ.get("GOLD_YARDSTICK") or Path(__file__).resolve().parents[3] / "shared" / "tools")
FILE = TOOLS / "score_events.py"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the yardstick is not here")


@pytest.fixture(scope="module")
def yardstick() -> Any:
    spec = importlib.util.spec_from_file_location("yardstick", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def agree(yardstick: Any, gold: list[dict[str, Any]], found: dict[str, list[dict[str, Any]]]) -> Scored:
    """Both scores of the same data are the same; ours is given back."""
    theirs, errors = yardstick.score(gold, found)
    ours = score(
        msgspec.convert(gold, list[Article]), msgspec.convert(found, dict[str, list[Found]]), yardstick.TRACKED
    )
    tree = msgspec.to_builtins(ours.report)
    assert Counter(tree.pop("counts")) == Counter(theirs.pop("counts"))
    assert tree == theirs
    listed = [(m.pair.article, m.kind) for m in ours.misses() if m.kind in ("missed", "spurious", "stance")]
    assert listed == [(where, kind) for where, kind, _, _ in errors]
    return ours


@pytest.mark.parametrize("name", SETS)
def test_figures_of_every_annotated_set_are_the_yardsticks(yardstick: Any, name: str) -> None:
    if not SETS[name].present:
        pytest.skip(f"the texts of {name} are not here")
    lines = [line for file in SETS[name].files for line in file.read_bytes().splitlines() if line.strip()]
    gold = [msgspec.json.decode(line) for line in lines]
    articles = SETS[name].articles()
    library = Texts(SETS[name].texts)
    read = {a.id: extractor().read(library.of(a), published=parse_day(a.published, a.id)) for a in articles}
    trees = {name: msgspec.to_builtins(events) for name, events in read.items()}
    ours = agree(yardstick, gold, trees)
    found = {name: [found_of(e) for e in events] for name, events in read.items()}
    typed = score(articles, found, yardstick.TRACKED)
    assert typed.report == ours.report


ACTORS = st.sampled_from(["RUS", "USA", "FRA", "NATO", "CHN", "UKR"])
ISSUES = st.sampled_from([None, "ukraine.ceasefire", "gaza.ceasefire"])
STANCES = st.sampled_from([None, "supports", "opposes", "conditional"])
SPEAKERS = st.sampled_from([None, "", "putin", "Putin", "white-house"])
STATUSES = st.sampled_from(["held", "scheduled"])
MOMENTS = st.sampled_from([
    (None, "unknown"), ("2025-09-04", "day"), ("2025-09-05", "day"), ("2025-09-07", "day"), ("2025-09", "month"),
    ("2025", "year"), ("2025-09-05", "unknown"), (None, "day"),
])  # fmt: skip
SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 20)).map(lambda s: [s[0], s[0] + s[1]]), max_size=2)


@st.composite
def events(draw: st.DrawFn, *, annotated: bool) -> dict[str, Any]:
    """An event in one of the four forms; an annotated one may be optional and have alternatives."""
    kind = draw(st.sampled_from(TYPES))
    day, precision = draw(MOMENTS)
    event: dict[str, Any] = {
        "type": kind, "issue": draw(ISSUES), "stance": draw(STANCES), "speaker": draw(SPEAKERS),
        "attribution": draw(st.sampled_from(["self", "outlet"])), "occurred_on": day, "precision": precision,
        "evidence": draw(SPANS),
    }  # fmt: skip
    if kind == "summit":
        event |= {"participants": draw(st.lists(ACTORS, max_size=4, unique=True)), "status": draw(STATUSES)}
    else:
        event["actor"] = draw(ACTORS)
    if annotated:
        if draw(st.booleans()):
            event["sure"] = draw(st.booleans())
        fields = {"type": st.sampled_from(TYPES), "actor": ACTORS, "issue": ISSUES, "stance": STANCES,
                  "speaker": SPEAKERS, "status": STATUSES, "attribution": st.just("outlet")}  # fmt: skip
        chosen = draw(st.lists(st.sampled_from(sorted(fields)), max_size=2, unique=True))
        if chosen:
            event["alt"] = {field: draw(st.lists(fields[field], max_size=2)) for field in chosen}
    elif draw(st.booleans()):
        event["evidence"] = [{"start": a, "end": b} for a, b in event["evidence"]]
    return event


@st.composite
def articles(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Annotated events, and found ones of which many are annotated ones with a field or two changed."""
    annotated = draw(st.lists(events(annotated=True), max_size=5))
    found = draw(st.lists(events(annotated=False), max_size=3))
    for event in annotated:
        for other in draw(st.lists(events(annotated=False), max_size=2)):
            changed = draw(st.sets(st.sampled_from(["speaker", "stance", "occurred_on", "evidence", "participants"])))
            changed |= {"precision"} if "occurred_on" in changed else set()
            kept = {k: v for k, v in event.items() if k not in ("sure", "alt")}
            found.append(kept | {k: other[k] for k in changed if k in other and k in kept})
    return annotated, draw(st.permutations(found))


@given(made=st.lists(articles(), max_size=3))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_figures_of_made_up_sets_are_the_yardsticks(
    yardstick: Any, made: list[tuple[list[dict[str, Any]], list[dict[str, Any]]]]
) -> None:
    gold = [{"id": str(n), "published": None, "events": annotated} for n, (annotated, _) in enumerate(made)]
    agree(yardstick, gold, {str(n): found for n, (_, found) in enumerate(made)})
