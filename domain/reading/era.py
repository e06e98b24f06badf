"""When a text without a publication day was written, roughly: by the years it names and by who is in office together.

It serves to tell whose office is meant; no event is dated by it. It must not know issues or cues.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from math import sqrt

from domain.reading.registry import Registry

_YEAR = re.compile(r"(?<!\d)(20[0-4]\d)(?!\d)")
_FIRST, _LAST = 2004, 2030
_NAMED_YEAR = 0.7  # the latest year named is the likeliest, but texts look back more than they look at their own year
_BEFORE_NAMED = 1.5  # and nobody writes of a year to come as of one gone by


def likely_day(text: str, persons: Iterable[str], registry: Registry) -> date | None:
    """A day on which most of the persons named hold office, not before the latest year named; None where nothing tells.

    Of equals the latest wins. Cost: linear in the text, and in the persons times the quarters of a quarter century.
    """
    counts = {p: sqrt(n) for p, n in Counter(persons).items() if registry.persons[p].terms}
    years = [int(y) for y in _YEAR.findall(text)]
    latest = max(years, default=None)
    if not counts and latest is None:
        return None
    best: tuple[float, date] | None = None
    for year in range(_FIRST, _LAST):
        for month in (2, 5, 8, 11):
            day = date(year, month, 15)
            score = sum(n for p, n in counts.items() if any(t.holds(day) for t in registry.persons[p].terms))
            if latest is not None:
                score += _NAMED_YEAR if year == latest else (-_BEFORE_NAMED if year < latest else 0.0)
            if best is None or score >= best[0]:
                best = (score, day)
    return None if best is None or best[0] <= 0 else best[1]
