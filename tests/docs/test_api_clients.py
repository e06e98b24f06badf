"""The clients of deploy/docs/api.md run as they stand: they subscribe, verify, are away for a while, lose nothing."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.facts import new, read
from tests.support.site import serving
from workers.bootstrap import App
from workers.settings import load_settings
from workers.tasks import Sweeper
from workers.tokens import digest, new_secret, scopes, written

pytest_plugins = ["tests.support.world"]
_DOC = (Path(__file__).parents[2] / "deploy/docs/api.md").read_text("utf-8")
_SECONDS = 60.0
_ISSUES = ("ukraine.territory", "ukraine.ceasefire", "gaza.ceasefire", "russia.sanctions", "russia.frozen-assets")


def shown(language: str, word: str) -> str:
    """The first block of code in a language that holds a word."""
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", _DOC, re.S)
    return next(code for code in found if word in code)


@pytest.fixture
def app(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.setenv("MARSAD_FETCH_ALLOW_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("MARSAD_ALERT_WAIT", "0")
    made = App(load_settings())
    yield made
    made.close()


@pytest.fixture
def env(app: App) -> Iterator[dict[str, str]]:
    """What the clients are told by their environment, the service at work."""
    secret = new_secret()
    made = app.store.tokens.add(
        "t", scopes(["read", "subscriptions"]), sha256=digest(secret), expires_at=None, now=app.clock()
    )
    with serving(app.web()) as site, at_work(app):
        yield os.environ | {"MARSAD": site, "TOKEN": written(made.id, secret), "HOOK_PORT": str(free_port())}


@contextmanager
def at_work(app: App) -> Iterator[None]:
    """The workers and the sweeper."""
    worker, over = app.bell.worker(4), threading.Event()
    sweeper: Sweeper = app.sweeper

    def sweep() -> None:
        while not over.wait(0.05):
            sweeper.sweep()

    thread = threading.Thread(target=sweep)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        worker.stop(timeout=10_000)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def tell(app: App, issue: str) -> None:
    record = read(f"n-{issue}", actor="GBR", issue=issue, stance="supports", day="2025-09-09")
    app.store.log.append(f"n-{issue}", [new(f"n-{issue}", record)])


@contextmanager
def running(command: list[str], env: dict[str, str], folder: Path) -> Iterator[None]:
    process = subprocess.Popen(command, env=env, cwd=folder, stdout=(folder / "out").open("a"))
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def seen(folder: Path) -> list[Any]:
    path = folder / "out"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def until_seen(folder: Path, issues: set[str]) -> None:
    end = time.monotonic() + _SECONDS
    while {change["issue"] for change in seen(folder) if change["actor"] == "GBR"} != issues:
        assert time.monotonic() < end, seen(folder)
        time.sleep(0.05)


def test_the_python_client_verifies_and_after_an_outage_loses_nothing(
    app: App, env: dict[str, str], tmp_path: Path
) -> None:
    code = shown("python", "Webhook")
    assert len([line for line in code.splitlines() if line.strip()]) <= 20
    folder = tmp_path / "client"
    folder.mkdir()
    command = [sys.executable, "-c", code]
    with running(command, env, folder):
        until_listening(int(env["HOOK_PORT"]))
        for issue in _ISSUES[:2]:
            tell(app, issue)
        until_seen(folder, set(_ISSUES[:2]))
    tell(app, _ISSUES[2])  # while it is away
    tell(app, _ISSUES[3])
    with running(command, env, folder):
        until_seen(folder, set(_ISSUES[:4]))
        tell(app, _ISSUES[4])
        until_seen(folder, set(_ISSUES))
    sequences = [change["sequence"] for change in seen(folder)]
    assert sequences == sorted(set(sequences)), "each once, in order"
    whole = app.store.queries.changes(after=0, limit=1000)
    assert sequences == [change.sequence for change in whole]
    assert len(app.store.subscriptions()) == 1, "it subscribes once"


def until_listening(port: int) -> None:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the client does not listen")


def test_the_curl_client_follows_changes_without_a_gap(app: App, env: dict[str, str], tmp_path: Path) -> None:
    if subprocess.run(["which", "curl"], capture_output=True, check=False).returncode:
        pytest.skip("no curl")
    code = shown("sh", "curl")
    for round_ in range(2):
        done = subprocess.run(
            ["sh", "-c", code], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
        )
        found = json.loads(done.stdout)
        whole = app.store.queries.changes(after=0, limit=1000)
        assert [change["sequence"] for change in found] == [change.sequence for change in whole][-len(found) :]
        assert found
        tell(app, _ISSUES[round_])
        app.projector.catch_up(now=app.clock())
