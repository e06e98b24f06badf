"""Refit the map from raw score to confidence on the tuned sets and the corpus: `python -m tests.gold.calibrate`.

It prints the points for the data file, and what they do to the untuned half, of which it reads the scores only. While
a map is already in force, fit on raw scores: empty the points first.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.calibration import Judged, Point, apply, error, fit, judged, table
from tests.gold.sets import SETS, scored

FITTED_ON = ("tuned", "corpus", "seeds")
REPORTED_ON = "untuned"


def events(name: str, *, summits: bool) -> list[Judged]:
    """What was found in a set, meetings or everything else: raw scores, and whether right."""
    pairs = scored(name).pairs
    return judged(p for p in pairs if p.found is not None and (p.found.type == "summit") is summits)


def show(title: str, found: Sequence[Judged]) -> None:
    """The table of one set."""
    print(f"\n{title}: mean distance {error(found)} over {len(found)} events\nconfidence   events   mean   right")
    for row in table(found):
        print(f"{row.least:.2f}-{row.most:.2f}   {row.events:>6}  {row.confidence:.3f}   {row.right:.3f}")


def main() -> None:
    """Fit, print, report."""
    before: list[Judged] = []
    after: list[Judged] = []
    for kind, summits in (("said", False), ("met", True)):
        known = [e for name in FITTED_ON if SETS[name].present for e in events(name, summits=summits)]
        points: list[Point] = fit(known)
        print(f"{kind} = [{', '.join(f'[{raw}, {share}]' for raw, share in points)}]  # {len(known)} events")
        if SETS[REPORTED_ON].present:
            found = events(REPORTED_ON, summits=summits)
            before += found
            after += [(apply(points, raw), right) for raw, right in found]
    show(f"{REPORTED_ON}, as read", before)
    show(f"{REPORTED_ON}, on the map", after)


if __name__ == "__main__":
    main()
