"""Tamper evidence: hashes of events, chained over ranges, and what differs where a range no longer fits its seal.

A leaf is the hash of one event without its sequence; a seal hashes the leaves of a range and the seal before it
(Haber and Stornetta 1991). Who can rewrite the database can rewrite the chain too, so note the newest hash elsewhere.
It must not know where events or seals are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from domain.errors import InputError
from domain.events import SCHEMA_VERSION, decode, event_identity, renewed_identity

GENESIS = "0" * 64
LEAF = 64  # hexadecimal digits


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """The seal over the events `first` … `last`. `leaves`: their hashes in order; `hash`: over those and `previous`."""

    number: int
    first: int
    last: int
    leaves: tuple[str, ...]
    previous: str
    hash: str


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row of the log as it is stored."""

    sequence: int
    event_id: str
    type: str
    schema_version: int
    stream: str
    version: int
    data: str
    recorded_at: datetime
    correlation_id: str
    causation_id: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not as it was written. `sequence`: the event's, or None where it is of another kind."""

    kind: str
    sequence: int | None
    message: str


def leaf(entry: Entry) -> str:
    """The hash of an event; its place is that of the leaf."""
    parts = (
        *(entry.event_id, entry.type, str(entry.schema_version), entry.stream, str(entry.version), entry.data),
        *(entry.recorded_at.astimezone(UTC).isoformat(), entry.correlation_id, entry.causation_id),
    )
    raw = [part.encode() for part in parts]
    return hashlib.sha256(b"".join([piece for one in raw for piece in (len(one).to_bytes(8, "big"), one)])).hexdigest()


def seal(number: int, first: int, leaves: Sequence[str], previous: str) -> Sealed:
    """A seal over a range that begins at `first`; `leaves` is never empty."""
    last = first + len(leaves) - 1
    text = "\n".join([previous, str(number), str(first), str(last), *leaves])
    return Sealed(
        number=number,
        first=first,
        last=last,
        leaves=tuple(leaves),
        previous=previous,
        hash=hashlib.sha256(text.encode()).hexdigest(),
    )


def broken_chain(found: Sealed, before: Sealed | None) -> Iterator[Finding]:
    """What is wrong with a seal itself, given the one before it."""
    name = f"seal {found.number} (events {found.first} to {found.last})"
    number = 1 if before is None else before.number + 1
    if found.number != number:
        yield Finding(kind="seal", sequence=None, message=f"seal {number} is missing: the next one is {found.number}")
    elif found.previous != (GENESIS if before is None else before.hash):
        yield Finding(kind="seal", sequence=None, message=f"{name} does not follow from the seal before it")
    if found.first != (1 if before is None else before.last + 1) and found.number == number:
        yield Finding(kind="seal", sequence=None, message=f"{name} does not begin where the seal before it ends")
    if not found.leaves or seal(found.number, found.first, found.leaves, found.previous) != found:
        yield Finding(kind="seal", sequence=None, message=f"{name} was changed: its hash is not that of what it holds")


def differences(sealed: Sealed, present: Mapping[int, str]) -> Iterator[Finding]:
    """What differs in a range. `present`: leaves by sequence of the rows that are there, all within the range."""
    wanted = dict(enumerate(sealed.leaves, start=sealed.first))
    wrong = {n for n, expected in wanted.items() if n in present and present[n] != expected}
    place = {expected: n for n, expected in wanted.items()}
    found_at = {present[n]: n for n in present}
    for n, expected in wanted.items():
        if n not in present:
            moved = found_at.get(expected)
            more = "" if moved is None else f": it stands at {moved} now"
            yield Finding(kind="missing", sequence=n, message=f"event {n} is missing{more}")
    for n in sorted(wrong):
        home, now_at = place.get(present[n]), found_at.get(wanted[n])
        if home is not None and wanted[n] == present.get(home):
            if n < home:
                yield Finding(kind="swapped", sequence=n, message=f"events {n} and {home} were swapped")
        elif home is not None:
            yield Finding(kind="moved", sequence=n, message=f"event {n} was sealed as event {home}")
        elif now_at is not None:
            yield Finding(
                kind="inserted", sequence=n, message=f"event {n} was inserted: what was sealed there stands at {now_at}"
            )
        else:
            yield Finding(kind="changed", sequence=n, message=f"event {n} is not what was sealed: it was changed")


def misnamed(entry: Entry) -> Iterator[Finding]:
    """Whether an event's id is that of what it says; this holds before a seal covers it, too."""
    n = entry.sequence
    try:
        record = decode(entry.data, entry.schema_version)
    except InputError as exc:
        yield Finding(kind="changed", sequence=n, message=f"event {n} cannot be read: {exc}")
        return
    identity = event_identity(entry.stream, record)
    # a fact that was read again after it was taken back: its name follows from what took it back
    names = {identity, renewed_identity(identity, entry.causation_id)}
    if entry.schema_version == SCHEMA_VERSION and entry.event_id not in names:
        yield Finding(kind="changed", sequence=n, message=f"event {n} is not what its id {entry.event_id} names")
