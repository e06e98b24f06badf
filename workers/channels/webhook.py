"""Alerts by webhook, as the Standard Webhooks specification has them: signed id.timestamp.body, a stable id.

It must not know subscriptions' filters nor how attempts are counted.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from datetime import datetime
from typing import Protocol

from standardwebhooks import Webhook

from domain.errors import MarsadError, PermanentFailure, TemporaryFailure
from workers.ports import Delivery, DeliveryOutcome

_GONE = 410
_ACCEPTED = range(200, 300)


class Posting(Protocol):
    """What answers a post: a status and headers."""

    @property
    def status(self) -> int: ...


class Client(Protocol):
    """The client that all traffic goes through; see `workers.fetch`."""

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Posting: ...


class WebhookSender:
    """Posts deliveries; several secrets give several signatures, so that they can be rotated without a gap."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def send(self, delivery: Delivery, *, now: datetime) -> DeliveryOutcome:
        """One attempt. Its failures are outcomes, never errors."""
        channel = delivery.subscription.channel
        body = delivery.body.encode()
        headers = {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "webhook-id": delivery.key,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(
                str(Webhook(secret).sign(delivery.key, now, delivery.body)) for secret in channel.secrets
            ),
        }
        try:
            answer = self._client.post(channel.target, body, headers)
        except PermanentFailure as exc:
            return _refused(exc.status, str(exc))
        except (TemporaryFailure, MarsadError) as exc:
            return DeliveryOutcome(status="retry", error=str(exc))
        if answer.status in _ACCEPTED:
            return DeliveryOutcome(status="delivered", http_status=answer.status)
        return _refused(answer.status, f"{channel.target} answered {answer.status}")


def _refused(status: int | None, error: str) -> DeliveryOutcome:
    if status == _GONE:
        return DeliveryOutcome(status="dead", http_status=status, error=error, disable="the endpoint answered 410 Gone")
    return DeliveryOutcome(status="retry", http_status=status, error=error)


def new_secret() -> str:
    """A fresh secret in the specification's form: whsec_ and 24 random bytes in base64."""
    return "whsec_" + b64encode(secrets.token_bytes(24)).decode()
