"""The schema's migrations on each database: they agree with the tables, go up and down, and refuse an old schema."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from domain.errors import SchemaError
from tests.support.facts import T0, new, read, statements
from workers.projections.runner import PositionsRunner
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


def test_subscriptions_and_deliveries_keep_their_channel_forth_and_back(empty_database_url: str) -> None:
    command.upgrade(config(empty_database_url), "0005")
    engine = make_engine(empty_database_url)
    day = "'2025-09-05 12:00:00'"
    for statement in (
        f"INSERT INTO channels (kind, target, created_at) VALUES ('mail', 'a@b.example', {day})",
        f"INSERT INTO subscriptions (id, channel_id, created_at) VALUES (7, 1, {day})",
        "INSERT INTO changes (sequence, change_key, actor, issue, kind, on_day, data, recorded_at, log_sequence) "
        f"VALUES (1, 'c', 'RUS', 'i', 'established', '2025-09-05', '{{}}', {day}, 1)",
        "INSERT INTO deliveries (id, subscription_id, change_key, idempotency_key, body, created_at) "
        f"VALUES (5, 7, 'c', 'msg_1', '', {day})",
        f"INSERT INTO delivery_attempts (delivery_id, attempt, at, status) VALUES (5, 1, {day}, 'retry')",
    ):
        _say(engine, statement)
    upgrade(empty_database_url)
    store = Store(engine)
    (found,) = store.deliveries()
    assert (found.id, found.key, found.channel.target, found.subscription.channels) == (
        5, "msg_1", "a@b.example", (found.channel,),
    )  # fmt: skip
    second = store.add_channel("webhook", "https://hook.example/", now=found.subscription.created_at)
    store.set_channels(7, [1, second.id], now=found.subscription.created_at)
    command.downgrade(config(empty_database_url), "0005")
    with engine.connect() as connection:
        row = connection.execute(text("SELECT s.channel_id, d.id FROM subscriptions s, deliveries d")).one()
        assert tuple(row) == (1, 5)
        assert connection.execute(text("SELECT count(*) FROM delivery_attempts")).scalar() == 1
    upgrade(empty_database_url)
    assert [c.id for c in store.subscriptions()[0].channels] == [1]
    store.close()


def _say(engine: Engine, statement: str) -> None:
    with Database(engine).write() as connection:
        connection.execute(text(statement))


def test_positions_of_an_older_schema_are_folded_once_more(database_url: str) -> None:
    store = Store(make_engine(database_url))
    days = [("a", "2025-09-03", "supports"), ("b", "2025-09-01", "opposes"), ("c", "2025-09-05", "conditional")]
    for stream, day, stance in days:
        store.log.append(stream, [new(stream, read(stream, day=day, stance=stance))])
    PositionsRunner(store).catch_up(now=T0)
    asked = [store.queries.positions(as_of=day) for _, day, _ in days]
    store.close()
    command.downgrade(config(database_url), "0007")
    upgrade(database_url)
    store = Store(make_engine(database_url))
    assert PositionsRunner(store).catch_up(now=T0).keys == 1
    assert [store.queries.positions(as_of=day) for _, day, _ in days] == asked
    assert store.queries.positions(known_at=store.log.read()[1].recorded_at)[0].stance == "supports"
    assert store.verify().findings == ()
    store.close()
