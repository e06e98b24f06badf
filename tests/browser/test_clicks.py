"""Every page clicked through in Chromium by Playwright: both languages, both themes, desktop and telephone.

Axe finds no fault by WCAG 2.2 AA. Screenshots are kept in `build/screenshots`, which git ignores.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from domain.reading.registry import Registry
from tests.support.browser import find
from tests.support.facts import new, read
from tests.support.people import PASSWORD, add_people
from tests.support.scene import MET, NOW, TOLD, tell
from tests.support.site import serving
from workers.projections.runner import PositionsRunner
from workers.store.store import Store, open_store
from workers.titles import Titles
from workers.web.app import make_app

pytest_plugins = ["tests.support.world"]

PROGRAM = find()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine (MARSAD_TEST_CHROMIUM names one)")

SHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
EVIL = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">\u202eمقلوب\u2066'
PAGES = {
    "matrix": "/",
    "matrix-past": "/?as_of=2025-09-03&known_at=2025-09-10",
    "position": "/positions/RUS/ukraine.foreign-troops",
    "position-contested": "/positions/USA/ukraine.foreign-troops",
    "position-stale": "/positions/RUS/nuclear.arms-control",
    "position-none": "/positions/FRA/nuclear.arms-control",
    "changes": "/changes",
    "summits": "/summits",
    "sources": "/sources",
    "operations": "/operations",
    "review": "/review",
    "verdict": "/review/{event}",
    "trail": "/audit",
    "missing": "/nothing",
    "login": "/login",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A world with people, work that was given up, and an article that attacks whoever reads it."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('clicks') / 'marsad.db'}")
    evil = (EVIL, "2025-09-07", "RUS", "ukraine.foreign-troops", "opposes", EVIL, "other", "self", EVIL, f"قال {EVIL}.")
    tell(store, (*TOLD, evil), met=MET)
    add_people(store, NOW)
    store.enqueue_due_polls(NOW.replace(hour=11))
    lease = store.take("poll", "1", now=NOW.replace(hour=11), seconds=60)
    assert lease is not None
    store.fail(lease, EVIL, now=NOW, retry_at=None)
    yield store
    store.close()


@pytest.fixture(scope="module")
def place(peopled: Store, registry: Registry, titles: Titles) -> Iterator[str]:
    app = make_app(peopled.queries, registry=registry, titles=titles, clock=lambda: NOW, store=peopled)
    with serving(app) as site:
        yield site


def browse(browser: Browser, place: str, theme: Literal["light", "dark"], size: str, language: str) -> BrowserContext:
    width, height = SIZES[size]
    context = browser.new_context(
        base_url=place, color_scheme=theme, viewport={"width": width, "height": height}, locale=language,
        is_mobile=size == "phone", has_touch=size == "phone", reduced_motion="reduce",
    )  # fmt: skip
    context.set_default_timeout(20_000)
    return context


def sign_in(page: Page, name: str) -> None:
    page.goto("/login")
    page.locator("input[name=name]").fill(name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form.stack button").click()
    expect(page.locator(".me")).to_have_text(name)


def faults(page: Page) -> list[str]:
    """What axe finds, a line each."""
    found: dict[str, Any] = Axe().run(page, options=RULES).response
    return [
        f"{fault['id']}: {node['target']} {node.get('failureSummary', '')}"
        for fault in found["violations"]
        for node in fault["nodes"][:2]
    ]


@pytest.mark.parametrize("look", list(product(("ar", "en"), ("light", "dark"), SIZES)), ids="-".join)
def test_every_page_is_sound_and_photographed(
    browser: Browser, place: str, peopled: Store, look: tuple[str, Literal["light", "dark"], str]
) -> None:
    language, theme, size = look
    event = peopled.queries.dossiers.of("USA", "ukraine.arms-supplies").told[0].fact.event_id
    SHOTS.mkdir(parents=True, exist_ok=True)
    with browse(browser, place, theme, size, language) as context:
        page = context.new_page()
        problems: list[str] = []
        page.on("console", lambda said: problems.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        sign_in(page, "admin")
        for name, path in PAGES.items():
            problems.clear()
            page.goto(path.format(event=event))
            page.screenshot(path=SHOTS / f"{name}-{language}-{theme}-{size}.png", full_page=True)
            assert page.evaluate("document.documentElement.dir") == ("rtl" if language == "ar" else "ltr")
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, f"{name} scrolls sideways"
            assert page.evaluate("window.hacked") is None
            assert faults(page) == [], name
            assert [p for p in problems if "404" not in p or name != "missing"] == [], name


def test_hostile_words_stay_words_and_turn_nothing_around(browser: Browser, place: str) -> None:
    with browse(browser, place, "light", "desktop", "en") as context:
        page = context.new_page()
        page.goto("/positions/RUS/ukraine.foreign-troops")
        hostile = page.locator(".telling", has_text="window.hacked")
        expect(hostile.first).to_contain_text("<script>window.hacked=1</script>")
        assert page.locator("main script, main img").count() == 0
        # an override in a title ends with its own element: what follows it runs as before
        after = hostile.first.locator("footer .soft").first
        assert after.evaluate("e => getComputedStyle(e).direction") == "ltr"
        assert hostile.first.locator("footer bdi").count() >= 2


def test_an_analyst_clicks_from_the_matrix_to_a_verdict(browser: Browser, place: str, peopled: Store) -> None:
    with browse(browser, place, "light", "desktop", "en") as context:
        page = context.new_page()
        sign_in(page, "analyst")
        page.goto("/")
        page.locator('a[href="/positions/FRA/palestine.recognition"]').click()
        expect(page.locator("h1")).to_contain_text("France")
        expect(page.locator(".telling mark")).to_contain_text("وجدد ماكرون")
        page.locator('.telling a[href^="/review/"]').click()
        expect(page.locator("#effect")).to_be_visible()
        expect(page.locator(".effect")).to_contain_text("no position on record")
        page.locator("textarea").fill("heard it on the radio")
        page.get_by_role("button", name="Confirm").click()
        expect(page).to_have_url(re.compile(r"/review$"))
        assert peopled.accounts.audited(1)[0].what == "confirmed"
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def test_a_slider_sets_the_day_and_asks_again(browser: Browser, place: str) -> None:
    with browse(browser, place, "light", "desktop", "en") as context:
        page = context.new_page()
        page.goto("/positions/USA/ukraine.arms-supplies")
        slider = page.locator('input.slide[data-for="as_of"]')
        expect(slider).to_be_visible()
        slider.focus()
        with page.expect_navigation():
            slider.press("Home")
        expect(page.locator("input[name=as_of]")).to_have_value("2025-07-01")
        expect(page.locator(".now .badge")).to_have_text(re.compile("opposes"))
        page.get_by_role("link", name="Back to now").click()
        expect(page.locator(".now .stance .badge")).to_have_text(re.compile("supports"))


def test_a_change_comes_in_by_itself(browser: Browser, place: str, peopled: Store) -> None:
    with browse(browser, place, "light", "desktop", "en") as context:
        page = context.new_page()
        page.goto("/changes?actor=GBR")
        expect(page.locator(".live")).to_have_text("Updates by itself")
        peopled.log.append("f" * 32, [new("f" * 32, read("f" * 32, actor="GBR", stance="supports", day="2025-09-09"))])
        PositionsRunner(peopled).catch_up(now=NOW)
        expect(page.locator(".card.new")).to_have_count(1)
        expect(page.locator(".live")).to_have_text("A new change")


def test_the_keyboard_alone_is_enough(browser: Browser, place: str) -> None:
    with browse(browser, place, "dark", "desktop", "ar") as context:
        page = context.new_page()
        page.goto("/")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash") == "#main"
        reached = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                break  # past the last one
            reached.add(page.evaluate("document.activeElement.getAttribute('href')"))
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", page.evaluate("document.activeElement.outerHTML")
        assert "/positions/RUS/ukraine.foreign-troops" in reached
