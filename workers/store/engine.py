"""One engine for SQLite and PostgreSQL: how connections are made, how transactions begin, how errors are translated.

It must not know a table.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, PoolProxiedConnection, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    DisconnectionError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.errors import SchemaError, SettingError, StoreAway

BUSY_SECONDS = 30
_IDLE_SECONDS = 2.0
# a process that hangs or a machine that is gone must not keep the locks of its transaction
_OPTIONS = (
    "-c timezone=UTC -c idle_in_transaction_session_timeout=30s "
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
)
_PATIENT = text("SET LOCAL idle_in_transaction_session_timeout = 0")
_POOL = {"pool_size": 8, "max_overflow": 24, "pool_timeout": BUSY_SECONDS}
_DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_TURNS: dict[str, threading.Lock] = {}  # one a SQLite file
_MISSING = ("no such table", "no such column", "does not exist", "has no column")


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


def database_url(url: str) -> URL:
    """The address with the driver that Marsad uses.

    Raises:
        SettingError: it is not an address of a SQLite file or of a PostgreSQL database.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as exc:
        raise SettingError("MARSAD_DATABASE_URL is not a database address: write postgresql://user@host/name") from exc
    driver = _DRIVERS.get(parsed.drivername)
    if driver is None:
        raise SettingError(f"MARSAD_DATABASE_URL names {parsed.drivername}: only sqlite and postgresql are known")
    if driver == "sqlite" and (not parsed.database or parsed.database == ":memory:"):
        raise SettingError("MARSAD_DATABASE_URL names no file: write sqlite:///folder/marsad.db")
    return parsed.set(drivername=driver)


def make_engine(url: str) -> Engine:
    """An engine on SQLite (WAL) or PostgreSQL (psycopg); nothing is connected yet, a SQLite file's folder is made.

    Raises:
        SettingError: the address cannot be used.
    """
    parsed = database_url(url)
    if parsed.drivername != "sqlite":
        engine = create_engine(parsed, connect_args={"options": _OPTIONS}, **_POOL)
        event.listen(engine, "connect", _prepare_postgres)
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", partial(_ping_idle, engine))
        return engine
    try:
        Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise SettingError(f"MARSAD_DATA: the folder of {parsed.database} cannot be made: {exc.strerror}") from exc
    engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}, **_POOL)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used_at"] = time.monotonic()


def _ping_idle(engine: Engine, connection: Any, record: Any, _proxy: Any) -> None:
    # a ping at every checkout doubles the price of small statements: only one that lay idle may have gone stale
    if time.monotonic() - record.info.get("used_at", time.monotonic()) < _IDLE_SECONDS:
        return
    try:
        alive = engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error as exc:
        raise DisconnectionError("the connection went stale") from exc
    if not alive:
        raise DisconnectionError("the connection went stale")


def _prepare_postgres(connection: Any, _record: Any) -> None:
    """Arrays go in the binary form: as text each value is escaped and parsed, fifty times slower at 1 KB a value."""
    from psycopg.types.array import ListBinaryDumper  # noqa: PLC0415 -- the driver, only where PostgreSQL is

    connection.adapters.register_dumper(list, ListBinaryDumper)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late: it is said in `_begin_sqlite`
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # a writer that began as a reader fails at once when another writes in between: say at the start who will write
    write = connection.get_execution_options().get("marsad_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


class Database:
    """Transactions over one engine. `clock` gives aware UTC times where a caller hands none in."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = utc_now) -> None:
        self.engine = engine
        self.clock = clock
        self._writer = engine.execution_options(marsad_write=True)
        self._turn = _TURNS.setdefault(str(engine.url.database), threading.Lock()) if self.is_sqlite else None
        self._driver_error: type[Exception] = engine.dialect.loaded_dbapi.Error
        self._at_once = engine if self.is_sqlite else engine.execution_options(isolation_level="AUTOCOMMIT")

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded default; statements differ in two or three places."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads.

        Raises:
            StoreAway: the database is locked or away.
            SchemaError: a table is missing.
        """
        with translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A transaction that only reads, and whose every statement sees the same state.

        Raises:
            StoreAway: the database is locked or away.
            SchemaError: a table is missing.
        """
        engine = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="REPEATABLE READ")
        with translated(), engine.begin() as connection:
            if not self.is_sqlite:
                connection.execute(_PATIENT)  # who reads an export may take his time
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes: committed at the end of the block, rolled back by an exception.

        Raises:
            StoreAway: the database is locked or away.
            SchemaError: a table is missing.
        """
        with self._in_turn(), translated(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        # SQLite's own waiting is a lottery that a thread can lose for half a minute: threads of one process queue up
        if self._turn is None:
            yield
            return
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise StoreAway("the database is busy: another thread writes all the time; try again")
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def bare(self) -> Iterator[Any]:
        """The driver's own cursor, for what everybody waits for; with PostgreSQL each statement is its own transaction.

        With SQLite the block is one transaction, as `write` makes it. Parameters are the driver's own too.

        Raises:
            StoreAway: the database is locked or away.
            SchemaError: a table is missing.
        """
        with self._in_turn(), translated():
            connection = self.engine.raw_connection()
            driver: Any = connection.driver_connection
            try:
                if self.is_sqlite:
                    cursor = driver.execute("BEGIN IMMEDIATE")
                    yield cursor
                    cursor.execute("COMMIT")
                else:
                    driver.autocommit = True
                    yield driver.cursor(binary=True)
            except self._driver_error as exc:
                raise _wrapped(self.engine.dialect, exc, connection) from exc
            finally:
                if not self.is_sqlite and not driver.closed:
                    driver.autocommit = False
                connection.close()  # rolls back what was not committed

    @contextmanager
    def at_once(self) -> Iterator[Connection]:
        """For one statement that writes and is a transaction of its own; on SQLite the same as `write`.

        Raises:
            StoreAway: the database is locked or away.
            SchemaError: a table is missing.
        """
        if self.is_sqlite:
            with self.write() as connection:
                yield connection
            return
        with translated(), self._at_once.connect() as connection:
            yield connection


@contextmanager
def driver_cursor(connection: Connection) -> Iterator[Any]:
    """The driver's cursor within a transaction, for what SQLAlchemy has no words for; errors are SQLAlchemy's."""
    cursor = connection.connection.cursor()
    try:
        yield cursor
    except connection.dialect.loaded_dbapi.Error as exc:
        raise _wrapped(connection.dialect, exc, connection.connection) from exc
    finally:
        cursor.close()


def _wrapped(dialect: Dialect, exc: Exception, connection: PoolProxiedConnection) -> Exception:
    """An error of the driver as SQLAlchemy would have raised it; a connection that is gone leaves the pool."""
    gone = dialect.is_disconnect(exc, connection, None)  # type: ignore[arg-type]
    if gone:
        connection.invalidate(exc)
    wrapped = DBAPIError.instance(
        None, None, exc, dialect.loaded_dbapi.Error, connection_invalidated=gone, dialect=dialect
    )
    return wrapped if isinstance(wrapped, Exception) else exc


@contextmanager
def translated() -> Iterator[None]:
    """Turn the database's errors into ours; a violated constraint is left to the statement that expects it."""
    try:
        yield
    except PoolTimeout as exc:
        raise StoreAway("the database has no free connection: try again") from exc
    except (OperationalError, InterfaceError, ProgrammingError) as exc:
        raise _translate(exc) from exc
    except InternalError as exc:
        if exc.connection_invalidated:  # a transaction that lay idle for too long is ended by the server
            raise StoreAway(f"the database gave up waiting: {exc.orig}") from exc
        raise
    except DatabaseError as exc:
        if type(exc) is not DatabaseError:
            raise
        raise SettingError(f"the database cannot be used: {exc.orig}: put a sound copy in its place") from exc


def _translate(exc: DBAPIError) -> Exception:
    said = str(exc.orig).strip().splitlines()[0] if exc.orig is not None and str(exc.orig).strip() else str(exc.orig)
    if any(sign in said for sign in _MISSING) and not exc.connection_invalidated and "database" not in said:
        return SchemaError(f"the schema is incomplete ({said}): run `marsad db upgrade`")
    if isinstance(exc, ProgrammingError):
        return exc
    return StoreAway(f"the database did not answer: {said}")
