"""`marsad feeds add|remove|find|import|export`: the list of feeds as a file, and what is polled kept equal to it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click
import msgspec

from domain.errors import InputError, SettingError
from workers.bootstrap import App, open_default
from workers.ports import FeedSpec
from workers.settings import OWN_LIST, SEEDS

if TYPE_CHECKING:
    from workers.fetch.client import Answer


def register(group: click.Group) -> None:
    """Add the verbs to `marsad feeds`."""
    for command in (add, remove, find, import_, export):
        group.add_command(command)


@click.command()
@click.argument("url", metavar="ADDRESS")
@click.option("--outlet", help="Who publishes it; its host unless said.")
@click.option("--country", default="", help="Three letters, such as QAT.")
@click.option("--time-zone", default="UTC", show_default=True, help="Where its days begin, such as Asia/Qatar.")
def add(url: str, outlet: str | None, country: str, time_zone: str) -> None:
    """Poll another feed."""
    from workers.fetch.opml import read_opml, write_opml

    made = FeedSpec(url=url, outlet=outlet or "", title=outlet or "", country=country, time_zone=time_zone)
    (spec,) = read_opml(write_opml([made]))  # the checks of a list, for a feed
    with open_default() as app:
        listed = _present(app)
        if any(spec.url == known.url for known in listed):
            raise InputError(f"{url} is listed already: marsad feeds shows how it fares")
        where = _save(app, [*listed, spec])
    click.echo(f"added to {where}: {spec.url} of {spec.outlet}")


@click.command()
@click.argument("url", metavar="ADDRESS")
def remove(url: str) -> None:
    """Poll a feed no longer; what it brought is kept."""
    with open_default() as app:
        listed = _present(app)
        old = {spec.url: now.url for spec, now in zip(app.feeds(), listed, strict=True)}
        kept = [spec for spec in listed if spec.url not in (url, old.get(url))]
        if len(kept) == len(listed):
            raise InputError(f"{url} is not listed: marsad feeds export shows the addresses")
        where = _save(app, kept)
    click.echo(f"removed from {where}: {url}")


@click.command()
@click.argument("url", metavar="ADDRESS")
@click.option("--json", "as_json", is_flag=True, help="JSON for programs.")
def find(url: str, as_json: bool) -> None:
    """Look for what an outlet offers to be polled: its feeds, else its news sitemaps."""
    from workers.cli.output import inline, write_json, write_nothing, write_table
    from workers.discover import discover
    from workers.gather import FEED_BYTES

    with open_default() as app:

        def get(address: str) -> Answer:
            with app.gate.turn(address):
                return app.client.get(address, limit_bytes=FEED_BYTES)

        offers = discover(get, url)
    if as_json:
        write_json(offers)
    elif not offers:
        write_nothing(f"{url} names no feed and no news sitemap")
    else:
        write_table(("address", "entries", "title"), [(o.url, str(o.entries), inline(o.title)) for o in offers])


@click.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
def import_(file: IO[str]) -> None:
    """Add the feeds of an OPML file of any reader; - is standard input."""
    from workers.fetch.opml import read_opml

    found = read_opml(file.read())
    with open_default() as app:
        listed = _present(app)
        known = {spec.url for spec in (*listed, *app.feeds())}
        new = [spec for spec in found if spec.url not in known]
        where = _save(app, [*listed, *new]) if new else app.settings.feeds
    click.echo(f"{len(new)} added to {where}, {len(found) - len(new)} were listed already")


@click.command()
def export() -> None:
    """Print the list as OPML, for any reader."""
    from workers.fetch.opml import write_opml

    with open_default() as app:
        sys.stdout.write(write_opml(_present(app)))


def _present(app: App) -> list[FeedSpec]:
    """The list, each feed under its present address: permanent moves are followed into it."""
    moved = {feed.listed_url: feed.url for feed in app.store.feeds()}
    return [msgspec.structs.replace(spec, url=moved.get(spec.url, spec.url)) for spec in app.feeds()]


def _save(app: App, feeds: Sequence[FeedSpec]) -> Path:
    """Write the list, and have the service poll it. The shipped list is left as it is: a copy in MARSAD_DATA is made.

    Raises:
        SettingError: the file cannot be written.
    """
    from workers.fetch.opml import write_opml

    shipped = app.settings.feeds.resolve() == (SEEDS / "feeds.opml").resolve()
    path = app.settings.data / OWN_LIST if shipped else app.settings.feeds
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as draft:
            draft.write(write_opml(feeds))
        draft_path = Path(draft.name)
        draft_path.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(draft_path, path)  # noqa: PTH105 -- whoever reads it finds the old list or the new one
    except OSError as exc:
        raise SettingError(f"MARSAD_FEEDS: {path} cannot be written: {exc.strerror}") from exc
    app.settings = msgspec.structs.replace(app.settings, feeds=path)
    app.store.load_feeds(list(feeds), now=app.clock())
    return path
