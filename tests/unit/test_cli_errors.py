"""Every error of the command ends in one line and a code other than 0, and never in a traceback."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from workers.cli import ask
from workers.cli.main import Group, cli

pytest_plugins = ["tests.support.world"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def refused(*arguments: str) -> str:
    """The one line of an error."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.startswith("marsad: ")
    return result.stderr


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("positions", "--actor", "RSU"), ("RSU", "RUS")),
        (("positions", "--actor", "Frnace"), ("FRA",)),
        (("positions", "--issue", "ceasefire"), ("ukraine.ceasefire", "gaza.ceasefire")),
        (("positions", "--issue", "\x1b[31mred\n"), ("there is no issue", "known are")),
        (("history", "RUS", "ukraine.nato-membreship"), ("ukraine.nato-membership",)),
        (("history", "RUS"), ("ISSUE", "--help")),
        (("positions", "--as-of", "2025-02-30"), ("--as-of", "YYYY-MM-DD")),
        (("positions", "--as-of", "20250230"), ("--as-of", "YYYY-MM-DD")),
        (("positions", "--known-at", "yesterday"), ("--known-at",)),
        (("positions", "--stance", "maybe"), ("supports",)),
        (("positions", "--colour"), ("--colour", "marsad positions --help")),
        (("changes", "--after", "-1"), ("--after",)),
        (("events", "--limit", "0"), ("--limit",)),
        (("events", "--since", "soon"), ("--since",)),
        (("postions",), ("postions",)),
        (("deliveries", "resend", "7"), ("7", "deliveries")),
        (("subscriptions", "remove", "7"), ("7", "subscriptions list")),
        (("subscriptions", "test", "x"), ("x",)),
        (("subscriptions", "add", "--webhook", "ftp://one.example"), ("--webhook", "http")),
        (("subscriptions", "add", "--webhook", "https://user:secret@one.example/"), ("--webhook",)),
        (("subscriptions", "add", "--webhook", "https://one.example/", "--actor", "XYZZY"), ("XYZZY",)),
        (("quarantine", "show", "3"), ("3", "quarantine list")),
        (("quarantine", "retry"), ("--all",)),
        (("quarantine", "drop", "9"), ("9",)),
    ],
)
def test_a_wrong_word_is_named_in_one_line(arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    line = refused(*arguments)
    assert all(word in line for word in words), line
    assert line.rstrip("\n").isprintable()


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARSAD_PORT", "eighty")
    assert "MARSAD_PORT" in refused("positions")
    monkeypatch.setenv("MARSAD_PORT", "80")
    monkeypatch.setenv("MARSAD_HOSTS", "http://marsad.example/")
    assert "MARSAD_HOSTS" in refused("positions")


def _no_database(path: Path) -> None:
    path.write_bytes(b"this is no database " * 100)


def _a_folder(path: Path) -> None:
    path.mkdir()


def _damaged(path: Path) -> None:
    sound = sqlite3.connect(path)
    sound.execute("CREATE TABLE alembic_version (version_num TEXT)")
    sound.commit()
    sound.close()
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * 8000)


@pytest.mark.parametrize("spoil", [_no_database, _a_folder, _damaged])
@pytest.mark.parametrize("verb", [("positions",), ("feeds", "--json"), ("db", "check"), ("db", "current")])
def test_a_file_that_is_no_database(
    spoil: Callable[[Path], None], verb: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(tmp_path / "marsad.db")
    monkeypatch.setenv("MARSAD_DATA", str(tmp_path))
    assert "database" in refused(*verb)


def test_an_old_schema_names_the_command_that_upgrades_it(data: Path) -> None:
    with sqlite3.connect(data / "marsad.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        newest = run("db", "current").stdout.rpartition(" ")[2]
    if newest.strip() == "0001":
        pytest.skip("there is one schema only")
    for verb in (("positions",), ("db", "check"), ("changes",)):
        assert "marsad db upgrade" in refused(*verb)


def test_the_schema_is_made_and_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARSAD_DATA", str(tmp_path / "new"))
    assert "marsad db upgrade" in refused("db", "check")
    assert "none" in run("db", "current").stdout
    assert "from nothing to" in run("db", "upgrade").stdout
    assert "already" in run("db", "upgrade").stdout
    assert run("db", "check").exit_code == 0


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (KeyboardInterrupt(), 130),
        (RuntimeError("two\nlines"), 2),
        (sqlite3.OperationalError("database is locked"), 2),
        (PermissionError(13, "Permission denied", "/some/file"), 2),
        (RecursionError("deep"), 2),
    ],
)
def test_whatever_happens_ends_in_one_line(raised: BaseException, code: int) -> None:
    @click.group(cls=Group)
    def group() -> None:
        pass

    @group.command()
    def fail() -> None:
        raise raised

    result = CliRunner().invoke(group, ["fail"])
    assert result.exit_code == code
    assert "Traceback" not in result.output
    assert result.stderr.count("\n") == 1


def test_help_needs_no_settings_and_lists_every_verb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARSAD_PORT", "eighty")
    result = run("--help")
    assert result.exit_code == 0
    for verb in (
        "run",
        "demo",
        "read",
        "positions",
        "history",
        "events",
        "changes",
        "subscriptions",
        "deliveries",
        "db",
    ):
        assert verb in result.stdout
    assert run().exit_code == 2


@pytest.mark.parametrize("arguments", [["positions", "--json"], ["positions"], ["events", "--json"]])
def test_a_reader_that_goes_away_ends_it_quietly(data: Path, arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", "from workers.cli.main import main; main()", *arguments],
        stdout=writing, stderr=subprocess.PIPE, check=False, env={**os.environ, "MARSAD_DATA": str(data)},
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_terminal_without_arabic_letters_is_no_reason_to_fail(data: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from workers.cli.main import main; main()", "positions"],
        capture_output=True, check=False,
        env={**os.environ, "MARSAD_DATA": str(data), "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"ukraine.foreign-troops" in done.stdout


def test_the_verbs_that_ask_are_registered() -> None:
    group = click.Group()
    ask.register(group)
    assert set(group.commands) == {"positions", "history", "events", "changes", "summits", "articles", "feeds"}
