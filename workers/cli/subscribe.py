"""`marsad subscriptions` and `marsad deliveries`: who is told of changes, and what became of each message."""

from __future__ import annotations

import secrets as random
from datetime import datetime

import click
import msgspec

from domain.errors import InputError, MarsadError
from domain.subscriptions import body
from workers.asking import KINDS
from workers.bootstrap import App, open_default
from workers.channels.webhook import WebhookSender, new_secret
from workers.cli.ask import as_json_option, limit_option
from workers.cli.output import inline, plain, write_json, write_nothing, write_table
from workers.fetch.client import check_url
from workers.ports import Delivery, Subscription

STATUSES = ("waiting", "delivered", "dead")


class SubscriptionView(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription without its secrets. `disabled`: why its channel takes no messages, else None."""

    id: int
    channel: str
    target: str
    disabled: str | None
    actors: tuple[str, ...]
    issues: tuple[str, ...]
    changes: tuple[str, ...]
    created_at: datetime


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery without secrets. `message`: the CloudEvent."""

    id: int
    key: str
    subscription: int
    target: str
    status: str
    attempts: int
    error: str | None
    message: msgspec.Raw


class _Test(msgspec.Struct, frozen=True, kw_only=True):
    """A change that never was, for a test send."""

    key: str
    actor: str = "TEST"
    issue: str = "test"
    kind: str = "test"
    before: str | None = None
    after: str | None = None
    on: str
    speaker: str | None = None


def register(group: click.Group) -> None:
    """Add the verbs."""
    group.add_command(subscriptions)
    group.add_command(deliveries)


@click.group()
def subscriptions() -> None:
    """Who is told of which changes."""


@subscriptions.command()
@click.option("--webhook", metavar="URL", required=True, help="Where messages are posted.")
@click.option("--actor", "actors", multiple=True, metavar="ACTOR", help="Only this actor; may be repeated.")
@click.option("--issue", "issues", multiple=True, metavar="ISSUE", help="Only this issue; may be repeated.")
@click.option(
    "--change", "changes", multiple=True, type=click.Choice(KINDS, case_sensitive=False),
    help="Only this kind; may be repeated. Without it, all but reaffirmed.",
)  # fmt: skip
@as_json_option
def add(
    webhook: str, actors: tuple[str, ...], issues: tuple[str, ...], changes: tuple[str, ...], as_json: bool
) -> None:
    """Tell a webhook of changes from now on; its secret is printed once."""
    target = webhook.strip()
    try:
        check_url(target)
    except MarsadError as exc:
        raise InputError(f"--webhook: {exc}") from exc
    with open_default() as app:
        wanted = {"actors": app.asking.actors(actors), "issues": app.asking.issues(issues)}
        secret = new_secret()
        channel = app.store.add_channel("webhook", target, secrets=[secret], now=app.clock())
        added = app.store.add_subscription(
            channel.id, **wanted, changes=tuple(dict.fromkeys(c.lower() for c in changes)), now=app.clock()
        )
    shown = secret if secret in channel.secrets else None
    if as_json:
        write_json({"id": added.id, "target": target, "secret": shown})
        return
    click.echo(f"subscription {added.id}: {_filters(_view(added))} to {plain(target)}")
    if shown is None:
        click.echo("this webhook is known: messages are signed with the secret shown when it was first added")
    else:
        click.echo(f"secret {shown}\nkeep it, it is not shown again: messages are signed with it (Standard Webhooks)")


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
        write_table(("no.", "webhook", "wants", "since", "disabled because"), rows)


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
    """Take a disabled webhook into use again."""
    with open_default() as app:
        channel = _subscription(app, number).channel
        app.store.add_channel(channel.kind, channel.target, secrets=channel.secrets, now=app.clock())
    click.echo(f"subscription {number} is in use (marsad deliveries resend ID sends what was given up)")


@subscriptions.command()
@click.argument("number", type=int, metavar="ID")
def test(number: int) -> None:
    """Send a signed test message now; nothing is stored."""
    with open_default() as app:
        found = _subscription(app, number)
        now = app.clock()
        change = _Test(key=random.token_hex(16), on=now.date().isoformat())
        message = Delivery(
            id=0, key=f"msg_test_{change.key[:24]}", subscription=found, status="waiting", attempts=0,
            body=body(change, at=now, evidence=(), sources=0, confidence=0.0),
        )  # fmt: skip
        outcome = WebhookSender(app.client).send(message, now=now)
    if outcome.status != "delivered":
        raise InputError(f"the test message was not accepted: {outcome.error}")
    click.echo(f"{plain(found.channel.target)} accepted the test message ({outcome.http_status})")


@click.group(invoke_without_command=True)
@click.option("--status", type=click.Choice(STATUSES, case_sensitive=False), help="Only these.")
@limit_option
@as_json_option
@click.pass_context
def deliveries(context: click.Context, status: str | None, limit: int, as_json: bool) -> None:
    """Messages to subscribers, newest first, and what became of them."""
    if context.invoked_subcommand is not None:
        return
    with open_default() as app:
        found = app.store.deliveries(status=status, limit=limit)
    if as_json:
        write_json([_delivery(d) for d in found])
    elif not found:
        write_nothing("no deliveries")
    else:
        rows = [
            (str(d.id), d.status, str(d.attempts), str(d.subscription.id), _subject(d),
             plain(d.subscription.channel.target), inline(d.error or ""))
            for d in found
        ]  # fmt: skip
        write_table(("no.", "status", "attempts", "subscription", "change", "webhook", "error"), rows)


@deliveries.command()
@click.argument("number", type=int, metavar="ID")
def resend(number: int) -> None:
    """Send a dead delivery again, with the same id for the receiver."""
    with open_default() as app:
        if not app.store.resend(number, now=app.clock()):
            raise InputError(f"there is no dead delivery {number}: marsad deliveries --status dead lists them")
    click.echo(f"delivery {number} waits for the service (or marsad run --once)")


def _subscription(app: App, number: int) -> Subscription:
    for found in app.store.subscriptions():
        if found.id == number:
            return found
    raise _unknown(number)


def _unknown(number: int) -> InputError:
    return InputError(f"there is no subscription {number}: marsad subscriptions list shows them")


def _view(found: Subscription) -> SubscriptionView:
    channel = found.channel
    return SubscriptionView(
        id=found.id, channel=channel.kind, target=channel.target, disabled=channel.disabled, actors=found.actors,
        issues=found.issues, changes=found.changes, created_at=found.created_at,
    )  # fmt: skip


def _filters(found: SubscriptionView) -> str:
    parts = [", ".join(found.actors) or "every actor", ", ".join(found.issues) or "every issue"]
    return "; ".join([*parts, ", ".join(found.changes) or "every change but reaffirmed"])


def _delivery(found: Delivery) -> DeliveryView:
    return DeliveryView(
        id=found.id, key=found.key, subscription=found.subscription.id, target=found.subscription.channel.target,
        status=found.status, attempts=found.attempts, error=found.error, message=msgspec.Raw(found.body.encode()),
    )  # fmt: skip


def _subject(found: Delivery) -> str:
    message = msgspec.json.decode(found.body)
    return plain(f"{message.get('subject', '')} {str(message.get('type', '')).rpartition('.')[2]}")
