"""Metrics, alert rules and boards: each query of a board runs, each number that a rule or a board asks for is told."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, text

from domain.reading.registry import Registry
from tests.support.scene import NOW, tell
from tests.support.site import serving
from workers.store.engine import make_engine
from workers.store.store import Store
from workers.web.app import make_app

pytest_plugins = ["tests.support.stores", "tests.support.world"]

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "marsad.rules.yml"
BOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "marsad.json").read_text("utf-8"))
TARGETS = [target for panel in BOARD["panels"] for target in panel["targets"]]
SQL = [target["rawSql"] for target in TARGETS if "rawSql" in target]
EXPRESSIONS = [target["expr"] for target in TARGETS if "expr" in target]
PROMTOOL = shutil.which("promtool")
_NAME = re.compile(r"\bmarsad_[a-z_]+\b")


def told(site: str) -> dict[str, float]:
    """The metrics by name and labels."""
    answer = httpx.get(f"{site}/metrics")
    assert answer.status_code == 200
    return {
        sample.name + "".join(f" {v}" for v in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_every_stage_tells_its_numbers(store: Store, registry: Registry) -> None:
    tell(store)
    now = NOW
    with serving(make_app(store.queries, registry=registry, clock=lambda: now)) as site:
        found = told(site)
        assert found["marsad_database_up"] == 1
        assert found["marsad_entries_total"] == found["marsad_log_events_total"] == 27
        assert found["marsad_work fetch waiting"] == found["marsad_work_late_seconds"] == 0
        assert found["marsad_check feeds"] == 0
        now += timedelta(hours=2)
        store.enqueue_due_polls(NOW + timedelta(hours=1))
        found = told(site)
        assert found["marsad_work poll waiting"] == 5
        assert found["marsad_work_late_seconds"] == found["marsad_feeds_late_seconds"] == 3600
        assert found["marsad_check feeds"] == found["marsad_check work"] == 2
        assert found["marsad_silence_seconds"] == 7200


def test_a_database_that_is_away_is_told_and_not_an_error(tmp_path: Path, registry: Registry) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'none.db'}")
    with serving(make_app(Store(engine).queries, registry=registry)) as site:
        assert told(site)["marsad_database_up"] == 0
    engine.dispose()


@pytest.mark.parametrize("source", [RULES.read_text("utf-8"), *EXPRESSIONS])
def test_every_number_that_is_asked_for_is_told(site: str, source: str) -> None:
    known = {name.partition(" ")[0] for name in told(site)}
    asked = set(_NAME.findall(source))
    assert asked
    assert asked <= known


@pytest.mark.parametrize("sql", SQL)
def test_every_query_of_the_board_runs_on_postgresql(postgres_url: str, sql: str) -> None:
    store = Store(make_engine(postgres_url))
    tell(store)
    store.close()
    statement = re.sub(r"\$__timeFilter\((\w+)\)", r"\1 BETWEEN '2025-09-01' AND '2025-10-01'", sql)
    assert "$__" not in statement
    engine = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        rows = connection.execute(text(statement)).all()
    engine.dispose()
    assert rows


def test_metrics_need_their_token_where_everything_needs_a_login(store: Store, registry: Registry) -> None:
    app = make_app(store.queries, registry=registry, store=store, login="everything", metrics_token="s3cret")
    with serving(app) as site:
        for header in ({}, {"authorization": "Bearer wrong"}, {"authorization": "s3cret"}):
            assert httpx.get(f"{site}/metrics", headers=header).status_code == 401
        good = {"authorization": "Bearer s3cret"}
        assert httpx.get(f"{site}/metrics", headers=good).status_code == 200
        assert httpx.get(f"{site}/api/v1/positions", headers=good).status_code == 401, "for the metrics alone"


def test_every_alert_has_a_paragraph_in_the_runbook() -> None:
    alerts = re.findall(r"- alert: (\w+)", RULES.read_text("utf-8"))
    headings = re.findall(r"^### (\w+)$", (DEPLOY / "docs" / "runbook.md").read_text("utf-8"), re.MULTILINE)
    assert alerts
    assert set(alerts) <= set(headings)


@pytest.mark.skipif(PROMTOOL is None, reason="no promtool on this machine (on Debian: apt-get install prometheus)")
@pytest.mark.parametrize("arguments", [("check", "rules", "marsad.rules.yml"), ("test", "rules", "marsad.test.yml")])
def test_promtool_accepts_the_rules(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [PROMTOOL or "", *arguments], cwd=DEPLOY / "prometheus", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
