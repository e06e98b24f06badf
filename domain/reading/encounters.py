"""One meeting of all that several sentences tell of it. It must not read words."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from domain.events import SummitStatus
from domain.reading.candidates import Meeting

_FUTURE: frozenset[SummitStatus] = frozenset({"scheduled", "proposed"})
_UNDONE: frozenset[SummitStatus] = frozenset({"postponed", "cancelled", "ruled-out"})
_HAPPENED: frozenset[SummitStatus] = frozenset({"held", "under-way"})
_SURE = ("cancelled", "postponed", "ruled-out", "held", "under-way", "scheduled", "proposed")


def merge(meetings: Sequence[Meeting], tracked: frozenset[str]) -> list[Meeting]:
    """Distinct meetings with a tracked party, in order of their first mention; a bloc of `tracked` may stand alone."""
    merged: list[Meeting] = []
    for meeting in meetings:
        for index, known in enumerate(merged):
            if _same(known, meeting):
                merged[index] = _united(known, meeting)
                break
        else:
            merged.append(meeting)
    return [m for m in merged if m.participants & tracked and (len(m.participants) > 1 or m.participants <= tracked)]


def _same(one: Meeting, other: Meeting) -> bool:
    if not _same_company(one.participants, other.participants) or not _same_state(one.status, other.status):
        return False
    days = {m.moment.occurred_on for m in (one, other) if not m.moment.inferred} - {None}
    if len(days) > 1 and not _one_holds_other(*(str(day) for day in days)):
        return False
    return not ({one.format, other.format} & {"telephone"} and one.format != other.format)


def _same_company(one: frozenset[str], other: frozenset[str]) -> bool:
    shared = one & other
    return len(shared) >= 2 or (bool(shared) and min(len(one), len(other)) < 2)


def _same_state(one: SummitStatus, other: SummitStatus) -> bool:
    return any({one, other} <= group for group in (_FUTURE | _UNDONE, _HAPPENED))


def _one_holds_other(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _united(one: Meeting, other: Meeting) -> Meeting:
    dated = max((one, other), key=lambda m: (not m.moment.inferred, len(m.moment.occurred_on or "")))
    told = min((one, other), key=lambda m: _SURE.index(m.status))
    return msgspec.structs.replace(
        one, participants=one.participants | other.participants, status=told.status, moment=dated.moment,
        place=one.place or other.place, issue=one.issue or other.issue, level=one.level or other.level,
        speaker=one.speaker or other.speaker, quote=one.quote or other.quote,
        evidence=tuple(sorted({*one.evidence, *other.evidence})),
    )  # fmt: skip
