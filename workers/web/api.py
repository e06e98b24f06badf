"""The read API under /api/v1: positions, history, changes, events, articles and feeds as JSON lists.

The objects are those that the commands print with `--json`. It must not know the store, only its queries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from domain.errors import InputError
from domain.reading.registry import Registry
from workers.asking import KINDS, STANCES, TYPES, Asking, day, moment, number, one_of
from workers.ports import Article, Feed
from workers.store.queries import ArticleView, ChangeView, EventView, PositionView, Queries
from workers.web.gate import Caller
from workers.web.openapi import CURSOR, ID, LIMIT, ROOT, Operation, Param
from workers.web.questions import MOST, MOST_SEQUENCE, asked, cursor_of, id_of, json, limit_of, link, page, unknown

Clock = Callable[[], datetime]
_TRUE = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_DAY = {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "maxLength": 0}]}
_FETCHED = r"^$|^[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{6})?Z~[0-9a-f]{32}$"
_CLOCKS = (
    Param("as_of", _DAY, "As held on that day."),
    Param("known_at", _DAY, "As known at the end of that day, or at an RFC 3339 time."),
)


class Articles(Protocol):
    """Where articles are; see `workers.ports.SourceStore`."""

    def article(self, article_id: str, *, version: int | None = None) -> Article | None: ...


class Api:
    """The endpoints that read."""

    def __init__(
        self, queries: Queries, registry: Registry, asking: Asking, clock: Clock, articles: Articles | None = None
    ) -> None:
        self._queries = queries
        self._asking = asking
        self._clock = clock
        self._articles = articles
        self._actors = {"type": "string", "enum": sorted(registry.actors)}
        self._issues = {"type": "string", "enum": sorted(registry.issues)}

    def operations(self) -> list[Operation]:
        """What can be asked."""
        actor = Param("actor", self._actors, "Of this actor; its names are understood too.")
        issue = Param("issue", self._issues, "On this issue.")
        stance = Param("stance", {"type": "string", "enum": list(STANCES)}, "Only this stance.")
        kind = Param("kind", {"type": "string", "enum": list(KINDS)}, "Only this kind of change.")
        place = Param("cursor", {"type": "string"}, "Where to go on: as the Link header has it.")
        after = Param("after", CURSOR.schema, "Later ones than this sequence, oldest first, without a gap.")
        of_key = tuple(msgspec.structs.replace(p, where="path") for p in (actor, issue))
        more = [
            Operation(
                name="articles", path="/articles", handle=self.articles, scope="read", listed=True,
                summary="Stored articles, newest version first.", answer=list[ArticleView],
                params=(Param("outlet", {"type": "string"}, "Of this outlet."),
                        Param("cursor", {"type": "string", "pattern": _FETCHED}, "Where to go on."), LIMIT),
            ),
            Operation(
                name="article", path="/articles/{article}", handle=self.article, scope="read", answer=Article,
                summary="One article with its text, the newest version or another.",
                params=(Param("article", {"type": "string", "pattern": "^[0-9a-f]{32}$"}, "Its id.", "path"),
                        Param("version", {"type": "integer", "minimum": 1, "maximum": 10**6}, "Which version.")),
            ),
            Operation(
                name="feeds", path="/feeds", handle=self.feeds, scope="read", listed=True, answer=list[Feed],
                summary="Every listed feed with its state, by outlet.", params=(CURSOR, LIMIT),
            ),
            Operation(
                name="feed", path="/feeds/{id}", handle=self.feed, scope="read", answer=Feed,
                summary="One feed with its state.", params=(ID,),
            ),
        ]  # fmt: skip
        return [
            Operation(
                name="positions", path="/positions", handle=self.positions, scope="read", listed=True,
                summary="What actors hold on issues, by actor and issue.", answer=list[PositionView],
                params=(actor, issue, stance, *_CLOCKS, place, LIMIT),
            ),
            Operation(
                name="history", path="/positions/{actor}/{issue}/history", handle=self.history, scope="read",
                summary="The changes of one position, oldest first.", answer=list[ChangeView], listed=True,
                params=(*of_key, *_CLOCKS, CURSOR, LIMIT),
            ),
            Operation(
                name="changes", path="/changes", handle=self.changes, scope="read", listed=True,
                summary="Changes of positions, newest first, or later ones than a sequence.", answer=list[ChangeView],
                params=(actor, issue, kind, stance, after, CURSOR, LIMIT),
            ),
            Operation(
                name="events", path="/events", handle=self.events, scope="read", listed=True,
                summary="Events of the log, newest first.", answer=list[EventView],
                params=(actor, issue, Param("type", {"type": "string", "enum": list(TYPES)}, "Only this type."),
                        Param("article", {"type": "string"}, "Out of this stream."),
                        Param("since", _DAY, "Happened on that day or later."),
                        Param("retracted", {"type": "string", "enum": sorted(_TRUE)}, "Also those taken back."),
                        CURSOR, LIMIT),
            ),
            *more,
        ]  # fmt: skip

    def positions(self, request: Request, _caller: Caller) -> Response:
        """Positions; `actor`, `issue`, `stance`, `as_of`, `known_at`, `cursor`, `limit`."""
        given = asked(request, "actor", "issue", "stance", "as_of", "known_at", "cursor", "limit")
        limit = limit_of(given, MOST)
        actor, _, issue = _clean(given.get("cursor", "")).partition("/")
        found = self._queries.positions(
            self._asking.actor(given.get("actor")), self._asking.issue(given.get("issue")), **_clocks(given),
            stance=one_of(given.get("stance"), STANCES, "stance"), after=(actor, issue), limit=limit + 1,
        )  # fmt: skip
        return page(request, given, found, limit, lambda held: f"{held.actor}/{held.issue}")

    def history(self, request: Request, _caller: Caller) -> Response:
        """The changes of one position, oldest first; `as_of`, `known_at`, `cursor` (how many to pass over), `limit`."""
        given = asked(request, "as_of", "known_at", "cursor", "limit")
        try:
            (actor,) = self._asking.actors([request.path_params["actor"]])
            (issue,) = self._asking.issues([request.path_params["issue"]])
        except InputError as exc:
            raise HTTPException(404, str(exc)) from exc
        first, limit = cursor_of(given) or 0, limit_of(given, MOST)
        found = self._queries.history(actor, issue, **_clocks(given), skip=first, limit=limit + 1)
        return page(request, given, found, limit, lambda _: first + limit)

    def changes(self, request: Request, _caller: Caller) -> Response:
        """Changes, newest first; with `after`, those of a greater sequence, oldest first, and a link to the next."""
        given = asked(request, "actor", "issue", "kind", "stance", "after", "cursor", "limit")
        after = number(given.get("after"), "after", low=0, high=MOST_SEQUENCE)
        limit = limit_of(given)
        found = self._queries.changes(
            self._asking.actor(given.get("actor")), self._asking.issue(given.get("issue")),
            one_of(given.get("kind"), KINDS, "kind"), stance=one_of(given.get("stance"), STANCES, "stance"),
            after=after, before=cursor_of(given), limit=limit if after is not None else limit + 1,
        )  # fmt: skip
        if after is None:
            return page(request, given, found, limit, lambda change: change.sequence)
        answer = json(found)  # always with a link: what comes later is asked for there
        following = given | {"after": str(found[-1].sequence if found else after)}
        answer.headers["link"] = link(request, following)
        return answer

    def events(self, request: Request, _caller: Caller) -> Response:
        """Events, newest in the log first; with filters, `cursor` and `limit`."""
        names = ("actor", "issue", "type", "article", "since", "retracted", "cursor", "limit")
        given = asked(request, *names)
        retracted = _TRUE.get(given.get("retracted", "0").lower())
        if retracted is None:
            raise InputError("retracted: write 1 or 0")
        limit = limit_of(given)
        article = None if given.get("article") is None else _clean(given["article"])
        found = self._queries.events(
            self._asking.actor(given.get("actor")), self._asking.issue(given.get("issue")),
            one_of(given.get("type"), TYPES, "type"), article, since=day(given.get("since"), "since"),
            limit=limit + 1, retracted=retracted, below=cursor_of(given),
        )  # fmt: skip
        return page(request, given, found, limit, lambda event: event.sequence)

    def articles(self, request: Request, _caller: Caller) -> Response:
        """Articles without their texts; `outlet`, `cursor`, `limit`."""
        given = asked(request, "outlet", "cursor", "limit")
        limit = limit_of(given)
        outlet = None if given.get("outlet") is None else _clean(given["outlet"])
        found = self._queries.articles(outlet=outlet, before=_fetched(given.get("cursor")), limit=limit + 1)
        return page(request, given, found, limit, lambda a: f"{a.fetched_at:%Y-%m-%dT%H:%M:%S.%f}Z~{a.id}")

    def article(self, request: Request, _caller: Caller) -> Response:
        """One article with its text."""
        given = asked(request, "version")
        version = number(given.get("version"), "version", low=1, high=10**6)
        name = _clean(request.path_params["article"])
        found = None if self._articles is None else self._articles.article(name, version=version)
        if found is None:
            raise unknown()
        return json(found)

    def feeds(self, request: Request, _caller: Caller) -> Response:
        """Feeds, by outlet; `cursor` (how many to pass over), `limit`."""
        given = asked(request, "cursor", "limit")
        first, limit = cursor_of(given) or 0, limit_of(given)
        return page(request, given, self._queries.feeds()[first:], limit, lambda _: first + limit)

    def feed(self, request: Request, _caller: Caller) -> Response:
        """One feed."""
        asked(request)
        wanted = id_of(request)
        for found in self._queries.feeds():
            if found.id == wanted:
                return json(found)
        raise unknown()


def described(operations: Sequence[Operation], document: dict[str, Any]) -> list[Operation]:
    """The operations, and the one that answers with their description."""
    body = msgspec.json.encode(document)

    def describe(request: Request, _caller: Caller) -> Response:
        asked(request)
        return Response(body, media_type="application/json", headers={"cache-control": "no-cache"})

    about = Operation(
        name="openapi", path="/openapi.json", handle=describe, scope="read", summary="This document.", answer=dict
    )
    return [about, *operations]


def _clocks(given: dict[str, str]) -> dict[str, Any]:
    as_of: str | None = day(given.get("as_of"), "as_of")
    known_at: datetime | None = moment(given.get("known_at"), "known_at")
    return {"as_of": as_of, "known_at": known_at}


def _fetched(raw: str | None) -> tuple[datetime, str] | None:
    if raw is None:
        return None
    at, mark, article = raw.partition("~")
    found = moment(at, "cursor")
    if not mark or found is None:
        raise InputError("cursor: take it from the Link header as it is")
    return found, _clean(article)


def _clean(raw: str) -> str:
    """Text that every database takes: PostgreSQL knows no NUL, and nothing that is no character."""
    return "".join(c for c in raw if c != "\x00" and not "\ud800" <= c <= "\udfff")


__all__ = ["MOST", "ROOT", "Api", "Clock", "described"]
