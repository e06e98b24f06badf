"""`marsad quarantine`: work that was given up, why, and what to do with it."""

from __future__ import annotations

import click

from domain.errors import InputError
from workers.bootstrap import App, open_default
from workers.cli.ask import as_json_option
from workers.cli.output import inline, plain, write_json, write_nothing, write_table
from workers.ports import WorkItem


def register(group: click.Group) -> None:
    """Add the verbs."""
    group.add_command(quarantine)


@click.group()
def quarantine() -> None:
    """Work that failed too often and was set aside."""


@quarantine.command(name="list")
@as_json_option
def list_(as_json: bool) -> None:
    """Everything that was set aside, newest first."""
    with open_default() as app:
        found = app.store.quarantined()
        subjects = [] if as_json else [_subject(app, item) for item in found]
    if as_json:
        write_json(found)
    elif not found:
        write_nothing("nothing is in quarantine")
    else:
        rows = [
            (str(i.id), i.kind, str(i.attempts), subject, inline(i.error or ""))
            for i, subject in zip(found, subjects, strict=True)
        ]
        write_table(("no.", "step", "attempts", "of", "error"), rows)


@quarantine.command()
@click.argument("number", type=int, metavar="ID")
@as_json_option
def show(number: int, as_json: bool) -> None:
    """One piece of work with its whole error."""
    with open_default() as app:
        item = _item(app, number)
        subject = _subject(app, item)
    if as_json:
        write_json(item)
        return
    for name, value in (("step", item.kind), ("of", subject), ("attempts", item.attempts), ("error", item.error or "")):
        click.echo(f"{name:<10}{inline(str(value))}")


@quarantine.command()
@click.argument("numbers", type=int, nargs=-1, metavar="ID…")
@click.option("--all", "every", is_flag=True, help="All of it.")
def retry(numbers: tuple[int, ...], every: bool) -> None:
    """Try work again."""
    with open_default() as app:
        chosen = _chosen(app, numbers, every=every)
        for number in chosen:
            if not app.store.retry(number, now=app.clock()):
                raise _unknown(number)
    click.echo(f"{len(chosen)} put back; the service tries again (or marsad run --once)")


@quarantine.command()
@click.argument("numbers", type=int, nargs=-1, metavar="ID…")
@click.option("--all", "every", is_flag=True, help="All of it.")
def drop(numbers: tuple[int, ...], every: bool) -> None:
    """Give work up for good."""
    with open_default() as app:
        chosen = _chosen(app, numbers, every=every)
        for number in chosen:
            if not app.store.drop(number, now=app.clock()):
                raise _unknown(number)
    click.echo(f"{len(chosen)} dropped")


def _chosen(app: App, numbers: tuple[int, ...], *, every: bool) -> list[int]:
    if every == bool(numbers):
        raise InputError("name ids, or --all: marsad quarantine list shows them")
    return [item.id for item in app.store.quarantined()] if every else list(dict.fromkeys(numbers))


def _item(app: App, number: int) -> WorkItem:
    for item in app.store.quarantined():
        if item.id == number:
            return item
    raise _unknown(number)


def _unknown(number: int) -> InputError:
    return InputError(f"nothing of the id {number} is in quarantine: marsad quarantine list shows what is")


def _subject(app: App, item: WorkItem) -> str:
    """What the work is about, as an address where there is one."""
    if item.kind == "poll":
        feed = app.store.feed(int(item.subject))
        return item.subject if feed is None else plain(feed.url)
    if item.kind == "fetch":
        entry = app.store.entry(int(item.subject))
        return item.subject if entry is None else plain(entry.url)
    if item.kind == "read":
        article = app.store.article(item.subject)
        return item.subject if article is None else plain(article.url)
    if item.kind == "deliver":
        delivery = app.store.delivery(int(item.subject))
        return item.subject if delivery is None else f"delivery {delivery.id} to {delivery.channel.target}"
    return item.subject
