"""`marsad run` and `marsad demo`: the service until told to stop, or one pass with a summary."""

from __future__ import annotations

import signal
import sys
from collections import Counter

import click

from domain.errors import SettingError
from workers.bootstrap import App, open_default

from workers.demo.play import Demo, demo_settings
from workers.service import Pass, Service, run_once

from workers.web.app import make_app


def register(group: click.Group) -> None:
    """Add the verbs."""
    group.add_command(run)
    group.add_command(demo)


@click.command()
@click.option("--once", is_flag=True, help="Poll every due feed, work until nothing is left, print a summary.")
def run(once: bool) -> None:
    """Run the whole service in one process, until SIGTERM or Ctrl-C."""
    with open_default() as app:
        if once:
            print_summary(run_once(app, _tell))
        else:
            serve(app)


@click.command()
@click.option("--once", is_flag=True, help="End when the shipped corpus has been worked through.")
def demo(once: bool) -> None:
    """Run the main job without the internet, on the shipped corpus as a web site on this machine."""
    with Demo() as site, open_default(lambda s: demo_settings(s, site)) as app:
        click.echo(f"The shipped corpus is served at {site.url} (feeds in RSS and Atom).")
        site.subscribe(app)
        print_summary(run_once(app, _tell))
        site.report(app)
        if not once:
            app = App(app.settings)
            serve(app)


def serve(app: App) -> None:
    """The service with its page, until a signal."""

    web = make_app(app.store.queries, registry=app.registry, titles=app.titles, hosts=app.settings.hosts)
    service = Service(app, web)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stopped.set())
    service.start()
    click.echo(f"The page: http://{app.settings.host}:{app.settings.port}/   (Ctrl-C stops)")
    service.wait()
    failed = service.web_failed
    service.stop()
    if failed:
        raise SettingError(f"MARSAD_PORT: nothing can listen on {app.settings.host}:{app.settings.port}: is it in use?")


def _tell(line: str) -> None:
    """Progress: in place on a terminal, plain lines elsewhere."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{line}", err=True, nl=False)
    else:
        click.echo(line, err=True)


def print_summary(done: Pass) -> None:
    """What one pass brought, in lines for people."""
    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)
    failing = [feed for feed in done.feeds if feed.last_error is not None]
    click.echo(f"feeds       {len(done.feeds)} listed, {done.polled} polled, {len(failing)} failing")
    for feed in failing:
        click.echo(f"  failing   {feed.outlet}: {feed.last_error}")
    click.echo("articles    " + _articles(done))
    click.echo("events      " + _counts(_gained(done.after.events, done.before.events)))
    click.echo("changes     " + _counts(_gained(done.after.changes, done.before.changes)))
    click.echo("deliveries  " + _counts(_gained(done.after.deliveries, done.before.deliveries)))
    if done.waiting or done.quarantined:
        click.echo(
            f"left        {done.waiting} waiting for another try, {done.quarantined} in quarantine (marsad quarantine list)"
        )


def _articles(done: Pass) -> str:
    entries = _gained(done.after.entries, done.before.entries)
    new = done.after.versions - done.before.versions
    failed = sum(n for outcome, n in entries.items() if outcome in ("skipped", "failed"))
    return f"{new} new, {entries.get('unchanged', 0)} unchanged, {failed} failed"


def _gained(after: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    gained = Counter(after)
    gained.subtract(before)
    return {name: n for name, n in gained.items() if n > 0}


def _counts(counts: dict[str, int]) -> str:
    total = sum(counts.values())
    detail = ", ".join(f"{name} {n}" for name, n in sorted(counts.items()))
    return f"{total}" + (f" ({detail})" if detail else "")
