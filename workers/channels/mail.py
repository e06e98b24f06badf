"""Alerts by e-mail: text and HTML in one message, sent by SMTP; unsubscribed from with one click (RFC 8058).

It must not know subscriptions' filters nor how attempts are counted.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import msgspec

from domain.alerts.message import CloudEvent, Data
from domain.errors import InputError, MarsadError
from workers.channels.letter import page
from workers.channels.registry import Parts
from workers.ports import Channel, Delivery, DeliveryOutcome

_SECONDS = 20.0
_LONGEST_SUBJECT = 200
_EVENT = msgspec.json.Decoder(CloudEvent)


class MailSender:
    """Sends deliveries through one SMTP server; a connection each, so that none goes stale."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def send(self, delivery: Delivery, *, now: datetime) -> DeliveryOutcome:
        """One attempt. Its failures are outcomes, never errors.

        A recipient that the server refuses for good (5xx) disables the channel; what is wrong with the server or with
        our way in is tried again.
        """
        if self._parts.smtp is None:
            return DeliveryOutcome(status="retry", error="no mail server is set: name one in MARSAD_SMTP_URL")
        try:
            message = letter(delivery, self._parts, now=now)
        except (MessageError, MarsadError, ValueError) as exc:
            return DeliveryOutcome(status="dead", error=f"the message cannot be written: {exc}")
        return self._hand_over(message, self._parts.smtp, delivery.channel.target)

    def _hand_over(self, message: EmailMessage, smtp: str, target: str) -> DeliveryOutcome:
        try:
            with _connected(smtp) as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as exc:
            code, said = exc.recipients.get(target, (0, b""))
            return _refused(code, f"the mail server refuses {target}: {code} {_line(said)}", disable=True)
        except smtplib.SMTPAuthenticationError as exc:
            return DeliveryOutcome(
                status="retry", error=f"MARSAD_SMTP_URL: the server refuses the login: {exc.smtp_code}"
            )
        except smtplib.SMTPResponseException as exc:
            return _refused(exc.smtp_code, f"the mail server answered {exc.smtp_code} {_line(exc.smtp_error)}")
        except (smtplib.SMTPException, OSError) as exc:
            return DeliveryOutcome(status="retry", error=f"the mail server cannot be reached: {_line(str(exc))}")
        return DeliveryOutcome(status="delivered")


def letter(delivery: Delivery, parts: Parts, *, now: datetime) -> EmailMessage:
    """The e-mail of a delivery; its Message-ID is the same at every attempt."""
    event = _EVENT.decode(delivery.body)
    data, domain = event.data, parts.mail_from.rpartition("@")[2] or "localhost"
    message = EmailMessage(policy=SMTP)
    message["Subject"] = data.title[:_LONGEST_SUBJECT]
    message["From"] = Address("Marsad", addr_spec=parts.mail_from)
    message["To"] = delivery.channel.target
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{delivery.key}@{domain}>"
    first = next((told.correction.of for told in data.all if told.correction is not None), None)
    if first:
        message["In-Reply-To"] = message["References"] = f"<{first}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = data.language
    link = unsubscribe_link(delivery.subscription.id, delivery.channel, parts.public_url)
    if link is not None:
        message["List-Unsubscribe"] = f"<{link}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(_with_way_out(data, link), subtype="plain", charset="utf-8", cte="base64")
    message.add_alternative(page(data, link), subtype="html", charset="utf-8", cte="base64")
    return message


def unsubscribe_link(subscription_id: int, channel: Channel, public_url: str | None) -> str | None:
    """Where one click ends what the subscription sends to this address; None where nobody can reach us."""
    if public_url is None or not channel.secrets:
        return None
    return f"{public_url.rstrip('/')}/unsubscribe/{token(subscription_id, channel)}"


def token(subscription_id: int, channel: Channel) -> str:
    """What a link to end this subscription carries: nobody can make up another's."""
    secret = channel.secrets[-1] if channel.secrets else ""
    seal = hmac.new(secret.encode(), f"unsubscribe/{subscription_id}".encode(), hashlib.sha256).hexdigest()
    return f"{subscription_id}.{seal[:40]}"


def make(parts: Parts) -> MailSender:
    """The sender."""
    return MailSender(parts)


def check(target: str) -> str:
    """An address of one person.

    Raises:
        InputError: it is none.
    """
    text = target.strip()
    try:
        found = Address(addr_spec=text)
    except (MessageError, ValueError, IndexError) as exc:
        raise InputError(f"{text[:80]!r} is no e-mail address") from exc
    if not found.username or "." not in found.domain.strip(".") or not text.isascii() or not text.isprintable():
        raise InputError(f"{text[:80]!r} is no e-mail address")
    return f"{found.username}@{found.domain.lower()}"


def shown(target: str) -> str:
    """The address."""
    return target


def new_secrets() -> tuple[str, ...]:
    """What seals the links that end a subscription."""
    return (secrets.token_hex(24),)


@contextmanager
def _connected(url: str) -> Iterator[smtplib.SMTP]:
    """A connection, encrypted where the server can, always before a password goes over a network."""
    parts = urlsplit(url)
    host, context = parts.hostname or "localhost", ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=_SECONDS)
    with server:
        server.ehlo_or_helo_if_needed()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        elif parts.scheme == "smtp" and parts.username and not _is_here(host):
            raise smtplib.SMTPException("it offers no encryption, and MARSAD_SMTP_URL holds a password")
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _with_way_out(data: Data, link: str | None) -> str:
    if link is None:
        return data.text
    way_out = "لإلغاء الاشتراك" if data.language == "ar" else "Unsubscribe"
    return f"{data.text}\n-- \n{way_out}: {link}\n"


def _refused(code: int, said: str, *, disable: bool = False) -> DeliveryOutcome:
    if 500 <= code < 600:
        return DeliveryOutcome(status="dead", error=said, disable=said if disable else None)
    return DeliveryOutcome(status="retry", error=said)


def _line(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:200]
