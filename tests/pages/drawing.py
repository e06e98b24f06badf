"""Pages of our own making after the templates that real outlets use, each with what cleaning should find in it.

Texts are the shipped corpus's, clutter is made of other articles of it: what leaks in, or is lost, shows. It must not
know how pages are cleaned.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hijridate import Gregorian
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from workers.demo.corpus import Article, shipped

TEMPLATES = Path(__file__).parent / "templates"
EACH = 3  # pages of one template
ZONE = "Asia/Riyadh"
_LEVANTINE = "كانون_الثاني شباط آذار نيسان أيار حزيران تموز آب أيلول تشرين_الأول تشرين_الثاني كانون_الأول"
_GULF = "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر"
_MAGHREB = "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر"
_HIJRI = (
    "محرم", "صفر", "ربيع الأول", "ربيع الآخر", "جمادى الأولى", "جمادى الآخرة",
    "رجب", "شعبان", "رمضان", "شوال", "ذو القعدة", "ذو الحجة",
)  # fmt: skip
_WEEKDAYS = "الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد"
_AUTHORS = ("ليلى حداد", "سامي القاسم", "هند بن يوسف", "عمر الشامي")
_OUTLETS = ("صوت المرفأ", "بريد الشرق", "أخبار الواحة", "الضفة اليوم")
_COMMENTS = ("أتمنى أن تصل الأطراف إلى حل يحفظ حقوق الجميع.", "خبر مهم شكرا لكم على المتابعة الدائمة للأحداث.")


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A page, and what is in it. `published`: the day, ISO, in the outlet's zone."""

    template: str
    url: str
    body: bytes
    content_type: str
    title: str
    author: str
    text: str
    published: str


def pages() -> Iterator[Drawn]:
    """Every page of the set, always the same."""
    articles = [a for a in shipped()[1] if a.published is not None and len(a.body) >= 4]
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    for place, name in enumerate(sorted(path.name for path in TEMPLATES.glob("*.html"))):
        for turn in range(EACH):
            number = (place * EACH + turn) % len(articles)
            yield draw(environment, name, articles[number], articles[number + 1 :] + articles[:number], turn)


def draw(environment: Environment, name: str, article: Article, others: list[Article], turn: int) -> Drawn:
    """An article as a page of a template, others around it; `turn`, below `EACH`: the hour, author and outlet."""
    about = _about(article, turn)
    html = environment.get_template(name).render(a=about, x=_clutter(others))
    encoding = "windows-1256" if "charset=windows-1256" in html else "utf-8"
    return Drawn(
        template=name.removesuffix(".html"), url=about["url"], body=html.encode(encoding, "xmlcharrefreplace"),
        content_type="text/html" if turn else f"text/html; charset={encoding}", title=article.title,
        author=about["author"] if _is_named(about["author"], html) else "", text=article.text,
        published=str(article.published),
    )  # fmt: skip


def _is_named(author: str, html: str) -> bool:
    return author in html or json.dumps(author) in html


def _about(article: Article, turn: int) -> dict[str, Any]:
    day = date.fromisoformat(str(article.published))
    # near both ends of a day, where a zone that is overlooked moves it
    local = datetime.combine(day, clock((0, 14, 23)[turn], 40), tzinfo=ZoneInfo(ZONE))
    month, hijri, later = day.month - 1, Gregorian(day.year, day.month, day.day).to_hijri(), day + timedelta(days=9)
    gulf = f"{day.day} {_GULF.split()[month]} {day.year}"
    return {
        "title": article.title, "standfirst": article.standfirst or article.title, "body": list(article.body),
        "author": _AUTHORS[turn], "outlet": _OUTLETS[turn], "url": f"https://news.example/{article.id}",
        "iso": local.isoformat(), "utc": local.astimezone(UTC).isoformat(),
        "compact": local.strftime("%Y%m%dT%H%M%S%z"), "day": day.isoformat(), "day_slash": day.strftime("%Y/%m/%d"),
        "numbers": day.strftime("%d/%m/%Y"), "numbers_dot": day.strftime("%d.%m.%Y"), "gulf": gulf,
        "levantine": f"{day.day} {_LEVANTINE.split()[month].replace('_', ' ')} {day.year}",
        "maghreb": f"{day.day} {_MAGHREB.split()[month]} {day.year}", "weekday": _WEEKDAYS.split()[day.weekday()],
        "hijri": f"{hijri.day} {_HIJRI[hijri.month - 1]} {hijri.year}",
        "later": f"{_WEEKDAYS.split()[later.weekday()]} {later.day} {_GULF.split()[later.month - 1]} {later.year}",
    }  # fmt: skip


def _clutter(others: list[Article]) -> dict[str, Any]:
    """What stands around an article: titles and sentences of others."""
    return {
        "related": [a.title for a in others[:4]], "trending": [a.title for a in others[4:8]],
        "teasers": [a.body[0] for a in others[8:12]], "see": others[12].title, "caption": others[13].title,
        "post": others[14].body[1], "poster": "وزارة الخارجية", "comments": list(_COMMENTS),
        "tags": ["سياسة", "اقتصاد", "العالم العربي", "أوكرانيا"],
    }  # fmt: skip
