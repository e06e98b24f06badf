"""Positions: what each actor holds on each issue, and how it came to change, computed from the log by a pure fold.

The rules are those of the project's ontology ("Position"). It must not know where the log is kept or who is told.
"""

from __future__ import annotations

from domain.positions.facts import Fact, affected, facts, valid_day
from domain.positions.fold import State, fold, fold_on
from domain.positions.outcome import Change, EvidenceRef, Outcome, Position, Unconfirmed

__all__ = [
    "Change",
    "EvidenceRef",
    "Fact",
    "Outcome",
    "Position",
    "State",
    "Unconfirmed",
    "affected",
    "facts",
    "fold",
    "fold_on",
    "valid_day",
]
