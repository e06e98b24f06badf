"""Changes that go on under another day: older words came in late, and the same step was taken earlier than was known.

Pure; it must not know who was told of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.alerts.matching import SILENT
from domain.positions.outcome import Change


def heirs(gone: Sequence[Change], come: Sequence[Change]) -> list[tuple[Change, Change]]:
    """Each change that no longer follows, with the one that is the same step of its position on another day, if any."""
    left = list(_by_day(come))
    pairs = []
    for old in _by_day(gone):
        if old.kind in SILENT:
            continue
        heir = next((new for new in left if _step(new) == _step(old)), None)
        if heir is not None:
            left.remove(heir)
            pairs.append((old, heir))
    return pairs


def _step(change: Change) -> tuple[str, str, str | None, str]:
    return (change.actor, change.issue, change.before, change.after)


def _by_day(changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: (change.on, change.key))
