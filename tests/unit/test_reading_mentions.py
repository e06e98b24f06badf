"""Who is named where: names in their spellings, offices by their day, capitals as actors and as places."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from domain.reading.mentions import Mention
from domain.reading.pairs import find_mentions
from domain.reading.registry import FILES, Registry, load_registry
from domain.reading.text import words

DAY = date(2025, 9, 5)
SEEDS = Path(__file__).parents[2] / "seeds" / "registry"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry({name: (SEEDS / name).read_text(encoding="utf-8") for name in FILES})


def mentions(registry: Registry, text: str, day: date | None = DAY) -> list[Mention]:
    return find_mentions(words(text), registry, day)


NAMES = [
    ("فلاديمير بوتين", "putin"),
    ("بوتين", "putin"),
    ("لبوتين", "putin"),
    ("وبوتين", "putin"),
    ("دونالد ترامب", "trump"),
    ("ترمب", "trump"),
    ("ترامب", "trump"),
    ("دميتري بيسكوف", "peskov"),
    ("ديمتري بيسكوف", "peskov"),
    ("بيسكوف", "peskov"),
    ("سيرغي لافروف", "lavrov"),
    ("سيرجي لافروف", "lavrov"),
    ("ماريا زاخاروفا", "zakharova"),
    ("إيمانويل ماكرون", "macron"),
    ("ايمانويل ماكرون", "macron"),
    ("ماكرون", "macron"),
    ("ماركو روبيو", "rubio"),
    ("مارك روته", "rutte"),
    ("روته", "rutte"),
    ("جان نويل بارو", "barrot"),
    ("ستيف ويتكوف", "witkoff"),
    ("يوري أوشاكوف", "ushakov"),
    ("سكوت بيسنت", "bessent"),
    ("بيت هيغسيث", "hegseth"),
    ("ماثيو ويتاكر", "whitaker"),
    ("جورجي بوريسينكو", "borisenko"),
    ("أليس روفو", "rufo"),
    ("كيريل دميترييف", "dmitriev"),
    ("فاسيلي نيبينزيا", "nebenzia"),
    ("جيروم بونافون", "bonnafont"),
    ("توم باراك", "barrack"),
    ("فرح دخل الله", "dakhlallah"),
    ("أليسون هارت", "hart"),
    ("رولان ليسكور", "lescure"),
    ("الكرملين", "kremlin"),
    ("والكرملين", "kremlin"),
    ("للكرملين", "kremlin"),
    ("البيت الأبيض", "white-house"),
    ("الإليزيه", "elysee"),
    ("البنتاغون", "pentagon"),
    ("الخارجية الروسية", "russian-foreign-ministry"),
    ("موسكو", "russia"),
    ("باريس", "france"),
    ("واشنطن", "united-states"),
    ("لموسكو", "russia"),
    ("الولايات المتحدة", "united-states"),
    ("بالناتو", "nato"),
    ("حلف شمال الأطلسي", "nato"),
    ("الرئيس الروسي", "putin"),
    ("الرئيس الأميركي", "trump"),
    ("الرئيس الأمريكي", "trump"),
    ("الرئيس الفرنسي", "macron"),
    ("وزير الخارجية الروسي", "lavrov"),
    ("الرئيس الروسي فلاديمير بوتين", "putin"),
    ("السفير الأميركي لدى الحلف ماثيو ويتاكر", "whitaker"),
    ("الموفد الأميركي الخاص إلى أوكرانيا كيث كيلوغ", "kellogg"),
    ("المندوب الروسي الدائم في فيينا ميخائيل أوليانوف", "ulyanov"),
]


@pytest.mark.parametrize(("text", "speaker"), NAMES)
def test_a_name_in_every_spelling(registry: Registry, text: str, speaker: str) -> None:
    assert [m.speaker for m in mentions(registry, text)] == [speaker]


HOLDERS = [
    ("الرئيس الأميركي", date(2008, 6, 1), "bush"),
    ("الرئيس الأميركي", date(2015, 6, 1), "obama"),
    ("الرئيس الأميركي", date(2019, 6, 1), "trump"),
    ("الرئيس الأميركي", date(2022, 6, 1), "biden"),
    ("الرئيس الفرنسي", date(2010, 6, 1), "sarkozy"),
    ("الرئيس الفرنسي", date(2015, 6, 1), "hollande"),
    ("الرئيس الفرنسي", date(2022, 6, 1), "macron"),
    ("الرئيس الروسي", date(2010, 6, 1), "medvedev"),
    ("الرئيس الروسي", date(2015, 6, 1), "putin"),
    ("وزير الخارجية الأميركي", date(2015, 6, 1), "kerry"),
    ("وزير الخارجية الأميركي", date(2022, 6, 1), "blinken"),
    ("وزير الخارجية الفرنسي", date(2015, 6, 1), "fabius"),
    ("الأمين العام لحلف شمال الأطلسي", date(2012, 6, 1), "rasmussen"),
    ("الأمين العام لحلف شمال الأطلسي", date(2022, 6, 1), "stoltenberg"),
    ("الأمين العام لحلف شمال الأطلسي", date(2025, 6, 1), "rutte"),
    ("وزير الدفاع الروسي", date(2022, 6, 1), "shoigu"),
    ("وزير الداخلية الفرنسي", date(2011, 6, 1), "gueant"),
    ("وزير الطاقة الأميركي", date(2012, 6, 1), "steven-chu"),
    ("المبعوث الأميركي مارشال بيلينغسلي", date(2020, 6, 22), "billingslea"),
    ("نائب وزيرة الخزانة الأميركية والي أدييمو", date(2023, 5, 1), "adeyemo"),
    ("نائبة وزير الخارجية الأميركي ويندي شيرمان", date(2022, 3, 1), "sherman"),
    ("مساعدة وزير الخارجية الأميركي روز غوتيمولر", date(2010, 4, 1), "gottemoeller"),
    ("رئيس اللجنة العسكرية لحلف شمال الأطلسي", date(2014, 1, 1), "bartels"),
]


@pytest.mark.parametrize(("title", "day", "holder"), HOLDERS)
def test_an_office_is_its_holder_of_the_day(registry: Registry, title: str, day: date, holder: str) -> None:
    assert [m.speaker for m in mentions(registry, title, day)] == [holder]


@pytest.mark.parametrize(
    ("text", "acts"),
    [
        ("ترفض موسكو", True), ("في موسكو", False), ("بموسكو", False), ("إلى باريس", False), ("باريس ترفض", True),
        ("وباريس ترفض", True), ("من واشنطن", False), ("واشنطن تدعو", True), ("داخل روسيا", False), ("قالت برلين", True),
    ],
)  # fmt: skip
def test_a_capital_acts_or_is_a_place(registry: Registry, text: str, acts: bool) -> None:
    assert [m.acts for m in mentions(registry, text)] == [acts]


@pytest.mark.parametrize("text", ["المحيط الأطلسي", "أميركا اللاتينية", "وبنودا قصيرة الأجل", "الطقس جميل اليوم"])
def test_what_only_looks_like_a_name_is_none(registry: Registry, text: str) -> None:
    assert mentions(registry, text) == []


def test_an_adjective_is_no_actor_that_acts(registry: Registry) -> None:
    assert not any(m.acts for m in mentions(registry, "الملف النووي الإيراني") if m.kind == "actor")


def test_a_former_office_names_no_holder(registry: Registry) -> None:
    for text in ("السفير الفرنسي المتقاعد", "الرئيس الأميركي السابق"):
        assert [m.former_title for m in mentions(registry, text)] == [True], text


def test_an_unnamed_official_is_anonymous(registry: Registry) -> None:
    for text in ("مسؤول أميركي", "دبلوماسي فرنسي", "مصدر روسي", "مسؤولون روس"):
        assert [m.anonymous for m in mentions(registry, text)] == [True], text


def test_two_names_joined_by_and_are_two(registry: Registry) -> None:
    assert [m.speaker for m in mentions(registry, "بوتين وترامب")] == ["putin", "trump"]
    assert [m.speaker for m in mentions(registry, "الرئيسان بوتين وماكرون")] == ["putin", "macron"]


def test_mentions_never_overlap(registry: Registry) -> None:
    found = mentions(
        registry, "قال الرئيس الروسي فلاديمير بوتين في موسكو إن الرئيس الأميركي دونالد ترامب والكرملين والناتو"
    )
    assert all(a.last <= b.first for a, b in pairwise(found))
