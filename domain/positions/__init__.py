"""Positions: what each actor holds on each issue, and how it came to change, computed from the log by a pure fold.

The rules are those of the project's ontology ("Position"). It must not know where the log is kept or who is told.
"""

from __future__ import annotations

from domain.positions.facts import Fact, affected, facts, valid_day
from domain.positions.fold import Folded, fold, fold_on
from domain.positions.outcome import Change, EvidenceRef, Outcome, Position, Unconfirmed
from domain.positions.state import CAP, Held, Run, State, Told, restored, tail, told

__all__ = [
    "CAP",
    "Change",
    "EvidenceRef",
    "Fact",
    "Folded",
    "Held",
    "Outcome",
    "Position",
    "Run",
    "State",
    "Told",
    "Unconfirmed",
    "affected",
    "facts",
    "fold",
    "fold_on",
    "restored",
    "tail",
    "told",
    "valid_day",
]
