"""Whatever order words come in, and are taken back: what a subscriber was told adds up to what is held."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.alerts import Desk
from workers.store.engine import make_engine
from workers.store.store import Store
from workers.titles import Titles

pytest_plugins = ["tests.support.stores", "tests.support.world"]
Step = tuple[str, int, int]
STANCES = ("supports", "opposes", "conditional")


class Desks:
    """Fresh desks, one an example."""

    def __init__(self, template: bytes, folders: pytest.TempPathFactory, titles: Titles) -> None:
        self._template = template
        self._folders = folders
        self._titles = titles

    def played(self, steps: list[Step]) -> Desk:
        """A subscriber told of all this; after each step so many seconds pass."""
        path = self._folders.mktemp("book") / "marsad.db"
        path.write_bytes(self._template)
        desk = Desk(Store(make_engine(f"sqlite:///{path}")), self._titles)
        desk.subscribe()
        ids: list[str] = []
        for number, (what, value, seconds) in enumerate(steps):
            if what != "take back":
                ids.append(desk.say(f"{number:03}", what, f"2025-09-{value:02}"))
            elif ids:
                desk.take_back(ids.pop(value % len(ids)))
            desk.move(seconds=seconds)
        desk.move(hours=1)
        return desk


@pytest.fixture(scope="session")
def desks(sqlite_template: bytes, titles: Titles, tmp_path_factory: pytest.TempPathFactory) -> Desks:
    return Desks(sqlite_template, tmp_path_factory, titles)


said = st.tuples(st.sampled_from(STANCES), st.integers(1, 9), st.sampled_from((0, 40)))
taken_back = st.tuples(st.just("take back"), st.integers(0, 9), st.sampled_from((0, 40)))


def book(desk: Desk) -> tuple[Counter[tuple[str | None, str | None]], int]:
    """The steps from stance to stance that a reader of the messages believes in; how often a first stance was told."""
    standing: dict[str, tuple[str | None, str | None]] = {}
    firsts = 0
    for event in desk.sink.events:
        for told in event.data.all:
            if told.correction is not None and told.correction.why in ("undone", "replaced"):
                del standing[told.key]
                continue
            assert (told.key in standing) == (told.correction is not None and told.correction.why == "evidence")
            standing[told.key] = (told.before, told.after)
            firsts += told.kind == "established"
    return Counter(standing.values()), firsts


@given(steps=st.lists(st.one_of(said, said, taken_back), max_size=9))
@settings(max_examples=40, deadline=None)
def test_what_was_told_adds_up_to_what_is_held(desks: Desks, steps: list[Step]) -> None:
    desk = desks.played(steps)
    held = desk.store.queries.changes(limit=100)
    assert book(desk)[0] == Counter((c.before, c.after) for c in held if c.kind != "reaffirmed")
    assert "waiting" not in desk.statuses()
    desk.store.close()


@pytest.mark.parametrize(
    "steps",
    [
        [("opposes", 5, 40), ("opposes", 3, 40), ("take back", 1, 40), ("take back", 0, 40)],
        [("opposes", 5, 40), ("opposes", 3, 40), ("take back", 0, 40), ("take back", 0, 40), ("opposes", 5, 40)],
        [("opposes", 5, 40), ("opposes", 3, 40), ("opposes", 1, 40), ("take back", 2, 40), ("take back", 1, 40)],
        [("opposes", 1, 0), ("take back", 0, 40), ("opposes", 2, 40), ("opposes", 1, 0), ("supports", 1, 0)],
        [("opposes", 5, 40), ("supports", 3, 40), ("supports", 4, 40), ("take back", 1, 40), ("opposes", 2, 0)],
        [("supports", 1, 40), ("opposes", 5, 40), ("opposes", 3, 40), ("take back", 1, 40), ("take back", 1, 40),
         ("opposes", 5, 40), ("opposes", 3, 40), ("supports", 4, 40)],
    ],
)  # fmt: skip
def test_a_change_that_moved_is_taken_back_under_the_name_it_was_told(desks: Desks, steps: list[Step]) -> None:
    desk = desks.played(steps)
    held = desk.store.queries.changes(limit=100)
    assert book(desk)[0] == Counter((c.before, c.after) for c in held if c.kind != "reaffirmed")
    desk.store.close()


@given(days=st.permutations(range(1, 8)))
@settings(max_examples=20, deadline=None)
def test_one_stance_in_any_order_is_told_once(desks: Desks, days: list[int]) -> None:
    desk = desks.played([("opposes", day, 40) for day in days])
    assert book(desk) == (Counter({(None, "opposes"): 1}), 1)
    assert len(desk.sink.sent) == 1
    desk.store.close()
