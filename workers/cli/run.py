"""`marsad run` and `marsad demo`: the service until told to stop, or one pass with a summary."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING

import click

from workers.bootstrap import App, open_default
from workers.cli.output import inline
from workers.language import NAMES

if TYPE_CHECKING:
    from workers.service import Pass

_SHOWN = 40  # lines of one kind


def register(group: click.Group) -> None:
    """Add the verbs."""
    group.add_command(run)
    group.add_command(demo)


@click.command()
@click.option("--once", is_flag=True, help="Poll every due feed, work until nothing is left, print a summary.")
def run(once: bool) -> None:
    """Run the whole service in one process, until SIGTERM or Ctrl-C."""
    from workers.service import run_once, until_told

    with until_told() as told, open_default() as app:
        if once:
            print_summary(run_once(app, _tell, told))
        else:
            serve(app, told)


@click.command()
@click.option("--once", is_flag=True, help="End when the shipped corpus has been worked through.")
def demo(once: bool) -> None:
    """Run the main job without the internet, on the shipped corpus as a web site on this machine."""
    from workers.demo.play import Demo, demo_settings
    from workers.service import run_once, until_told

    with until_told() as told, Demo() as site, open_default(lambda s: demo_settings(s, site)) as app:
        click.echo(f"The shipped corpus is served at {site.url} (feeds in RSS and Atom).")
        site.subscribe(app)
        print_summary(run_once(app, _tell, told))
        if not told.is_set():
            site.report(app)
        if not once and not told.is_set():
            serve(app, told)


def serve(app: App, told: threading.Event) -> None:
    """The service with its page, until told to stop."""
    from workers.service import Service

    web = app.web()
    service = Service(app, web)
    service.start()
    click.echo(f"The page: {service.page}   (Ctrl-C stops)")
    link = app.first_link(service.page)
    if link is not None:
        click.echo(f"Sign in as the first admin, once and within an hour: {link}")
    try:
        service.wait(told, _tell)
    finally:
        _end_line()
        service.stop()


def _tell(line: str) -> None:
    """Progress: in place on a terminal, plain lines elsewhere."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{line}", err=True, nl=False)
    else:
        click.echo(line, err=True)


def _end_line() -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)


def print_summary(done: Pass) -> None:
    """What one pass brought, in lines for people."""
    _end_line()
    failing = [feed for feed in done.feeds if feed.last_error is not None]
    click.echo(f"feeds       {len(done.feeds)} listed, {done.polled} polled, {len(failing)} failing")
    _list("  failing   ", [inline(f"{feed.outlet}: {feed.last_error}") for feed in failing])
    click.echo("articles    " + _articles(done))
    for name, again in (("  failed    ", False), ("  to retry  ", True)):
        _list(name, [inline(f.error if f.url in f.error else f"{f.url}: {f.error}")
                     for f in done.failures if f.again == again])  # fmt: skip
    click.echo("events      " + _counts(_gained(done.after.events, done.before.events)))
    click.echo("changes     " + _counts(_gained(done.after.changes, done.before.changes)))
    click.echo("deliveries  " + _counts(_gained(done.after.deliveries, done.before.deliveries)))
    if done.stopped:
        click.echo("stopped     before the end: the next run goes on from here")
    if done.waiting or done.quarantined:
        left = f"{done.waiting} waiting for another try, {done.quarantined} in quarantine"
        click.echo(f"left        {left} (marsad quarantine list)")


def _list(name: str, lines: list[str]) -> None:
    for line in lines[:_SHOWN]:
        click.echo(name + line)
    if len(lines) > _SHOWN:
        click.echo(f"{name}… and {len(lines) - _SHOWN} more")


def _articles(done: Pass) -> str:
    entries = _gained(done.after.entries, done.before.entries)
    new = done.after.versions - done.before.versions
    line = f"{new} new, {entries.get('unchanged', 0)} unchanged, {entries.get('skipped', 0)} failed"
    copies = done.after.copies - done.before.copies
    foreign = _gained(done.after.foreign, done.before.foreign)
    line += f", {copies} copies of others" if copies > 0 else ""
    named = {NAMES[language]: n for language, n in foreign.items()}
    return line + (f", set aside {_counts(named)}" if foreign else "")


def _gained(after: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    gained = Counter(after)
    gained.subtract(before)
    return {name: n for name, n in gained.items() if n > 0}


def _counts(counts: dict[str, int]) -> str:
    total = sum(counts.values())
    detail = ", ".join(f"{name} {n}" for name, n in sorted(counts.items()))
    return f"{total}" + (f" ({detail})" if detail else "")
