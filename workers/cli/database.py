"""`marsad db`: the schema's revision, and the way to the one that this release needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from workers.settings import Settings, load_settings
from workers.store import schema_version
from workers.store.engine import make_engine


def register(group: click.Group) -> None:
    """Add the verbs."""
    group.add_command(db)


@click.group()
def db() -> None:
    """The database's schema."""


@db.command()
def upgrade() -> None:
    """Make the schema, or bring it to this release's revision."""
    with _engine() as (settings, engine):
        before = schema_version.present(engine)
        schema_version.upgrade(settings.database_url)
        after = schema_version.present(engine)
    same = before == after
    click.echo(f"the schema is {after} already" if same else f"the schema went from {before or 'nothing'} to {after}")


@db.command()
def current() -> None:
    """The schema's revision, and the one that this release needs."""
    with _engine() as (_, engine):
        click.echo(f"present {schema_version.present(engine) or 'none'}, needed {schema_version.needed()}")


@db.command()
def check() -> None:
    """Pass where the schema is this release's; else say which command helps."""
    with _engine() as (_, engine):
        schema_version.check(engine)
        click.echo(f"the schema is {schema_version.needed()}, as this release needs it")


@contextmanager
def _engine() -> Iterator[tuple[Settings, Any]]:
    settings = load_settings()
    engine = make_engine(settings.database_url)
    try:
        yield settings, engine
    finally:
        engine.dispose()
