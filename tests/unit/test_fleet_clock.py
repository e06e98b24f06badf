"""The clock of a fleet: the database's time, whatever the machine's own clock says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import StoreAway
from workers.fleet.clock import SharedClock

NOON = datetime(2025, 9, 5, 12, tzinfo=UTC)


class Machine:
    """A steady clock, and a database whose own may be set anew or be away."""

    def __init__(self) -> None:
        self.steady = 1000.0
        self.offset = timedelta()
        self.away = False
        self.asked = 0

    def ask(self) -> datetime:
        self.asked += 1
        if self.away:
            raise StoreAway("away")
        return NOON + timedelta(seconds=self.steady - 1000) + self.offset

    def clock(self) -> SharedClock:
        return SharedClock(self.ask, steady=lambda: self.steady)


def test_it_goes_on_by_the_steady_clock() -> None:
    machine = Machine()
    clock = machine.clock()
    assert clock() == NOON
    machine.steady += 5
    assert clock() == NOON + timedelta(seconds=5)
    assert machine.asked == 1


def test_it_follows_the_database_after_a_while() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.offset = timedelta(hours=-1)
    machine.steady += 10
    assert clock() == NOON + timedelta(seconds=10) - timedelta(hours=1)


def test_a_database_that_is_away_stops_no_clock() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.away = True
    machine.steady += 60
    assert clock() == NOON + timedelta(seconds=60)
    assert clock() == NOON + timedelta(seconds=60)
    assert machine.asked == 2, "it is not asked at every look"
    with pytest.raises(StoreAway):
        machine.clock()
