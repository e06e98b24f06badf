"""Backups that restore to a log that verifies, on both databases; texts that go while everything else stays."""

from __future__ import annotations

import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from domain.errors import InputError
from tests.support.facts import page
from tests.support.postgres import Server, programs
from tests.support.scene import NOW, tell
from workers.cli.main import cli
from workers.ports import FeedEntry, PollOutcome
from workers.store.engine import make_engine
from workers.store.store import Store, open_store

pytest_plugins = ["tests.support.stores", "tests.support.world"]
LATER = NOW + timedelta(days=30)


def positions(store: Store) -> list[tuple[str, str, str]]:
    return [(p.actor, p.issue, p.stance) for p in store.queries.positions()]


def test_a_copy_of_the_embedded_database_verifies(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'marsad.db'}")
    tell(store)
    store.seal(now=NOW, force=True)
    copy = tmp_path / "copy.db"
    with store.log._db.write():  # somebody writes meanwhile
        store.retaining.copy_to(copy)
    with pytest.raises(InputError, match="there already"):
        store.retaining.copy_to(copy)
    with pytest.raises(InputError, match="cannot be written"):
        store.retaining.copy_to(tmp_path / "nowhere" / "copy.db")
    restored = open_store(f"sqlite:///{copy}")
    assert restored.verify().findings == store.verify().findings == ()
    assert positions(restored) == positions(store)
    restored.close()
    store.close()


def test_a_dump_of_a_server_restores_and_verifies(postgres_server: Server, tmp_path: Path) -> None:
    folder = programs()
    if folder is None or not (folder / "pg_dump").exists():
        pytest.skip("no pg_dump beside this machine's PostgreSQL")
    source, target = postgres_server.database(), postgres_server.database(empty=True)
    store = Store(make_engine(source))
    tell(store)
    store.seal(now=NOW, force=True)
    with pytest.raises(InputError, match="pg_dump"):
        store.retaining.copy_to(tmp_path / "x")
    dump = str(tmp_path / "marsad.dump")
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder.parent / "lib")}
    for command in (
        [str(folder / "pg_dump"), "-Fc", f"--dbname={source}", f"--file={dump}"],
        [str(folder / "pg_restore"), "--exit-on-error", "--no-owner", f"--dbname={target}", dump],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr
    restored = open_store(target)
    assert restored.verify().findings == ()
    assert positions(restored) == positions(store)
    restored.close()
    store.close()


def idle_article(store: Store) -> None:
    """An article in which nothing was read."""
    feed = store.feeds()[0]
    store.enqueue_due_polls(NOW + timedelta(hours=1))
    lease = store.take("poll", str(feed.id), now=NOW + timedelta(hours=1), seconds=60)
    assert lease is not None
    entry = FeedEntry(url="https://news0.example/idle", title="طقس")
    polled = PollOutcome(status="new", entries=(entry,), next_poll_at=LATER, interval=3600.0)
    store.save_poll(lease, polled, now=NOW)
    item = next(i for i in store.due(NOW, limit=50) if i.kind == "fetch")
    fetch = store.take("fetch", item.subject, now=NOW, seconds=60)
    assert fetch is not None
    assert store.save_article(fetch, page("https://news0.example/idle"), now=NOW) is not None


def test_old_texts_go_and_everything_else_stays(store: Store) -> None:
    tell(store)
    idle_article(store)
    store.seal(now=NOW, force=True)
    before, keeping = positions(store), store.retaining
    assert keeping.texts_before(NOW, evidence=True).versions == 0, "none is older than that"
    assert keeping.texts_before(LATER, evidence=False).versions == 1
    assert keeping.erase_texts(LATER, evidence=False) == 1
    assert store.queries.dossiers.of("RUS", "ukraine.foreign-troops").told[0].context
    assert keeping.texts_before(LATER, evidence=True).versions == 27
    assert keeping.erase_texts(LATER, evidence=True) == 27
    assert keeping.erase_texts(LATER, evidence=True) == 0
    assert store.queries.dossiers.of("RUS", "ukraine.foreign-troops").told[0].context == ()
    assert positions(store) == before
    assert store.verify().findings == ()


@pytest.mark.usefixtures("data")
def test_the_commands(tmp_path: Path) -> None:
    dry = CliRunner().invoke(cli, ["retain", "--days", "30", "--evidence", "--dry-run"])
    assert dry.exit_code == 0
    assert dry.output.startswith("would be erased: 27 texts")
    assert CliRunner().invoke(cli, ["retain", "--days", "30", "--evidence"]).output.startswith("erased: 27 texts")
    again = CliRunner().invoke(cli, ["retain", "--days", "30", "--evidence", "--dry-run"])
    assert again.output.startswith("would be erased: 0 texts")
    done = CliRunner().invoke(cli, ["backup", str(tmp_path / "copy.db")])
    assert "27 events" in done.output
    assert CliRunner().invoke(cli, ["retain", "--days", "0"]).exit_code == 2
