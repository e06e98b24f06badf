"""`marsad backup` and `marsad retain`: a copy of the database, and how long texts are kept."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from workers.bootstrap import open_default


def register(group: click.Group) -> None:
    """Add the verbs."""
    for command in (backup, retain):
        group.add_command(command)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Copy the embedded database to FILE while the service runs; put it in the place of marsad.db to restore."""
    with open_default() as app:
        app.store.retaining.copy_to(file)
        events = app.store.log.head()
    click.echo(f"{file} holds the database with {events} events; after restoring it: marsad verify")


@click.command()
@click.option("--days", type=click.IntRange(min=1), required=True, metavar="N", help="Keep texts fetched since then.")
@click.option("--evidence", is_flag=True, help="Also texts that events were read from; their words show no more.")
@click.option("--dry-run", is_flag=True, help="Erase nothing; say what would go.")
def retain(days: int, evidence: bool, dry_run: bool) -> None:
    """Erase texts of articles that are older than so many days; the log and the positions stay as they are."""
    with open_default() as app:
        before = app.clock() - timedelta(days=days)
        found = app.store.retaining.texts_before(before, evidence=evidence)
        if not dry_run:
            app.store.retaining.erase_texts(before, evidence=evidence)
    what = f"{found.versions} texts with {found.characters:,} characters, fetched before {before:%Y-%m-%d}"
    click.echo(f"{'would be erased' if dry_run else 'erased'}: {what}")
