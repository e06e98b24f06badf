"""What is shipped for running Marsad is sound: its documents' commands run, compose and units say what they must."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from workers.cli.main import cli
from workers.settings import load_settings
from workers.store.store import open_store

pytest_plugins = ["tests.support.world"]

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DOCS = ("operating.md", "analyst.md", "developing.md", "runbook.md")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose" / "compose.yml").read_text("utf-8"))
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "marsad"}
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
ANALYZE = shutil.which("systemd-analyze")
FAILING = {"marsad doctor", "marsad healthcheck"}  # the world's feeds were due long ago, and they say so


def commands(document: str) -> list[str]:
    """The lines of a document's shell blocks."""
    found = re.findall(r"^```sh\n(.*?)^```", (DEPLOY / "docs" / document).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [line.strip() for block in found for line in block.splitlines() if line.strip()]


LINES = [line for document in DOCS for line in dict.fromkeys(commands(document))]


@pytest.mark.parametrize("line", dict.fromkeys(LINES))
def test_a_command_of_the_documents_runs(line: str, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if line.startswith("make "):
        done = subprocess.run([*shlex.split(line), "-n"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return
    monkeypatch.chdir(data)
    store = open_store(f"sqlite:///{data / 'marsad.db'}")
    if "noor" in line and " add " not in line:
        store.accounts.add_user("noor", "analyst", now=datetime.now(UTC))
    store.close()
    result = CliRunner().invoke(cli, shlex.split(line)[1:])
    assert result.exit_code == (1 if line in FAILING else 0), result.output
    assert result.output.strip()


def test_the_documents_are_linked_from_the_readme_and_their_links_lead_somewhere() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for document in (*DOCS, "fleet.md", "alerts.md"):
        assert f"deploy/docs/{document}" in readme, document
        text = (DEPLOY / "docs" / document).read_text("utf-8")
        for target, _, heading in (link.partition("#") for link in re.findall(r"\]\(([^)]+)\)", text)):
            if not target.startswith("http"):
                found = DEPLOY / "docs" / (target or document)
                assert found.exists(), f"{document}: {target}"
                headings = {
                    h.lower().replace(" ", "-") for h in re.findall(r"^#+ (.+)$", found.read_text("utf-8"), re.M)
                }
                assert not heading or heading in headings, f"{document}: #{heading}"


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_is_walled_in(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert int(service["user"].partition(":")[0]) > 0
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["healthcheck"]["test" if name != "migrate" else "disable"]
    gates = service["depends_on"]
    assert {gate["condition"] for gate in gates.values()} <= {"service_healthy", "service_completed_successfully"}
    assert "postgres" in gates
    command = CliRunner().invoke(cli, [*service["command"], "--help"])
    assert command.exit_code == 0, "there is no such command"


def test_the_settings_of_the_services_are_settings(tmp_path: Path) -> None:
    secrets = {"database_url": "postgresql://marsad:x@postgres/marsad", "metrics_token": "s3cret"}
    for name, value in secrets.items():
        (tmp_path / name).write_text(value, "utf-8")
    for service in OURS.values():
        environ = {k: str(v).replace("/run/secrets", str(tmp_path)) for k, v in service["environment"].items()}
        settings = load_settings(environ)
        assert settings.is_fleet
        assert settings.metrics_token == "s3cret"
    assert load_settings(
        {k: str(v).replace("/run/secrets", str(tmp_path)) for k, v in OURS["web"]["environment"].items()}
    ).is_exposed
    assert COMPOSE["services"]["web"]["ports"] == ["127.0.0.1:8080:8080"]


def test_the_queue_neither_evicts_nor_forgets() -> None:
    command = " ".join(COMPOSE["services"]["valkey"]["command"])
    assert "--maxmemory-policy noeviction" in command
    assert "--appendonly yes" in command


def test_every_role_has_a_service_and_a_unit() -> None:
    assert {"scheduler", "projector", "worker", "web"} <= OURS.keys()
    verbs = {re.findall(r"bin/marsad (\w+)", unit.read_text("utf-8"))[0] for unit in UNITS}
    assert verbs == {"run", "scheduler", "projector", "worker", "web"}


@pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze on this machine")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_sound_and_hardened(unit: Path, tmp_path: Path) -> None:
    name = unit.name.replace("@.", "@1.")
    text = unit.read_text("utf-8").replace("/opt/marsad/.venv/bin/marsad", "/bin/true")
    (tmp_path / name).write_text(text, "utf-8")
    offline = [ANALYZE or "", "--no-pager"]
    verified = subprocess.run([*offline, "verify", str(tmp_path / name)], capture_output=True, text=True, check=False)
    complaints = [line for line in verified.stderr.splitlines() if name in line and "EnvironmentFile" not in line]
    assert complaints == []
    rated = subprocess.run(
        [*offline, "security", "--offline=true", "--threshold=20", str(tmp_path / name)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert rated.returncode == 0, rated.stdout + rated.stderr


def test_a_unit_that_is_not_hardened_would_be_noticed(tmp_path: Path) -> None:
    if ANALYZE is None:
        pytest.skip("no systemd-analyze on this machine")
    bare = tmp_path / "bare.service"
    bare.write_text("[Service]\nExecStart=/bin/true\n", "utf-8")
    command = [ANALYZE, "--no-pager", "security", "--offline=true", "--threshold=20", str(bare)]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0
