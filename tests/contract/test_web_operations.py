"""The pages of sources and operations on both databases: what fails has a remedy, hostile words are text."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from domain.reading.registry import Registry
from tests.contract.test_web_pages import Tags
from tests.support.scene import NOW, Told, tell
from tests.support.site import serving
from workers.ports import DeliveryOutcome, PollOutcome
from workers.projections.runner import PositionsRunner
from workers.store.store import Store
from workers.titles import Titles
from workers.web.app import make_app

pytest_plugins = ["tests.support.stores", "tests.support.world"]
EVIL = "<script>alert(1)</script>\u202e"
SAID: tuple[Told, ...] = (
    ("منارة الخبر", "2025-09-01", "RUS", "ukraine.foreign-troops", "opposes", "putin", "head", "self", "أ", "قال لا."),
    ("جسر برس", "2025-09-02", "RUS", "ukraine.foreign-troops", "supports", "putin", "head", "self", "ب", "قال نعم."),
)  # fmt: skip


def text_of(site: str, path: str) -> str:
    answer = httpx.get(f"{site}{path}", headers={"accept-language": "en"})
    assert answer.status_code == 200, answer.text
    tags = Tags(answer.text)
    assert tags.names.count("script") == 1
    return " ".join(tags.text.split())


@pytest.fixture
def troubled(store: Store) -> Store:
    """A world in which a feed fails, work was given up and an alert was refused."""
    channel = store.add_channel("webhook", "https://hook.example/", now=NOW)
    store.add_subscription([channel.id], now=NOW)
    tell(store, SAID, met=())
    later = NOW + timedelta(hours=1)
    store.enqueue_due_polls(later)
    polls = [store.take("poll", str(feed.id), now=later, seconds=60) for feed in store.feeds()]
    assert polls[0] is not None
    assert polls[1] is not None
    failed = PollOutcome(status="failed", error=EVIL, next_poll_at=later + timedelta(hours=1), interval=3600.0)
    store.save_poll(polls[0], failed, now=later)
    store.fail(polls[1], EVIL, now=later, retry_at=None)
    item = next(i for i in store.due(later, limit=50) if i.kind == "deliver")
    lease = store.take("deliver", item.subject, now=later, seconds=60)
    assert lease is not None
    refused = DeliveryOutcome(status="dead", http_status=410, error=EVIL, disable="410 Gone")
    store.save_delivery(lease, refused, now=later)
    PositionsRunner(store).catch_up(now=later)
    return store


def test_what_fails_is_named_with_what_to_do(troubled: Store, registry: Registry, titles: Titles) -> None:
    with serving(make_app(troubled.queries, registry=registry, titles=titles, clock=lambda: NOW)) as site:
        operations = text_of(site, "/operations")
        sources = text_of(site, "/sources")
    assert "2 in quarantine What to do: marsad quarantine list" in operations
    assert f"poll https://news1.example/rss 1 {EVIL}" in operations
    assert "disabled webhook https://hook.example/ 410 Gone" in operations
    assert "given up 1" in operations
    assert "failed last time" in sources
    assert EVIL in sources


def test_who_had_it_first_and_what_each_outlet_brought(troubled: Store, registry: Registry, titles: Titles) -> None:
    firsts = troubled.queries.operating.firsts()
    assert {(f.on, f.outlet) for f in firsts} == {("2025-09-01", "منارة الخبر"), ("2025-09-02", "جسر برس")}
    found = {y.outlet: (y.entries, y.stored, y.events, y.firsts) for y in troubled.queries.operating.yields()}
    assert found == {"منارة الخبر": (1, 1, 1, 1), "جسر برس": (1, 1, 1, 1)}
    with serving(make_app(troubled.queries, registry=registry, titles=titles, clock=lambda: NOW)) as site:
        assert "Russia · Foreign troops in Ukraine reversed · 2 September 2025 جسر برس" in text_of(site, "/sources")


def test_events_are_counted_by_the_hour(troubled: Store) -> None:
    hours = troubled.queries.operating.by_hour(NOW + timedelta(hours=2))
    assert len(hours) == 24
    assert {hour: count for hour, count in hours if count} == {NOW: 2}
    assert sum(count for _, count in troubled.queries.operating.by_hour(NOW + timedelta(hours=30))) == 0
