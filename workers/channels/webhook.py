"""Alerts by webhook, as the Standard Webhooks specification has them: signed id.timestamp.body, a stable id.

It must not know subscriptions' filters nor how attempts are counted.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from domain.errors import InputError, PermanentFailure, TemporaryFailure
from workers.channels.registry import Parts
from workers.ports import Delivery, DeliveryOutcome

_GONE = 410
_LONGEST_WAIT = 24 * 3600.0  # seconds; an endpoint that asks for longer is asked again anyway


class Posting(Protocol):
    """What answers a post that was accepted."""

    @property
    def status(self) -> int: ...


class Client(Protocol):
    """The client that all traffic goes through; see `workers.fetch`."""

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Posting:
        """Raises TemporaryFailure or PermanentFailure (with the status) for anything but a 2xx; follows no redirect."""
        ...


class WebhookSender:
    """Posts deliveries; several secrets give several signatures, so that they can be rotated without a gap."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def send(self, delivery: Delivery, *, now: datetime) -> DeliveryOutcome:
        """One attempt. Its failures are outcomes, never errors.

        A passing fault is tried again, at the time that the endpoint names (Retry-After). 410, and an address that can
        never be posted to, disable the channel.
        """
        channel = delivery.channel
        try:
            headers = signed(channel.signing(now), delivery.key, delivery.body, now=now)
            answer = self._client.post(channel.target, delivery.body.encode(), headers)
        except InputError as exc:
            return DeliveryOutcome(status="dead", error=str(exc), disable=str(exc))
        except PermanentFailure as exc:
            return _refused(exc)
        except TemporaryFailure as exc:
            wait = None if exc.retry_after is None else timedelta(seconds=min(exc.retry_after, _LONGEST_WAIT))
            return DeliveryOutcome(status="retry", error=str(exc), retry_at=None if wait is None else now + wait)
        return DeliveryOutcome(status="delivered", http_status=answer.status)


def signed(secrets: Sequence[str], key: str, body: str, *, now: datetime) -> dict[str, str]:
    """The headers of a message; one signature for each secret, the newest first.

    Raises:
        InputError: there is no secret, or one is not in the specification's form.
    """
    at = now.astimezone(UTC).replace(microsecond=0)  # the library takes the clock's digits as UTC, whatever the zone
    try:
        signatures = [str(Webhook(secret).sign(key, at, body)) for secret in secrets]
    except (ValueError, EmptyWebhookSecretError) as exc:
        raise InputError("the channel's secret is not in the form whsec_ and base64: add the webhook anew") from exc
    if not signatures:
        raise InputError("the channel has no secret to sign with: add the webhook anew")
    return {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def make(parts: Parts) -> WebhookSender:
    """The sender."""
    return WebhookSender(parts.client)


def check(target: str) -> str:
    """An address that can be posted to, as far as its form goes.

    Raises:
        InputError: it is none.
    """
    text = target.strip()
    parts = urlsplit(text)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise InputError(f"{text[:80]!r}: only http and https addresses can be posted to")
    if "@" in parts.netloc:
        raise InputError("the address carries a user name or password: remove it")
    return text


def shown(target: str) -> str:
    """The address."""
    return target


def new_secrets() -> tuple[str, ...]:
    """What a new webhook is signed with."""
    return (new_secret(),)


def _refused(exc: PermanentFailure) -> DeliveryOutcome:
    """What follows from a refusal: the specification has every status but 2xx and 410 tried again."""
    if exc.status == _GONE:
        return DeliveryOutcome(
            status="dead", http_status=_GONE, error=str(exc), disable="the endpoint answered 410 Gone"
        )
    if exc.status is None:
        return DeliveryOutcome(status="dead", error=str(exc), disable=str(exc))
    return DeliveryOutcome(status="retry", http_status=exc.status, error=str(exc))


def new_secret() -> str:
    """A fresh secret in the specification's form: whsec_ and 24 random bytes in base64."""
    return "whsec_" + b64encode(secrets.token_bytes(24)).decode()
