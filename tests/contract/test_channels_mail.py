"""E-mail as a real SMTP server on the loopback receives it."""

from __future__ import annotations

import email
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from domain.alerts.message import Memory
from domain.alerts.terms import Language, Terms
from domain.errors import InputError
from tests.support.told import AT, QUOTE, composed, item
from workers.channels import mail
from workers.channels.registry import Parts
from workers.ports import Channel, Delivery, Subscription
from workers.titles import Titles

pytest_plugins = ["tests.support.world"]


class Post:
    """A mail server's memory. `refuse`: what it answers to the recipient, or the content, instead of yes."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refuse: dict[str, str] = {}
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_RCPT(  # noqa: N802 -- the library calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if "rcpt" in self.refuse:
            return self.refuse["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if "data" in self.refuse:
            return self.refuse["data"]
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append(email.message_from_bytes(content, policy=default))
        return "250 OK"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss", handled=False)


@pytest.fixture
def post() -> Iterator[tuple[Post, str]]:
    memory = Post()
    with socket.create_server(("127.0.0.1", 0)) as taken:  # the library takes no port 0
        port = taken.getsockname()[1]
    server = Controller(
        memory, hostname="127.0.0.1", port=port, authenticator=memory.authenticate, auth_require_tls=False
    )
    server.start()
    yield memory, f"127.0.0.1:{port}"
    server.stop()


def delivery(titles: Titles, *, language: Language = "ar", **more: Any) -> Delivery:
    found = composed(titles, item(**more), language=language)
    assert found is not None
    channel = Channel(id=3, kind="mail", target="reader@example.org", secrets=("s" * 48,))
    subscription = Subscription(id=7, channels=(channel,), terms=Terms(language=language), created_at=AT)
    return Delivery(
        id=1, key="msg_1", subscription=subscription, channel=channel, body=found.body, status="waiting", attempts=0
    )  # fmt: skip


def send(titles: Titles, where: str, **more: Any) -> Any:
    parts = Parts(smtp=f"smtp://{where}", mail_from="alerts@marsad.example", public_url="https://marsad.example")
    return mail.make(parts).send(delivery(titles, **more), now=AT)


def test_text_and_html_from_right_to_left_with_one_click_to_end_it(titles: Titles, post: tuple[Post, str]) -> None:
    memory, where = post
    assert send(titles, where).status == "delivered"
    (letter,) = memory.letters
    assert letter["To"] == "reader@example.org"
    assert "alerts@marsad.example" in letter["From"]
    assert letter["Subject"] == "فرنسا: قوات أجنبية في أوكرانيا: يعارض ← يؤيد"
    assert letter["Message-ID"] == "<msg_1@marsad.example>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = letter["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://marsad.example/unsubscribe/7.")
    text, html = (letter.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert QUOTE.text in text.get_content()
    page = html.get_content()
    assert '<html lang="ar" dir="rtl">' in page
    assert '<blockquote lang="ar" dir="rtl" ' in page
    assert QUOTE.text in page
    assert "x=1&amp;y=2" in page
    assert link in page
    assert link in text.get_content()


def test_in_english_the_page_runs_left_to_right_and_the_quotation_does_not(
    titles: Titles, post: tuple[Post, str]
) -> None:
    memory, where = post
    send(titles, where, language="en")
    html = memory.letters[0].get_body(("html",))
    assert html is not None
    page = html.get_content()
    assert '<html lang="en" dir="ltr">' in page
    assert '<blockquote lang="ar" dir="rtl"' in page


def test_markup_in_words_stays_words(titles: Titles, post: tuple[Post, str]) -> None:
    memory, where = post
    evil = QUOTE.__class__(text="<script>x</script>", url='javascript:alert("1")', outlet="<b>")
    send(titles, where, quotes=(evil,))
    html = memory.letters[0].get_body(("html",))
    assert html is not None
    page = html.get_content()
    assert "<script" not in page
    assert 'href="javascript' not in page
    assert "&lt;script&gt;" in page


def test_a_correction_answers_the_first_message(titles: Titles, post: tuple[Post, str]) -> None:
    memory, where = post
    send(titles, where, withdrawn=True, memory=Memory(standing=True), first_key="msg_0")
    assert memory.letters[0]["In-Reply-To"] == "<msg_0@marsad.example>"


def test_a_recipient_refused_for_good_disables_the_channel(titles: Titles, post: tuple[Post, str]) -> None:
    memory, where = post
    memory.refuse = {"rcpt": "550 no such user"}
    outcome = send(titles, where)
    assert outcome.status == "dead"
    assert "550" in outcome.disable
    memory.refuse = {"rcpt": "450 try later"}
    assert send(titles, where).status == "retry"
    memory.refuse = {"data": "554 looks like spam"}
    outcome = send(titles, where)
    assert (outcome.status, outcome.disable) == ("dead", None)
    memory.refuse = {"data": "452 full"}
    assert send(titles, where).status == "retry"
    assert memory.letters == []


def test_a_login_is_used_and_a_wrong_one_is_tried_again(titles: Titles, post: tuple[Post, str]) -> None:
    memory, where = post
    assert send(titles, f"us%40er:p%40ss@{where}").status == "delivered"
    assert memory.logins == [(b"us@er", b"p@ss")]
    outcome = send(titles, f"user:wrong@{where}")
    assert outcome.status == "retry"
    assert "MARSAD_SMTP_URL" in outcome.error
    assert "wrong" not in outcome.error


def test_a_server_that_is_away_is_tried_again(titles: Titles) -> None:
    assert send(titles, "127.0.0.1:1").status == "retry"
    outcome = mail.make(Parts()).send(delivery(titles), now=AT)
    assert outcome.status == "retry"
    assert "MARSAD_SMTP_URL" in (outcome.error or "")


def test_a_link_to_end_a_subscription_ends_no_other(titles: Titles) -> None:
    channel = delivery(titles).channel
    assert mail.token(7, channel) != mail.token(8, channel)
    assert mail.token(7, channel).rpartition(".")[2] != mail.token(8, channel).rpartition(".")[2]


@pytest.mark.parametrize("raw", ["", "someone", "a@b", "a b@example.org", "a@example.org\nBcc: x@y.org", "a@b@c.org"])
def test_what_is_no_address_is_refused(raw: str) -> None:
    with pytest.raises(InputError):
        mail.check(raw)


def test_an_address_is_kept_in_one_form() -> None:
    assert mail.check(" Reader@Example.ORG ") == "Reader@example.org"
