"""`marsad subscriptions`: who is told of which changes, on what terms, by which channel."""

from __future__ import annotations

import secrets as random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import click
import msgspec

from domain.alerts.backtest import Sending, replay
from domain.alerts.message import Item, Quote
from domain.alerts.terms import PACES, check, due
from domain.errors import InputError
from domain.positions import Change
from workers.asking import KINDS, STANCES, moment
from workers.bootstrap import App, open_default
from workers.channels import registry
from workers.cli.ask import as_json_option
from workers.cli.output import inline, plain, write_json, write_nothing, write_table
from workers.composing import Composer
from workers.ports import Channel, Delivery, Subscription

_NOWHERE = Channel(id=0, kind="webhook", target="")
Command = TypeVar("Command", bound=Callable[..., Any])
_ANY = "any"
_OFF = "off"


class SubscriptionView(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription without its secrets. `disabled`: why its channel takes no messages, else None."""

    id: int
    channel: str
    target: str
    disabled: str | None
    failing_since: datetime | None
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


def register(group: click.Group) -> None:
    """Add the verbs."""
    group.add_command(subscriptions)


def channel_options(command: Command) -> Command:
    """One option for each kind of channel."""
    for name in reversed(registry.KINDS):
        command = click.option(f"--{name}", metavar="TARGET", help=f"Send by {name} to this.")(command)
    return command


def filter_options(command: Command) -> Command:
    """What is wanted, and on what terms; an option that is not given leaves things as they are."""
    kinds, stances = (click.Choice([*words, _ANY], case_sensitive=False) for words in (KINDS, STANCES))
    for option in reversed((
        click.option("--actor", "actors", multiple=True, metavar="ACTOR", help="Only this actor; may be repeated."),
        click.option("--issue", "issues", multiple=True, metavar="ISSUE", help="Only this issue; may be repeated."),
        click.option(
            "--change", "changes", multiple=True, type=kinds,
            help="Only this kind; may be repeated. Without it, all but reaffirmed.",
        ),
        click.option("--stance", "stances", multiple=True, type=stances, help="Only changes to it; may be repeated."),
        click.option("--min-confidence", "confidence", type=float, help="At least so sure, 0 to 1."),
        click.option("--min-sources", "sources", type=int, help="Once so many independent sources bear it."),
        click.option("--digest", "pace", type=click.Choice(PACES), help="At once, or one message an hour or a day."),
        click.option("--hour", type=int, help="When a daily digest comes, 0 to 23; 8 at first."),
        click.option("--quiet", metavar="HH:MM-HH:MM", help="Nothing is sent between these times; off ends that."),
        click.option("--zone", metavar="ZONE", help="The time zone of hours and times; UTC at first."),
        click.option("--mute-until", "muted_until", metavar="TIME", help="Nothing is sent until then; off ends that."),
        click.option("--language", type=click.Choice(["ar", "en"]), help="Of the words; en at first."),
    )):  # fmt: skip
        command = option(command)
    return command


@click.group()
def subscriptions() -> None:
    """Who is told of which changes."""


@subscriptions.command()
@channel_options
@filter_options
@as_json_option
def add(as_json: bool, **given: Any) -> None:
    """Tell a channel of changes from now on; a webhook's secret is printed once."""
    name, target = _channel(given)
    with open_default() as app:
        wanted = _wanted(app, given, None)
        kind = registry.kind(name)
        made = kind.new_secrets()
        channel = app.store.add_channel(name, target, secrets=made, now=app.clock())
        added = app.store.add_subscription(
            channel.id, actors=wanted.actors, issues=wanted.issues, changes=wanted.changes, terms=wanted.terms,
            now=app.clock(),
        )  # fmt: skip
    new = name == "webhook" and channel.secrets == made
    shown = kind.shown(target)
    if as_json:
        write_json({"id": added.id, "target": shown, "secret": made[0] if new else None})
        return
    click.echo(f"subscription {added.id}: {_filters(_view(added))} to {plain(shown)}")
    if new:
        click.echo(f"secret {made[0]}\nkeep it, it is not shown again: messages are signed with it (Standard Webhooks)")
    elif name == "webhook":
        click.echo("this webhook is known: messages are signed with the secret shown when it was first added")


@subscriptions.command()
@click.argument("number", type=int, metavar="ID")
@filter_options
@as_json_option
def edit(number: int, as_json: bool, **given: Any) -> None:
    """Other filters or terms, from now on; `any` ends a filter."""
    with open_default() as app:
        found = _subscription(app, number)
        wanted = _wanted(app, given, found)
        if wanted == found:
            raise InputError("nothing to change: marsad subscriptions edit --help lists what can be")
        wait = timedelta(seconds=app.settings.alert_wait)
        if not app.store.edit_subscription(number, wanted, due=due(wanted.terms, app.clock(), wait).at):
            raise _unknown(number)
    if as_json:
        write_json(_view(wanted))
    else:
        click.echo(f"subscription {number}: {_filters(_view(wanted))}")


@subscriptions.command(name="list")
@as_json_option
def list_(as_json: bool) -> None:
    """Every subscription."""
    with open_default() as app:
        found = [_view(s) for s in app.store.subscriptions()]
    if as_json:
        write_json(found)
    elif not found:
        write_nothing("no subscriptions (marsad subscriptions add --webhook URL)")
    else:
        rows = [
            (str(s.id), plain(s.target), _filters(s), f"{s.created_at:%Y-%m-%d}", inline(s.disabled or ""))
            for s in found
        ]
        write_table(("no.", "target", "wants", "since", "disabled because"), rows)


@subscriptions.command()
@click.argument("number", type=int, metavar="ID")
def remove(number: int) -> None:
    """End a subscription; messages that wait are given up."""
    with open_default() as app:
        if not app.store.remove_subscription(number, now=app.clock()):
            raise _unknown(number)
    click.echo(f"subscription {number} is removed")


@subscriptions.command()
@click.argument("number", type=int, metavar="ID")
def enable(number: int) -> None:
    """Take a disabled channel into use again."""
    with open_default() as app:
        channel = _subscription(app, number).channel
        app.store.add_channel(channel.kind, channel.target, secrets=channel.secrets, now=app.clock())
    click.echo(f"subscription {number} is in use (marsad deliveries resend ID sends what was given up)")


@subscriptions.command()
@click.argument("number", type=int, metavar="ID")
@click.option("--overlap", type=click.IntRange(0, 24 * 90), default=24, show_default=True, metavar="HOURS",
              help="For so long the old secret signs too.")  # fmt: skip
@as_json_option
def rotate(number: int, overlap: int, as_json: bool) -> None:
    """A new secret for a webhook, printed once; the old one goes on for a while beside it."""
    with open_default() as app:
        channel = _subscription(app, number).channel
        if channel.kind != "webhook":
            raise InputError(f"subscription {number} goes by {channel.kind}: only webhooks are signed")
        (secret,) = registry.kind("webhook").new_secrets()
        until = app.clock() + timedelta(hours=overlap)
        app.store.rotate(channel.id, secret, until=until)
    if as_json:
        write_json({"id": number, "secret": secret, "old_until": until})
        return
    click.echo(f"secret {secret}\nkeep it, it is not shown again: messages are signed with it from now on")
    click.echo(f"the old secret signs too until {until:%Y-%m-%d %H:%M} UTC")


@subscriptions.command()
@click.argument("number", type=int, metavar="ID")
def test(number: int) -> None:
    """Send a test message now; nothing is stored."""
    with open_default() as app:
        found = _subscription(app, number)
        now, key = app.clock(), random.token_hex(16)
        message_key = f"msg_test_{key[:24]}"
        composed = Composer(app.titles, app.clock)(found, message_key, [_trial(key, now)])
        body = "" if composed is None else composed.body
        message = Delivery(
            id=0, key=message_key, subscription=found, status="waiting", attempts=0, body=body
        )  # fmt: skip
        outcome = app.senders[found.channel.kind].send(message, now=now)
    if outcome.status != "delivered":
        raise InputError(f"the test message was not accepted: {outcome.error}")
    answer = "" if outcome.http_status is None else f" ({outcome.http_status})"
    click.echo(f"{plain(_view(found).target)} accepted the test message{answer}")


@subscriptions.command()
@click.argument("number", type=int, metavar="ID")
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How far back.")
@as_json_option
def backtest(number: int, days: int, as_json: bool) -> None:
    """What a subscription would have sent lately, by its filters and terms."""
    with open_default() as app:
        found = _subscription(app, number)
        past = app.store.past_changes(app.clock() - timedelta(days=days))
        sent = replay(found, past, timedelta(seconds=app.settings.alert_wait))
    if as_json:
        write_json([_sending(s) for s in sent])
        return
    messages = "1 message" if len(sent) == 1 else f"{len(sent)} messages"
    click.echo(f"subscription {number} would have sent {messages} in the last {days} days")
    if sent:
        rows = [
            (f"{s.at:%Y-%m-%d %H:%M}", f"{c.actor} {c.issue}", f"{c.before or 'none'} to {c.after}", c.kind, c.on)
            for s in sent
            for c in s.changes
        ]
        write_table(("sent", "position", "stance", "change", "said"), rows)


def _channel(given: dict[str, Any]) -> tuple[str, str]:
    """The one channel that was named, its target checked."""
    named = [(name, value) for name in registry.KINDS if (value := given.pop(name, None)) is not None]
    if len(named) != 1:
        raise InputError(f"name one target: {', '.join(f'--{name}' for name in registry.KINDS)}")
    name, raw = named[0]
    try:
        return name, registry.kind(name).check(raw)
    except InputError as exc:
        raise InputError(f"--{name}: {exc}") from exc


def _wanted(app: App, given: dict[str, Any], present: Subscription | None) -> Subscription:
    """The present filters and terms with what was given; a bare subscription where there is none."""
    base = present or Subscription(id=0, channel=_NOWHERE, created_at=app.clock())
    terms: dict[str, Any] = {
        name: given[name] for name in ("confidence", "sources", "pace", "hour", "zone", "language") if given[name]
        is not None
    }  # fmt: skip
    if given["stances"]:
        terms["stances"] = _listed(given["stances"])
    if given["quiet"] is not None:
        terms["quiet"] = _quiet(given["quiet"])
    if given["muted_until"] is not None:
        muted = given["muted_until"]
        terms["muted_until"] = None if muted.strip().lower() == _OFF else moment(muted, "--mute-until")
    filters: dict[str, Any] = {"terms": check(msgspec.structs.replace(base.terms, **terms))}
    for name, read in (("actors", app.asking.actors), ("issues", app.asking.issues)):
        if given[name]:
            filters[name] = () if _listed(given[name]) == () else read(given[name])
    if given["changes"]:
        filters["changes"] = _listed(given["changes"])
    return msgspec.structs.replace(base, **filters)


def _listed(given: tuple[str, ...]) -> tuple[str, ...]:
    """Words in lower case, each once; none where `any` is among them."""
    words = tuple(dict.fromkeys(word.strip().lower() for word in given))
    return () if _ANY in words else words


def _quiet(given: str) -> tuple[str, str] | None:
    if given.strip().lower() == _OFF:
        return None
    start, dash, end = given.strip().partition("-")
    if not dash:
        raise InputError(f"--quiet: {given[:40]!r} is no span of time: write HH:MM-HH:MM, as in 22:00-07:00, or off")
    return start.strip(), end.strip()


def _trial(key: str, now: datetime) -> Item:
    """A change that never was, for a test send."""
    day = now.date().isoformat()
    change = Change(
        key=key, actor="TEST", issue="test", kind="test", before=None, after="supports", on=day, speaker=None,
        event_ids=(), sources=0, confidence=0.0, contested=False, evidence=(),
    )  # fmt: skip
    quote = Quote(text="هذه جملة للاختبار.", url="https://example.org/", outlet="Marsad")
    return Item(delivery=0, change=change, quotes=(quote,))


def _subscription(app: App, number: int) -> Subscription:
    for found in app.store.subscriptions():
        if found.id == number:
            return found
    raise _unknown(number)


def _unknown(number: int) -> InputError:
    return InputError(f"there is no subscription {number}: marsad subscriptions list shows them")


def _view(found: Subscription) -> SubscriptionView:
    channel, terms = found.channel, found.terms
    return SubscriptionView(
        id=found.id, channel=channel.kind, target=registry.kind(channel.kind).shown(channel.target),
        disabled=channel.disabled, failing_since=channel.failing_since, actors=found.actors, issues=found.issues,
        changes=found.changes, stances=terms.stances, min_confidence=terms.confidence, min_sources=terms.sources,
        digest=terms.pace, hour=terms.hour, quiet=terms.quiet, zone=terms.zone, muted_until=terms.muted_until,
        language=terms.language, created_at=found.created_at,
    )  # fmt: skip


def _filters(found: SubscriptionView) -> str:
    parts = [", ".join(found.actors) or "every actor", ", ".join(found.issues) or "every issue"]
    parts.append(", ".join(found.changes) or "every change but reaffirmed")
    if found.stances:
        parts.append(f"to {' or '.join(found.stances)}")
    if found.min_confidence:
        parts.append(f"confidence {found.min_confidence:g} or more")
    if found.min_sources:
        parts.append(f"{found.min_sources} sources or more")
    if found.digest != "now":
        parts.append(f"{found.digest}" + (f" at {found.hour:02}:00" if found.digest == "daily" else ""))
    if found.quiet is not None:
        parts.append(f"quiet {found.quiet[0]}-{found.quiet[1]}")
    if found.zone != "UTC":
        parts.append(found.zone)
    if found.muted_until is not None:
        parts.append(f"muted until {found.muted_until:%Y-%m-%d %H:%M} UTC")
    return "; ".join(parts)


def _sending(sent: Sending) -> SendingView:
    return SendingView(at=sent.at, changes=tuple(change.key for change in sent.changes), corrected=sent.corrected)
