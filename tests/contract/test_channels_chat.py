"""Apprise, towards real servers on the loopback: a plain JSON endpoint and ntfy's form."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from domain.errors import InputError
from tests.support.receiver import Receiver, receiving
from tests.support.told import AT, QUOTE, composed, item
from workers.channels import chat, registry
from workers.channels.registry import KINDS, Parts, Senders
from workers.ports import Channel, Delivery, DeliveryOutcome, Subscription
from workers.titles import Titles

pytest_plugins = ["tests.support.world"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def send(titles: Titles, target: str) -> DeliveryOutcome:
    found = composed(titles, item(), language="ar")
    assert found is not None
    channel = Channel(id=3, kind="apprise", target=target)
    subscription = Subscription(id=7, channels=(channel,), created_at=AT)
    delivery = Delivery(
        id=1, key="msg_1", subscription=subscription, channel=channel, body=found.body, status="waiting", attempts=0
    )  # fmt: skip
    return Senders(Parts())["apprise"].send(delivery, now=AT)


def test_title_and_words_reach_a_json_endpoint(titles: Titles, receiver: Receiver) -> None:
    assert send(titles, receiver.url.replace("http://", "json://")).status == "delivered"
    (got,) = receiver.received
    said = json.loads(got.body)
    assert said["title"] == "فرنسا: قوات أجنبية في أوكرانيا: يعارض ← يؤيد"
    assert QUOTE.text in said["message"]


def test_ntfy_takes_them(titles: Titles, receiver: Receiver) -> None:
    where = receiver.url.replace("http://", "ntfy://").replace("/hook", "/topic")
    receiver.answers = [(200, {})]
    assert send(titles, where).status == "delivered"
    assert QUOTE.text in json.loads(receiver.received[0].body)["message"]


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_a_no_is_tried_again_and_its_reason_kept(titles: Titles, receiver: Receiver, status: int) -> None:
    receiver.answers = [(status, {})] * 5
    outcome = send(titles, receiver.url.replace("http://", "json://user:hidden@"))
    assert outcome.status == "retry"
    assert str(status) in (outcome.error or "")
    assert "hidden" not in (outcome.error or "")


def test_an_endpoint_that_is_away_is_tried_again(titles: Titles) -> None:
    assert send(titles, "json://127.0.0.1:1/").status == "retry"


def test_an_address_nobody_understands_is_refused_and_its_tokens_stay_hidden() -> None:
    with pytest.raises(InputError) as refused:
        chat.check("nonsense://token-of-mine")
    assert "token-of-mine" not in str(refused.value)
    target = "tgram://123456789:abcdefghijklmnopqrstuvwxyz123456789/12315544"
    assert chat.check(target) == target
    assert "abcdefghij" not in chat.shown(target)


def test_every_kind_has_its_parts() -> None:
    for name in KINDS:
        found = registry.kind(name)
        assert all(hasattr(found, part) for part in ("make", "check", "shown", "new_secrets"))
    with pytest.raises(InputError, match="pigeon"):
        registry.kind("pigeon")
