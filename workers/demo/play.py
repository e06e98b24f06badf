"""The demo: the shipped corpus as a site, the service set to read it, a subscriber, and a report for people.

It must not know how pages are read or where facts are kept.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from ipaddress import ip_network
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import click
import msgspec

from workers.channels.webhook import new_secret
from workers.demo.corpus import Article, Outlet, shipped
from workers.demo.render import feed_path
from workers.demo.site import ALERTS, Inbox, Site, resources
from workers.fetch.opml import write_opml
from workers.ports import FeedSpec
from workers.settings import Settings, load_settings

if TYPE_CHECKING:
    from workers.bootstrap import App

_LOOPBACK = ip_network("127.0.0.0/8")
_SHOWN_CHANGES = 12


class Demo:
    """The corpus's site with its list of feeds and its inbox, for the length of a `with` block."""

    def __init__(self, corpus: tuple[dict[str, Outlet], list[Article]] | None = None) -> None:
        """`corpus`: the shipped one unless another is given.

        Raises:
            InputError: the shipped corpus is not of its form.
        """
        outlets, articles = shipped() if corpus is None else corpus
        self._outlets = outlets
        self._site = Site(lambda url: resources(outlets, articles, url))
        self._folder = tempfile.TemporaryDirectory(prefix="marsad-demo-", ignore_cleanup_errors=True)
        self.url = self._site.url
        self.folder = Path(self._folder.name)
        self.feeds = self.folder / "feeds.opml"
        self.feeds.write_text(feed_list(outlets.values(), self.url), "utf-8")

    def __enter__(self) -> Demo:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self._site.close()
        self._folder.cleanup()

    def publish(self, articles: Iterable[Article]) -> None:
        """Let the feeds list these articles and no others; a page that was served stays."""
        self._site.serve(resources(self._outlets, articles, self.url))

    @property
    def inbox(self) -> Inbox:
        """The alerts that came in."""
        return self._site.inbox

    def subscribe(self, app: App) -> None:
        """Have every change posted to the site's inbox; subscriptions of earlier demos on the same data end."""
        store, now = app.store, app.clock()
        for old in store.subscriptions():
            if any(c.kind == "webhook" and c.target.endswith(ALERTS) for c in old.channels):
                store.remove_subscription(old.id, now=now)
        channel = store.add_channel("webhook", self.url + ALERTS, secrets=(new_secret(),), now=now)
        self.inbox.secrets = channel.secrets
        store.add_subscription([channel.id], now=now)

    def report(self, app: App) -> None:
        """Print what the service now holds and what the subscriber was told."""
        positions = app.store.queries.positions()
        click.echo(f"\nPositions ({len(positions)})")
        rows = [
            (p.actor, p.issue, p.stance, f"since {p.since}", p.speaker or "", _sources(p.sources)) for p in positions
        ]
        _table(rows)
        changes = [c for c in app.store.queries.changes(limit=1000) if c.kind in ("shifted", "reversed")]
        changes.sort(key=lambda change: change.on, reverse=True)
        click.echo(f"\nShifts and reversals ({len(changes)}, newest first)")
        shown = changes[:_SHOWN_CHANGES]
        _table([(c.on, c.actor, c.issue, f"{c.before} -> {c.after}", c.speaker or "") for c in shown])
        alerts = self.inbox.alerts
        kinds = Counter(str(alert.get("data", {}).get("kind", "?")) for alert in alerts)
        detail = ", ".join(f"{kind} {n}" for kind, n in sorted(kinds.items()))
        click.echo(f"\nAlerts received by the subscriber: {len(alerts)}" + (f" ({detail})" if detail else ""))
        click.echo(f"Signatures verified: {len(alerts)}; refused: {self.inbox.refused}")


def demo_settings(settings: Settings, site: Demo) -> Settings:
    """The settings with the demo's feeds, the loopback allowed and no delays.

    Data goes to a folder of the demo's own, gone at its end, unless the settings name another than the default.
    """
    default = load_settings({})
    data = site.folder / "data" if settings.data == default.data else settings.data
    own_database = settings.database_url != f"sqlite:///{settings.data / 'marsad.db'}"
    return msgspec.structs.replace(
        settings,
        data=data,
        database_url=settings.database_url if own_database else f"sqlite:///{data / 'marsad.db'}",
        feeds=site.feeds,
        allow_networks=(*settings.allow_networks, _LOOPBACK),
        host_delay=0.0,
    )


def feed_list(outlets: Iterable[Outlet], url: str) -> str:
    """The site's feeds as a list that `MARSAD_FEEDS` can name."""
    return write_opml(
        FeedSpec(url=url + feed_path(o), outlet=o.id, title=o.name, country=o.country, time_zone=o.time_zone)
        for o in outlets
    )


def _sources(count: int) -> str:
    return f"{count} source" + ("" if count == 1 else "s")


def _table(rows: Sequence[tuple[str, ...]]) -> None:
    if not rows:
        click.echo("  none")
        return
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        click.echo("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
