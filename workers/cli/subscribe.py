"""`marsad subscriptions`: who is told of which changes, on what terms, by which channel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
import msgspec

from domain.alerts.terms import PACES
from domain.errors import InputError
from workers.asking import KINDS, STANCES, moment
from workers.bootstrap import App, open_default
from workers.channels import registry
from workers.cli.ask import as_json_option
from workers.cli.output import inline, plain, write_json, write_nothing, write_table
from workers.ports import Subscription
from workers.subscribing import SubscriptionView, Target, Wishes, sending, view

Command = TypeVar("Command", bound=Callable[..., Any])
_ANY = "any"
_OFF = "off"


def register(group: click.Group) -> None:
    """Add the verbs."""
    group.add_command(subscriptions)


def channel_options(command: Command) -> Command:
    """One option for each kind of channel."""
    for name in reversed(registry.KINDS):
        words = f"Send by {name} to this; may be repeated."
        command = click.option(f"--{name}", multiple=True, metavar="TARGET", help=words)(command)
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
        click.option("--min-confidence", type=float, help="At least so sure, 0 to 1."),
        click.option("--min-sources", type=int, help="Once so many independent sources bear it."),
        click.option("--digest", type=click.Choice(PACES), help="At once, or one message an hour or a day."),
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
    """Tell channels of changes from now on; a webhook's secret is printed once."""
    targets = _targets(given)
    if not targets:
        raise InputError(f"name a target: {', '.join(f'--{name}' for name in registry.KINDS)}")
    with open_default() as app:
        added = app.subscribing.add(targets, _wishes(given))
    if as_json:
        write_json(added)
        return
    click.echo(f"subscription {added.id}: {_filters(added)} to {_ways(added)}")
    _tell_secrets(added)


@subscriptions.command()
@click.argument("number", type=int, metavar="ID")
@channel_options
@filter_options
@as_json_option
def edit(number: int, as_json: bool, **given: Any) -> None:
    """Other filters, terms or channels from now on; `any` ends a filter. The channels that are named replace all."""
    targets, wishes = _targets(given), _wishes(given)
    with open_default() as app:
        found = _subscription(app, number)
        if wishes == Wishes() and not targets:
            raise InputError("nothing to change: marsad subscriptions edit --help lists what can be")
        edited = app.subscribing.edit(found, wishes, targets or None)
    if edited is None:
        raise _unknown(number)
    if as_json:
        write_json(edited)
        return
    click.echo(f"subscription {number}: {_filters(edited)}" + (f" to {_ways(edited)}" if targets else ""))
    if targets:
        _tell_secrets(edited)


@subscriptions.command(name="list")
@as_json_option
def list_(as_json: bool) -> None:
    """Every subscription."""
    with open_default() as app:
        found = [view(s) for s in app.store.subscriptions()]
    if as_json:
        write_json(found)
    elif not found:
        write_nothing("no subscriptions (marsad subscriptions add --webhook URL)")
    else:
        rows = [
            (str(s.id) if first else "", plain(c.target), _filters(s) if first else "",
             f"{s.created_at:%Y-%m-%d}" if first else "", inline(c.disabled or ""))
            for s in found for first, c in zip([True, *[False] * len(s.channels)], s.channels, strict=False)
        ]  # fmt: skip
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
    """Take disabled channels into use again."""
    with open_default() as app:
        app.subscribing.enable(_subscription(app, number))
    click.echo(f"subscription {number} is in use (marsad deliveries resend ID sends what was given up)")


@subscriptions.command()
@click.argument("number", type=int, metavar="ID")
@click.option("--channel", type=int, metavar="ID", help="Which of several webhooks (subscriptions list --json).")
@click.option("--overlap", type=click.IntRange(0, 24 * 90), default=24, show_default=True, metavar="HOURS",
              help="For so long the old secret signs too.")  # fmt: skip
@as_json_option
def rotate(number: int, channel: int | None, overlap: int, as_json: bool) -> None:
    """A new secret for a webhook, printed once; the old one goes on for a while beside it."""
    with open_default() as app:
        secret, until = app.subscribing.rotate(_subscription(app, number), channel, hours=overlap)
    if as_json:
        write_json({"id": number, "secret": secret, "old_until": until})
        return
    click.echo(f"secret {secret}\nkeep it, it is not shown again: messages are signed with it from now on")
    click.echo(f"the old secret signs too until {until:%Y-%m-%d %H:%M} UTC")


@subscriptions.command()
@click.argument("number", type=int, metavar="ID")
def test(number: int) -> None:
    """Send a test message by each channel now; nothing is stored."""
    with open_default() as app:
        outcomes = app.subscribing.test(_subscription(app, number))
    for channel, outcome in outcomes:
        if outcome.status == "delivered":
            answer = "" if outcome.http_status is None else f" ({outcome.http_status})"
            click.echo(f"{plain(channel.target)} accepted the test message{answer}")
    refused = [f"{plain(channel.target)}: {o.error}" for channel, o in outcomes if o.status != "delivered"]
    if refused:
        raise InputError(f"the test message was not accepted: {'; '.join(refused)}")


@subscriptions.command()
@click.argument("number", type=int, metavar="ID")
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How far back.")
@as_json_option
def backtest(number: int, days: int, as_json: bool) -> None:
    """What a subscription would have sent lately, by its filters and terms."""
    with open_default() as app:
        sent = app.subscribing.backtest(_subscription(app, number), days)
    if as_json:
        write_json([sending(s) for s in sent])
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


def _targets(given: dict[str, Any]) -> list[Target]:
    """The channels that were named, taken out of the options."""
    targets = []
    for name in registry.KINDS:
        for raw in given.pop(name, ()):
            try:
                targets.append(msgspec.convert({"kind": name, "target": registry.kind(name).check(raw)}, Target))
            except InputError as exc:
                raise InputError(f"--{name}: {exc}") from exc
    return targets


def _wishes(given: dict[str, Any]) -> Wishes:
    """The other options; those that were not given are left out."""
    wishes: dict[str, Any] = {name: value for name, value in given.items() if value not in (None, ())}
    for name in ("actors", "issues", "changes", "stances"):
        if name in wishes:
            wishes[name] = _listed(wishes[name], lower=name in ("changes", "stances"))
    if "quiet" in wishes:
        wishes["quiet"] = _quiet(wishes["quiet"])
    if "muted_until" in wishes:
        muted = wishes["muted_until"]
        wishes["muted_until"] = None if muted.strip().lower() == _OFF else moment(muted, "--mute-until")
    return Wishes(**wishes)


def _listed(given: tuple[str, ...], *, lower: bool) -> tuple[str, ...]:
    """Words, each once; none where `any` is among them."""
    words = tuple(dict.fromkeys(word.strip().lower() if lower else word.strip() for word in given))
    return () if _ANY in (word.lower() for word in words) else words


def _quiet(given: str) -> tuple[str, str] | None:
    if given.strip().lower() == _OFF:
        return None
    start, dash, end = given.strip().partition("-")
    if not dash:
        raise InputError(f"--quiet: {given[:40]!r} is no span of time: write HH:MM-HH:MM, as in 22:00-07:00, or off")
    return start.strip(), end.strip()


def _subscription(app: App, number: int) -> Subscription:
    found = app.store.subscription(number)
    if found is None:
        raise _unknown(number)
    return found


def _unknown(number: int) -> InputError:
    return InputError(f"there is no subscription {number}: marsad subscriptions list shows them")


def _ways(found: SubscriptionView) -> str:
    return ", ".join(plain(channel.target) for channel in found.channels)


def _tell_secrets(found: SubscriptionView) -> None:
    for channel in found.channels:
        if channel.secret is not None:
            click.echo(f"secret {channel.secret}\nkeep it, it is not shown again: messages are signed with it")
        elif channel.kind == "webhook":
            click.echo(f"{plain(channel.target)} signs with the secret that was shown when it was first added")


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
