"""Placeholder until the grammar lands."""

from __future__ import annotations
import re
from datetime import date, timedelta
import msgspec


class Calendar(msgspec.Struct, frozen=True):
    x: int = 0


class DateMention(msgspec.Struct, frozen=True):
    start: int
    end: int
    occurred_on: str | None
    precision: str
    kind: str
    rule: str


W = {"الاثنين": 0, "الإثنين": 0, "الثلاثاء": 1, "الأربعاء": 2, "الخميس": 3, "الجمعة": 4, "السبت": 5, "الأحد": 6}
M = {"آب": 8, "سبتمبر": 9, "أيلول": 9, "يوليو": 7, "فبراير": 2, "مارس": 3, "أبريل": 4}
R = re.compile(
    r"(?P<wd>(?:اليوم |أمس |يوم )?(?P<d>"
    + "|".join(W)
    + r")(?P<n> المقبل| القادم)?)|(?P<t>اليوم)|(?P<y>أمس)|(?P<dm>(?P<day>\d{1,2}) (?P<m>"
    + "|".join(M)
    + r"))|(?P<e>في وقت سابق)|(?P<ago>قبل نحو أسبوعين)|(?P<pv>سابقا)"
)


def find_dates(text, published, calendar):
    out = []
    for m in R.finditer(text):
        if published is None:
            out.append(DateMention(m.start(), m.end(), None, "unknown", "relative", "x"))
            continue
        o = None
        p = "day"
        k = "relative"
        if m["wd"]:
            if m["n"]:
                dd = (W[m["d"]] - published.weekday() - 1) % 7 + 1
                o = published + timedelta(dd)
            else:
                o = published - timedelta((published.weekday() - W[m["d"]]) % 7)
        elif m["t"]:
            o = published
        elif m["y"]:
            o = published - timedelta(1)
        elif m["dm"]:
            try:
                o = date(published.year, M[m["m"]], int(m["day"]))
            except ValueError:
                continue
        elif m["e"]:
            o = published
            k = "earlier_today"
        elif m["ago"]:
            out.append(
                DateMention(m.start(), m.end(), str(published - timedelta(14))[:7], "month", "duration_ago", "x")
            )
            continue
        elif m["pv"]:
            out.append(DateMention(m.start(), m.end(), None, "unknown", "previously", "x"))
            continue
        out.append(DateMention(m.start(), m.end(), o.isoformat(), p, k, "x"))
    return out
