"""The port of the append-only log: what a store must offer, and what it promises.

Names are event sourcing's own: stream, sequence, expected version. The promises are stated on each method; the
contract tests run against every store. It must not know a database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from domain.events import Record


class NewEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fact to append. `event_id`: 32 hexadecimal digits, the same for the same fact (see `events.event_identity`)."""

    event_id: str
    record: Record
    correlation_id: str = ""
    causation_id: str = ""


class RecordedEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fact in the log.

    `sequence`: 1, 2, 3 … over the whole log, without gaps; `version`: the same within its stream.
    """

    sequence: int
    event_id: str
    type: str
    schema_version: int
    stream: str
    version: int
    record: Record
    recorded_at: datetime
    correlation_id: str = ""
    causation_id: str = ""


class Log(Protocol):
    """An append-only, totally ordered log."""

    def append(
        self, stream: str, events: Sequence[NewEvent], *, expected_version: int | None = None
    ) -> list[RecordedEvent]:
        """Append what is new, atomically; events whose id the log already holds are left out. May return an empty list.

        Raises:
            Conflict: `expected_version` (0 is a value: the stream must not exist yet) is not the present one.
        """
        ...

    def read(self, *, after: int = 0, limit: int = 1000) -> list[RecordedEvent]:
        """Events in order of sequence, greater than `after`. No committed event ever appears below one returned."""
        ...

    def stream(self, stream: str) -> list[RecordedEvent]:
        """All events of one stream, in order."""
        ...

    def head(self) -> int:
        """The greatest sequence that is safe to read; 0 for an empty log."""
        ...

    def all(self, *, after: int = 0, batch: int = 1000) -> Iterator[RecordedEvent]:
        """Every event after a sequence, in order, in bounded memory."""
        ...
