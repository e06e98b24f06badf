"""Meetings as the calendar shows them: the reports of one meeting together, their words only where they are asked for.

It must not know how a calendar looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import select

from domain.events import Read, Summit
from workers.store import schema as t
from workers.store.dossiers import Piece, context
from workers.store.engine import Database
from workers.store.log import recorded
from workers.store.texts import Texts

MOST = 2000  # newest reports that are looked at


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What one article says of a meeting."""

    event_id: str
    sequence: int
    recorded_at: datetime
    event: Summit
    article: str
    version: int
    text_sha256: str
    outlet: str
    title: str
    url: str


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """One meeting. `day`: an ISO day, month or year, None where nobody knows; `latest`: the newest report of it."""

    day: str | None
    participants: tuple[str, ...]
    latest: Report
    reports: tuple[Report, ...]


class Meetings:
    """Questions about meetings."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def newest(self) -> list[Meeting]:
        """The meetings of the newest reports that stand: dated ones in order of their day, then those without one."""
        e = t.events.c
        newest = select(t.events).where(e.type == "summit").order_by(e.sequence.desc()).limit(MOST)
        with self._db.read() as connection:
            found = [recorded(row) for row in connection.execute(newest)]
            gone = select(e.causation_id).where(e.type == "retraction", e.causation_id.in_([f.event_id for f in found]))
            retracted = set(connection.execute(gone).scalars())
        reports = [
            Report(
                event_id=f.event_id, sequence=f.sequence, recorded_at=f.recorded_at, event=f.record.event,
                article=f.record.source.article, version=f.record.source.version,
                text_sha256=f.record.source.text_sha256, outlet=f.record.source.outlet, title=f.record.source.title,
                url=f.record.source.url,
            )
            for f in found
            if isinstance(f.record, Read) and isinstance(f.record.event, Summit) and f.event_id not in retracted
        ]  # fmt: skip
        return _together(reports)

    def words(self, reports: Sequence[Report]) -> dict[str, tuple[Piece, ...]]:
        """The words of these reports in their context, by event id."""
        with self._db.read() as connection:
            texts = Texts(connection)
            texts.load(r.article for r in reports)
            return {
                r.event_id: context(
                    texts.whole(r.article, version=r.version, sha256=r.text_sha256), r.event.evidence, around=60
                )
                for r in reports
            }


def _together(reports: Iterable[Report]) -> list[Meeting]:
    """Reports of the same participants on the same day are of one meeting; without a day, of the same place."""
    same: dict[tuple[object, ...], list[Report]] = {}
    for report in reports:
        event = report.event
        who = tuple(sorted(event.participants))
        key = (who, event.occurred_on, None if event.occurred_on else event.place)
        same.setdefault(key, []).append(report)
    meetings = [
        Meeting(
            day=of[0].event.occurred_on, participants=of[0].event.participants, latest=of[0], reports=tuple(of)
        )
        for of in same.values()
    ]  # fmt: skip
    return sorted(meetings, key=lambda m: (m.day is None, m.day or "", -m.latest.sequence))
