"""The typed events that an article yields, as the ontology words them, and their form in the log.

Types follow CAMEO and PLOVER roots; the wording of every field is that of the project's ontology.
It must not know where texts come from or where events are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from domain.errors import InputError

Stance = Literal["supports", "opposes", "conditional", "undecided"]
Attribution = Literal["self", "outlet", "anonymous", "third-party"]
Precision = Literal["day", "month", "year", "unknown"]
Seniority = Literal["head", "minister", "spokesman", "other"]
SummitStatus = Literal["held", "under-way", "scheduled", "proposed", "postponed", "cancelled", "ruled-out"]
Span = tuple[int, int]

SCHEMA_VERSION = 1
MACHINE = "marsad"  # who takes back what a newer reading no longer holds


class Reading(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=False):
    """What every event says.

    `evidence`: spans [start, end) in characters of the cleaned text, in order, never empty.
    """

    issue: str | None
    stance: Stance | None = None
    speaker: str | None = None
    attribution: Attribution = "self"
    seniority: Seniority = "other"
    quote: bool = False
    evidence: tuple[Span, ...]
    cue: str = ""
    occurred_on: str | None = None
    precision: Precision = "unknown"
    inferred: bool = False
    cameo: str = ""
    plover: str = ""
    confidence: float = 0.5
    extractor: str = ""


class Statement(Reading, frozen=True, kw_only=True, tag="statement"):
    """An actor is reported to say something, or to take a side, about an issue."""

    actor: str


class Threat(Reading, frozen=True, kw_only=True, tag="threat"):
    """An actor announces harm to a target, outright or under a condition."""

    actor: str
    target: str | None = None
    condition: str | None = None
    means: Literal["military", "economic", "diplomatic"] | None = None


class Commitment(Reading, frozen=True, kw_only=True, tag="commitment"):
    """An actor undertakes to do something, outright or under a condition."""

    actor: str
    beneficiary: str | None = None
    condition: str | None = None
    quantity: str | None = None


class Summit(Reading, frozen=True, kw_only=True, tag="summit"):
    """A meeting of leaders, ministers or envoys of two actors or more; one event per distinct meeting."""

    participants: tuple[str, ...]
    status: SummitStatus
    place: str | None = None
    format: Literal["in-person", "online", "hybrid", "telephone"] | None = None
    level: Literal["leaders", "ministers", "envoys"] | None = None


Event = Statement | Threat | Commitment | Summit
POSITIONAL = (Statement, Threat, Commitment)


class Source(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The article version that an event was read from.

    `published` is the publication day in the outlet's own time zone (ISO), or None; `text_sha256` is of the cleaned
    text's UTF-8 bytes. `sketches`: one bottom-k sketch for each evidence span, by which copies of one wire
    story are known (see `domain.copies`); the words themselves stay outside the log, so that they can be erased.
    """

    article: str
    version: int
    url: str
    outlet: str
    title: str = ""
    published: str | None = None
    text_sha256: str = ""
    sketches: tuple[tuple[int, ...], ...] = ()


class Read(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="kind", tag="read"):
    """Log record: an article version was read to hold this event."""

    event: Event
    source: Source


class Retraction(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="retraction"):
    """Log record: an earlier event no longer stands; who took it back, and why."""

    event_id: str
    why: str
    who: str


Record = Read | Retraction


def record_type(record: Record) -> str:
    """The log's `type` column: the ontology's noun, or `retraction`."""
    if isinstance(record, Retraction):
        return "retraction"
    tag = record.event.__struct_config__.tag
    return str(tag)


def encode(record: Record) -> bytes:
    """Canonical JSON of a record: sorted keys, UTF-8, no escapes of Arabic letters."""
    return msgspec.json.encode(record, order="sorted")


_DECODER: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
# by version: how a record of that version becomes one of the next. Never change one that was released: add the next.
UPCASTERS: Mapping[int, Upcaster] = {}


def decode(data: bytes | str, version: int = SCHEMA_VERSION) -> Record:
    """The record of a log row, whatever schema version it was written in.

    Raises:
        InputError: the data is not a record (the message names the field), or a newer release wrote it.
    """
    try:
        if version == SCHEMA_VERSION:
            return _DECODER.decode(data)
        record: Record = msgspec.convert(upcast(msgspec.json.decode(data), version), Record)
        return record  # noqa: TRY300 -- one place translates the errors of both ways
    except msgspec.ValidationError as exc:
        raise InputError(f"not an event of schema version {version}: {exc}") from exc
    except msgspec.DecodeError as exc:
        raise InputError(f"not an event: malformed JSON ({exc})") from exc


def upcast(
    tree: dict[str, Any], version: int, *, to: int = SCHEMA_VERSION, by: Mapping[int, Upcaster] = UPCASTERS
) -> dict[str, Any]:
    """The tree of an older record in the form of version `to`, one version after another.

    Raises:
        InputError: no way leads there: a newer release wrote it.
    """
    for step in range(version, to):
        if step not in by:
            raise InputError(f"no upcaster leads from schema version {step} to {step + 1}")
        tree = by[step](tree)
    if version > to:
        raise InputError(
            f"the event is of schema version {version}, this release reads up to {to}: install a newer one"
        )
    return tree


def event_identity(stream: str, record: Record) -> str:
    """A name for one fact that is the same whenever and wherever it is read: 32 hexadecimal digits.

    The extractor's version and its confidence are left out: they tell how sure a reader is, not what was said.
    """
    if isinstance(record, Read):
        event = msgspec.structs.replace(record.event, extractor="", confidence=0.0)
        source = msgspec.structs.replace(record.source, sketches=(), version=0)
        record = Read(event=event, source=source)
    return hashlib.sha256(stream.encode() + b"\x00" + encode(record)).hexdigest()[:32]


def renewed_identity(event_id: str, retraction_id: str) -> str:
    """The name of a fact that is read again after it was taken back: another event, so that history keeps all three."""
    return hashlib.sha256(f"{event_id}\x00{retraction_id}".encode()).hexdigest()[:32]
