"""Whether a service that does not do its job is told so, by /healthz and by the command, each time with a remedy."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest
from click.testing import CliRunner

from domain.reading.registry import Registry
from tests.support.facts import new, read
from tests.support.scene import NOW, tell
from tests.support.site import serving
from workers import checks
from workers.cli.main import cli
from workers.ports import DeliveryOutcome, FeedSpec
from workers.projections.runner import PositionsRunner
from workers.store.store import Store
from workers.web.app import make_app

pytest_plugins = ["tests.support.stores", "tests.support.world"]
HOUR = timedelta(hours=1)


def states(store: Store, now: datetime) -> dict[str, str]:
    """The worst state of each check."""
    order = ("ok", "warn", "bad")
    found: dict[str, str] = {}
    for finding in checks.service(store.queries, now):
        assert finding.state == "ok" or finding.remedy, finding
        found[finding.what] = max(found.get(finding.what, "ok"), finding.state, key=order.index)
    return found


def test_a_service_that_does_its_job(store: Store) -> None:
    tell(store)
    assert states(store, NOW) == {"feeds": "ok", "work": "ok", "positions": "ok", "alerts": "ok"}


def test_feeds_that_nobody_polls(store: Store) -> None:
    tell(store)
    assert states(store, NOW + HOUR + timedelta(minutes=10))["feeds"] == "ok", "a queue of a few minutes is no failure"
    assert states(store, NOW + HOUR + timedelta(minutes=16))["feeds"] == "bad"


def test_work_that_nobody_does_and_work_that_is_held(store: Store) -> None:
    store.load_feeds([FeedSpec(url="https://a.example/rss", outlet="أ")], now=NOW)
    store.enqueue_due_polls(NOW)
    assert states(store, NOW)["work"] == "ok"
    assert states(store, NOW + HOUR)["work"] == "bad"
    lease = store.take("poll", "1", now=NOW, seconds=2 * HOUR.total_seconds())
    assert lease is not None
    assert states(store, NOW + HOUR)["work"] == "ok"
    assert states(store, NOW + 3 * HOUR)["work"] == "bad", "its holder died"
    store.fail(lease, "no route", now=NOW, retry_at=None)
    assert states(store, NOW)["work"] == "warn"


def test_positions_that_stay_behind(store: Store) -> None:
    tell(store)
    store.log.append("a" * 32, [new("a1", read(day="2025-09-01"))])
    late = store.log.read(after=store.log.head() - 1)[0].recorded_at + HOUR
    assert states(store, late)["positions"] == "bad"
    PositionsRunner(store).catch_up(now=late)
    assert states(store, late)["positions"] == "ok"


def test_alerts_that_do_not_go_out(store: Store) -> None:
    tell(store)
    channel = store.add_channel("webhook", "https://hook.example/", now=NOW)
    store.add_subscription([channel.id], now=NOW)
    store.log.append("b" * 32, [new("b1", read(actor="GBR", day="2025-09-09"))])
    PositionsRunner(store).catch_up(now=NOW)
    item = next(i for i in store.due(NOW + HOUR) if i.kind == "deliver")
    lease = store.take("deliver", item.subject, now=NOW + HOUR, seconds=60)
    assert lease is not None
    gone = DeliveryOutcome(status="dead", http_status=410, error="gone", disable="410 Gone")
    store.save_delivery(lease, gone, now=NOW + HOUR)
    found = [f for f in checks.service(store.queries, NOW) if f.what == "alerts"]
    assert [f.state for f in found] == ["warn", "warn", "bad"]
    assert "410 Gone" in found[0].found


def test_both_routes_say_it_and_name_the_remedy(store: Store, registry: Registry) -> None:
    tell(store)
    now = NOW
    with serving(make_app(store.queries, registry=registry, clock=lambda: now)) as site:
        answer = httpx.get(f"{site}/healthz")
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")
        assert httpx.get(f"{site}/readyz").json() == {"status": "ok", "database": "ok"}
        now += 3 * HOUR
        answer = httpx.get(f"{site}/healthz")
        assert answer.status_code == 503
        assert "start a scheduler" in next(c["remedy"] for c in answer.json()["checks"] if c["what"] == "feeds")
        assert httpx.get(f"{site}/readyz").status_code == 200, "it answers all the same"


@pytest.mark.usefixtures("data")
def test_the_command_ends_with_a_code_of_its_own() -> None:
    result = CliRunner().invoke(cli, ["healthcheck"])  # the world's last poll is long ago
    assert result.exit_code == 1
    assert "feeds: 5 of 5 were due long ago → start a scheduler" in result.output
