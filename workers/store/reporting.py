"""The views that others read, `reporting_v1`: their columns, what each means, and their SQL on both databases.

A released version never changes: another shape is another version beside it. On PostgreSQL the views stand in the
schema `reporting_v1`, on SQLite their names begin with `reporting_v1_`. It must not know who reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

VERSION = "reporting_v1"


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One view. `columns`: name, expression and meaning; `json(column, path)` in an expression is either dialect's."""

    name: str
    about: str
    columns: tuple[tuple[str, str, str], ...]
    source: str


VIEWS = (
    View(
        name="positions",
        about="What each actor holds on each issue now: one row a pair.",
        columns=(
            ("actor", "p.actor", "Id of the actor: ISO 3166-1 alpha-3 for states, short names for organisations."),
            ("issue", "p.issue", "Id of the issue, a proposition that can be held or rejected."),
            ("stance", "p.stance", "supports, opposes, conditional or undecided, toward the proposition as worded."),
            ("speaker", "p.speaker", "The most senior voice of the present run of this stance; null if none is named."),
            ("established_by", "json(p.data, established_by)", "Who voiced this stance first in the present run."),
            ("since", "p.since", "Day (or month, or year) since which it has held, ISO."),
            ("last_confirmed", "p.last_confirmed", "Day on which it was last voiced, ISO."),
            ("sources", "p.sources", "Independent sources that carry it; copies of one wire story are one."),
            ("articles", "int(p.data, articles)", "Articles that carry it."),
            ("confidence", "p.confidence", "That one source at least is read right, 0 to 0.99."),
            ("contested", "p.contested", "Whether equals contradicted each other on the last day."),
            ("unconfirmed", "p.unconfirmed", "Whether an anonymous source has said otherwise since."),
            ("previous_stance", "json(p.data, previous)", "The stance before this one; null for the first."),
            ("log_sequence", "p.log_sequence", "The log was read up to here when this row was written."),
        ),
        source="positions p",
    ),
    View(
        name="history",
        about="Every day that bore on a position, as known now: one row a change or reaffirmation that stands.",
        columns=(
            ("actor", "c.actor", "Id of the actor."),
            ("issue", "c.issue", "Id of the issue."),
            ("on_day", "c.on_day", "The day (month, year) of the words, ISO."),
            ("kind", "c.kind", "established, shifted, reversed or reaffirmed."),
            ("stance_before", "c.before_stance", "The stance until then; null where there was none."),
            ("stance_after", "c.after_stance", "The stance from then on."),
            ("speaker", "c.speaker", "The most senior voice of the day."),
            ("sources", "int(c.data, sources)", "Independent sources of the day."),
            ("confidence", "real(c.data, confidence)", "That one source at least is read right, 0 to 0.99."),
            ("change_key", "c.change_key", "The name of the change, the same on every rebuild."),
        ),
        source="changes c WHERE c.withdrawn_at IS NULL",
    ),
    View(
        name="changes",
        about="Changes in the order in which they became known, withdrawn ones among them; no reaffirmations.",
        columns=(
            ("sequence", "c.sequence", "1, 2, 3 … without gaps over all changes and reaffirmations."),
            ("change_key", "c.change_key", "The name of the change, the same on every rebuild."),
            ("actor", "c.actor", "Id of the actor."),
            ("issue", "c.issue", "Id of the issue."),
            ("kind", "c.kind", "established, shifted or reversed."),
            ("stance_before", "c.before_stance", "The stance until then; null where there was none."),
            ("stance_after", "c.after_stance", "The stance from then on."),
            ("on_day", "c.on_day", "The day (month, year) of the words, ISO."),
            ("speaker", "c.speaker", "The most senior voice of the day."),
            ("recorded_at", "c.recorded_at", "When the change became known."),
            ("withdrawn_at", "c.withdrawn_at", "When later facts undid it; null while it stands."),
        ),
        source="changes c WHERE c.kind <> 'reaffirmed'",
    ),
    View(
        name="events",
        about="Every event of the log, with what became of it.",
        columns=(
            ("sequence", "e.sequence", "The event's place in the log: 1, 2, 3 … without gaps."),
            ("event_id", "e.event_id", "The name of the event."),
            ("recorded_at", "e.recorded_at", "When it was written into the log."),
            ("type", "e.type", "statement, threat, commitment or summit."),
            ("actor", "json(e.data, event.actor)", "Id of the actor; null for a summit."),
            ("participants", "json(e.data, event.participants)", "A summit's participants, a JSON list; else null."),
            ("issue", "json(e.data, event.issue)", "Id of the issue; null where there is none."),
            ("stance", "json(e.data, event.stance)", "The stance; null where there is none."),
            ("speaker", "json(e.data, event.speaker)", "Whose words or act it is."),
            ("attribution", "json(e.data, event.attribution)", "self, outlet, anonymous or third-party."),
            ("occurred_on", "json(e.data, event.occurred_on)", "When it was said or is to be, ISO; null if unknown."),
            ("precision", "json(e.data, event.precision)", "day, month, year or unknown."),
            ("confidence", "real(e.data, event.confidence)", "How sure the reader was, 0 to 1."),
            ("extractor", "json(e.data, event.extractor)", "Which reader, and its version."),
            ("article", "json(e.data, source.article)", "Id of the article."),
            ("url", "json(e.data, source.url)", "Address of the article."),
            ("outlet", "json(e.data, source.outlet)", "Who published it."),
            ("title", "json(e.data, source.title)", "Its headline."),
            ("published", "json(e.data, source.published)", "Its publication day, ISO; null if unknown."),
            ("retracted_at", "r.recorded_at", "When it was taken back; null while it stands."),
            ("retracted_by", "json(r.data, who)", "Who took it back."),
            ("retracted_why", "json(r.data, why)", "Why."),
        ),
        source="events e LEFT JOIN events r ON r.type = 'retraction' AND r.causation_id = e.event_id "
        "WHERE e.type <> 'retraction'",
    ),
    View(
        name="sources",
        about="The outlets, and what each brought.",
        columns=(
            ("outlet", "a.outlet", "Name of the outlet."),
            ("articles", "count(DISTINCT a.id)", "Articles stored."),
            ("versions", "count(*)", "Versions of them; an edited article is a new version."),
            ("first_fetched_at", "min(v.fetched_at)", "When the first was fetched."),
            ("last_fetched_at", "max(v.fetched_at)", "When the last was fetched."),
        ),
        source="articles a JOIN article_versions v ON v.article_id = a.id GROUP BY a.outlet",
    ),
    View(
        name="feed_health",
        about="Every listed feed and how it does.",
        columns=(
            ("feed_id", "f.id", "Number of the feed."),
            ("outlet", "f.outlet", "Name of the outlet."),
            ("url", "f.url", "Its present address, after permanent redirects."),
            ("country", "f.country", "The outlet's country."),
            ("failures", "f.failures", "Failed polls in a row; 0 is healthy."),
            ("last_error", "f.last_error", "What the last failure was."),
            ("last_polled_at", "f.last_polled_at", "When it was polled last; null before the first poll."),
            ("last_new_at", "f.last_new_at", "When it brought something new last."),
            ("next_poll_at", "f.next_poll_at", "When it is due again."),
            ("interval_seconds", "f.interval_seconds", "Seconds between polls."),
        ),
        source="feeds f WHERE f.listed",
    ),
)

_CALL = re.compile(r"\b(json|int|real)\((\w+\.\w+), ([\w.]+)\)")


def view_name(view: View, dialect: str) -> str:
    """The name to select from."""
    return f"{VERSION}_{view.name}" if dialect == "sqlite" else f"{VERSION}.{view.name}"


def create(dialect: str) -> Iterator[str]:
    """The statements that make every view; on PostgreSQL its columns are commented."""
    if dialect != "sqlite":
        yield f"CREATE SCHEMA {VERSION}"
        yield f"COMMENT ON SCHEMA {VERSION} IS 'What others may read; this version never changes its shape.'"
    for view in VIEWS:
        columns = ",\n  ".join(f"{_expression(e, dialect)} AS {name}" for name, e, _ in view.columns)
        name = view_name(view, dialect)
        yield f"CREATE VIEW {name} AS SELECT\n  {columns}\nFROM {view.source}"
        if dialect != "sqlite":
            yield f"COMMENT ON VIEW {name} IS {_quoted(view.about)}"
            for column, _, meaning in view.columns:
                yield f"COMMENT ON COLUMN {name}.{column} IS {_quoted(meaning)}"


def drop(dialect: str) -> Iterator[str]:
    """The statements that remove them."""
    if dialect != "sqlite":
        yield f"DROP SCHEMA {VERSION} CASCADE"
        return
    for view in reversed(VIEWS):
        yield f"DROP VIEW {view_name(view, dialect)}"


def document() -> str:
    """The views and their columns as a page of Markdown."""
    lines = [
        f"# {VERSION}: views for others to read",
        "",
        f"On PostgreSQL in the schema `{VERSION}` (`SELECT * FROM {VERSION}.positions`), on SQLite with the prefix",
        f"`{VERSION}_` (`SELECT * FROM {VERSION}_positions`). Times are `timestamptz` on PostgreSQL, and UTC text on",
        "SQLite. The shape of a released version stays; another shape comes as another version beside it.",
    ]
    for view in VIEWS:
        lines += ["", f"## {view.name}", "", view.about, "", "| column | meaning |", "|---|---|"]
        lines += [f"| `{name}` | {meaning} |" for name, _, meaning in view.columns]
    return "\n".join(lines) + "\n"


def _expression(text: str, dialect: str) -> str:
    def call(match: re.Match[str]) -> str:
        kind, column, path = match.groups()
        if dialect == "sqlite":
            return f"json_extract({column}, '$.{path}')"
        found = f"({column}::json #>> '{{{path.replace('.', ',')}}}')"
        return {"json": found, "int": f"{found}::integer", "real": f"{found}::double precision"}[kind]

    return _CALL.sub(call, text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
