"""Who wants to know of a change, and what the message says.

The message is a CloudEvent (CloudEvents 1.0, JSON format). Pure; it must not know how a message travels, or where the
texts of the evidence are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

import msgspec

SILENT = frozenset({"reaffirmed"})  # kinds of change that alert only those who ask for them by name
SOURCE = "urn:marsad:positions"


class Wanted(Protocol):
    """The filters of a subscription; empty ones match everything, save that `changes` leaves out `SILENT`."""

    @property
    def actors(self) -> tuple[str, ...]: ...
    @property
    def issues(self) -> tuple[str, ...]: ...
    @property
    def changes(self) -> tuple[str, ...]: ...


class Changed(Protocol):
    """What of a change is matched and told."""

    @property
    def key(self) -> str: ...
    @property
    def actor(self) -> str: ...
    @property
    def issue(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def before(self) -> str | None: ...
    @property
    def after(self) -> str | None: ...
    @property
    def on(self) -> str: ...
    @property
    def speaker(self) -> str | None: ...


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of evidence in words: the sentences as they stand in the article. `occurred_on`: an ISO day."""

    text: str
    url: str
    outlet: str
    title: str = ""
    speaker: str | None = None
    occurred_on: str | None = None


class _Data(msgspec.Struct, frozen=True, kw_only=True):
    actor: str
    issue: str
    kind: str
    before: str | None = msgspec.field(name="from")
    after: str | None = msgspec.field(name="to")
    on: str
    speaker: str | None
    sources: int
    confidence: float
    url: str | None
    evidence: tuple[Quote, ...]


class _CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    specversion: str = "1.0"
    id: str
    source: str = SOURCE
    type: str
    subject: str
    time: str
    datacontenttype: str = "application/json"
    data: _Data


def matches(subscription: Wanted, change: Changed) -> bool:
    """Whether the subscriber asked for this change."""
    if subscription.actors and change.actor not in subscription.actors:
        return False
    if subscription.issues and change.issue not in subscription.issues:
        return False
    if subscription.changes:
        return change.kind in subscription.changes
    return change.kind not in SILENT


def idempotency_key(subscription_id: int, change_key: str) -> str:
    """The name of a message, the same at every attempt and on every rebuild (Standard Webhooks: `webhook-id`)."""
    return "msg_" + hashlib.sha256(f"{subscription_id}/{change_key}".encode()).hexdigest()[:32]


def body(change: Changed, *, at: datetime, evidence: Sequence[Quote], sources: int, confidence: float) -> str:
    """The message about a change as JSON text. `at`: when it was recorded; `data.url` is the first evidence's."""
    event = _CloudEvent(
        id=change.key,
        type=f"marsad.position.{change.kind}",
        subject=f"{change.actor}/{change.issue}",
        time=at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        data=_Data(
            actor=change.actor,
            issue=change.issue,
            kind=change.kind,
            before=change.before,
            after=change.after,
            on=change.on,
            speaker=change.speaker,
            sources=sources,
            confidence=confidence,
            url=evidence[0].url if evidence else None,
            evidence=tuple(evidence),
        ),
    )
    return msgspec.json.encode(event).decode()
