"""The schema's migrations on each database: they agree with the tables, go up and down, and refuse an old schema."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from domain.errors import SchemaError
from tests.support.facts import statements
from workers.store.engine import Database, make_engine
from workers.store.schema_version import config, needed, present, upgrade
from workers.store.store import Store, open_store

pytest_plugins = ["tests.support.stores"]


def _revisions(url: str) -> list[str]:
    """Oldest first."""
    scripts = ScriptDirectory.from_config(config(url))
    return [script.revision for script in scripts.walk_revisions()][::-1]


def test_the_tables_are_those_that_the_migrations_make(database_url: str) -> None:
    command.check(config(database_url))


def test_every_revision_goes_up_and_down_and_up_again(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    for revision in _revisions(empty_database_url):
        command.upgrade(config(empty_database_url), revision)
        command.downgrade(config(empty_database_url), "-1")
        command.upgrade(config(empty_database_url), revision)
        assert present(engine) == revision
    command.downgrade(config(empty_database_url), "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    upgrade(empty_database_url)
    assert present(engine) == needed()
    engine.dispose()


def test_a_start_on_an_old_schema_says_which_command_upgrades_it(empty_database_url: str) -> None:
    command.upgrade(config(empty_database_url), "0001")
    with pytest.raises(SchemaError, match=r"schema is 0001, this release needs \d+: run `marsad db upgrade`"):
        open_store(empty_database_url)


def test_a_start_on_a_newer_schema_asks_for_a_newer_release(database_url: str) -> None:
    engine = make_engine(database_url)
    with Database(engine).write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(SchemaError, match="install a newer Marsad"):
        open_store(database_url)


def test_a_fresh_database_gets_its_schema(empty_database_url: str) -> None:
    store = open_store(empty_database_url)
    assert store.log.head() == 0
    store.close()


def test_a_log_of_the_first_schema_is_read_after_the_upgrade(empty_database_url: str) -> None:
    command.upgrade(config(empty_database_url), "0001")
    old = Store(make_engine(empty_database_url))
    written = old.log.append("a", statements("a", 3))
    old.close()
    upgrade(empty_database_url)
    store = open_store(empty_database_url)
    assert store.log.read() == written
    assert store.log.append("a", statements("a", 4))[0].sequence == 4
    store.close()
