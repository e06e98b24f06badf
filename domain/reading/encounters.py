"""One meeting of all that several sentences tell of it. It must not read words."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from domain.events import SummitStatus
from domain.reading.candidates import Meeting

_FUTURE: frozenset[SummitStatus] = frozenset({"scheduled", "proposed"})
_UNDONE: frozenset[SummitStatus] = frozenset({"postponed", "cancelled", "ruled-out"})
_HAPPENED: frozenset[SummitStatus] = frozenset({"held", "under-way"})
_SURE = ("cancelled", "postponed", "ruled-out", "under-way", "held", "scheduled", "proposed")
_NEAR = 4  # sentences within which القمة means the meeting told before it


def merge(meetings: Sequence[Meeting], tracked: frozenset[str]) -> list[Meeting]:
    """Distinct meetings with a tracked party, in order of their first mention; a bloc of `tracked` may stand alone."""
    merged: list[Meeting] = []
    for meeting in meetings:
        index = _meant(merged, meeting)
        if index is not None:
            merged[index] = _united(merged[index], meeting)
        elif len(meeting.participants) > 1 or (meeting.participants and meeting.participants == meeting.blocs):
            merged.append(meeting)
    return [m for m in merged if m.participants & tracked and (len(m.participants) > 1 or m.participants <= tracked)]


def _meant(merged: Sequence[Meeting], meeting: Meeting) -> int | None:
    """Which meeting told before is this one: the one of its own day, else the latest that fits."""
    fitting = [i for i, known in enumerate(merged) if _same(known, meeting)]
    if not fitting:
        return None
    return max(fitting, key=lambda i: (_same_day(merged[i], meeting), i))


def _same_day(one: Meeting, other: Meeting) -> bool:
    return one.moment.occurred_on is not None and one.moment.occurred_on == other.moment.occurred_on


def _same(one: Meeting, other: Meeting) -> bool:
    beside = bool(set(one.evidence) & set(other.evidence)) and one.participants == other.participants
    if not (_same_state(one.status, other.status) or _come_about(one, other)) or not (beside or _same_form(one, other)):
        return False
    if not _same_company(one, other) or _other_rank(one, other):
        return False
    days = [str(m.moment.occurred_on) for m in (one, other) if m.own and m.moment.occurred_on is not None]
    return len(days) < 2 or days[0].startswith(days[1]) or days[1].startswith(days[0])


def _same_form(one: Meeting, other: Meeting) -> bool:
    return one.format == other.format or "telephone" not in (one.format, other.format)


def _same_company(one: Meeting, other: Meeting) -> bool:
    shared = one.participants & other.participants
    if other.anaphor and other.order - one.order <= _NEAR and not (other.participants and len(shared) == 0):
        return True
    if len(shared) >= 2 or (shared and min(len(one.participants), len(other.participants)) < 2):
        return True
    if not one.blocs | other.blocs:
        return False
    close = other.order - one.order <= _NEAR and _same_day(one, other)
    return close or (bool(shared) and (_same_day(one, other) or bool(shared & one.blocs)))


def _other_rank(one: Meeting, other: Meeting) -> bool:
    """The leaders' meeting to come is not that of their ministers."""
    if one.level is None or other.level is None or one.level == other.level or other.anaphor:
        return False
    return one.status not in _HAPPENED


def _come_about(one: Meeting, other: Meeting) -> bool:
    """What one sentence tells as due today and another as held today."""
    states = {one.status, other.status}
    alike = one.participants == other.participants and one.format == other.format
    return alike and _same_day(one, other) and "scheduled" in states and bool(states & _HAPPENED)


def _same_state(one: SummitStatus, other: SummitStatus) -> bool:
    return any({one, other} <= group for group in (_FUTURE | _UNDONE, _HAPPENED))


def _united(one: Meeting, other: Meeting) -> Meeting:
    dated = max((one, other), key=lambda m: (m.own, not m.moment.inferred, len(m.moment.occurred_on or "")))
    told = (
        one if other.anaphor and other.status in _HAPPENED else min((one, other), key=lambda m: _SURE.index(m.status))
    )
    return msgspec.structs.replace(
        one, participants=one.participants | other.participants, blocs=one.blocs | other.blocs, status=told.status,
        moment=dated.moment, own=dated.own, place=one.place or other.place, issue=one.issue or other.issue,
        format=one.format if other.format == "in-person" else other.format, level=one.level or other.level,
        speaker=one.speaker or other.speaker, quote=one.quote or other.quote,
        evidence=tuple(sorted({*one.evidence, *other.evidence})),
    )  # fmt: skip
