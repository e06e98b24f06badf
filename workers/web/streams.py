"""Changes to be pulled: an Atom feed for readers, and server-sent events that go on where a client left off.

Both take the filters of `/api/v1/changes`, and a stance. It must not know the store, only its queries.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from datetime import UTC
from typing import cast
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from domain.alerts.message import Data, Quote
from domain.alerts.terms import Language
from domain.alerts.wording import words
from domain.errors import MarsadError
from workers.asking import KINDS, STANCES, Asking, number, one_of
from workers.store.queries import ChangeView, Queries
from workers.titles import Titles
from workers.web.gate import caller_of
from workers.web.problems import problem
from workers.web.questions import MOST_SEQUENCE
from workers.web.questions import asked as asked_of

ATOM = "http://www.w3.org/2005/Atom"
_ENTRIES = 50
_PORTION = 100
_LOOK_SECONDS = 0.5
_BEAT_SECONDS = 15.0
_LIFE_SECONDS = 300.0  # then the client comes back with the last id: no stream outlives a release for long
_MOST_STREAMS = 64


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which changes are asked for; None: all."""

    actor: str | None = None
    issue: str | None = None
    kind: str | None = None
    stance: str | None = None


class Streams:
    """The two routes. `life`: seconds after which a stream ends; `closing`: set, it ends every stream soon."""

    def __init__(
        self,
        queries: Queries,
        asking: Asking,
        titles: Titles,
        *,
        life: float = _LIFE_SECONDS,
        closing: threading.Event | None = None,
    ) -> None:
        self._queries = queries
        self._asking = asking
        self._titles = titles
        self._life = life
        self._closing = closing or threading.Event()
        self._open = 0

    def routes(self) -> list[Route]:
        """Where each answers; before the API's own."""
        return [
            Route("/changes.atom", self.atom),
            Route("/changes/stream", self.stream),  # for our own pages, which send no token
            Route("/api/v1/changes/stream", self.stream),
        ]

    def atom(self, request: Request) -> Response:
        """The newest changes as Atom (RFC 4287); `actor`, `issue`, `kind`, `stance`, `language`."""
        asked = asked_of(request, "actor", "issue", "kind", "stance", "language")
        language = cast(Language, one_of(asked.get("language"), ("ar", "en"), "language") or "ar")
        wanted = self._filter(asked)
        found = self._queries.changes(wanted.actor, wanted.issue, wanted.kind, stance=wanted.stance, limit=_ENTRIES)
        body = _feed(str(request.url), found, language, self._titles)
        return Response(body, media_type="application/atom+xml", headers={"cache-control": "no-cache"})

    def stream(self, request: Request) -> Response:
        """Changes as they become known; after `Last-Event-ID`, else `after`, else from now on."""
        caller_of(request, "read")
        asked = asked_of(request, "actor", "issue", "kind", "stance", "after")
        raw = request.headers.get("last-event-id") or asked.get("after")
        after = number(raw, "Last-Event-ID", low=0, high=MOST_SEQUENCE)
        wanted = self._filter(asked)
        if self._open >= _MOST_STREAMS:
            return problem(503, "Too many streams are open: try again later.", headers={"retry-after": "30"})
        if after is None:
            newest = self._queries.changes(limit=1)
            after = newest[0].sequence if newest else 0
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(self._events(wanted, after), media_type="text/event-stream", headers=headers)

    async def _events(self, wanted: Filter, after: int) -> AsyncIterator[str]:
        self._open += 1
        try:
            start = beat = time.monotonic()
            yield "retry: 2000\n\n"
            while time.monotonic() - start < self._life and not self._closing.is_set():
                found = await run_in_threadpool(self._later, wanted, after)
                for change in found:
                    after = change.sequence
                    if wanted.stance in (None, change.after):
                        yield f"id: {after}\nevent: change\ndata: {msgspec.json.encode(change).decode()}\n\n"
                        beat = time.monotonic()
                if time.monotonic() - beat > _BEAT_SECONDS:
                    yield ": still here\n\n"
                    beat = time.monotonic()
                if len(found) < _PORTION:
                    await asyncio.sleep(_LOOK_SECONDS)
        finally:
            self._open -= 1

    def _later(self, wanted: Filter, after: int) -> list[ChangeView]:
        try:
            return self._queries.changes(wanted.actor, wanted.issue, wanted.kind, after=after, limit=_PORTION)
        except MarsadError:
            return []  # the database is away: the client loses nothing, the next look goes on from the same place

    def _filter(self, asked: dict[str, str]) -> Filter:
        return Filter(
            actor=self._asking.actor(asked.get("actor")), issue=self._asking.issue(asked.get("issue")),
            kind=one_of(asked.get("kind"), KINDS, "kind"), stance=one_of(asked.get("stance"), STANCES, "stance"),
        )  # fmt: skip


def _feed(here: str, found: list[ChangeView], language: Language, titles: Titles) -> bytes:
    feed = Element("feed", {"xmlns": ATOM, "xml:lang": language})
    _add(feed, "id", here)
    _add(feed, "title", "مرصد" if language == "ar" else "Marsad")
    SubElement(feed, "link", {"rel": "self", "href": here})
    _add(SubElement(feed, "author"), "name", "Marsad")
    newest = max((c.recorded_at for c in found if c.recorded_at is not None), default=None)
    _add(feed, "updated", "1970-01-01T00:00:00Z" if newest is None else newest.astimezone(UTC).isoformat())
    for change in found:
        title, text = words(_data(change, language, titles))
        entry = SubElement(feed, "entry")
        _add(entry, "id", f"urn:marsad:change:{change.key}")
        _add(entry, "title", title)
        if change.recorded_at is not None:
            _add(entry, "updated", change.recorded_at.astimezone(UTC).isoformat())
        for evidence in change.evidence[:1]:
            SubElement(entry, "link", {"rel": "alternate", "href": evidence.url})
        _add(entry, "content", text).set("type", "text")
    body: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return body


def _add(parent: Element, name: str, text: str) -> Element:
    child = SubElement(parent, name)
    child.text = "".join(c for c in text if c.isprintable() or c == "\n" or c in "\u2066\u2067\u2068\u2069")
    return child


def _data(change: ChangeView, language: Language, titles: Titles) -> Data:
    quotes = tuple(
        Quote(text=e.text, url=e.url, outlet=e.outlet, title=e.title, speaker=e.speaker, occurred_on=e.occurred_on)
        for e in change.evidence
    )
    return Data(
        key=change.key, actor=change.actor, issue=change.issue, kind=change.kind, before=change.before,
        after=change.after, on=change.on, speaker=change.speaker, sources=change.sources, confidence=change.confidence,
        contested=change.contested, evidence=quotes,
        actor_name=titles.actor(change.actor, language), issue_title=titles.issue(change.issue, language),
        speaker_name=titles.speaker(change.speaker, language), language=language,
    )  # fmt: skip
