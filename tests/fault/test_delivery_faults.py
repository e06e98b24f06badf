"""Endpoints that hang, cut, flood, send elsewhere or fail for days, and a worker killed after it sent."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from domain.errors import NotYet
from domain.reading.registry import FILES, load_registry
from tests.support.alerts import Desk
from tests.support.facts import T0
from tests.support.rogue import BIG, Rogue, misbehaving
from workers.channels.webhook import WebhookSender
from workers.fetch.client import HttpClient
from workers.lanes import Lanes
from workers.ports import Channel, Delivery, DeliveryOutcome
from workers.settings import SEEDS
from workers.store.engine import make_engine
from workers.store.store import Store
from workers.titles import FILE, Titles

pytest_plugins = ["tests.support.stores", "tests.support.world"]
_PROCESSES = multiprocessing.get_context("spawn")
DAY = timedelta(days=1)


@pytest.fixture
def rogue() -> Iterator[Rogue]:
    with misbehaving() as found:
        yield found


def client() -> HttpClient:
    return HttpClient([ip_network("127.0.0.0/8")], "Marsad tests", timeout=0.5)


@pytest.fixture
def desk(store: Store, titles: Titles) -> Iterator[Desk]:
    """A desk that sends for real."""
    made, web = Desk(store, titles), client()
    sender = WebhookSender(web)
    keep = made.sink.send

    def send(delivery: Delivery, *, now: datetime) -> DeliveryOutcome:
        keep(delivery, now=now)
        return sender.send(delivery, now=datetime.now(tz=now.tzinfo))

    made.sink.send = send  # type: ignore[method-assign]
    yield made
    web.close()


@pytest.mark.parametrize("fault", ["hang", "reset", "endless", "redirect", "500"])
def test_a_fault_is_tried_again_with_the_same_message_and_settles_once(desk: Desk, rogue: Rogue, fault: str) -> None:
    desk.subscribe(f"{rogue.url}/{fault}")
    desk.say("a", "opposes", "2025-09-05")
    assert desk.move(seconds=31) == 1
    (failed,) = desk.store.deliveries()
    assert (failed.status, failed.attempts) == ("waiting", 1)
    assert failed.error
    assert rogue.taken == []
    rogue.healed.add(fault)
    desk.move(days=1)
    assert desk.statuses() == ["delivered"]
    (taken,) = rogue.taken
    assert {key for key, _ in desk.sink.sent} == {taken.key}


def test_ten_megabytes_of_answer_are_not_read(desk: Desk, rogue: Rogue) -> None:
    desk.subscribe(f"{rogue.url}/big")
    desk.say("a", "opposes", "2025-09-05")
    desk.move(seconds=31)
    assert desk.statuses() == ["delivered"]
    assert rogue.sent < BIG


def test_a_redirect_is_not_followed(desk: Desk, rogue: Rogue) -> None:
    desk.subscribe(f"{rogue.url}/redirect")
    desk.say("a", "opposes", "2025-09-05")
    desk.move(seconds=31)
    assert (rogue.asked, rogue.taken) == (1, [])


def every_step(desk: Desk, until: datetime) -> None:
    """Move from one due time to the next."""
    while (due := desk.store.next_due()) is not None and due <= until:
        desk.move(seconds=max((due - desk.now).total_seconds(), 0.0))
    desk.now = until


def test_500_for_a_day_is_delivered_on_the_next(store: Store, titles: Titles) -> None:
    desk = Desk(store, titles)
    desk.subscribe()
    desk.say("a", "opposes", "2025-09-05")
    desk.sink.answer = lambda _: DeliveryOutcome(
        status="delivered" if desk.now > T0 + DAY else "retry", http_status=500, error="500"
    )
    every_step(desk, T0 + DAY)
    assert desk.statuses() == ["waiting"]
    every_step(desk, T0 + 2 * DAY)
    assert desk.statuses() == ["delivered"]
    assert len({key for key, _ in desk.sink.sent}) == 1


def test_500_for_ever_is_dead_after_three_days_and_within_four(store: Store, titles: Titles) -> None:
    desk = Desk(store, titles)
    desk.subscribe()
    desk.say("a", "opposes", "2025-09-05")
    desk.sink.answer = lambda _: DeliveryOutcome(status="retry", error="500")
    every_step(desk, T0 + 3 * DAY)
    assert desk.statuses() == ["waiting"]
    every_step(desk, T0 + 4 * DAY)
    assert desk.statuses() == ["dead"]
    assert desk.store.channels()[0].disabled is None
    (delivery,) = desk.store.deliveries()
    assert [a.status for a in desk.store.attempts(delivery.id)] == ["retry"] * 9 + ["dead"]


def shipped_titles() -> Titles:
    folder: Path = SEEDS / "registry"
    registry = load_registry({name: (folder / name).read_text("utf-8") for name in FILES})
    return Titles(registry, (folder / FILE).read_text("utf-8"))


def send_and_die(url: str, now: datetime) -> None:
    """Take what is due, post it for real, and be killed before the outcome is written down."""
    desk = Desk(Store(make_engine(url)), shipped_titles())
    sender = WebhookSender(client())

    def send(delivery: Delivery, *, now: datetime) -> DeliveryOutcome:
        sender.send(delivery, now=datetime.now(tz=now.tzinfo))
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("unreachable")

    desk.sink.send = send  # type: ignore[method-assign]
    desk.now = now
    desk.move(seconds=0)


def test_killed_between_sending_and_recording_it_goes_again_under_the_same_key(
    desk: Desk, database_url: str, rogue: Rogue
) -> None:
    desk.subscribe(f"{rogue.url}/ok")
    desk.say("a", "opposes", "2025-09-05")
    victim = _PROCESSES.Process(target=send_and_die, args=(database_url, desk.now + timedelta(seconds=31)))
    victim.start()
    victim.join()
    assert victim.exitcode == -signal.SIGKILL
    assert desk.statuses() == ["waiting"]
    desk.say("b", "supports", "2025-09-06")
    desk.move(minutes=5)
    assert desk.statuses() == ["delivered", "delivered"]
    first, again, other = sorted(rogue.taken, key=lambda taken: taken.at)
    assert first.key == again.key != other.key
    assert first.body == again.body, "the words are those of the first attempt"


def channel(number: int, *, failing: bool = False) -> Channel:
    return Channel(id=number, kind="webhook", target="t", failing_since=T0 if failing else None)


def test_failing_channels_leave_half_of_the_threads_to_the_others() -> None:
    lanes = Lanes(8)
    held: list[Any] = []
    for number in range(4):
        held.append(lanes.turn(channel(number, failing=True)))
        held[-1].__enter__()
    for refused in (channel(9, failing=True), channel(0, failing=True)):
        with pytest.raises(NotYet), lanes.turn(refused):
            pass
    with lanes.turn(channel(20)), lanes.turn(channel(21)):
        pass
    held.pop().__exit__(None, None, None)
    with lanes.turn(channel(9, failing=True)):
        pass


def test_one_endpoint_takes_half_of_the_threads_at_most() -> None:
    lanes = Lanes(4)
    with lanes.turn(channel(1)), lanes.turn(channel(1)):
        with pytest.raises(NotYet), lanes.turn(channel(1)):
            pass
        with lanes.turn(channel(2)):
            pass
