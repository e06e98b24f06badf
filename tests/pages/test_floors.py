"""Cleaning never falls under its floors on the set of drawn pages; `make bench-clean` prints the figures."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.pages.bench import Found, read_all, score

PRECISION, RECALL, DAY, TITLE, AUTHOR = 0.98, 0.99, 0.97, 0.95, 0.9
EACH = 0.9  # precision and recall on the worst template


@pytest.fixture(scope="module")
def found() -> list[Found]:
    return read_all()


def test_the_set_is_large_and_varied(found: list[Found]) -> None:
    assert len(found) >= 60
    assert len({f.drawn.template for f in found}) >= 20
    assert len({f.drawn.text for f in found}) >= 40


def test_figures_stay_above_their_floors(found: list[Found]) -> None:
    got = score(found)
    assert (got.precision >= PRECISION, got.recall >= RECALL, got.day >= DAY) == (True, True, True), got
    assert (got.title >= TITLE, got.author >= AUTHOR) == (True, True), got


def test_no_template_is_given_up(found: list[Found]) -> None:
    by_template: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        by_template[one.drawn.template].append(one)
    figures = {name: score(some) for name, some in by_template.items()}
    poor = {name: s for name, s in figures.items() if min(s.precision, s.recall) < EACH or s.day < 1}
    assert poor == {}
