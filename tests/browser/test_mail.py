"""An e-mail of an alert as a browser renders it, in Arabic and English: nothing loaded, each text in its direction."""

from __future__ import annotations

import email
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from domain.alerts.terms import Language, Terms
from tests.support.browser import Page, browsing, find
from tests.support.told import AT, composed, item
from workers.channels.mail import letter
from workers.channels.registry import Parts
from workers.ports import Channel, Delivery, Subscription
from workers.titles import Titles

pytest_plugins = ["tests.support.world"]
PROGRAM = find()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine (MARSAD_TEST_CHROMIUM names one)")
_BOX = """
(() => { const e = document.querySelector(%s), r = document.createRange(); r.selectNodeContents(e);
  const box = r.getBoundingClientRect(), body = document.body.getBoundingClientRect();
  return {direction: getComputedStyle(e).direction, left: box.left - body.left, right: body.right - box.right,
          wide: document.documentElement.scrollWidth <= innerWidth} })()
"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browsing(str(PROGRAM)) as found:
        yield found


def html_of(titles: Titles, language: Language) -> str:
    """The HTML part of the message, as a mail program would take it out."""
    found = composed(titles, item(contested=True), language=language)
    assert found is not None
    channel = Channel(id=3, kind="mail", target="reader@example.org", secrets=("s" * 48,))
    subscription = Subscription(id=7, channels=(channel,), terms=Terms(language=language), created_at=AT)
    delivery = Delivery(
        id=1, key="msg_1", subscription=subscription, channel=channel, body=found.body, status="waiting", attempts=0
    )
    sent = letter(delivery, Parts(mail_from="a@b.example", public_url="https://marsad.example"), now=AT).as_bytes()
    message = email.message_from_bytes(sent, policy=default)
    assert isinstance(message, EmailMessage)
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def box(page: Page, selector: str) -> dict[str, Any]:
    found: dict[str, Any] = page.run(_BOX % repr(selector))
    return found


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("width", [390, 1000])
def test_a_letter_is_read_in_its_direction(
    page: Page, titles: Titles, tmp_path: Path, language: Language, width: int
) -> None:
    path = tmp_path / f"{language}.html"
    path.write_text(html_of(titles, language), "utf-8")
    page.look(width=width, dark=False)
    page.open(path.as_uri())
    assert page.problems == []
    heading, quote, link = box(page, "h1"), box(page, "blockquote"), box(page, "div a[href*='one.example']")
    assert heading["direction"] == ("rtl" if language == "ar" else "ltr")
    near, far = ("right", "left") if language == "ar" else ("left", "right")
    assert heading[near] < 40, "it stands at its side"
    assert heading[near] <= heading[far] + 1
    assert quote["direction"] == "rtl", "the Arabic sentence runs from right to left in either language"
    assert link["direction"] == "ltr"
    assert heading["wide"], "nothing is wider than the screen"
    text = page.run("document.body.innerText")
    words = {
        "ar": ("فرنسا", "يعارض ← يؤيد", "«أعلن ماكرون", "مصادر مستقلة: 2", "متنازع فيه", "إلغاء الاشتراك"),
        "en": ("France", "opposes → supports", "«أعلن ماكرون", "Independent outlets: 2", "Contested", "Unsubscribe"),
    }[language]
    for word in words:
        assert word in text.replace("\u2067", "").replace("\u2068", "").replace("\u2069", ""), word
    assert page.run("performance.getEntriesByType('resource').length") == 0
