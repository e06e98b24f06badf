"""The API is what its document says: every answer of a described kind, whatever is asked (schemathesis)."""

from __future__ import annotations

import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.facts import new, read
from tests.support.scene import NOW
from tests.support.site import serving
from workers.bootstrap import App
from workers.ports import DeliveryOutcome
from workers.projections.runner import PositionsRunner
from workers.settings import load_settings
from workers.tokens import digest, new_secret, scopes, written
from workers.web.app import make_app
from workers.web.openapi import ROOT

pytest_plugins = ["tests.support.world"]
_PROGRAM = Path(sysconfig.get_path("scripts")) / "schemathesis"


@pytest.fixture
def asked(data: Path) -> Iterator[tuple[str, str]]:
    """The address of the world's whole API, and a token that may do everything."""
    app = App(load_settings())
    secret = new_secret()
    made = app.store.tokens.add("all", scopes(["operate"]), sha256=digest(secret), expires_at=None, now=app.clock())
    channel = app.store.add_channel("webhook", "http://127.0.0.1:9/gone", secrets=("whsec_c2VjcmV0",), now=app.clock())
    app.store.add_subscription([channel.id], now=app.clock())
    for number in range(3):
        record = read(f"new{number}", actor="GBR", issue="gaza.ceasefire", stance="supports", day=f"2025-09-1{number}")
        app.store.log.append(f"new{number}", [new(f"new{number}", record)])
        PositionsRunner(app.store).catch_up(now=app.clock())
    (first, *_) = app.store.due(app.clock(), kinds=["deliver"])
    lease = app.store.take("deliver", first.subject, now=app.clock(), seconds=60)
    assert lease is not None
    app.store.save_delivery(lease, DeliveryOutcome(status="dead", error="refused"), now=app.clock())
    web = make_app(
        app.store.queries, registry=app.registry, clock=lambda: NOW, store=app.store, subscribing=app.subscribing,
        api_is_open=False,
    )  # fmt: skip
    with serving(web) as site:
        yield site, written(made.id, secret)
    app.close()


def test_the_document_describes_every_operation(asked: tuple[str, str]) -> None:
    site, token = asked
    bearer = {"authorization": f"Bearer {token}"}
    described: dict[str, Any] = httpx.get(f"{site}{ROOT}/openapi.json", headers=bearer).json()
    assert described["openapi"].startswith("3.1")
    paths = set(described["paths"])
    wanted = ("positions", "changes", "events", "articles", "feeds", "subscriptions", "deliveries", "quarantine")
    assert {f"/{name}" for name in wanted} | {"/positions/{actor}/{issue}/history"} <= paths
    for path, verbs in described["paths"].items():
        for verb, operation in verbs.items():
            assert operation["summary"], f"{verb} {path}"
            assert {"401", "429"} <= set(operation["responses"])
    assert "subscribe" in {o["operationId"] for verbs in described["paths"].values() for o in verbs.values()}


def test_nothing_that_is_asked_gives_what_the_document_does_not_say(asked: tuple[str, str], tmp_path: Path) -> None:
    site, token = asked
    config = tmp_path / "schemathesis.toml"
    # a body of the right form that makes no sense (a zone that nobody knows) is 422; what is not there is named by 400
    config.write_text('[checks]\npositive_data_acceptance.expected-statuses = ["2xx", 404, 422]\n', "utf-8")
    command = [
        str(_PROGRAM), "--config-file", str(config), "run", f"{site}{ROOT}/openapi.json",
        "--header", f"Authorization: Bearer {token}", "--url", f"{site}{ROOT}", "--max-examples", "20",
        "--phases", "coverage,fuzzing,stateful", "--seed", "1", "--no-color", "--request-timeout", "30",
        "--generation-deterministic",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=400, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
