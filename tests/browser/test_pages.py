"""The pages in a real browser: they fit every width, read from the right side, stand out, and need no scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.reading.registry import Registry
from tests.support.browser import Page, browsing, find
from tests.support.scene import NOW, Told, tell
from tests.support.site import serving
from workers.store.store import open_store
from workers.titles import Titles
from workers.web.app import make_app

pytest_plugins = ["tests.support.world"]

PROGRAM = find()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine (MARSAD_TEST_CHROMIUM names one)")

PAGES = (
    "/",
    "/?actors=all",
    "/positions/RUS/ukraine.foreign-troops",
    "/changes",
    "/summits",
    "/sources",
    "/operations",
    "/nothing",
)
WIDTHS = (320, 390, 800, 1280)
LONG = "كلمة" * 120
EVIL = f"<script>window.hacked=1</script><img src=x onerror=window.hacked=1>{LONG}"
# every text of the page with its colour and the ground it stands on, translucent grounds blended
CONTRAST = """
(() => {
  const canvas = document.createElement('canvas'); canvas.width = canvas.height = 1;
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  const rgb = (...layers) => { pen.clearRect(0, 0, 1, 1);
    for (const c of layers) { pen.fillStyle = c; pen.fillRect(0, 0, 1, 1) }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3) };
  const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b };
  const bad = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
    if (!walk.currentNode.data.trim() || box.width < 2 || box.height < 2 || style.visibility === 'hidden') continue;
    if (e.closest('option, .skip')) continue;
    const grounds = []; let dim = 1;
    for (let up = e; up; up = up.parentElement) {
      const s = getComputedStyle(up); grounds.unshift(s.backgroundColor); dim *= parseFloat(s.opacity);
    }
    const under = rgb('white', ...grounds), above = rgb(style.color).map((v, i) => v * dim + under[i] * (1 - dim));
    const [a, b] = [light(above), light(under)].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) bad.push([walk.currentNode.data.trim().slice(0, 30), ratio.toFixed(2)]);
  }
  return bad;
})()
"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    assert PROGRAM is not None
    with browsing(PROGRAM) as found:
        yield found


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_every_width_by_day_and_night(page: Page, site: str, path: str, language: str) -> None:
    mark = "&" if "?" in path else "?"
    for dark in (False, True):
        for width in WIDTHS:
            page.look(width=width, dark=dark)
            page.open(f"{site}{path}{mark}lang={language}")
            expected = ["Failed to load resource: the server responded with a status of 404 (Not Found)"]
            assert page.problems == (expected if path == "/nothing" else [])
            assert page.run("document.documentElement.scrollWidth - innerWidth") <= 0, (width, "scrolls sideways")
            assert page.run(CONTRAST) == [], (width, "dark" if dark else "light")
            assert page.run("getComputedStyle(document.body).direction") == ("rtl" if language == "ar" else "ltr")


def test_from_the_matrix_to_the_evidence_without_scripts(page: Page, site: str) -> None:
    page.look(width=1280, dark=False)
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.open(f"{site}/?lang=en")
        page.click('a[href="/positions/RUS/ukraine.foreign-troops"]')
        assert page.run("location.pathname") == "/positions/RUS/ukraine.foreign-troops"
        assert page.run("getComputedStyle(document.querySelector('blockquote')).direction") == "rtl"
        assert page.run("document.querySelector('.telling footer a').href").startswith("https://news")
        assert page.run("document.querySelector('.telling footer a').rel").split()[:2] == ["noopener", "noreferrer"]
        page.click("a.tongue")
        assert page.run("document.documentElement.dir") == "rtl"
        page.click('nav a[href="/changes"]')
        assert page.run("document.documentElement.lang") == "ar", "the language was not kept"
    finally:
        page.call("Emulation.setScriptExecutionDisabled", value=False)


def test_the_matrix_keeps_its_roles_on_a_telephone(page: Page, site: str) -> None:
    page.look(width=390, dark=False)
    page.open(f"{site}/?lang=en")
    tree: list[dict[str, Any]] = page.call("Accessibility.getFullAXTree")["nodes"]
    roles = [node["role"]["value"] for node in tree if not node.get("ignored")]
    assert roles.count("cell") == 18 * 4
    assert {"table", "row", "rowheader", "main", "navigation", "banner"} <= set(roles)


def test_the_keyboard_reaches_the_content_first(page: Page, site: str) -> None:
    page.look(width=1280, dark=False)
    page.open(f"{site}/?lang=en")
    for kind in ("keyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
    assert page.run("document.activeElement.getAttribute('href')") == "#main"
    assert page.run("document.activeElement.getBoundingClientRect().top") >= 0


@pytest.mark.parametrize("path", ["/", "/positions/RUS/ukraine.foreign-troops", "/changes"])
def test_hostile_words_run_nothing_and_break_no_layout(
    page: Page, tmp_path: Path, registry: Registry, titles: Titles, path: str
) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'marsad.db'}")
    told: tuple[Told, ...] = (
        (EVIL, "2025-09-05", "RUS", "ukraine.foreign-troops", "opposes", EVIL, "head", "self", EVIL, EVIL),
    )
    tell(store, told, met=())
    with serving(make_app(store.queries, registry=registry, titles=titles, clock=lambda: NOW)) as site:
        for width in (390, 1280):
            page.look(width=width, dark=False)
            page.open(f"{site}{path}")
            assert page.run("window.hacked") is None
            assert page.run("document.querySelectorAll('main script, main img').length") == 0
            assert page.run("document.documentElement.scrollWidth - innerWidth") <= 0
            assert page.problems == []
    store.close()
