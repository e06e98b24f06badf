"""The pages over real HTTP: what they show, in which language, and that nothing from outside is more than text."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from domain.reading.registry import Registry
from tests.support.scene import NOW, Told, tell
from tests.support.site import serving
from workers.store.store import open_store
from workers.titles import Titles
from workers.web.app import make_app
from workers.web.pages import safe_link

pytest_plugins = ["tests.support.world"]

PAGES = ("/", "/?actors=all", "/?as_of=2025-09-03", "/positions/RUS/ukraine.foreign-troops", "/changes", "/summits")
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
    assert not {"script", "style", "iframe", "object"} & set(tags.names)
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
    assert '<blockquote lang="ar" dir="rtl">قال بوتين إن أي قوات' in answer.text
    assert [link for link in tags.links if link.startswith("https://news")]
    text = " ".join(tags.text.split())
    assert "established by Sergey Lavrov" in text
    assert text.index("6 September 2025 reaffirmed") < text.index("20 August 2025 established"), "newest first"


def test_the_past_can_be_seen(site: str) -> None:
    then = page(site, "/positions/USA/ukraine.arms-supplies?as_of=2025-07-05", **{"accept-language": "en"})
    text = " ".join(then.text.split())
    assert "− opposes" in text
    assert "supports" not in text
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
    assert "script" not in tags.names
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
        ("/static/../app.py", 404),
        ("/static/%2e%2e/app.py", 404),
        (f"/positions/{'%3Cscript%3E'}/x", 404),
    ],
)
def test_an_error_is_a_page_too(site: str, path: str, status: int) -> None:
    answer = httpx.get(f"{site}{path}", headers={"accept-language": "en"})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert "script" not in Tags(answer.text).names
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
