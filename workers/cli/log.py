"""The verbs over the log: retract, reread, verify, rebuild, export."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterable

import click

from domain.errors import InputError
from domain.positions import Position
from workers import export as exporting
from workers.asking import day
from workers.bootstrap import App, open_default
from workers.cli.output import plain
from workers.projections.rebuild import Rebuild
from workers.projections.runner import PositionsRunner
from workers.reread import Move
from workers.reread import reread as read_again

_SHOWN = 200  # lines of one kind
EXIT_FOUND = 1


def register(group: click.Group) -> None:
    """Add the verbs."""
    for command in (retract, reread, verify, rebuild, export):
        group.add_command(command)


@click.command()
@click.argument("event")
@click.option("--why", required=True, metavar="TEXT", help="Why it does not stand.")
@click.option("--who", metavar="NAME", help="Who takes it back; the user's login unless named.")
def retract(event: str, why: str, who: str | None) -> None:
    """Take EVENT back (its id, or how that begins): the log keeps both, positions follow."""
    if not why.strip():
        raise InputError("--why: say why the event does not stand")
    with open_default() as app:
        event_id = app.store.named(event.strip())
        catch_up(app)
        before = app.store.keys_of([event_id])
        held = {key: app.store.held(key) for key in before.values()}
        done = app.store.retract(event_id, why=why.strip(), who=(who or _login()).strip(), now=app.clock())
        if done is None:
            raise InputError(f"event {event_id} was taken back before")
        catch_up(app)
        click.echo(f"taken back  event {event_id}, recorded as {done.sequence}")
        moves = [Move(actor=k[0], issue=k[1], before=p, after=app.store.held(k)) for k, p in held.items()]
        tell_moves([m for m in moves if m.before != m.after])


@click.command()
@click.option("--since", metavar="DAY", help="Only articles published on that day or later, YYYY-MM-DD.")
@click.option("--dry-run", is_flag=True, help="Write nothing; show what would change.")
def reread(since: str | None, dry_run: bool) -> None:
    """Read stored articles again with the present extractor, and append only what differs."""
    with open_default() as app:
        if not dry_run:
            catch_up(app)
        outcome = read_again(
            app.store, app.extractor, since=day(since, "--since"), write=not dry_run, now=app.clock(),
            progress=_Progress("articles read"),
        )  # fmt: skip
        if not dry_run:
            catch_up(app)
    _end_progress()
    would = "would be " if dry_run else ""
    click.echo(
        f"articles  {outcome.articles} read again; {outcome.new} events {would}new, "
        f"{outcome.taken_back} {would}taken back"
    )
    tell_moves(outcome.moves)


@click.command()
@click.option("--expect", metavar="HASH", help="A seal's hash that was noted earlier: the chain must hold it.")
@click.option("--seal", is_flag=True, help="Seal the rest of the log first.")
def verify(expect: str | None, seal: bool) -> None:
    """Prove that the log is as it was written, and that the stored positions are what it gives."""
    with open_default() as app:
        if seal:
            app.store.seal(now=app.clock(), force=True)
        found = app.store.verify(expect=None if expect is None else expect.strip().lower())
    click.echo(f"log        {found.events} events, {found.sealed} of them under {found.seals} seals")
    click.echo(f"positions  {found.positions} compared with a fresh fold")
    if found.anchor is not None:
        click.echo(f"newest     {found.anchor}  (note it elsewhere: marsad verify --expect HASH)")
    for finding in found.findings[:_SHOWN]:
        click.echo(f"{finding.kind:<10} {plain(finding.message)}")
    if found.findings:
        click.echo(
            f"marsad: {len(found.findings)} things are not as they were written; if only positions differ, run "
            "`marsad rebuild`, else restore the database from a backup",
            err=True,
        )
        sys.exit(EXIT_FOUND)
    click.echo("everything is as it was written")


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what differs, and leave the live positions as they are.")
def rebuild(dry_run: bool) -> None:
    """Build the positions anew from the log beside the live ones, show what differs, swap at once; sends nothing."""
    with open_default() as app:
        found = Rebuild(app.store).run(now=app.clock(), swap=not dry_run, progress=_Progress("events read"))
        events = app.store.log.head()
    _end_progress()
    for moved in found.positions[:_SHOWN]:
        click.echo(f"{moved.actor} {moved.issue}: {moved.before or 'none'} → {moved.after or 'none'}")
    for actor, issue in found.changes[:_SHOWN]:
        click.echo(f"{actor} {issue}: its changes differ")
    if found.nothing:
        click.echo(f"rebuilt from {events} events: nothing differs")
    else:
        done = "differ; nothing was swapped" if dry_run else "differed; they were swapped"
        click.echo(
            f"rebuilt from {events} events: {len(found.positions)} positions, the changes of {len(found.changes)} "
            f"and {found.facts} facts {done}"
        )


@click.command()
@click.argument("what", type=click.Choice(("events", "positions")))
@click.option("--format", "kind", type=click.Choice(exporting.FORMATS), default="jsonl", show_default=True)
@click.option("--output", metavar="FILE", help="Where to write; standard output unless named.")
def export(what: exporting.What, kind: str, output: str | None) -> None:
    """Write all events or positions for other programs."""
    if kind == "parquet" and output is None and sys.stdout.isatty():
        raise InputError("Parquet is no text: name a file with --output")
    with open_default() as app:
        if output is None:
            exporting.write(app.store, what, kind, sys.stdout.buffer)
            return
        with exporting.open_output(output) as file:
            count = exporting.write(app.store, what, kind, file)
    click.echo(f"{count} {what} written to {output}", err=True)


def catch_up(app: App) -> None:
    """Bring the positions up to the log."""
    PositionsRunner(app.store).catch_up(now=app.clock())


def tell_moves(moves: Iterable[Move]) -> None:
    """The positions that move, a line each."""
    lines = [f"{m.actor} {m.issue}: {_told(m.before)} → {_told(m.after)}" for m in moves]
    click.echo(f"positions  {len(lines)} {'changes' if len(lines) == 1 else 'change'}")
    for line in lines[:_SHOWN]:
        click.echo(f"  {line}")
    if len(lines) > _SHOWN:
        click.echo(f"  and {len(lines) - _SHOWN} more")


def _told(position: Position | None) -> str:
    if position is None:
        return "none"
    return (
        f"{position.stance} by {plain(position.speaker or 'nobody named')} since {position.since}, "
        f"{position.sources} {'source' if position.sources == 1 else 'sources'}"
    )


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError) as exc:
        raise InputError("--who: this login has no name: say who takes the event back") from exc


class _Progress:
    """In place on a terminal, nothing elsewhere: the summary follows."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __call__(self, count: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r\033[K{count} {self._what}", err=True, nl=False)


def _end_progress() -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)
