"""From a page to its article."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.errors import InputError
from workers.clean import Page, clean_page
from workers.demo.corpus import Article, Aside, Extras, Kind, Outlet
from workers.demo.render import page as drawn
from workers.language import language_of

BODY = (
    "قال وزير الخارجية الروسي سيرغي لافروف إن موسكو ترفض نشر قوات أجنبية في أوكرانيا، وذلك خلال مؤتمر صحفي في العاصمة.",
    "وأضاف لافروف أن بلاده «لن تقبل» بأي وجود عسكري لحلف شمال الأطلسي على الأراضي الأوكرانية.",
    "وكان الرئيس الفرنسي إيمانويل ماكرون قد أعلن أن 26 دولة تعهدت بالمشاركة في قوة طمأنة بعد وقف إطلاق النار.",
    "ومن المقرر أن يعقد اجتماع جديد في باريس الخميس المقبل.",
)
TITLE = "لافروف: لا قوات أجنبية في أوكرانيا"
EXTRAS = Extras(
    byline="كتب مراسلنا في موسكو",
    related=("ترامب يلتقي زيلينسكي في البيت الأبيض", "الاتحاد الأوروبي يمدد العقوبات على روسيا"),
    posts=(Aside(after=1, text="ترفض روسيا أي قوات أجنبية في أوكرانيا", author="وزارة الخارجية"),),
    captions=(Aside(after=0, text="لافروف في موسكو أمس (رويترز)"), Aside(after=2, text="من المؤتمر الصحفي")),
    see_also=(Aside(after=1, text="اقرأ أيضا: بوتين يهدد"), Aside(after=3, text="بوتين يهدد باستهداف القوات الأجنبية")),
    tags=("روسيا", "أوكرانيا"),
    comments=("تعليق قارئ كريم على الخبر في 5 أيلول 2025",),
)
KINDS: dict[Kind, tuple[datetime | None, str | None]] = {
    "json-ld": (datetime(2025, 9, 4, 11, 30, tzinfo=UTC), None),
    "microdata": (datetime(2025, 9, 4, 11, 30, tzinfo=UTC), None),
    "minimal": (datetime(2025, 9, 4, 11, 30, tzinfo=UTC), None),
    "table": (None, "2025-09-04"),
    "levantine": (None, "2025-09-04"),
    "undated": (None, None),
}
PERSIAN = (
    "وزیر امور خارجه ایران گفت که این کشور پیشنهاد جدیدی را برای مذاکرات هسته‌ای ارائه کرده است و گفتگوها ادامه می‌یابد. "
)
URDU = "وزیر خارجہ نے کہا ہے کہ پاکستان امن مذاکرات کے لیے تیار ہے اور وہ خطے میں کشیدگی نہیں چاہتا ہے۔ "
KURDISH = "سەرۆکی هەرێمی کوردستان ڕایگەیاند کە گفتوگۆکان لەگەڵ بەغدا بەردەوامن و هیوادارن بگەنە ڕێککەوتن. "
PASHTO = "د افغانستان د بهرنیو چارو وزیر وویل چې دوی غواړي له ګاونډیو هېوادونو سره ښې اړیکې ولري او خبرې وکړي. "


def _page(html: str, url: str = "https://a.example/1", day: str | None = None) -> Page:
    return clean_page(html, url=url, arabic_day=lambda line: day)


def _wrap(head: str = "", before: str = "", body: tuple[str, ...] = BODY) -> str:
    inside = "".join(f"<p>{paragraph}</p>" for paragraph in body)
    top = f"<html><head><title>{TITLE} | منارة</title>{head}</head>"
    return f"{top}<body>{before}<article>{inside}</article></body></html>"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("paragraphs", [1, 2, 4, 12])
@pytest.mark.parametrize("extras", [Extras(), EXTRAS], ids=["bare", "full"])
def test_a_page_of_each_kind_cleans_to_exactly_its_body(kind: Kind, paragraphs: int, extras: Extras) -> None:
    outlet = Outlet(
        id="o", name="منارة الخبر", country="QAT", path="o", feed="rss", time_zone="Asia/Qatar", kind=kind,
        encoding="windows-1256" if kind == "table" else "utf-8",
    )  # fmt: skip
    body = (BODY * 3)[:paragraphs]
    article = Article(
        id="a1", outlet="o", published="2025-09-04", time="14:30", title=TITLE, standfirst="موقف روسي جديد من القوات",
        body=tuple(f"{text[:-1]} ({n})." for n, text in enumerate(body)), extras=extras,
    )  # fmt: skip
    page = _page(drawn(article, outlet).decode(outlet.encoding))
    assert page.text == article.text
    assert page.title == TITLE
    assert (page.published_at, page.published) == KINDS[kind]


@pytest.mark.parametrize(
    "aside",
    [
        "<p><strong>اقرأ أيضا:</strong> <a href='/2'>بوتين يهدد باستهداف القوات</a></p>",
        "<p>إقرأ المزيد: بوتين يهدد باستهداف القوات</p>",
        "<p><a href='/2'><b>بوتين يهدد باستهداف القوات الأجنبية</b></a></p>",
        "<div class='inline-related-posts'><a href='/2'>بوتين يهدد باستهداف القوات</a></div>",
        "<blockquote class='twitter-tweet'><p>ترفض روسيا أي قوات أجنبية</p>وزارة الخارجية</blockquote>",
        "<blockquote><p>ترفض روسيا أي قوات أجنبية</p><a href='https://x.com/mfa/status/1'>4 سبتمبر</a></blockquote>",
        "<figure><img src='x'><figcaption>لافروف في موسكو</figcaption></figure>",
        "<aside><p>تعريف بحلف شمال الأطلسي وعدد دوله</p></aside>",
        "<script>var x = 'قال الوزير';</script>",
    ],
)
def test_what_interrupts_the_article_is_cut(aside: str) -> None:
    html = _wrap().replace("</p><p>", f"</p>{aside}<p>", 1)
    assert _page(html).text == "\n".join(BODY)


@pytest.mark.parametrize(
    "names", ["has-related-posts", "article-with-sidebar single-post", "content tags-enabled related"]
)
def test_a_frame_with_an_odd_name_is_no_aside(names: str) -> None:
    html = _wrap(body=BODY * 2).replace("<article>", f"<div class='{names}'>").replace("</article>", "</div>")
    assert BODY[1] in _page(html).text


@pytest.mark.parametrize(
    ("head", "moment", "day"),
    [
        ('<meta property="article:published_time" content="2025-09-04T14:30:00+03:00">', "2025-09-04T11:30", None),
        ('<meta itemprop="datePublished" content="2025-09-04T14:30:00Z">', "2025-09-04T14:30", None),
        ('<meta name="pubdate" content="2025-09-04 14:30">', None, "2025-09-04"),
        ('<meta name="publishdate" content="04/09/2025">', None, "2025-09-04"),
        ('<meta property="article:modified_time" content="2025-09-05T14:30:00Z">', None, None),
        ('<meta property="article:published_time" content="2025">', None, None),
        ('<meta property="article:published_time" content="1970-01-01T00:00:00Z">', None, None),
        ('<meta property="article:published_time" content="9999-12-31T23:59:59Z">', None, None),
        (
            '<script type="application/ld+json">{"@graph":[{"@type":"WebPage","datePublished":"2024-01-01"},'
            '{"@type":["NewsArticle"],"datePublished":"2025-09-04T14:30:00+03:00"}]}</script>',
            "2025-09-04T11:30",
            "2024-01-01",
        ),
        (
            '<script type="application/ld+json">{"@type":"NewsArticle",\n'
            '"datePublished":"2025-09-04T14:30:00+03:00",}</script>',
            "2025-09-04T11:30",
            None,
        ),
        (
            '<script type="application/ld+json">{"@type":"ItemList","itemListElement":[{"@type":"NewsArticle",'
            '"datePublished":"2025-01-01T00:00:00Z"}]}</script>',
            None,
            None,
        ),
        ('<script type="application/ld+json">' + "[" * 5000 + "</script>", None, None),
    ],
)
def test_publication_comes_from_what_the_page_states(head: str, moment: str | None, day: str | None) -> None:
    page = _page(_wrap(head))
    assert (page.published_at and page.published_at.isoformat()[:16]) == moment
    assert page.published == day


@pytest.mark.parametrize(
    ("before", "url", "day"),
    [
        ("<h1>عنوان</h1><div>نشر في: الخميس، ٤ أيلول ٢٠٢٥</div>", "https://a.example/1", "2025-09-04"),
        ("<h1>عنوان</h1><p class='post-date'>4 سبتمبر/أيلول 2025</p>", "https://a.example/1", "2025-09-04"),
        ("<h1>عنوان</h1><time datetime='2025-09-04'>أمس</time>", "https://a.example/1", "2025-09-04"),
        ("<div>الأحد 7 أيلول 2025</div><h1>عنوان</h1><div>4 أيلول 2025</div>", "https://a.example/1", "2025-09-04"),
        ("", "https://a.example/2025/09/04/news", "2025-09-04"),
        ("", "https://a.example/2025/9/4/news", "2025-09-04"),
        ("", "https://a.example/news-20250904.html", "2025-09-04"),
        ("", "https://a.example/2025/09/news", None),
        ("", "https://a.example/2025/13/41/news", None),
        ("", "https://a.example/id/202509041", None),
        ("<h1>عنوان</h1><div>© 2025 جميع الحقوق محفوظة</div>", "https://a.example/1", None),
        ("<h1>عنوان</h1><p>وقع الطرفان في 1 كانون الثاني 2020 اتفاقا.</p>", "https://a.example/1", None),
    ],
)
def test_a_day_in_sight_or_in_the_address_counts_and_none_is_invented(before: str, url: str, day: str | None) -> None:
    page = _page(_wrap(before=before), url)
    assert (page.published_at, page.published) == (None, day)


def test_a_date_line_of_another_calendar_is_left_to_the_reader_of_dates() -> None:
    lines: list[str] = []

    def day(line: str) -> str | None:
        lines.append(line)
        return "2025-09-04"

    page = clean_page(
        _wrap(before="<h1>ع</h1><div>12 ربيع الأول 1447 هـ</div>"), url="https://a.example/1", arabic_day=day
    )
    assert page.published == "2025-09-04"
    assert lines == ["12 ربيع الأول 1447 هـ"]


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("", TITLE),
        (
            '<meta property="og:title" content="عنوان آخر - منارة"><meta property="og:site_name" content="منارة">',
            "عنوان آخر",
        ),
        (
            '<script type="application/ld+json">{"@type":"NewsArticle","headline":"عنوان\\u202e الخبر"}</script>',
            "عنوان الخبر",
        ),
    ],
)
def test_the_title_is_without_the_outlet(head: str, title: str) -> None:
    assert _page(_wrap(head)).title == title


@pytest.mark.parametrize(
    ("html", "says"),
    [
        ("", "is an empty page"),
        (" \n\x00\ufeff", "is an empty page"),
        ("<html></html>", "no article"),
        ("<html><body><p>الصفحة غير موجودة</p></body></html>", "no article"),
        ("<!-- -->", "no article"),
        ("<?xml version='1.0' encoding='utf-8'?><html><body/></html>", "no article"),
        (_wrap(body=(PERSIAN * 5,)), "reads as Persian"),
        (_wrap(body=(URDU * 5,)), "reads as Urdu"),
        (_wrap(body=(KURDISH * 5,)), "reads as Kurdish"),
        (_wrap(body=(PASHTO * 5,)), "reads as Pashto"),
        (_wrap(body=("The minister said that his country rejects the deployment of troops. " * 5,)), "not in Arabic"),
    ],
)
def test_what_is_no_arabic_article_is_refused_in_one_line(html: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        _page(html)
    assert says in str(caught.value)
    assert str(caught.value).startswith("https://a.example/1")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (" ".join(BODY), "ar"), (PERSIAN, "fa"), (URDU, "ur"), (KURDISH, "ku"), (PASHTO, "ps"), ("Hello", "und"),
        ("", "und"), ("123 !?", "und"), (" ".join(BODY).replace("ي", "ی").replace("ك", "ک"), "ar"),
        (" ".join(BODY) + " چ پ گ ڤ", "ar"), ("NATO و" + " ".join(BODY) + "European Union " * 5, "ar"),
    ],
)  # fmt: skip
def test_languages_are_told_by_their_letters(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    "clutter",
    [
        "<ul><li><a href='/1'>ترامب يلتقي زيلينسكي في البيت الأبيض</a></li><li><a href='/2'>أخبار</a></li>"
        "<li><a href='/3'>رياضة محلية</a></li></ul>",
        "".join(
            f"<div class='x9k'><h4><a href='/{n}'>الاتحاد الأوروبي يمدد العقوبات {n}</a></h4><p>{BODY[2]} {n}</p></div>"
            for n in range(3)
        ),
        "<div>شارك</div>",
    ],
    ids=["menu", "cards", "label"],
)
def test_menus_cards_of_other_articles_and_labels_around_it_are_cut(clutter: str) -> None:
    for html in (_wrap().replace("</article>", f"{clutter}</article>"), _wrap(before=clutter)):
        assert _page(html).text == "\n".join(BODY)


def test_links_within_sentences_stay() -> None:
    body = tuple(f"<a href='/{n}'>وزير الخارجية الروسي</a> {text}" for n, text in enumerate(BODY))
    assert _page(_wrap(body=body)).text == "\n".join(f"وزير الخارجية الروسي {text}" for text in BODY)


def test_lines_between_breaks_and_in_layout_tables_are_paragraphs() -> None:
    body = [f"{text[:-1]} ({n})." for n, text in enumerate(BODY * 2)]
    inside = "<br><br>".join(body)
    table = f"<table><tr><td><a href='/'>الرئيسية</a></td><td><font size=4>{inside}</font></td></tr></table>"
    for html in (f"<h1>{TITLE}</h1><div>{inside}</div>", f"<h1>{TITLE}</h1>{table}"):
        assert _page(f"<html><body>{html}</body></html>").text == "\n".join(body)


@pytest.mark.parametrize(
    ("head", "before", "author"),
    [
        ('<meta name="author" content="ليلى حداد">', "", "ليلى حداد"),
        ('<meta property="article:author" content="https://facebook.com/x">', "", ""),
        ("", "<div class='byline'>بقلم: ليلى حداد</div>", "ليلى حداد"),
        ("", "<a rel='author' href='/a'>ليلى حداد</a>", "ليلى حداد"),
        (
            '<script type="application/ld+json">{"@type":"NewsArticle","author":[{"@type":"Person","name":"ليلى حداد"},'
            '{"name":"سامي القاسم"}],"publisher":{"name":"منارة"}}</script>',
            "",
            "ليلى حداد, سامي القاسم",
        ),
        (
            '<script type="application/ld+json">{"@type":"NewsArticle","author":{"name":"منارة"},'
            '"publisher":{"name":"منارة"}}</script>',
            "",
            "",
        ),
    ],
)
def test_the_author_is_who_signs(head: str, before: str, author: str) -> None:
    assert _page(_wrap(head, before)).author == author


def test_null_bytes_and_direction_overrides_do_not_reach_the_text() -> None:
    page = _page(_wrap().replace("لافروف إن", "لافروف\x00 \u202eإن\u202c"))
    assert page.text == "\n".join(BODY)


def test_deep_nesting_is_survived() -> None:
    with pytest.raises(InputError):
        _page("<div>" * 50_000)
