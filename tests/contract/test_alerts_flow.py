"""Alerts on each database: grouped, held, put together, corrected, and nothing twice or for nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from domain.alerts.terms import Terms
from tests.support.alerts import DELIVERED, Desk
from tests.support.facts import T0, new, read
from workers.ports import DeliveryOutcome
from workers.projections.rebuild import Rebuild
from workers.store.store import Store
from workers.titles import Titles

pytest_plugins = ["tests.support.stores", "tests.support.world"]
ISSUE = "ukraine.foreign-troops"


@pytest.fixture
def desk(store: Store, titles: Titles) -> Desk:
    return Desk(store, titles)


def test_a_change_goes_once_after_the_group_wait(desk: Desk) -> None:
    desk.subscribe()
    desk.say("a", "opposes", "2025-09-05")
    assert desk.move(seconds=29) == 0
    assert desk.move(seconds=2) == 1
    assert desk.move(days=3) == 0
    (event,) = desk.sink.events
    assert (event.type, event.subject) == ("marsad.position.established", f"RUS/{ISSUE}")
    assert desk.statuses() == ["delivered"]


def test_a_flap_that_settles_within_the_wait_is_one_alert(desk: Desk) -> None:
    desk.subscribe()
    desk.say("a", "opposes", "2025-09-05")
    desk.move(minutes=5)
    desk.say("b", "supports", "2025-09-06")
    desk.move(seconds=10)
    desk.say("c", "opposes", "2025-09-07")
    desk.move(seconds=10)
    desk.say("d", "conditional", "2025-09-08")
    assert desk.move(seconds=11) == 1
    event = desk.sink.events[-1]
    assert [told.kind for told in event.data.changes] == ["reversed", "reversed", "shifted"]
    assert (event.data.before, event.data.after) == ("opposes", "conditional")
    assert desk.statuses() == ["delivered"] * 4
    assert desk.move(days=3) == 0


def test_a_change_undone_within_the_wait_is_never_told(desk: Desk) -> None:
    desk.subscribe()
    said = desk.say("a", "opposes", "2025-09-05")
    desk.move(seconds=10)
    desk.take_back(said)
    assert desk.move(days=1) == 0
    assert desk.statuses() == ["dropped"]


def test_other_positions_do_not_wait_for_each_other(desk: Desk) -> None:
    desk.subscribe()
    desk.say("a", "opposes", "2025-09-05")
    desk.say("b", "opposes", "2025-09-05", actor="USA")
    assert desk.move(seconds=31) == 2


def test_a_change_undone_later_is_corrected_by_a_message_that_names_the_first(desk: Desk) -> None:
    desk.subscribe()
    said = desk.say("a", "opposes", "2025-09-05")
    desk.move(minutes=1)
    desk.take_back(said)
    assert desk.move(minutes=1) == 1
    (first_key, _), (key, event) = desk.sink.sent
    assert event.type == "marsad.position.correction"
    assert event.data.correction is not None
    assert (event.data.correction.of, event.data.correction.why) == (first_key, "undone")
    assert key != first_key
    assert "taken back" in event.data.text


def test_what_stands_again_is_said_and_taken_back_again(desk: Desk) -> None:
    desk.subscribe()
    first = desk.say("a", "opposes", "2025-09-05")
    desk.move(minutes=1)
    desk.take_back(first)
    desk.move(minutes=1)
    second = desk.say("b", "opposes", "2025-09-05")
    assert desk.move(minutes=1) == 1
    assert desk.sink.events[-1].data.correction is not None
    assert desk.sink.events[-1].data.correction.why == "again"
    desk.take_back(second)
    assert desk.move(minutes=1) == 1
    assert len({key for key, _ in desk.sink.sent}) == 4


def test_a_correction_that_became_needless_within_the_wait_is_not_sent(desk: Desk) -> None:
    desk.subscribe()
    first = desk.say("a", "opposes", "2025-09-05")
    desk.move(minutes=1)
    desk.say("b", "opposes", "2025-09-05")
    desk.take_back(first)
    desk.move(minutes=1)
    assert desk.sink.events[-1].data.correction is not None
    assert desk.sink.events[-1].data.correction.why == "evidence"
    assert desk.sink.events[-1].data.correction.lost == ("https://one.example/a",)
    count = len(desk.sink.sent)
    desk.say("c", "opposes", "2025-09-05")
    assert desk.move(minutes=1) == 0, "more evidence is no news"
    assert len(desk.sink.sent) == count


def test_a_correction_waits_for_the_message_it_corrects(desk: Desk) -> None:
    desk.subscribe()
    desk.sink.answer = lambda _: DeliveryOutcome(status="retry", error="500")
    said = desk.say("a", "opposes", "2025-09-05")
    desk.move(seconds=31)
    desk.take_back(said)
    desk.move(seconds=40)
    assert {event.type for event in desk.sink.events} == {"marsad.position.established"}
    desk.sink.answer = lambda _: DeliveryOutcome(status="delivered")
    desk.move(hours=1)
    desk.move(minutes=1)
    assert [event.type.rpartition(".")[2] for event in desk.sink.events][-2:] == ["established", "correction"]


def test_nothing_is_sent_by_a_restart_a_rebuild_or_the_same_reading_again(desk: Desk) -> None:
    desk.subscribe()
    desk.say("a", "opposes", "2025-09-05")
    desk.say("b", "supports", "2025-09-06")
    assert desk.move(minutes=1) == 1
    desk.restart()
    desk.project()
    Rebuild(desk.store).run(now=desk.now, swap=True)
    desk.store.log.append("a", [])
    desk.say("a", "opposes", "2025-09-05")
    assert desk.move(days=4) == 0


def test_a_new_reading_that_says_the_same_in_other_words_sends_nothing(desk: Desk) -> None:
    desk.subscribe()
    first = desk.say("a", "opposes", "2025-09-05")
    desk.move(minutes=1)
    record = read("a", stance="opposes", day="2025-09-05", evidence=((0, 5),))
    desk.store.retract(first, why="read again", who="machine", now=desk.now)
    desk.store.log.append("a", [new("a", record)])
    desk.project()
    assert desk.move(days=4) == 0


def test_enough_sources_are_told_when_they_are_reached(desk: Desk) -> None:
    desk.subscribe(terms=Terms(sources=2))
    desk.say("a", "opposes", "2025-09-05")
    assert desk.move(hours=1) == 0
    source = read("bbb").source
    desk.say("bbb", "opposes", "2025-09-05", source=source)
    assert desk.move(hours=1) == 1
    desk.say("ccc", "opposes", "2025-09-05")
    assert desk.move(hours=1) == 0
    assert desk.sink.events[0].data.sources == 2


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"actors": ("RUS",)}, 1), ({"actors": ("FRA",)}, 0), ({"issues": (ISSUE,)}, 1), ({"issues": ("x.y",)}, 0),
        ({"changes": ("established",)}, 1), ({"changes": ("reversed",)}, 0),
        ({"terms": Terms(stances=("opposes",))}, 1), ({"terms": Terms(stances=("supports",))}, 0),
        ({"terms": Terms(confidence=0.89)}, 1), ({"terms": Terms(confidence=0.95)}, 0),
    ],
)  # fmt: skip
def test_every_filter_lets_through_what_it_names(desk: Desk, wanted: dict[str, Any], count: int) -> None:
    desk.subscribe(**wanted)
    desk.say("a", "opposes", "2025-09-05")
    assert desk.move(minutes=1) == count


def test_a_daily_digest_comes_once_at_the_subscribers_hour(desk: Desk) -> None:
    desk.now = datetime(2025, 9, 5, 12, 0, tzinfo=UTC)
    desk.subscribe(terms=Terms(pace="daily", hour=8, zone="Asia/Qatar"))
    desk.say("a", "opposes", "2025-09-05")
    desk.say("b", "opposes", "2025-09-05", actor="USA")
    desk.move(hours=10)
    desk.say("c", "supports", "2025-09-05", actor="FRA")
    assert desk.move(hours=6, minutes=59) == 0  # 04:59 UTC, 07:59 in Doha
    assert desk.move(minutes=2) == 1
    event = desk.sink.events[0]
    assert event.type == "marsad.positions.digest"
    assert [told.actor for told in event.data.changes] == ["RUS", "USA", "FRA"]
    assert desk.statuses() == ["delivered"] * 3
    assert desk.move(days=2) == 0


def test_quiet_hours_hold_everything_for_one_message_at_their_end(desk: Desk) -> None:
    desk.now = datetime(2025, 9, 5, 20, 0, tzinfo=UTC)  # 23:00 in Doha
    desk.subscribe(terms=Terms(quiet=("22:00", "07:00"), zone="Asia/Qatar"))
    desk.say("a", "opposes", "2025-09-05")
    desk.say("b", "opposes", "2025-09-05", actor="USA")
    assert desk.move(hours=7, minutes=59) == 0
    assert desk.move(minutes=2) == 1


def test_a_retry_that_falls_into_quiet_hours_waits_and_does_not_count(desk: Desk) -> None:
    desk.now = datetime(2025, 9, 5, 20, 0, tzinfo=UTC)
    desk.subscribe(terms=Terms(quiet=("20:01", "23:00")))
    desk.sink.answer = lambda _: DeliveryOutcome(status="retry", error="500")
    desk.say("a", "opposes", "2025-09-05")
    assert desk.move(seconds=31) == 1
    assert desk.move(minutes=30) == 0
    desk.sink.answer = lambda _: DeliveryOutcome(status="delivered")
    assert desk.move(hours=3) == 1
    assert desk.store.deliveries()[0].attempts == 2


def test_mute_holds_until_it_ends_and_an_edit_ends_it(desk: Desk) -> None:
    until = T0 + timedelta(days=30)
    found = desk.subscribe(terms=Terms(muted_until=until))
    desk.say("a", "opposes", "2025-09-05")
    assert desk.move(days=3) == 0
    assert desk.store.edit_subscription(found.id, replace(found, terms=Terms()), due=desk.now)
    assert desk.move(seconds=1) == 1
    desk.say("b", "supports", "2025-09-06")
    assert desk.move(minutes=1) == 1, "new changes go by the new terms"


def test_the_words_are_the_same_at_every_attempt(desk: Desk) -> None:
    desk.subscribe()
    desk.sink.answer = lambda _: DeliveryOutcome(status="retry", error="500")
    desk.say("a", "opposes", "2025-09-05")
    desk.move(seconds=31)
    desk.say("b", "supports", "2025-09-06")
    desk.sink.answer = lambda _: DeliveryOutcome(status="delivered")
    desk.move(hours=1)
    by_key: dict[str, set[bytes]] = {}
    for key, event in desk.sink.sent:
        by_key.setdefault(key, set()).add(repr(event).encode())
    assert len(by_key) == 2
    assert all(len(bodies) == 1 for bodies in by_key.values())


def test_what_a_message_told_is_dead_and_sent_again_with_it(desk: Desk) -> None:
    desk.subscribe(terms=Terms(pace="hourly"))
    desk.sink.answer = lambda _: DeliveryOutcome(status="dead", error="410", disable="the endpoint answered 410 Gone")
    desk.say("a", "opposes", "2025-09-05")
    desk.say("b", "opposes", "2025-09-05", actor="USA")
    assert desk.move(hours=1) == 1
    assert desk.statuses() == ["dead", "dead"]
    assert "410" in (desk.store.channels()[0].disabled or "")
    desk.subscribe()  # the same channel, taken into use again
    newest = desk.store.deliveries()[0]
    assert newest.carried_by is not None
    assert desk.store.resend(newest.id, now=desk.now)
    desk.sink.answer = lambda _: DeliveryOutcome(status="delivered")
    assert desk.move(seconds=1) == 1
    assert desk.statuses() == ["delivered", "delivered"]
    assert len({key for key, _ in desk.sink.sent}) == 1


def test_each_channel_has_a_delivery_of_its_own_and_one_that_is_taken_out_has_no_more(desk: Desk) -> None:
    found = desk.subscribe()
    other = desk.store.add_channel("webhook", "https://other.example/", now=desk.now)
    desk.store.set_channels(found.id, [found.channels[0].id, other.id], now=desk.now)
    desk.sink.answer = lambda d: DeliveryOutcome(status="retry") if d.channel.id == other.id else DELIVERED
    said = desk.say("a", "opposes", "2025-09-05")
    assert desk.move(seconds=31) == 2
    assert len({key for key, _ in desk.sink.sent}) == 2
    assert desk.statuses() == ["delivered", "waiting"]
    desk.take_back(said)
    assert desk.move(seconds=31) == 2, "a correction by the one, another try by the other, whose correction waits"
    desk.store.set_channels(found.id, [found.channels[0].id], now=desk.now)
    assert desk.statuses() == ["delivered", "dead", "delivered", "dead"]
    assert desk.move(days=1) == 0


def test_a_channel_that_fails_is_known_until_it_works_again(desk: Desk) -> None:
    desk.subscribe()
    desk.sink.answer = lambda _: DeliveryOutcome(status="retry", error="500")
    desk.say("a", "opposes", "2025-09-05")
    desk.move(seconds=31)
    assert desk.store.channels()[0].failing_since == desk.now
    desk.sink.answer = lambda _: DeliveryOutcome(status="delivered")
    desk.move(hours=1)
    assert desk.store.channels()[0].failing_since is None
    (delivery,) = desk.store.deliveries()
    assert [a.status for a in desk.store.attempts(delivery.id)] == ["retry", "delivered"]
