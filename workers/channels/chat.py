"""Alerts by Apprise: Telegram, Slack, Matrix, ntfy, Teams and whatever else it knows, by addresses in its form.

It must not know subscriptions' filters nor how attempts are counted.
"""

from __future__ import annotations

import logging
from datetime import datetime

import apprise
import msgspec

from domain.alerts.message import CloudEvent
from domain.errors import InputError
from workers.channels.registry import Parts
from workers.ports import Delivery, DeliveryOutcome

_EVENT = msgspec.json.Decoder(CloudEvent)
_LONGEST_ERROR = 300
_HELP = "https://github.com/caronc/apprise lists the forms of addresses"


class ChatSender:
    """Hands deliveries to Apprise, which knows the services. It says yes or no: a no is tried again."""

    def send(self, delivery: Delivery, *, now: datetime) -> DeliveryOutcome:
        """One attempt. Its failures are outcomes, never errors."""
        target = delivery.channel.target
        data = _EVENT.decode(delivery.body).data
        service = apprise.Apprise()
        if not service.add(target):
            return DeliveryOutcome(status="dead", error=_unknown(target), disable=_unknown(target))
        with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as said:  # type: ignore[no-untyped-call]
            try:
                done = service.notify(
                    title=data.title, body=data.text, body_format=apprise.NotifyFormat.TEXT, interpret_escapes=False
                )
            except Exception as exc:  # a hundred services by other hands: none may end the step
                return DeliveryOutcome(status="retry", error=f"{shown(target)}: {type(exc).__name__}")
            why = " ".join(said.getvalue().split())[:_LONGEST_ERROR]
        if done:
            return DeliveryOutcome(status="delivered")
        return DeliveryOutcome(status="retry", error=f"{shown(target)} took no message: {why or 'it gave no reason'}")


def make(parts: Parts) -> ChatSender:
    """The sender."""
    return ChatSender()


def check(target: str) -> str:
    """An address that Apprise understands.

    Raises:
        InputError: it does not.
    """
    text = target.strip()
    if apprise.Apprise.instantiate(text, suppress_exceptions=True) is None:
        raise InputError(_unknown(text))
    return text


def shown(target: str) -> str:
    """The address, its tokens hidden."""
    found = apprise.Apprise.instantiate(target, suppress_exceptions=True)
    if found is None:
        return _scheme(target)
    return str(found.url(privacy=True)).partition("?")[0]  # type: ignore[no-untyped-call]


def new_secrets() -> tuple[str, ...]:
    """None: the address holds what the service asks for."""
    return ()


def _unknown(target: str) -> str:
    return f"{_scheme(target)} is no address that Apprise understands; {_HELP}"


def _scheme(target: str) -> str:
    scheme, mark, _ = target.partition("://")
    return f"{scheme}://…" if mark else "the target"
