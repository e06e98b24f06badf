"""Events and positions for other programs: JSON Lines, CSV, Parquet, CloudEvents.

JSON Lines holds everything that is known, CSV and Parquet the columns of `reporting_v1`. It must not know a database.
"""

from __future__ import annotations

import csv
import importlib
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Literal

import msgspec

from domain.errors import InputError
from domain.log import RecordedEvent
from workers.store.queries import PositionView
from workers.store.store import Store

What = Literal["events", "positions"]
FORMATS = ("jsonl", "csv", "parquet", "cloudevents")
_SOURCE = "urn:marsad:log"
_ROWS = 10_000  # rows a row group


def write(store: Store, what: What, kind: str, out: BinaryIO) -> int:
    """Write everything of a kind, in the order of the log or of actors and issues. Returns how many there were.

    Raises:
        InputError: a package that the format needs is not installed.
    """
    if kind in ("csv", "parquet"):
        columns, rows = store.queries.report(what)
        return _csv(columns, rows, out) if kind == "csv" else _parquet(columns, rows, out)
    lines = _events(store.log.all(), kind) if what == "events" else _positions(store, kind)
    count = 0
    for line in lines:
        out.write(msgspec.json.encode(line, order="sorted") + b"\n")
        count += 1
    return count


def _events(found: Iterable[RecordedEvent], kind: str) -> Iterator[object]:
    if kind == "jsonl":
        return iter(found)
    return (
        _cloud_event(
            e.event_id, f"marsad.log.{e.type}", e.stream, at=e.recorded_at, data=e.record, sequence=str(e.sequence)
        )
        for e in found
    )


def _positions(store: Store, kind: str) -> Iterator[object]:
    found: Sequence[PositionView] = store.queries.positions()
    if kind == "jsonl":
        return iter(found)
    head = store.log.head()
    return (
        _cloud_event(
            f"{p.actor}/{p.issue}/{head}",
            "marsad.position",
            f"{p.actor}/{p.issue}",
            at=None,
            data=p,
            sequence=str(head),
        )
        for p in found
    )


def _cloud_event(
    id_: str, type_: str, subject: str, *, at: datetime | None, data: object, sequence: str
) -> dict[str, object]:
    """CloudEvents 1.0, JSON format, with the extension `sequence`; a position has no one time."""
    event: dict[str, object] = {
        "specversion": "1.0", "id": id_, "source": _SOURCE, "type": type_, "subject": subject,
        "datacontenttype": "application/json", "sequence": sequence, "data": data,
    }  # fmt: skip
    return event if at is None else event | {"time": at}


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]], out: BinaryIO) -> int:
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        count = 0
        for row in rows:
            writer.writerow([value.isoformat() if isinstance(value, datetime) else value for value in row])
            count += 1
        return count
    finally:
        text.detach()


def _parquet(columns: Sequence[str], rows: Iterator[Sequence[Any]], out: BinaryIO) -> int:
    try:
        arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as exc:
        raise InputError("Parquet needs the package pyarrow: install it with `pip install 'marsad[parquet]'`") from exc
    count, schema, writer = 0, None, None
    while (portion := list(islice(rows, _ROWS))) or schema is None:
        table = arrow.table(dict(zip(columns, _turned(portion, len(columns)), strict=True)), schema=schema)
        if writer is None:
            schema = _typed(arrow, table.schema)
            table = table.cast(schema)
            writer = parquet.ParquetWriter(out, schema)
        writer.write_table(table)
        count += len(portion)
    if writer is not None:
        writer.close()
    return count


def _typed(arrow: Any, schema: Any) -> Any:
    """A column without any value in the first portion has no type of its own: it is a time like others, or text."""
    times = [field.type for field in schema if arrow.types.is_timestamp(field.type)]
    return arrow.schema(
        field.with_type(times[0] if times and field.name.endswith("_at") else arrow.string())
        if arrow.types.is_null(field.type)
        else field
        for field in schema
    )


def _turned(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    return [[row[i] for row in rows] for i in range(width)]


def open_output(path: str) -> BinaryIO:
    """The file to write.

    Raises:
        InputError: it cannot be written.
    """
    try:
        return Path(path).open("wb")
    except OSError as exc:
        raise InputError(f"{path} cannot be written: {exc.strerror}") from exc
