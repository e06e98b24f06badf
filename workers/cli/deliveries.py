"""`marsad deliveries`: what became of each message, every attempt, and sending one again."""

from __future__ import annotations

import click
import msgspec

from domain.errors import InputError
from workers.bootstrap import open_default
from workers.cli.ask import as_json_option, limit_option
from workers.cli.output import inline, plain, write_json, write_nothing, write_table
from workers.ports import Attempt, Delivery
from workers.subscribing import shown

STATUSES = ("waiting", "delivered", "dead", "dropped")


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery without secrets. `message`: the CloudEvent, None until it goes.

    `told_by`: the delivery whose message tells this one too; `dropped`: nothing was left to tell.
    """

    id: int
    key: str
    subscription: int
    target: str
    status: str
    attempts: int
    error: str | None
    told_by: int | None
    message: msgspec.Raw | None


def register(group: click.Group) -> None:
    """Add the verbs."""
    group.add_command(deliveries)


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
             plain(shown(d.channel)), inline(d.error or ""))
            for d in found
        ]  # fmt: skip
        write_table(("no.", "status", "attempts", "subscription", "change", "target", "error"), rows)


@deliveries.command()
@click.argument("number", type=int, metavar="ID")
def resend(number: int) -> None:
    """Send a dead delivery again, with the same id for the receiver."""
    with open_default() as app:
        if not app.store.resend(number, now=app.clock()):
            raise InputError(f"there is no dead delivery {number}: marsad deliveries --status dead lists them")
    click.echo(f"delivery {number} waits for the service (or marsad run --once)")


@deliveries.command()
@click.argument("number", type=int, metavar="ID")
@as_json_option
def attempts(number: int, as_json: bool) -> None:
    """Every attempt to send a delivery, oldest first."""
    with open_default() as app:
        found: list[Attempt] = app.store.attempts(number)
    if as_json:
        write_json(found)
    elif not found:
        write_nothing(f"delivery {number} was never tried")
    else:
        rows = [(f"{a.at:%Y-%m-%d %H:%M:%S}", a.status, str(a.http_status or ""), inline(a.error or "")) for a in found]
        write_table(("at", "outcome", "status", "error"), rows)


def _delivery(found: Delivery) -> DeliveryView:
    return DeliveryView(
        id=found.id, key=found.key, subscription=found.subscription.id, target=shown(found.channel),
        status=found.status, attempts=found.attempts, error=found.error, told_by=found.carried_by,
        message=msgspec.Raw(found.body.encode()) if found.body else None,
    )  # fmt: skip


def _subject(found: Delivery) -> str:
    if not found.body:
        return "" if found.carried_by is None else f"with {found.carried_by}"
    message = msgspec.json.decode(found.body)
    return plain(f"{message.get('subject', '')} {str(message.get('type', '')).rpartition('.')[2]}")
