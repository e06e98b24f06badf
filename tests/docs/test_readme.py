"""The README is true: its commands run, every verb, setting and make target stands in it, and nothing else does."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tests.support.receiver import Receiver, receiving
from workers.cli.main import cli
from workers.settings import load_settings

pytest_plugins = ["tests.support.world"]

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
ARTICLE = "قال الرئيس الروسي فلاديمير بوتين أمس الخميس إن أي قوات أجنبية تنشر في أوكرانيا ستكون أهدافا مشروعة."
PAGE = f"<html lang='ar'><body><article><p>{ARTICLE}</p><p>{ARTICLE}</p></article></body></html>"


def blocks() -> list[str]:
    """The commands of the shell blocks, one a line, without their comments."""
    found = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [line.split("  #")[0].strip() for block in found for line in block.splitlines() if line.strip()]


COMMANDS = blocks()
MAKE = [line for line in COMMANDS if line.startswith("make ")]
MARSAD = [line for line in COMMANDS if not line.startswith("make ")]


def verbs(command: click.Command, path: str) -> Iterator[str]:
    """Every verb that does something, as it is typed."""
    if not isinstance(command, click.Group):
        yield path
        return
    if command.invoke_without_command:
        yield path
    for name, sub in command.commands.items():
        yield from verbs(sub, f"{path} {name}")


@pytest.mark.parametrize("line", MAKE)
def test_a_make_command_of_the_readme_is_one(line: str) -> None:
    done = subprocess.run([*shlex.split(line), "-n"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("line", [line for line in MARSAD if "marsad run" not in line])
def test_a_command_of_the_readme_runs(line: str, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data)
    (data / "article.txt").write_text(ARTICLE, "utf-8")
    (data / "page.html").write_text(PAGE, "utf-8")
    (data / "articles.jsonl").write_text('{"id": "1", "published": "2025-09-05", "text": "قال بوتين"}\n', "utf-8")
    with receiving() as receiver:
        result = _run(line, receiver, monkeypatch)
    assert result.exit_code == 0, result.output
    assert result.stdout.strip()


def _run(line: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> click.testing.Result:
    monkeypatch.setenv("MARSAD_FETCH_ALLOW_NETWORKS", "127.0.0.0/8")
    command, _, source = line.partition(" < ")
    arguments = [receiver.url if word.startswith("https://example") else word for word in shlex.split(command)[1:]]
    if arguments[0] == "subscriptions" and arguments[1] != "add":
        CliRunner().invoke(cli, ["subscriptions", "add", "--webhook", receiver.url])
    return CliRunner().invoke(cli, arguments, input=Path(source).read_bytes() if source else None)


def test_the_pass_of_the_readme_names_settings_and_a_verb() -> None:
    line = next(line for line in MARSAD if "marsad run" in line)
    settings = dict(word.split("=") for word in shlex.split(line) if "=" in word)
    loaded = load_settings({name: str(ROOT / value) for name, value in settings.items()})
    assert loaded.feeds == ROOT / "seeds/feeds.opml"
    assert line.endswith(" marsad run --once")


def test_every_verb_is_documented_and_no_other() -> None:
    table = "\n".join(line for line in README.splitlines() if line.startswith("| `marsad "))
    assert sorted(re.findall(r"`(marsad [a-z -]+)`", table)) == sorted(verbs(cli, "marsad"))


def test_every_setting_is_documented_and_no_other() -> None:
    source = (ROOT / "workers/settings.py").read_text("utf-8")
    known = dict.fromkeys(re.findall(r'source\.get\("(MARSAD_[A-Z_]+)"', source))
    rows = re.findall(r"^\| `(MARSAD_[A-Z_]+)` \| (.*?) \|", README, re.MULTILINE)
    assert [name for name, _ in rows] == list(known)
    everywhere = set(re.findall(r"MARSAD_[A-Z_]+", README))
    assert everywhere == {
        *known,
        "MARSAD_CONFIG",
        "MARSAD_DATABASE_URL_FILE",
        "MARSAD_REDIS_URL_FILE",
        "MARSAD_SMTP_URL_FILE",
        "MARSAD_METRICS_TOKEN_FILE",
    }


def test_the_documented_defaults_are_the_defaults() -> None:
    rows = re.findall(r"^\| `(MARSAD_[A-Z_]+)` \| `(.*?)` \|", README, re.MULTILINE)
    paths = {"MARSAD_FEEDS", "MARSAD_REGISTRY"}
    given = {name: str(ROOT / value) if name in paths else value for name, value in rows}
    assert len(given) > 10
    assert load_settings(given) == load_settings({})


def test_every_make_target_is_documented_and_no_other() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", README)) == targets


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    missing = [link for link in links if not link.startswith("http") and not (ROOT / link).exists()]
    assert links
    assert missing == []


def test_every_folder_of_tests_is_named() -> None:
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    section = README.split("## Tests")[1]
    assert {name for name in folders if f"`{name}`" not in section} == set()


def test_the_corpus_is_as_large_as_the_readme_says() -> None:
    articles = (ROOT / "seeds/corpus/articles.jsonl").read_text("utf-8").splitlines()
    outlets = (ROOT / "seeds/corpus/outlets.toml").read_text("utf-8").count("[[outlet]]")
    said = re.search(r"serves more than (\d+) articles of six invented outlets", README)
    assert said is not None
    assert len(articles) > int(said[1])
    assert outlets == 6
