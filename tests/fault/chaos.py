"""`make chaos`: a fleet of real processes hurt in every way that is known, each time while articles keep coming.

After each harm the fleet must settle by itself, within two minutes, to what one undisturbed process makes of the same
articles: every article read once, the same log and positions, each alert received under one key. Prints a table, and
ends with code 1 where anything is otherwise.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from sqlalchemy import func, select

from tests.support import harm
from tests.support.fleet import LEASE_SECONDS, Fleet, Outcome, fleet, seeded, undisturbed
from tests.support.postgres import Cluster, Server, running
from tests.support.valkey import valkey
from workers.demo.corpus import Article, Outlet, shipped
from workers.demo.play import Demo
from workers.store import schema as t
from workers.store.schema_version import upgrade

ALL = ("scheduler-1", "scheduler-2", "projector-1", "projector-2", "worker-1", "worker-2")
_DISK_BYTES = 700_000_000
_SMALL_WAL = {"max_wal_size": "64MB", "min_wal_size": "32MB"}
Hurt = Callable[[Fleet, Cluster], str]


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """One harm. `seconds`: for how long articles keep coming; `copies`: how often the corpus is told, in other places.

    `lease`: MARSAD_LEASE_SECONDS; `small_disk`: the database lies on a disk of its own.
    """

    name: str
    hurt: Hurt
    seconds: float = 20
    copies: int = 1
    lease: float = LEASE_SECONDS
    skewed: bool = False
    small_disk: bool = False


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What a scene gave. `again`: work that was taken more than once; `recovery`: seconds from the end of the harm."""

    name: str
    how: str
    articles: int = 0
    events: int = 0
    alerts: int = 0
    again: int = 0
    recovery: float = 0.0
    verdict: str


def scenes(kills: int, minute: float) -> list[Scene]:
    """Every harm, in the order of the table."""
    return [
        Scene(name="processes killed", seconds=kills, copies=2,
              hurt=lambda made, _: harm.kills(made, seeded(1), times=kills, pause=(0.3, 1.6))),
        Scene(name="active ones killed, default leases", lease=120, hurt=_taken_over),
        Scene(name="Redis killed", hurt=lambda made, _: harm.queue_killed(made, times=4, seconds=3)),
        Scene(name="Redis flushed", hurt=lambda made, _: harm.queue_flushed(made, times=10, pause=2)),
        Scene(name="Redis evicting", hurt=lambda made, _: harm.queue_evicting(made, seconds=20)),
        Scene(name="Redis stopped", seconds=minute, hurt=lambda made, _: harm.queue_stopped(made, seconds=minute)),
        Scene(name="PostgreSQL restarted", hurt=lambda made, server: harm.database_ended(
            made, server, times=6, pause=4)),
        Scene(name="connections cut", hurt=lambda made, _: harm.connections_cut(made, seeded(2), seconds=20)),
        Scene(name="disk full", small_disk=True, hurt=lambda made, server: harm.disk_filled(
            made, server, server.folder.parent, seconds=20)),
        Scene(name="workers hung", hurt=lambda made, _: "; ".join(
            harm.hung(made, [name], seconds=LEASE_SECONDS + 4) for name in ("worker-1", "worker-2"))),
        Scene(name="scheduler and projector hung", hurt=lambda made, _: harm.hung(
            made, ALL[:4], seconds=LEASE_SECONDS + 6)),
        Scene(name="two workers on one article", hurt=lambda made, _: harm.rung_many_times(made, seconds=20)),
        Scene(name="clocks jumping", skewed=True, hurt=lambda made, _: harm.clocks_jumping(
            made, seeded(3), times=30, pause=0.7)),
    ]  # fmt: skip


def _taken_over(made: Fleet, _: Cluster) -> str:
    said = [f"{role} after {harm.taken_over(made, role):.1f} s" for role in ("scheduler", "projector")]
    return f"kill -9; another took over as {', as '.join(said)}"


def corpus(copies: int) -> tuple[dict[str, Outlet], list[Article]]:
    """The shipped corpus, every article so often under addresses of their own."""
    outlets, articles = shipped()
    told = [msgspec.structs.replace(a, id=f"{a.id}-{n}" if n else a.id) for n in range(copies) for a in articles]
    return outlets, told


@contextlib.contextmanager
def disk(folder: Path, size: int) -> Iterator[Path | None]:
    """A small disk of its own; None where this user may not make one."""
    folder.mkdir(mode=0o755)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        made = subprocess.run(command, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        made = False
    try:
        yield folder if made else None
    finally:
        if made:
            subprocess.run(["umount", str(folder)], check=True)


def play(scene: Scene, folder: Path, site: Demo, articles: list[Article], wanted: Outcome) -> Row:
    """One scene on servers of its own."""
    with contextlib.ExitStack() as stack:
        small = stack.enter_context(disk(folder / "disk", _DISK_BYTES)) if scene.small_disk else None
        if scene.small_disk and small is None:
            return Row(name=scene.name, how="needs root, who may mount a small disk", verdict="not played")
        settings = _SMALL_WAL if scene.small_disk else {}
        server = stack.enter_context(running(durable=True, inside=small, **settings))
        queue = stack.enter_context(valkey())
        database = Server(server.address, upgrade).database()
        made = stack.enter_context(fleet(folder, site, database, queue, *ALL, lease=scene.lease, skewed=scene.skewed))
        made.publish(articles[:1])
        made.await_articles()
        with made.supplied(articles, scene.seconds):
            how = scene.hurt(made, server)
        start = time.monotonic()
        try:
            made.settle()
            recovery = time.monotonic() - start
            made.check(wanted)
            verdict = "as undisturbed"
        except AssertionError as exc:
            recovery = time.monotonic() - start
            (folder / "failure").write_text(str(exc))
            verdict = f"NOT as undisturbed: {(str(exc) or 'the messages received').splitlines()[0][:300]}"
        return Row(
            name=scene.name, how=how, articles=made.store.queries.summary().articles,
            events=made.store.log.head(), alerts=len(site.inbox.keys), again=_again(made), recovery=recovery,
            verdict=verdict,
        )  # fmt: skip


def _again(made: Fleet) -> int:
    with made.store._db.read() as connection:
        return int(
            connection.execute(select(func.count()).select_from(t.work).where(t.work.c.attempts > 1)).scalar_one()
        )


def main() -> int:
    """Play every scene, or those that are named; print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--minute", type=float, default=60, help="for how long Redis is stopped, in seconds")
    options.add_argument("--only", default="", help="names of scenes or parts of them, with a comma between")
    chosen = options.parse_args()
    parts = [part.strip() for part in chosen.only.split(",") if part.strip()]
    played = [s for s in scenes(chosen.kills, chosen.minute) if not parts or any(part in s.name for part in parts)]
    print("| harm | how | articles | events | alerts | taken again | recovery | log and positions |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    failed = False
    with tempfile.TemporaryDirectory(prefix="marsad-chaos-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # root lends the database to another user, who has to get to the small disk
        for copies in sorted({scene.copies for scene in played}, reverse=True):
            outlets, articles = corpus(copies)
            place = folder / f"undisturbed-{copies}"
            place.mkdir()
            with Demo((outlets, articles)) as site:
                wanted = undisturbed(site, place)
                for number, scene in enumerate(s for s in played if s.copies == copies):
                    place = folder / f"{copies}-{number}"
                    place.mkdir(mode=0o711)
                    row = play(scene, place, site, articles, wanted)
                    failed |= row.verdict.startswith("NOT")
                    print(
                        f"| {row.name} | {row.how} | {row.articles} | {row.events} | {row.alerts} | {row.again} "
                        f"| {row.recovery:.1f} s | {row.verdict} |",
                        flush=True,
                    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
