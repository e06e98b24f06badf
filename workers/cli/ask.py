"""The verbs that ask: positions, history, events, changes, summits, articles, feeds; tables, or JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click

from domain.events import Summit
from workers.asking import KINDS, STANCES, TYPES, day, moment
from workers.bootstrap import open_default
from workers.cli.output import Cell, inline, move, plain, stance, write_json, write_nothing, write_table
from workers.store.queries import ArticleView, ChangeView, EventView, EvidenceView

Command = TypeVar("Command", bound=Callable[..., Any])
_MOST = 10_000

as_json_option = click.option("--json", "as_json", is_flag=True, help="JSON for programs.")
actor_option = click.option("--actor", metavar="ACTOR", help="Only this actor: an id (RUS) or a name.")
issue_option = click.option("--issue", metavar="ISSUE", help="Only this issue: an id (ukraine.foreign-troops).")
limit_option = click.option(
    "--limit", type=click.IntRange(1, _MOST), default=100, show_default=True, help="At most so many."
)


def register(group: click.Group) -> None:
    """Add the verbs."""
    for command in (positions, history, events, changes, summits, articles, feeds):
        group.add_command(command)


def clocks(command: Command) -> Command:
    """Add the options of the two clocks."""
    command = click.option("--as-of", metavar="DAY", help="As held on that day, YYYY-MM-DD.")(command)
    return click.option("--known-at", metavar="TIME", help="As known at that time; a day means its end.")(command)


@click.command()
@actor_option
@issue_option
@click.option("--stance", "wanted", type=click.Choice(STANCES, case_sensitive=False), help="Only this stance.")
@clocks
@as_json_option
def positions(
    *, actor: str | None, issue: str | None, wanted: str | None, as_of: str | None, known_at: str | None, as_json: bool
) -> None:
    """What each actor holds on each issue, since when, and by whose word."""
    with open_default() as app:
        found = app.store.queries.positions(
            app.asking.actor(actor), app.asking.issue(issue),
            as_of=day(as_of, "--as-of"), known_at=moment(known_at, "--known-at"),
        )  # fmt: skip
    found = [p for p in found if wanted is None or p.stance == wanted]
    if as_json:
        write_json(found)
    elif not found:
        write_nothing("no positions (marsad run reads the feeds; marsad feeds shows how they fare)")
    else:
        rows = [
            (p.actor, p.issue, _flagged(p.stance, contested=p.contested, unconfirmed=p.unconfirmed),
             plain(p.speaker or ""), p.since, p.last_confirmed, str(p.sources), f"{p.confidence:.2f}")
            for p in found
        ]  # fmt: skip
        columns = ("actor", "issue", "stance", "speaker", "since", "confirmed", "sources", "conf.")
        write_table(columns, rows, words=[_first(p.evidence) for p in found])


@click.command()
@click.argument("actor")
@click.argument("issue")
@clocks
@as_json_option
def history(actor: str, issue: str, as_of: str | None, known_at: str | None, as_json: bool) -> None:
    """How ACTOR came to hold what it holds on ISSUE, oldest first."""
    with open_default() as app:
        (who,), (what,) = app.asking.actors([actor]), app.asking.issues([issue])
        found = app.store.queries.history(
            who, what, as_of=day(as_of, "--as-of"), known_at=moment(known_at, "--known-at")
        )
    if as_json:
        write_json(found)
    elif not found:
        write_nothing(f"no history of {who} on {what}")
    else:
        rows = [(c.on, c.kind, move(c.before, c.after), plain(c.speaker or ""), _outlets(c.evidence)) for c in found]
        columns = ("day", "change", "stance", "speaker", "outlets")
        write_table(columns, rows, words=[_first(c.evidence) for c in found])


@click.command()
@actor_option
@issue_option
@click.option("--kind", type=click.Choice(KINDS, case_sensitive=False), help="Only this kind of change.")
@click.option(
    "--after", type=click.IntRange(0, 2**53), metavar="N", help="Those of a greater number, oldest first: no gaps."
)
@limit_option
@as_json_option
def changes(
    *, actor: str | None, issue: str | None, kind: str | None, after: int | None, limit: int, as_json: bool
) -> None:
    """Changes of positions, latest recorded first."""
    with open_default() as app:
        found: list[ChangeView] = app.store.queries.changes(
            app.asking.actor(actor), app.asking.issue(issue), kind, after=after, limit=limit
        )
    if as_json:
        write_json(found)
    elif not found:
        write_nothing("no changes")
    else:
        rows = [
            (str(c.sequence), c.on, c.actor, c.issue, c.kind, move(c.before, c.after), plain(c.speaker or ""))
            for c in found
        ]
        columns = ("no.", "day", "actor", "issue", "change", "stance", "speaker")
        write_table(columns, rows, words=[_first(c.evidence) for c in found])


@click.command()
@actor_option
@issue_option
@click.option("--type", "type_", type=click.Choice(TYPES, case_sensitive=False), help="Only this type.")
@click.option("--article", metavar="ID", help="Only those of this article.")
@click.option("--since", metavar="DAY", help="Only what happened on that day or later.")
@click.option("--retracted", is_flag=True, help="Also what was taken back.")
@limit_option
@as_json_option
def events(
    *, actor: str | None, issue: str | None, type_: str | None, article: str | None, since: str | None, retracted: bool,
    limit: int, as_json: bool,
) -> None:  # fmt: skip
    """What was read out of articles, newest in the log first."""
    with open_default() as app:
        found = app.store.queries.events(
            app.asking.actor(actor), app.asking.issue(issue), type_, article, since=day(since, "--since"),
            limit=limit, retracted=retracted,
        )  # fmt: skip
    if as_json:
        write_json(found)
    elif not found:
        write_nothing("no events")
    else:
        columns = ("no.", "day", "type", "actor", "issue", "stance", "speaker", "outlet")
        write_table(columns, [_event(e) for e in found], words=[" … ".join(e.evidence) for e in found])


@click.command()
@actor_option
@click.option("--since", metavar="DAY", help="Only those on that day or later.")
@limit_option
@as_json_option
def summits(actor: str | None, since: str | None, limit: int, as_json: bool) -> None:
    """Meetings of leaders, ministers and envoys, newest in the log first."""
    with open_default() as app:
        found = app.store.queries.events(
            app.asking.actor(actor), type="summit", since=day(since, "--since"), limit=limit
        )
    if as_json:
        write_json(found)
    elif not found:
        write_nothing("no meetings")
    else:
        met = [(e, e.event) for e in found if isinstance(e.event, Summit)]
        rows = [
            (m.occurred_on or "?", m.status, m.level or "", ", ".join(m.participants), plain(m.place or ""),
             m.format or "", inline(e.outlet))
            for e, m in met
        ]  # fmt: skip
        columns = ("day", "status", "level", "participants", "place", "form", "outlet")
        write_table(columns, rows, words=[" … ".join(e.evidence) for e, _ in met])


@click.command()
@click.option("--story", metavar="ID", help="Only this article, what it is a copy of, and the other copies.")
@limit_option
@as_json_option
def articles(story: str | None, limit: int, as_json: bool) -> None:
    """Articles as stored, newest first: who wrote them and when, in how many versions, copies of what."""
    with open_default() as app:
        found = app.store.queries.articles(story=story, limit=limit)
    if as_json:
        write_json(found)
    elif not found:
        write_nothing("no articles (marsad run reads the feeds)")
    else:
        rows = [
            (a.id[:12], inline(a.outlet), a.published or "?", str(a.versions), _copy(a), plain(a.title)) for a in found
        ]
        write_table(("article", "outlet", "published", "versions", "copies", "title"), rows)


def _copy(article: ArticleView) -> str:
    return str(article.copies or "") if article.origin is None else f"of {article.origin[:12]}"


@click.group(invoke_without_command=True)
@click.option("--failing", is_flag=True, help="Only those whose last poll failed.")
@as_json_option
@click.pass_context
def feeds(context: click.Context, failing: bool, as_json: bool) -> None:
    """The feeds that are polled, and how they fare."""
    if context.invoked_subcommand is not None:
        return
    with open_default() as app:
        found = [f for f in app.store.queries.feeds() if f.failures > 0 or not failing]
    if as_json:
        write_json(found)
    elif not found:
        write_nothing("no feed fails" if failing else "no feeds yet (the first marsad run loads MARSAD_FEEDS)")
    else:
        rows = [
            (inline(f.outlet), f.country, _time(f.last_polled_at), _time(f.last_new_at), _time(f.next_poll_at),
             "" if f.pushed_until is None else "yes", str(f.failures),
             f.url if f.last_error is None else inline(f"{f.url}: {f.last_error}"))
            for f in found
        ]  # fmt: skip
        write_table(("outlet", "country", "polled", "last new", "next", "pushed", "failures", "address"), rows)


def _event(found: EventView) -> Sequence[Cell]:
    event = found.event
    who = ",".join(event.participants) if isinstance(event, Summit) else event.actor
    kind = str(event.__struct_config__.tag)
    return (
        str(found.sequence), event.occurred_on or "?", kind if found.retracted is None else f"{kind} (taken back)", who,
        event.issue or "", stance(event.stance), plain(event.speaker or ""), inline(found.outlet),
    )  # fmt: skip


def _flagged(name: str, *, contested: bool, unconfirmed: bool) -> Cell:
    marks = [word for word, holds in (("contested", contested), ("unconfirmed report", unconfirmed)) if holds]
    shown = stance(name)
    return shown.append(f" ({', '.join(marks)})", style="bold") if marks else shown


def _first(evidence: Iterable[EvidenceView]) -> str:
    return next((e.text for e in evidence if e.text), "")


def _outlets(evidence: Iterable[EvidenceView]) -> str:
    return ", ".join(inline(name) for name in dict.fromkeys(e.outlet for e in evidence))


def _time(at: Any) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}"
