"""Feeds and articles put together: turns of hosts, publication days, intervals."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from workers.clean import Page
from workers.gather import HostGate, published

NOW = datetime(2025, 9, 4, 12, 0, tzinfo=UTC)
OWN = (ip_network("127.0.0.0/8"),)


def _gate(delay: float = 100.0) -> tuple[HostGate, list[float]]:
    slept: list[float] = []
    return HostGate(delay, OWN, sleep=slept.append), slept


def _turn(gate: HostGate, url: str, crawl_delay: float | None = None) -> None:
    with gate.turn(url, lambda: crawl_delay):
        pass


def test_a_host_is_left_alone_between_two_requests() -> None:
    gate, slept = _gate()
    _turn(gate, "https://a.example/1")
    _turn(gate, "https://b.example/1")
    assert slept == []
    _turn(gate, "https://A.example/2")
    assert len(slept) == 1
    assert 25 < slept[0] <= 30


@pytest.mark.parametrize(
    ("delay", "asked", "pause"), [(2.0, 10.0, 10), (2.0, None, 2), (2.0, 1.0, 2), (2.0, 9999.0, 30)]
)
def test_the_longer_pause_counts_within_reason(delay: float, asked: float | None, pause: float) -> None:
    gate, slept = _gate(delay)
    _turn(gate, "https://a.example/1", asked)
    _turn(gate, "https://a.example/2")
    assert pause - 1 < slept[0] <= pause


def test_our_own_network_needs_no_pause() -> None:
    gate, slept = _gate()
    _turn(gate, "http://127.0.0.1:8000/1")
    _turn(gate, "http://127.0.0.1:8000/2")
    assert slept == []


def test_the_turn_is_given_back_after_a_failure() -> None:
    gate, slept = _gate()
    with pytest.raises(ValueError, match="boom"), gate.turn("https://a.example/1"):
        raise ValueError("boom")
    _turn(gate, "https://a.example/2")
    assert len(slept) == 1


def test_a_host_has_one_request_at_a_time() -> None:
    gate, _ = _gate(0.0)
    inside = threading.Event()

    def second() -> None:
        with gate.turn("https://a.example/2"):
            inside.set()

    thread = threading.Thread(target=second)
    with gate.turn("https://a.example/1"):
        thread.start()
        assert not inside.wait(0.05)
    thread.join()
    assert inside.is_set()


def _when(
    page_moment: datetime | None, feed_moment: datetime | None, day: str | None, zone: str = "Asia/Riyadh"
) -> str | None:
    page = Page(title="t", text="x", published_at=page_moment, published=day)
    return published(page, feed_moment, zone, NOW)


def test_the_day_is_the_outlets_own() -> None:
    late = datetime(2025, 9, 3, 22, 30, tzinfo=UTC)
    assert _when(late, None, None) == "2025-09-04"
    assert _when(late, None, None, "Africa/Casablanca") == "2025-09-03"


def test_the_page_counts_before_the_feed_and_a_moment_before_a_day() -> None:
    first, second = datetime(2025, 9, 1, 12, tzinfo=UTC), datetime(2025, 9, 2, 12, tzinfo=UTC)
    assert _when(first, second, "2025-09-03") == "2025-09-01"
    assert _when(None, second, "2025-09-03") == "2025-09-02"
    assert _when(None, None, "2025-09-03") == "2025-09-03"
    assert _when(None, None, None) is None


def test_a_day_to_come_is_unknown_but_for_one_day_of_wrong_clocks() -> None:
    assert _when(datetime(2025, 9, 5, 9, tzinfo=UTC), None, None) == "2025-09-05"
    assert _when(datetime(2026, 1, 1, tzinfo=UTC), None, "2025-09-03") == "2025-09-03"
    assert _when(None, None, "2031-01-01") is None
