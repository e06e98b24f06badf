"""`marsad registry check`: whether data files are right, and what they would change."""

from __future__ import annotations

from pathlib import Path

import click

from domain.errors import InputError
from domain.reading.registry import FILES, Registry, load_registry
from workers.bootstrap import open_default


def register(group: click.Group) -> None:
    """Add the verbs."""
    group.add_command(registry)


@click.group()
def registry() -> None:
    """The data files of actors, members, places, issues and cues."""


@registry.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def check(folder: Path | None) -> None:
    """Check the data files (of FOLDER, over the present ones), and say what they would change."""
    with open_default() as app:
        present = app.registry
        if folder is None:
            click.echo(_counts(present))
            return
        if not folder.is_dir():
            raise InputError(f"{folder} is no folder")
        texts = {}
        for name in FILES:
            path = folder / name if (folder / name).exists() else app.settings.registry / name
            texts[name] = path.read_text("utf-8")
        _compare(present, load_registry(texts))


def _counts(present: Registry) -> str:
    return (
        f"{len(present.actors)} actors ({', '.join(sorted(present.tracked))} tracked), "
        f"{len(present.institutions)} institutions, "
        f"{len(present.offices)} offices, {len(present.persons)} persons, {len(present.places)} places, "
        f"{len(present.issues)} issues, {len(present.lexicon.cue)} cues: all right"
    )


def _compare(present: Registry, wanted: Registry) -> None:
    same = True
    for table in ("actors", "institutions", "offices", "persons", "issues"):
        before, after = getattr(present, table), getattr(wanted, table)
        for sign, names in (("+", after.keys() - before.keys()), ("-", before.keys() - after.keys())):
            for name in sorted(names):
                click.echo(f"{sign} {table} {name}")
                same = False
        for name in sorted(after.keys() & before.keys()):
            if after[name] != before[name]:
                click.echo(f"~ {table} {name}")
                same = False
    click.echo("nothing would change" if same else _counts(wanted))
