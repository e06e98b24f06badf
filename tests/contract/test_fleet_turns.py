"""Turns across the fleet on a real PostgreSQL: one holder at a time, dead ones replaced, promises of one's own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from domain.errors import NotYet, TemporaryFailure
from workers.fleet.gate import FleetGate
from workers.fleet.leader import Leader
from workers.store.engine import make_engine
from workers.store.store import Store

pytest_plugins = ["tests.support.stores"]
OWN = (ip_network("127.0.0.0/8"),)
PAGE = "https://a.example/1"


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    """Turns are for the fleet alone, so on PostgreSQL alone."""
    store = Store(make_engine(postgres_url))
    yield store
    store.close()


def gate(store: Store, delay: float = 0.0, *, hold: float = 60.0, patience: float = 0.0) -> FleetGate:
    return FleetGate(store.turns, delay, OWN, hold=hold, patience=patience)


def test_a_turn_has_one_holder(store: Store) -> None:
    turns = store.turns
    assert turns.take("x", "a", seconds=60)
    assert turns.take("x", "a", seconds=60)
    assert not turns.take("x", "b", seconds=60)
    turns.release("x", "b")
    assert turns.holders() == {"x": "a"}
    turns.release("x", "a")
    assert turns.take("x", "b", seconds=60)


def test_a_dead_holder_keeps_nothing(store: Store) -> None:
    assert store.turns.take("x", "dead", seconds=0)
    assert store.turns.take("x", "b", seconds=60)
    store.turns.release("x", "dead")
    assert store.turns.holders() == {"x": "b"}


def test_of_many_at_once_one_gets_the_turn(store: Store) -> None:
    got: list[str] = []

    def run(token: str) -> None:
        if store.turns.take("x", token, seconds=60):
            got.append(token)

    threads = [threading.Thread(target=run, args=(str(n),)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


def test_each_promise_is_for_a_moment_of_its_own(store: Store) -> None:
    promised = [store.turns.promise("x", step=10) for _ in range(3)]
    assert [round(p / 10) for p in promised] == [1, 2, 3]
    store.turns.put_off("x", seconds=1000)
    assert 1000 < store.turns.promise("x", step=10) < 1011


def test_two_workers_do_not_ask_a_host_at_once(store: Store) -> None:
    one, other = gate(store), gate(store)
    with one.turn(PAGE):
        with pytest.raises(NotYet), other.turn("https://A.example/2"):
            pass
        with other.turn("https://b.example/1"):
            pass
    with other.turn(PAGE):
        pass


def test_a_host_is_left_alone_for_its_delay_by_all(store: Store) -> None:
    with gate(store, 20.0).turn(PAGE):
        pass
    with pytest.raises(NotYet) as caught, gate(store, 20.0).turn(PAGE):
        pass
    assert 20 < caught.value.seconds <= 40
    with gate(store, 20.0).turn("http://127.0.0.1/1"):
        pass
    with gate(store, 20.0).turn("https://c.example/", lambda: 25.0):
        pass
    with pytest.raises(NotYet) as caught, gate(store, 20.0).turn("https://c.example/"):
        pass
    assert 40 < caught.value.seconds <= 45


def test_the_host_of_a_killed_worker_is_free_after_a_while(store: Store) -> None:
    dead = gate(store, hold=0.0).turn(PAGE)
    dead.__enter__()
    with gate(store, patience=5.0).turn(PAGE):
        pass


@pytest.mark.parametrize(
    ("status", "after", "least"), [(429, 100.0, 100), (429, None, 60), (503, 100.0, 100), (503, None, 0), (500, 9.0, 0)]
)
def test_what_a_host_asks_for_holds_for_all_workers(
    status: int, after: float | None, least: float, store: Store
) -> None:
    failed = TemporaryFailure("no", retry_after=after, status=status)
    with pytest.raises(TemporaryFailure, match="no"), gate(store).turn(PAGE):
        raise failed
    if least == 0:
        with gate(store).turn(PAGE):
            pass
        return
    with pytest.raises(NotYet) as caught, gate(store).turn(PAGE):
        pass
    assert least - 5 < caught.value.seconds < least + 5


def test_one_is_active_and_another_takes_over(store: Store) -> None:
    now = [0.0]
    first = Leader(store.turns, "scheduler", seconds=0.2, clock=lambda: now[0])
    second = Leader(store.turns, "scheduler", seconds=60, clock=lambda: now[0])
    assert (first.check(), second.check(), first.active) == (True, False, True)
    deadline = time.monotonic() + 30
    while not second.check():  # the first one is dead: it renews nothing
        assert time.monotonic() < deadline
    now[0] += 1
    assert not first.check()
    second.leave()
    assert first.check()
