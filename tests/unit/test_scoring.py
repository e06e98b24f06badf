"""The rules by which found events are matched with annotated ones, one by one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from domain.events import Statement, Summit
from domain.scoring import Annotated, Article, Found, Miss, Scored, found_of, score

TRACKED = frozenset({"RUS", "USA", "FRA", "NATO"})
SAID: dict[str, Any] = {
    "type": "statement", "actor": "RUS", "speaker": "peskov", "issue": "ukraine.foreign-troops", "stance": "opposes",
    "attribution": "self", "occurred_on": "2025-09-05", "precision": "day", "evidence": [[10, 50]],
}  # fmt: skip
MET: dict[str, Any] = {
    "type": "summit", "participants": ["RUS", "USA", "CHN"], "status": "held", "issue": None, "attribution": "outlet",
    "occurred_on": "2025-09-04", "precision": "day", "evidence": [[60, 90]],
}  # fmt: skip


def compare(gold: list[dict[str, Any]], found: list[dict[str, Any]]) -> Scored:
    article = Article(id="a", events=tuple(msgspec.convert(e, Annotated) for e in gold))
    return score([article], {"a": [msgspec.convert(e, Found) for e in found]}, TRACKED)


def kinds(scored: Scored) -> list[str]:
    return [miss.kind for miss in scored.misses()]


def test_an_event_as_annotated_is_right_in_all() -> None:
    scored = compare([SAID, MET], [SAID, MET])
    assert (scored.report.f1, scored.report.f1_stance) == (1.0, 1.0)
    assert set(msgspec.structs.asdict(scored.report.on_matches).values()) == {1.0}
    assert kinds(scored) == []
    assert scored.report.empty_articles_kept_empty is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"type": "threat"}, ["missed", "spurious"]),
        ({"actor": "USA"}, ["missed", "spurious"]),
        ({"issue": None}, ["missed", "spurious"]),
        ({"actor": "CHN"}, ["missed"]),
        ({"stance": None}, ["stance"]),
        ({"speaker": "lavrov"}, ["speaker"]),
        ({"speaker": "Peskov"}, []),
        ({"speaker": None}, ["speaker"]),
        ({"occurred_on": "2025-09-04"}, ["day"]),
        ({"occurred_on": None, "precision": "unknown"}, ["day"]),
        ({"stance": "supports", "speaker": "lavrov"}, ["stance", "speaker"]),
        ({"attribution": "outlet", "evidence": []}, []),
    ],
)
def test_what_is_wrong_with_a_statement(change: dict[str, Any], expected: list[str]) -> None:
    assert kinds(compare([SAID], [SAID | change])) == expected


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({"participants": ["USA", "RUS"]}, True),
        ({"participants": ["RUS"]}, True),
        ({"participants": ["RUS", "FRA"]}, False),
        ({"participants": ["CHN"]}, False),
        ({"status": "scheduled"}, False),
        ({"occurred_on": "2025-09-05"}, True),
        ({"occurred_on": "2025-09-06"}, False),
        ({"occurred_on": "2025-10", "precision": "month"}, True),
        ({"occurred_on": None, "precision": "unknown"}, True),
        ({"stance": "supports", "issue": "gaza.ceasefire", "speaker": "trump"}, True),
    ],
)
def test_when_a_meeting_is_the_annotated_one(change: dict[str, Any], fits: bool) -> None:
    scored = compare([MET], [MET | change])
    assert (scored.report.counts.matched == 1) is fits
    assert scored.report.counts.matched_stance == scored.report.counts.matched


def test_what_is_optional_is_neither_rewarded_nor_punished() -> None:
    optional = SAID | {"sure": False}
    assert compare([optional], []).report.counts == compare([], []).report.counts.__class__(
        **(msgspec.structs.asdict(compare([], []).report.counts) | {"empty_articles": 0, "empty_articles_clean": 0})
    )
    assert kinds(compare([optional], [SAID | {"stance": "supports"}])) == []


def test_sure_annotations_choose_before_optional_ones() -> None:
    optional = SAID | {"sure": False}
    assert kinds(compare([optional, SAID], [SAID])) == []
    assert kinds(compare([optional, SAID], [SAID, SAID])) == []
    assert kinds(compare([optional, SAID], [SAID, SAID, SAID])) == ["spurious"]


def test_the_best_of_those_that_fit_is_taken() -> None:
    worse = SAID | {"stance": "supports"}
    assert kinds(compare([SAID], [worse, SAID])) == ["spurious"]
    assert kinds(compare([SAID], [SAID | {"evidence": [[80, 90]]}, SAID])) == ["spurious"]
    pair = next(p for p in compare([SAID], [worse, SAID]).pairs if p.gold is not None)
    assert pair.right


@pytest.mark.parametrize(
    ("field", "value"),
    [("type", "threat"), ("actor", "USA"), ("issue", None), ("stance", None), ("speaker", "kremlin")],
)
def test_alternatives_are_as_good(field: str, value: str | None) -> None:
    gold = SAID | {"alt": {field: [value]}}
    assert kinds(compare([gold], [SAID | {field: value}])) == []


def test_dates_agree_as_far_as_they_are_known() -> None:
    month = SAID | {"occurred_on": "2025-09", "precision": "month"}
    assert kinds(compare([month], [SAID])) == []
    assert kinds(compare([SAID], [month])) == ["day"]
    unknown = SAID | {"occurred_on": None, "precision": "unknown"}
    assert kinds(compare([unknown], [SAID])) == ["day"]
    assert kinds(compare([unknown], [unknown])) == []


def test_articles_without_events_are_kept_empty_by_tracked_actors_only() -> None:
    assert compare([], [SAID | {"actor": "CHN"}]).report.empty_articles_kept_empty == 1.0
    assert compare([], [SAID]).report.empty_articles_kept_empty == 0.0
    assert compare([SAID | {"sure": False}], []).report.empty_articles_kept_empty is None


def test_an_article_that_nobody_read_is_missed() -> None:
    article = Article(id="b", events=(msgspec.convert(SAID, Annotated),))
    assert [m.kind for m in score([article], {}, TRACKED).misses()] == ["missed"]


def test_other_actors_can_be_tracked() -> None:
    article = Article(id="a", events=(msgspec.convert(SAID, Annotated),))
    assert score([article], {}, {"CHN"}).report.counts.missed == 0


def test_evidence_may_be_pairs_or_named_offsets() -> None:
    longer = SAID | {"evidence": [{"start": 49, "end": 60}]}
    assert compare([SAID], [longer]).report.on_matches.evidence == 1.0
    assert compare([SAID], [SAID | {"evidence": [[50, 60]]}]).report.on_matches.evidence == 0.0


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="2025-13-01"):
        msgspec.convert(SAID | {"occurred_on": "2025-13-01"}, Found)


def test_events_of_the_extractor_become_scored_ones() -> None:
    statement = Statement(actor="RUS", issue="gaza.ceasefire", stance="supports", evidence=((0, 5),), confidence=0.7)
    summit = Summit(participants=("FRA", "USA"), status="held", issue=None, evidence=((0, 5),))
    assert found_of(statement).shown() == {
        "type": "statement", "actor": "RUS", "issue": "gaza.ceasefire", "stance": "supports", "attribution": "self",
    }  # fmt: skip
    assert found_of(statement).confidence == 0.7
    assert found_of(summit).participants == ("FRA", "USA")
    assert found_of(summit).in_scope(TRACKED)


def test_misses_name_their_article() -> None:
    (miss,) = compare([SAID], []).misses()
    assert isinstance(miss, Miss)
    assert (miss.pair.article, miss.pair.found) == ("a", None)
