"""What is looked at when something seems wrong: each check says what it found, and what to do about it.

A check that cannot be made is a finding, never an error. It changes nothing. It must not know how findings are shown.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from domain.errors import MarsadError
from workers import checks
from workers.bootstrap import App
from workers.checks import Finding
from workers.fleet import redis
from workers.settings import Settings, load_settings

if TYPE_CHECKING:
    from workers.store.store import Store

_LEAST_FREE = 1_000_000_000  # bytes
_SKEW_SECONDS = 5.0


def examine() -> list[Finding]:
    """Every check, in an order in which the first trouble explains those after it."""
    try:
        settings = load_settings()
    except MarsadError as exc:
        return [Finding(what="settings", state="bad", found=str(exc), remedy="mend the setting that it names")]
    app = App(settings)
    found = [_settings(app)]
    try:
        found += _queue(settings)
        found += _disk(settings)
        found += _database(app)
    finally:
        app.close()
    return found


def _settings(app: App) -> Finding:
    try:
        feeds = len(app.feeds())
    except MarsadError as exc:
        return Finding(what="settings", state="bad", found=str(exc), remedy="mend the list of feeds, or name another")
    kind = "a fleet on PostgreSQL and Redis" if app.settings.is_fleet else "one process"
    if app.settings.redis_url is not None and not app.settings.is_fleet:
        return Finding(
            what="settings", state="warn", found="MARSAD_REDIS_URL without PostgreSQL shares nothing",
            remedy="set MARSAD_DATABASE_URL to postgresql://…, or leave MARSAD_REDIS_URL out",
        )  # fmt: skip
    return Finding(what="settings", state="ok", found=f"{kind}; {feeds} feeds listed")


def _queue(settings: Settings) -> Iterator[Finding]:
    if settings.redis_url is None:
        yield Finding(what="queue", state="ok", found="in this process")
        return
    try:
        state = redis.state(settings.redis_url)
    except MarsadError as exc:
        yield Finding(what="queue", state="bad", found=str(exc), remedy="start Redis or Valkey, or mend the URL")
        return
    limit = "no memory limit" if state.most_bytes == 0 else f"{state.policy} at {_megabytes(state.most_bytes)}"
    said = f"Redis answers, {_megabytes(state.used_bytes)} used, {limit}"
    if state.evicts:
        remedy = "CONFIG SET maxmemory-policy noeviction, and the same in its configuration file"
        yield Finding(what="queue", state="bad", found=said, remedy=remedy)
    elif state.most_bytes and state.used_bytes > 0.9 * state.most_bytes:
        yield Finding(what="queue", state="warn", found=said, remedy="raise its maxmemory: full, it takes no message")
    else:
        yield Finding(what="queue", state="ok", found=said)
    yield _clock("Redis", state.now)


def _clock(of: str, there: float) -> Finding:
    skew = there - datetime.now(UTC).timestamp()
    if abs(skew) <= _SKEW_SECONDS:
        return Finding(what="clock", state="ok", found=f"{abs(skew):.1f} s from that of {of}")
    word = "behind" if skew > 0 else "ahead of"
    return Finding(
        what="clock", state="warn", found=f"this machine is {abs(skew):.0f} s {word} {of}",
        remedy="keep the clocks of all machines by NTP: certificates and the lines of the log go by them",
    )  # fmt: skip


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = next((p for p in (settings.data, *settings.data.absolute().parents) if p.exists()), Path("/"))
    free = shutil.disk_usage(folder).free
    state: Literal["ok", "bad"] = "ok" if free > _LEAST_FREE else "bad"
    remedy = "" if state == "ok" else "make room, or move MARSAD_DATA: a full disk stops every write"
    yield Finding(what="disk", state=state, found=f"{_megabytes(free)} free for {settings.data}", remedy=remedy)


def _database(app: App) -> Iterator[Finding]:
    from workers.store import schema_version
    from workers.store.engine import make_engine

    url = app.settings.database_url
    try:
        engine = make_engine(url)
        try:
            present, needed = schema_version.present(engine), schema_version.needed()
        finally:
            engine.dispose()
    except MarsadError as exc:
        yield Finding(
            what="database", state="bad", found=str(exc), remedy="start PostgreSQL, or mend MARSAD_DATABASE_URL"
        )
        return
    if present is None:
        yield Finding(what="schema", state="ok", found="none yet: the first start makes it")
        return
    if present != needed:
        remedy = "stop every process, run marsad db upgrade, start them again"
        yield Finding(what="schema", state="bad", found=f"{present}, this release needs {needed}", remedy=remedy)
        return
    yield Finding(what="schema", state="ok", found=f"{present}, as this release needs it")
    for check in (_of_database_clock, _service, _roles):
        yield from _guarded(check, app)


def _guarded(check: Callable[[App, Store], Iterator[Finding]], app: App) -> Iterator[Finding]:
    try:
        yield from check(app, app.store)
    except MarsadError as exc:
        yield Finding(what="database", state="bad", found=str(exc), remedy="mend the database, then ask again")


def _of_database_clock(app: App, store: Store) -> Iterator[Finding]:
    if not app.settings.on_sqlite:
        yield _clock("PostgreSQL", store.turns.now().timestamp())


def _service(app: App, store: Store) -> Iterator[Finding]:
    yield from checks.service(store.queries, app.clock())


def _roles(app: App, store: Store) -> Iterator[Finding]:
    if not app.settings.is_fleet:
        return
    holders = store.turns.holders()
    for role in ("scheduler", "projector"):
        holder = holders.get(f"role:{role}")
        if holder is None:
            yield Finding(what=role, state="bad", found="none is active", remedy=f"start marsad {role}")
        else:
            yield Finding(what=role, state="ok", found=f"active as {holder}")


def _megabytes(count: int) -> str:
    return f"{count / 1_000_000:,.0f} MB"
