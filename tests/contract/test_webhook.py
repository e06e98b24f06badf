"""Webhooks as the reference library receives them: signatures, rotation, and what each answer leads to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_network

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from domain.alerts.message import Item, Quote, compose
from domain.alerts.wording import words
from domain.positions import Change
from domain.subscriptions import idempotency_key
from tests.support.receiver import Receiver, receiving
from workers.channels.webhook import WebhookSender, new_secret, signed
from workers.fetch.client import HttpClient
from workers.ports import Channel, Delivery, Subscription

NOW = datetime.now(UTC)


CHANGE = Change(
    key="c" * 32, actor="FRA", issue="ukraine.foreign-troops", kind="reversed", before="opposes", after="supports",
    on="2025-09-04", speaker="macron", event_ids=(), sources=2, confidence=0.9, contested=False, evidence=(),
)  # fmt: skip


class Ids:
    """Names that are the ids."""

    def actor(self, actor: str, _language: str) -> str:
        return actor

    def issue(self, issue: str, _language: str) -> str:
        return issue

    def speaker(self, speaker: str | None, _language: str) -> str:
        return speaker or ""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def sender() -> Iterator[WebhookSender]:
    client = HttpClient(allow_networks=[ip_network("127.0.0.0/8")], user_agent="Marsad tests", timeout=10)
    yield WebhookSender(client)
    client.close()


def delivery(target: str, *secrets: str) -> Delivery:
    quote = Quote(text="أعلن ماكرون أن دولا تعهدت بإرسال قوات.", url="https://one.example/a", outlet="منارة الخبر")
    item = Item(delivery=1, change=CHANGE, quotes=(quote,))
    key = idempotency_key(1, 1, "c" * 32)
    composed = compose([item], key=key, at=NOW, language="en", names=Ids(), wording=words)
    assert composed is not None
    channel = Channel(id=1, kind="webhook", target=target, secrets=secrets)
    return Delivery(
        id=1, key=key, status="waiting", attempts=0, body=composed.body, channel=channel,
        subscription=Subscription(id=1, created_at=NOW, channels=(channel,)),
    )  # fmt: skip


def test_the_reference_library_accepts_the_signature_and_finds_a_cloud_event(
    sender: WebhookSender, receiver: Receiver
) -> None:
    secret = new_secret()
    outcome = sender.send(delivery(receiver.url, secret), now=datetime.now(UTC))
    assert (outcome.status, outcome.http_status, outcome.error) == ("delivered", 204, None)
    (got,) = receiver.received
    event = Webhook(secret).verify(got.body, got.headers)
    assert got.headers["content-type"].startswith("application/cloudevents+json")
    assert {event[name] for name in ("specversion", "type", "subject")} == {
        "1.0", "marsad.position.reversed", "FRA/ukraine.foreign-troops",
    }  # fmt: skip
    assert event["id"]
    assert event["source"]
    assert datetime.fromisoformat(event["time"]).tzinfo is not None
    assert (event["data"]["from"], event["data"]["to"]) == ("opposes", "supports")
    assert event["data"]["evidence"][0]["text"].startswith("أعلن ماكرون")


def test_while_rotating_both_secrets_verify_and_no_other_does(sender: WebhookSender, receiver: Receiver) -> None:
    new, old = new_secret(), new_secret()
    sender.send(delivery(receiver.url, new, old), now=datetime.now(UTC))
    (got,) = receiver.received
    Webhook(new).verify(got.body, got.headers)
    Webhook(old).verify(got.body, got.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(got.body, got.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(got.body.replace(b"FRA", b"USA"), got.headers)


def test_every_attempt_carries_the_same_id(sender: WebhookSender, receiver: Receiver) -> None:
    receiver.answers = [(500, {}), (204, {})]
    message = delivery(receiver.url, new_secret())
    first = sender.send(message, now=NOW)
    second = sender.send(message, now=NOW + timedelta(seconds=5))
    assert (first.status, second.status) == ("retry", "delivered")
    one, two = receiver.received
    assert one.headers["webhook-id"] == two.headers["webhook-id"] == message.key
    assert one.headers["webhook-timestamp"] != two.headers["webhook-timestamp"]


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 409, 429, 500, 503])
def test_every_refusal_but_410_is_tried_again_and_names_the_status(
    sender: WebhookSender, receiver: Receiver, status: int
) -> None:
    receiver.answers = [(status, {"location": receiver.url} if status < 400 else {})]
    outcome = sender.send(delivery(receiver.url, new_secret()), now=NOW)
    assert outcome.status == "retry"
    assert outcome.disable is None
    assert str(status) in (outcome.error or "")
    assert len(receiver.received) == 1, "a redirect was followed"


def test_410_is_dead_and_disables_the_channel(sender: WebhookSender, receiver: Receiver) -> None:
    receiver.answers = [(410, {})]
    outcome = sender.send(delivery(receiver.url, new_secret()), now=NOW)
    assert (outcome.status, outcome.http_status) == ("dead", 410)
    assert outcome.disable is not None


def test_retry_after_is_honoured_within_a_day(sender: WebhookSender, receiver: Receiver) -> None:
    receiver.answers = [(503, {"retry-after": "120"}), (429, {"retry-after": "99999999"}), (500, {})]
    message = delivery(receiver.url, new_secret())
    outcomes = [sender.send(message, now=NOW) for _ in range(3)]
    assert [o.retry_at for o in outcomes] == [NOW + timedelta(seconds=120), NOW + timedelta(days=1), None]


def test_an_endpoint_that_is_away_is_tried_again(sender: WebhookSender) -> None:
    with receiving() as gone:
        url = gone.url
    assert sender.send(delivery(url, new_secret()), now=NOW).status == "retry"


def test_an_address_that_may_never_be_posted_to_disables_the_channel() -> None:
    client = HttpClient(allow_networks=[], user_agent="Marsad tests", timeout=10)
    with receiving() as private:
        outcome = WebhookSender(client).send(delivery(private.url, new_secret()), now=NOW)
        assert private.received == []
    client.close()
    assert outcome.status == "dead"
    assert "MARSAD_FETCH_ALLOW_NETWORKS" in (outcome.disable or "")


@pytest.mark.parametrize("secrets", [(), ("whsec_",), ("whsec_*",)])
def test_a_channel_without_a_sound_secret_sends_nothing_unsigned(
    sender: WebhookSender, receiver: Receiver, secrets: tuple[str, ...]
) -> None:
    outcome = sender.send(delivery(receiver.url, *secrets), now=NOW)
    assert outcome.status == "dead"
    assert "secret" in (outcome.error or "")
    assert receiver.received == []


def test_the_time_is_signed_in_utc_whatever_the_clock_zone() -> None:
    secret, elsewhere = new_secret(), datetime.now(UTC).astimezone(timezone(timedelta(hours=3)))
    headers = signed([secret], "msg_1", "{}", now=elsewhere)
    Webhook(secret).verify("{}", headers)
