"""Which schema a database has, and how it becomes the one that this release works on (Alembic).

It must not know a table but Alembic's own and the names of ours.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from domain.errors import SchemaError
from workers.store.engine import make_engine, translated
from workers.store.schema import metadata

_MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def config(url: str) -> Config:
    """Alembic's configuration for a database; there is no alembic.ini."""
    made = Config()
    made.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    made.attributes["url"] = url  # not an option: an address may hold a password with any character
    return made


def needed() -> str:
    """The revision that this release works on."""
    return str(ScriptDirectory(str(_MIGRATIONS)).get_current_head())


def present(engine: Engine) -> str | None:
    """The revision of a database; None where Alembic never ran on it.

    Raises:
        TemporaryFailure: the database is locked or away.
    """
    with translated(), engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(url: str) -> None:
    """Make or upgrade the schema; several processes may do so at once, one works and the others wait.

    Raises:
        SettingError: the address cannot be used.
        TemporaryFailure: the database is locked or away.
    """
    with translated():
        command.upgrade(config(url), "head")


def check(engine: Engine) -> None:
    """Pass where the schema is the one that this release works on.

    Raises:
        SchemaError: it is another; the message names the command that helps.
    """
    found, wanted = present(engine), needed()
    if found == wanted:
        return
    if found is not None and found not in {r.revision for r in ScriptDirectory(str(_MIGRATIONS)).walk_revisions()}:
        raise SchemaError(f"the schema is {found}, which this release ({wanted}) does not know: install a newer Marsad")
    raise SchemaError(f"the schema is {found or 'absent'}, this release needs {wanted}: run `marsad db upgrade`")


def prepare(url: str) -> Engine:
    """The engine of a database that is ready: a fresh one gets its schema, any other is checked.

    Raises:
        SettingError, SchemaError, TemporaryFailure: as in `upgrade` and `check`.
    """
    engine = make_engine(url)
    if present(engine) is None and _is_fresh(engine):
        upgrade(url)
    check(engine)
    return engine


def _is_fresh(engine: Engine) -> bool:
    with translated(), engine.connect() as connection:
        return not set(inspect(connection).get_table_names()) & set(metadata.tables)
