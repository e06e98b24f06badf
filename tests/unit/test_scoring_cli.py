"""`marsad evaluate`: the figures and misses of annotated lines, and errors that name the line or the id."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from workers.cli.main import cli

TEXT = "قال الرئيس الروسي فلاديمير بوتين اليوم الجمعة إن بلاده ترفض نشر قوات أجنبية في أوكرانيا.\n"
EVENT: dict[str, Any] = {
    "type": "statement", "actor": "RUS", "speaker": "putin", "issue": "ukraine.foreign-troops", "stance": "opposes",
    "attribution": "self", "occurred_on": "2025-09-05", "precision": "day", "inferred": False,
    "evidence": [[0, len(TEXT) - 1]], "sure": True,
}  # fmt: skip


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["evaluate", *map(str, arguments)])


def line(name: str = "one", text: str = TEXT, **change: Any) -> dict[str, Any]:
    sha = hashlib.sha256(text.encode()).hexdigest()
    return {"id": name, "published": "2025-09-05", "sha256": sha, "chars": len(text), "events": [EVENT]} | change


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one.txt").write_bytes(TEXT.encode())
    return tmp_path


def gold(folder: Path, *lines: dict[str, Any]) -> Path:
    path = folder / "gold.jsonl"
    path.write_text("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in lines), "utf-8")
    return path


def test_figures_of_a_text_under_a_folder(folder: Path) -> None:
    result = run(gold(folder, line()), "--texts", folder)
    assert result.exit_code == 0, result.stderr
    assert "articles 1   precision 1.000  recall 1.000  F1 1.000  F1 with stance 1.000" in result.stdout
    assert "misses: none" in result.stdout


def test_json_holds_the_figures_the_misses_and_the_table(folder: Path) -> None:
    wrong = EVENT | {"stance": "supports"}
    result = run(gold(folder, line(events=[wrong])), "--texts", folder, "--json", "--errors", "--calibration")
    tree = json.loads(result.stdout)
    assert (tree["f1"], tree["f1_stance"], tree["counts"]["matched"]) == (1.0, 0.0, 1)
    (miss,) = tree["misses"]
    assert (miss["id"], miss["kind"], miss["expected"]["stance"], miss["got"]["stance"]) == (
        "one", "stance", "supports", "opposes",
    )  # fmt: skip
    assert miss["sentences"] == [TEXT.strip()]
    assert [(row["events"], row["right"]) for row in tree["calibration"]["bins"]] == [(1, 0.0)]


def test_misses_are_listed_with_their_sentences_or_not_at_all(folder: Path) -> None:
    other = EVENT | {"issue": "gaza.ceasefire"}
    path = gold(folder, line(events=[other]))
    plain = run(path, "--texts", folder).stdout
    assert "misses: 1 missed, 1 spurious" in plain
    assert "gaza.ceasefire" in plain
    assert "فلاديمير" not in plain
    assert "فلاديمير" in run(path, "--texts", folder, "--errors").stdout
    assert "misses" not in run(path, "--texts", folder, "--figures").stdout
    assert run(path, "--texts", folder, "--figures", "--errors").exit_code != 0


def test_the_publication_day_of_the_line_is_used(folder: Path) -> None:
    assert "1 day" in run(gold(folder, line(published="2025-08-01")), "--texts", folder).stdout


def test_texts_of_a_days_zip(tmp_path: Path) -> None:
    (tmp_path / "saudinewsnet").mkdir()
    with zipfile.ZipFile(tmp_path / "saudinewsnet" / "2015-07-21.zip", "w") as packed:
        packed.writestr("2015-07-21.json", json.dumps([{"content": "غيره"}, {"content": TEXT, "title": "x"}]))
    assert "F1 1.000" in run(gold(tmp_path, line("saudinewsnet/2015-07-21/1")), "--texts", tmp_path).stdout
    beyond = run(gold(tmp_path, line("saudinewsnet/2015-07-21/2")), "--texts", tmp_path)
    assert "saudinewsnet/2015-07-21/2" in beyond.stderr


def test_the_shipped_corpus_needs_no_folder(tmp_path: Path) -> None:
    first = Path("seeds/corpus/gold.jsonl").read_text("utf-8").splitlines()[0]
    assert "articles 1 " in run(gold(tmp_path, json.loads(first))).stdout


def test_events_of_a_file_are_scored_without_texts(tmp_path: Path) -> None:
    found = tmp_path / "found.jsonl"
    found.write_text(json.dumps({"id": "one", "events": [EVENT | {"speaker": "lavrov"}]}), "utf-8")
    result = run(gold(tmp_path, line()), "--predicted", found)
    assert "F1 1.000" in result.stdout
    assert "misses: 1 speaker" in result.stdout


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (line("two"), "two: no text of this id"),
        (line(sha256="0" * 64), "one: the text is another than the annotated one"),
        (line("../one"), "'../one' is no id"),
        (line(published="yesterday"), "one: published: 'yesterday' is not a day"),
        (line(events=[EVENT | {"type": "speech"}]), "gold.jsonl:1: "),
        (line(events=[EVENT | {"occurred_on": "2025-02-30"}]), "gold.jsonl:1: "),
        ({"id": "one"}, "gold.jsonl:1: "),
    ],
)
def test_what_is_wrong_is_named(folder: Path, entry: dict[str, Any], said: str) -> None:
    result = run(gold(folder, entry), "--texts", folder)
    assert result.exit_code != 0
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_files_that_are_not_there_are_named(folder: Path) -> None:
    assert "nowhere.jsonl cannot be read" in run(folder / "nowhere.jsonl").stderr
    assert "is no folder" in run(gold(folder, line()), "--texts", folder / "nowhere").stderr
    assert "annotated twice" in run(gold(folder, line(), line()), "--texts", folder).stderr
    assert "no annotated text" in run(gold(folder)).stderr
    (folder / "bad.zip").write_bytes(b"x")
    (folder / "saudinewsnet").mkdir()
    (folder / "saudinewsnet" / "2015-07-21.zip").write_bytes(b"no zip")
    broken = run(gold(folder, line("saudinewsnet/2015-07-21/1")), "--texts", folder)
    assert "2015-07-21.zip cannot be read" in broken.stderr
