"""The extractor's scores never fall under the floors of `floors.toml`.

The sets of real texts are scored where these lie (in the folder that GOLD_TEXTS names, or in `shared/data` beside
the checkout); the shipped corpus is scored always.
"""

from __future__ import annotations

import tomllib

import pytest

from tests.gold.sets import FIELDS, HERE, SETS, figures

FLOORS: dict[str, dict[str, float]] = tomllib.loads((HERE / "floors.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", SETS)
def test_scores_stay_above_their_floors(name: str) -> None:
    if not SETS[name].present:
        pytest.skip(f"the texts of {name} are not here")
    found = figures(name)
    under = {field: (found.get(field), floor) for field, floor in FLOORS[name].items() if found.get(field, 0) < floor}
    assert not under, f"{name}: figure and floor of what fell"


def test_every_set_has_floors_for_what_the_rules_are_judged_by() -> None:
    assert set(FLOORS) == set(SETS)
    for name, floors in FLOORS.items():
        assert {"f1", "f1_stance", "speaker", "day", "evidence"} <= set(floors) <= set(FIELDS), name
