"""`marsad doctor` on a real PostgreSQL and Valkey: each trouble is found, and the remedy is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from tests.support.valkey import Valkey, valkey
from workers.cli.main import cli

pytest_plugins = ["tests.support.stores"]
Found = dict[str, list[dict[str, str]]]


@pytest.fixture
def queue() -> Iterator[Valkey]:
    with valkey() as server:
        yield server


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, postgres_url: str, queue: Valkey) -> pytest.MonkeyPatch:
    """The settings of a sound fleet whose processes do not run yet."""
    monkeypatch.setenv("MARSAD_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MARSAD_DATABASE_URL", postgres_url)
    monkeypatch.setenv("MARSAD_REDIS_URL", queue.url)
    return monkeypatch


def examined(code: int = 1) -> Found:
    """The findings by what they are about; what is not well has a remedy."""
    done = CliRunner().invoke(cli, ["doctor", "--json"])
    assert done.exit_code == code, done.output
    found: Found = {}
    for finding in json.loads(done.stdout):
        assert finding["state"] == "ok" or finding["remedy"], finding
        found.setdefault(finding["what"], []).append(finding)
    return found


def only(found: Found, what: str) -> dict[str, str]:
    (finding,) = found[what]
    return finding


@pytest.mark.usefixtures("machine")
def test_a_fleet_that_does_not_run_yet() -> None:
    found = examined()
    assert {what for what, all_ in found.items() if any(f["state"] == "bad" for f in all_)} == {
        "scheduler",
        "projector",
    }
    assert only(found, "scheduler")["remedy"] == "start marsad scheduler"
    assert "a fleet on PostgreSQL and Redis" in only(found, "settings")["found"]
    assert [f["found"].split(" from that of ")[1] for f in found["clock"]] == ["Redis", "PostgreSQL"]
    assert "free for" in only(found, "disk")["found"]
    assert only(found, "feeds")["found"] == "none yet"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MARSAD_THREADS", "many", "MARSAD_THREADS"),
        ("MARSAD_REDIS_URL", "http://queue.example", "MARSAD_REDIS_URL"),
        ("MARSAD_THREDS", "4", "MARSAD_THREDS"),
    ],
)
def test_a_wrong_setting(name: str, value: str, words: str, machine: pytest.MonkeyPatch) -> None:
    machine.setenv(name, value)
    found = examined()
    assert list(found) == ["settings"]
    assert words in only(found, "settings")["found"]


def test_a_queue_that_nobody_shares(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine.setenv("MARSAD_DATABASE_URL", f"sqlite:///{tmp_path / 'marsad.db'}")
    found = examined(code=0)
    assert only(found, "settings")["state"] == "warn"
    assert only(found, "schema")["found"] == "none yet: the first start makes it"


@pytest.mark.usefixtures("machine")
def test_a_queue_that_evicts_or_is_nearly_full(queue: Valkey) -> None:
    with queue.client() as client:
        client.config_set("maxmemory", "100mb")
        client.config_set("maxmemory-policy", "allkeys-lru")
        found = only(examined(), "queue")
        assert found["state"] == "bad"
        assert "maxmemory-policy noeviction" in found["remedy"]
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1mb")
        assert only(examined(), "queue")["state"] == "warn"


@pytest.mark.usefixtures("machine")
def test_a_queue_that_is_away(queue: Valkey) -> None:
    queue.kill()
    found = examined()
    assert only(found, "queue")["remedy"] == "start Redis or Valkey, or mend the URL"
    assert only(found, "schema")["state"] == "ok", "the rest is examined all the same"


def test_a_database_that_is_away(machine: pytest.MonkeyPatch) -> None:
    machine.setenv("MARSAD_DATABASE_URL", "postgresql://postgres@127.0.0.1:9/marsad")
    found = only(examined(), "database")
    assert found["state"] == "bad"
    assert "mend MARSAD_DATABASE_URL" in found["remedy"]


@pytest.mark.usefixtures("machine")
def test_a_schema_of_another_release(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    found = only(examined(), "schema")
    assert found["state"] == "bad"
    assert "marsad db upgrade" in found["remedy"]


def test_it_is_told_in_lines_for_people(machine: pytest.MonkeyPatch) -> None:
    machine.setenv("MARSAD_PORT", "eighty")
    lines = CliRunner().invoke(cli, ["doctor"]).stdout.splitlines()
    assert lines[0].startswith("bad  settings  MARSAD_PORT")
    assert lines[1].strip() == "→ mend the setting that it names"
