"""When a text without a publication day was written, roughly: by the years it names and by who is in office together.

It serves to tell whose office is meant; no event is dated by it. It must not know issues or cues.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date

from domain.reading.registry import Registry

_YEAR = re.compile(r"(?<!\d)(20[0-4]\d)(?!\d)")
_FIRST, _LAST = 2004, 2030
_NAMED_YEAR = 1.5  # a named year weighs as much as one person and a half


def likely_day(text: str, persons: Iterable[str], registry: Registry) -> date | None:
    """A day on which most of the persons named hold office, not before the latest year named; None where nothing tells.

    Of equals the latest wins. Cost: linear in the text, and in the persons times the quarters of a quarter century.
    """
    counts = Counter(p for p in persons if registry.persons[p].terms)
    years = [int(y) for y in _YEAR.findall(text)]
    latest = max(years, default=None)
    if not counts and latest is None:
        return None
    best: tuple[float, date] | None = None
    for year in range(_FIRST, _LAST):
        for month in (2, 5, 8, 11):
            day = date(year, month, 15)
            score = float(sum(1 for p in counts if any(t.holds(day) for t in registry.persons[p].terms)))
            if latest is not None:
                score += _NAMED_YEAR if year == latest else (-_NAMED_YEAR if year < latest else 0.0)
            if best is None or score >= best[0]:
                best = (score, day)
    return None if best is None or best[0] <= 0 else best[1]
