"""The pages over real HTTP: what they show, in which language, and that nothing from outside is more than text."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from domain.reading.registry import Registry
from tests.support.scene import NOW, TOLD, Told, tell
from tests.support.site import serving
from workers.projections.runner import PositionsRunner
from workers.store.store import Store, open_store
from workers.titles import Titles
from workers.web.app import make_app
from workers.web.render import safe_link

pytest_plugins = ["tests.support.stores", "tests.support.world"]

PAGES = (
    "/", "/?actors=all", "/?as_of=2025-09-03", "/positions/RUS/ukraine.foreign-troops",
    "/positions/USA/ukraine.arms-supplies?as_of=2025-07-13&known_at=2025-09-10", "/changes", "/summits",
    "/summits?month=2025-02", "/sources", "/operations",
)  # fmt: skip
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{7*7}}\u202e"
HOSTILE: tuple[Told, ...] = (
    (EVIL, "2025-09-05", "RUS", "ukraine.foreign-troops", "opposes", EVIL, "head", "self", EVIL, f"قال بوتين {EVIL}"),
)


class Tags(HTMLParser):
    """Names of the elements of a page, its links, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "

    @property
    def links(self) -> list[str]:
        return [value or "" for name, value in self.attributes if name in ("href", "src", "action")]


def page(site: str, path: str, **headers: str) -> Tags:
    answer = httpx.get(f"{site}{path}", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Tags(answer.text)


@pytest.fixture
def hostile(tmp_path: Path, registry: Registry, titles: Titles) -> Iterator[str]:
    """A site whose every text from outside is an attack."""
    store = open_store(f"sqlite:///{tmp_path / 'marsad.db'}")
    tell(store, HOSTILE, met=())
    with serving(make_app(store.queries, registry=registry, titles=titles, clock=lambda: NOW)) as site:
        yield site
    store.close()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_page_answers_in_both_languages_without_scripts(site: str, path: str, language: str) -> None:
    answer = httpx.get(f"{site}{path}", headers={"accept-language": language})
    assert answer.status_code == 200
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in answer.text
    tags = Tags(answer.text)
    assert not {"style", "iframe", "object"} & set(tags.names)
    assert tags.names.count("script") == 1, "the one of our own, by its address"
    assert ("src", "/static/marsad.js") in tags.attributes
    assert not [name for name, _ in tags.attributes if name.startswith("on") or name == "style"]
    assert "error_" not in answer.text
    assert answer.headers["vary"] == "Accept-Language, Cookie"


def test_the_matrix_says_stance_by_word_and_sign_and_by_whom_since_when(site: str) -> None:
    text = " ".join(page(site, "/", **{"accept-language": "en"}).text.split())
    assert "− opposes Vladimir Putin since 20 August 2025 confirmed 4 days ago" in text
    assert "+ supports Emmanuel Macron since 4 September 2025" in text
    assert "contested" in text
    assert "unconfirmed report" in text
    arabic = " ".join(page(site, "/", **{"accept-language": "ar"}).text.split())
    assert "− يعارض فلاديمير بوتين منذ 20 أغسطس 2025 تأكد قبل 4 أيام" in arabic
    assert "قوات أجنبية في أوكرانيا" in arabic


def test_a_cell_leads_to_its_history_and_evidence(site: str) -> None:
    assert "/positions/RUS/ukraine.foreign-troops" in page(site, "/").links
    answer = httpx.get(f"{site}/positions/rus/foreign-troops", headers={"accept-language": "en"})
    tags = Tags(answer.text)
    assert '<blockquote lang="ar" dir="rtl"><mark>قال بوتين إن أي قوات' in answer.text
    assert '<span class="around"> وجاء ذلك في لقاء مع الصحفيين.</span>' in answer.text
    assert [link for link in tags.links if link.startswith("https://news")]
    text = " ".join(tags.text.split())
    assert "established by Sergey Lavrov" in text
    assert text.index("6 September 2025 reaffirmed") < text.index("20 August 2025 established"), "newest first"


def test_the_course_is_drawn_and_silence_is_not_shown_as_stability(site: str) -> None:
    drawn = httpx.get(f"{site}/positions/USA/ukraine.arms-supplies?lang=en").text
    assert drawn.count("<circle") == 2
    assert '<line class="rise"' in drawn
    assert 'class="stretch s-supports"' in drawn
    assert "silent" not in drawn.partition("</svg>")[0], "confirmed within two months"
    quiet = httpx.get(f"{site}/positions/RUS/nuclear.arms-control?lang=en").text
    assert 'class="stretch s-conditional silent"' in quiet
    assert "silence is no sign that it still holds" in quiet


def test_an_event_that_was_taken_back_is_shown_as_such(store: Store, registry: Registry, titles: Titles) -> None:
    tell(store)
    told = store.queries.dossiers.of("RUS", "ukraine.foreign-troops").told[0].fact
    store.retract(told.event_id, why="<b>misread</b>", who="amal", now=NOW)
    PositionsRunner(store).catch_up(now=NOW)
    with serving(make_app(store.queries, registry=registry, titles=titles, clock=lambda: NOW)) as site:
        tags = page(site, "/positions/RUS/ukraine.foreign-troops", **{"accept-language": "en"})
    text = " ".join(tags.text.split())
    assert "Taken back by amal : <b>misread</b>" in text
    assert "last confirmed 5 September 2025" in text
    assert "Everything that was said (3)" in text


def test_copies_are_folded_into_the_first_report(store: Store, registry: Registry, titles: Titles) -> None:
    source = (TOLD[0], ("نافذة المساء", *TOLD[0][1:8], "العنوان الآخر", TOLD[0][9]))
    tell(store, source, met=(), sketches=((1, 2, 3, 4, 5, 6, 7, 8),))
    with serving(make_app(store.queries, registry=registry, titles=titles, clock=lambda: NOW)) as site:
        tags = page(site, "/positions/RUS/ukraine.foreign-troops", **{"accept-language": "en"})
    text = " ".join(tags.text.split())
    assert tags.names.count("article") == 1
    assert "Copies of the same story (1)" in text
    assert "منارة الخبر" in text
    assert "نافذة المساء" in text


def test_meetings_stand_on_their_day_of_the_calendar(site: str) -> None:
    answer = httpx.get(f"{site}/summits?lang=en").text
    cell = answer.partition('<time datetime="2025-09-04">4</time>')[2].partition("</td>")[0]
    assert "Coalition of the Willing" in cell or "COW" in cell or "Ukraine" in cell
    assert 'href="#m-' in cell
    assert "Without a known day" in answer
    assert "No meeting in this month" in httpx.get(f"{site}/summits?month=2025-02&lang=en").text


def test_the_past_can_be_seen(site: str) -> None:
    then = page(site, "/positions/USA/ukraine.arms-supplies?as_of=2025-07-05", **{"accept-language": "en"})
    text = " ".join(then.text.split())
    assert "− opposes" in text
    assert "14 July 2025" not in text, "what was said later"
    assert "ترامب" not in text
    assert "/positions/USA/ukraine.arms-supplies?as_of=2025-07-05" in page(site, "/?as_of=2025-07-05").links


def test_the_language_is_kept_in_a_cookie(site: str) -> None:
    with httpx.Client(base_url=site, headers={"accept-language": "en"}) as client:
        assert 'lang="en"' in client.get("/").text
        assert 'lang="ar"' in client.get("/?lang=ar").text
        assert '<html lang="ar"' in client.get("/changes").text
        assert '<html lang="en"' in client.get("/changes?lang=en").text
        assert '<html lang="en"' in client.get("/?lang=fr", headers={"accept-language": "fr"}).text


@pytest.mark.parametrize(
    ("wishes", "language"),
    [("", "en"), ("fr", "en"), ("ar-EG,en;q=0.5", "ar"), ("en;q=0.8,ar;q=0.9", "ar"), ("ar;q=x, en", "en")],
)
def test_the_browser_wish_decides_where_nobody_chose(site: str, wishes: str, language: str) -> None:
    assert f'<html lang="{language}"' in httpx.get(f"{site}/", headers={"accept-language": wishes}).text


@pytest.mark.parametrize("path", ["/positions/RUS/ukraine.foreign-troops", "/changes", "/"])
def test_hostile_words_are_shown_as_text(hostile: str, path: str) -> None:
    tags = page(hostile, path)
    assert tags.names.count("script") == 1
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    assert "49" not in tags.text
    if path != "/":
        assert "<script>alert(1)</script>" in tags.text
    assert tags.names.count("img") == 1, "the brand's own"


def test_only_addresses_of_the_web_become_links() -> None:
    assert safe_link("https://news.example/a") == "https://news.example/a"
    for url in (
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//x",
        "",
        "http://[",
    ):
        assert safe_link(url) is None, url


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/positions/XXX/ukraine.foreign-troops", 404),
        ("/positions/RUS/nothing", 404),
        ("/?as_of=never", 400),
        ("/changes?kind=x", 400),
        ("/summits?month=soon", 400),
        ("/summits?month=2025-13", 400),
        ("/positions/RUS/ukraine.foreign-troops?skip=-1", 400),
        ("/static/../app.py", 404),
        ("/static/%2e%2e/app.py", 404),
        (f"/positions/{'%3Cscript%3E'}/x", 404),
    ],
)
def test_an_error_is_a_page_too(site: str, path: str, status: int) -> None:
    answer = httpx.get(f"{site}{path}", headers={"accept-language": "en"})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert Tags(answer.text).names.count("script") == 1
    assert "All positions" in answer.text


def test_an_empty_installation_says_so(tmp_path: Path, registry: Registry, titles: Titles) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'marsad.db'}")
    with serving(make_app(store.queries, registry=registry, titles=titles)) as site:
        assert "No positions yet" in page(site, "/").text
        assert "No change matches" in page(site, "/changes").text
        assert "No meeting" in page(site, "/summits").text
        assert "No position of this actor" in page(site, "/positions/RUS/ukraine.ceasefire").text
    store.close()


def test_a_filter_of_changes(site: str) -> None:
    text = page(site, "/changes?actor=USA&kind=reversed", **{"accept-language": "en"}).text
    assert "14 July 2025" in text
    assert "4 September 2025" not in text
