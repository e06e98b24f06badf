"""What subscribers ask for, by command, API or page: checked, kept, tried out; and how it is shown, without secrets.

It must not know a terminal or HTTP, nor a database.
"""

from __future__ import annotations

import secrets as random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import msgspec
from msgspec import UNSET, UnsetType

from domain.alerts.backtest import Past, Sending, replay
from domain.alerts.matching import Wanted
from domain.alerts.message import Item, Quote
from domain.alerts.terms import Terms, check, due
from domain.errors import InputError
from domain.events import Stance
from domain.positions import Change
from workers.asking import Asking
from workers.channels import registry
from workers.ports import Channel, Clock, Compose, Delivery, DeliveryOutcome, Sender, Subscription

ChangeKind = Literal["established", "shifted", "reversed", "reaffirmed"]
MOST_CHANNELS = 10
_KINDS_FOR_ALL = ("webhook", "mail")  # an address of Apprise can name any host, and is not bound by our networks


class ChannelView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A channel. `disabled`: why it takes no messages; `secret`: of a new webhook, shown this once."""

    id: int
    kind: str
    target: str
    disabled: str | None = None
    failing_since: datetime | None = None
    secret: str | None = None


class SubscriptionView(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription without its secrets; empty filters match everything."""

    id: int
    channels: tuple[ChannelView, ...]
    actors: tuple[str, ...]
    issues: tuple[str, ...]
    changes: tuple[str, ...]
    stances: tuple[str, ...]
    min_confidence: float
    min_sources: int
    digest: str
    hour: int
    quiet: tuple[str, str] | None
    zone: str
    muted_until: datetime | None
    language: str
    created_at: datetime


class SendingView(msgspec.Struct, frozen=True, kw_only=True):
    """A message that would have been sent. `corrected`: how many of its changes were taken back later."""

    at: datetime
    changes: tuple[str, ...]
    corrected: int


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A channel as it is asked for."""

    kind: Literal["webhook", "mail", "apprise"]
    target: str


class Wishes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters and terms as they are asked for; what is not named stays as it is."""

    actors: tuple[str, ...] | UnsetType = UNSET
    issues: tuple[str, ...] | UnsetType = UNSET
    changes: tuple[ChangeKind, ...] | UnsetType = UNSET
    stances: tuple[Stance, ...] | UnsetType = UNSET
    min_confidence: float | UnsetType = UNSET
    min_sources: int | UnsetType = UNSET
    digest: Literal["now", "hourly", "daily"] | UnsetType = UNSET
    hour: int | UnsetType = UNSET
    quiet: tuple[str, str] | UnsetType | None = UNSET
    zone: str | UnsetType = UNSET
    muted_until: datetime | UnsetType | None = UNSET
    language: Literal["ar", "en"] | UnsetType = UNSET


_TERMS = {"min_confidence": "confidence", "min_sources": "sources", "digest": "pace"} | {
    name: name for name in ("stances", "hour", "quiet", "zone", "muted_until", "language")
}


class Keeping(Protocol):
    """What of the store is asked for."""

    def add_channel(
        self, kind: str, target: str, *, secrets: Sequence[str] = (), owner: int = 0, now: datetime
    ) -> Channel: ...

    def add_subscription(
        self,
        channel_ids: Sequence[int],
        *,
        actors: Sequence[str] = (),
        issues: Sequence[str] = (),
        changes: Sequence[str] = (),
        terms: Terms = ...,
        owner: int = 0,
        now: datetime,
    ) -> Subscription: ...

    def subscription(self, subscription_id: int) -> Subscription | None: ...

    def edit_subscription(self, subscription_id: int, wanted: Wanted, *, due: datetime) -> bool: ...

    def set_channels(self, subscription_id: int, channel_ids: Sequence[int], *, now: datetime) -> None: ...

    def rotate(self, channel_id: int, secret: str, *, until: datetime | None) -> Channel: ...

    def past_changes(self, since: datetime) -> list[Past]: ...


class Subscribing:
    """What can be done with subscriptions. `wait`: seconds for which a message waits for others of its position."""

    def __init__(
        self,
        store: Keeping,
        asking: Asking,
        senders: Mapping[str, Sender],
        compose: Compose,
        *,
        clock: Clock,
        wait: float,
    ) -> None:
        self._store = store
        self._asking = asking
        self._senders = senders
        self._compose = compose
        self._clock = clock
        self._wait = timedelta(seconds=wait)

    def add(self, targets: Sequence[Target], wishes: Wishes, *, owner: int = 0) -> SubscriptionView:
        """A new subscription; the secrets of webhooks that are new are in it, and nowhere else.

        Raises:
            InputError: a channel or a filter makes no sense.
        """
        checked = _checked(targets)
        wanted = self._with(wishes, Subscription(id=0, channels=(), created_at=self._clock()))
        channels, shown = self._channels(checked, owner)
        added = self._store.add_subscription(
            [channel.id for channel in channels], actors=wanted.actors, issues=wanted.issues, changes=wanted.changes,
            terms=wanted.terms, owner=owner, now=self._clock(),
        )  # fmt: skip
        return view(added, shown)

    def edit(
        self, found: Subscription, wishes: Wishes, targets: Sequence[Target] | None = None
    ) -> SubscriptionView | None:
        """Other filters, terms or channels, from now on; None where it was removed meanwhile.

        Raises:
            InputError: a channel or a filter makes no sense.
        """
        checked = None if targets is None else _checked(targets)
        wanted = self._with(wishes, found)
        now = self._clock()
        if not self._store.edit_subscription(found.id, wanted, due=due(wanted.terms, now, self._wait).at):
            return None
        shown: dict[int, str] = {}
        if checked is not None:
            channels, shown = self._channels(checked, found.owner)
            self._store.set_channels(found.id, [channel.id for channel in channels], now=now)
        edited = self._store.subscription(found.id)
        return None if edited is None else view(edited, shown)

    def enable(self, found: Subscription) -> None:
        """Take its channels into use again."""
        for channel in found.channels:
            if channel.disabled is not None:
                self._store.add_channel(
                    channel.kind, channel.target, secrets=channel.secrets, owner=found.owner, now=self._clock()
                )

    def rotate(self, found: Subscription, channel_id: int | None, *, hours: int) -> tuple[str, datetime]:
        """A new secret of a webhook, and until when the old one signs beside it.

        Raises:
            InputError: there is no such webhook, or one of several has to be named.
        """
        webhooks = [c for c in found.channels if c.kind == "webhook" and channel_id in (None, c.id)]
        if len(webhooks) != 1:
            ids = ", ".join(str(c.id) for c in found.channels if c.kind == "webhook")
            raise InputError(
                f"name one of its webhooks: {ids}" if ids else f"subscription {found.id} has no webhook: only they sign"
            )
        (secret,) = registry.kind("webhook").new_secrets()
        until = self._clock() + timedelta(hours=hours)
        self._store.rotate(webhooks[0].id, secret, until=until)
        return secret, until

    def test(self, found: Subscription) -> list[tuple[ChannelView, DeliveryOutcome]]:
        """Send a test message by each channel now; nothing is stored."""
        return [(_channel(channel), self._trial(found, channel)) for channel in found.channels]

    def backtest(self, found: Wanted, days: int) -> list[Sending]:
        """What it would have sent in so many days."""
        return replay(found, self._store.past_changes(self._clock() - timedelta(days=days)), self._wait)

    def _trial(self, found: Subscription, channel: Channel) -> DeliveryOutcome:
        now, key = self._clock(), f"msg_test_{random.token_hex(12)}"
        composed = self._compose(found, key, [_made_up(key, now)])
        message = Delivery(
            id=0, key=key, subscription=found, channel=channel, status="waiting", attempts=0,
            body="" if composed is None else composed.body,
        )  # fmt: skip
        return self._senders[channel.kind].send(message, now=now)

    def _channels(self, targets: Sequence[Target], owner: int) -> tuple[list[Channel], dict[int, str]]:
        """The channels, made where they were not there, and the secrets of the webhooks among the new ones."""
        channels, shown = [], {}
        for target in targets:
            made = registry.kind(target.kind).new_secrets()
            channel = self._store.add_channel(target.kind, target.target, secrets=made, owner=owner, now=self._clock())
            channels.append(channel)
            if target.kind == "webhook" and channel.secrets == made:
                shown[channel.id] = made[0]
        return channels, shown

    def _with(self, wishes: Wishes, base: Subscription) -> Subscription:
        """The present filters and terms with what is wished."""
        given: dict[str, Any] = {
            name: value for name in wishes.__struct_fields__ if (value := getattr(wishes, name)) is not UNSET
        }
        terms = {ours: given.pop(name) for name, ours in _TERMS.items() if name in given}
        if terms.get("muted_until") is not None and terms["muted_until"].tzinfo is None:
            raise InputError("muted_until has no time zone: write it like 2030-01-01T00:00:00Z")
        for name, read in (("actors", self._asking.actors), ("issues", self._asking.issues)):
            if name in given:
                given[name] = read(given[name])
        given["terms"] = check(msgspec.structs.replace(base.terms, **terms))
        return msgspec.structs.replace(base, **given)


def view(found: Subscription, shown: Mapping[int, str] | None = None) -> SubscriptionView:
    """A subscription for its owner. `shown`: secrets of channels that are new."""
    terms = found.terms
    return SubscriptionView(
        id=found.id, channels=tuple(_channel(c, (shown or {}).get(c.id)) for c in found.channels),
        actors=found.actors, issues=found.issues,
        changes=found.changes, stances=terms.stances, min_confidence=terms.confidence, min_sources=terms.sources,
        digest=terms.pace, hour=terms.hour, quiet=terms.quiet, zone=terms.zone, muted_until=terms.muted_until,
        language=terms.language, created_at=found.created_at,
    )  # fmt: skip


def sending(sent: Sending) -> SendingView:
    """A message of a backtest."""
    return SendingView(at=sent.at, changes=tuple(change.key for change in sent.changes), corrected=sent.corrected)


def shown(channel: Channel) -> str:
    """A channel's target without what is secret in it."""
    return registry.kind(channel.kind).shown(channel.target)


def refuse_foreign_kinds(targets: Sequence[Target]) -> None:
    """Pass where anybody may ask for these channels.

    Raises:
        InputError: one is of a kind that only those who run the service may add.
    """
    for target in targets:
        if target.kind not in _KINDS_FOR_ALL:
            raise InputError(f"channels of kind {target.kind} are added by those who run the service alone")


def _checked(targets: Sequence[Target]) -> list[Target]:
    """Channels that something could be sent to, each once.

    Raises:
        InputError: there is none, there are too many, or one could never be sent to.
    """
    if not 1 <= len(targets) <= MOST_CHANNELS:
        raise InputError(f"name 1 to {MOST_CHANNELS} channels")
    found = []
    for target in targets:
        try:
            kept = registry.kind(target.kind).check(target.target)
        except InputError as exc:
            raise InputError(f"{target.kind}: {exc}") from exc
        found.append(Target(kind=target.kind, target=kept))
    return list(dict.fromkeys(found))


def _channel(channel: Channel, secret: str | None = None) -> ChannelView:
    return ChannelView(
        id=channel.id, kind=channel.kind, target=shown(channel), disabled=channel.disabled,
        failing_since=channel.failing_since, secret=secret,
    )  # fmt: skip


def _made_up(key: str, now: datetime) -> Item:
    """A change that never was, for a test send."""
    change = Change(
        key=key, actor="TEST", issue="test", kind="test", before=None, after="supports", on=now.date().isoformat(),
        speaker=None, event_ids=(), sources=0, confidence=0.0, contested=False, evidence=(),
    )  # fmt: skip
    quote = Quote(text="هذه جملة للاختبار.", url="https://example.org/", outlet="Marsad")
    return Item(delivery=0, change=change, quotes=(quote,))
