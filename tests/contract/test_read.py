"""`marsad read`: a text is untouched, offsets count its characters, lines are answered as they come."""

from __future__ import annotations

import json
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.support.command import MARSAD, environment, marsad
from tests.support.pages import Answer, page, site
from workers.cli.main import cli

THREAT = "قال الرئيس الروسي فلاديمير بوتين أمس الخميس إن أي قوات أجنبية تنشر في أوكرانيا ستكون أهدافا مشروعة."
MEMBERSHIP = "وأضاف بوتين أن انضمام أوكرانيا إلى الاتحاد الأوروبي حقها المشروع."
SUMMIT = "أعلن الإليزيه أن قمة باريس بين ماكرون وزيلينسكي ستعقد يوم الخميس المقبل في باريس."
COMMON = {
    "type", "issue", "stance", "speaker", "attribution", "quote", "evidence", "cue", "occurred_on", "precision",
    "inferred", "cameo", "plover", "confidence", "extractor",
}  # fmt: skip
BY_TYPE = {
    "statement": {"actor"},
    "threat": {"actor", "target", "condition", "means"},
    "commitment": {"actor", "beneficiary", "condition", "quantity"},
    "summit": {"participants", "place", "status", "format", "level"},
}


def lines(folder: Path, *asked: object) -> subprocess.CompletedProcess[str]:
    """The answer to lines; what is no text is written as JSON."""
    text = "".join((a if isinstance(a, str) else json.dumps(a, ensure_ascii=False)) + "\n" for a in asked)
    return marsad(folder, "read", "--jsonl", given=text)


def inside(*arguments: str, given: str = "") -> str:
    """What the command prints, run in this process."""
    result = CliRunner().invoke(cli, arguments, input=given.encode())
    assert result.exit_code == 0, result.output
    return result.stdout


def answers(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_line_is_answered_in_the_ontologys_own_words(tmp_path: Path) -> None:
    text = f"{THREAT}\n{SUMMIT}"
    (answer,) = answers(lines(tmp_path, {"id": "a", "published": "2025-09-05", "text": text}))
    assert list(answer) == ["id", "events"]
    assert answer["id"] == "a"
    assert {event["type"] for event in answer["events"]} >= {"threat", "summit"}
    for event in answer["events"]:
        assert event.keys() >= COMMON | BY_TYPE[event["type"]]
        assert all(0 <= start < end <= len(text) for start, end in event["evidence"])
    threat = next(event for event in answer["events"] if event["type"] == "threat")
    assert (threat["actor"], threat["issue"], threat["stance"]) == ("RUS", "ukraine.foreign-troops", "opposes")
    assert (threat["speaker"], threat["occurred_on"], threat["precision"]) == ("putin", "2025-09-04", "day")
    assert [text[start:end] for start, end in threat["evidence"]] == [THREAT]


@pytest.mark.parametrize(
    "text",
    [
        f"{THREAT}\r\n\r\n{MEMBERSHIP}\r\n",
        f"\ufeff{THREAT}\n{MEMBERSHIP}",
        f"  \t{THREAT}\u200f\n\n\n {MEMBERSHIP}",
        unicodedata.normalize("NFD", f"{THREAT}\n{MEMBERSHIP}"),
    ],
    ids=["CRLF", "BOM", "spaces", "decomposed"],
)
def test_offsets_refer_to_the_text_as_given(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode())
    line = json.dumps({"id": "a", "published": "2025-09-05", "text": text})
    from_line = json.loads(inside("read", "--jsonl", given=line))["events"]
    from_file = json.loads(inside("read", str(tmp_path / "a.txt"), "--published", "2025-09-05", "--json"))
    from_pipe = json.loads(inside("read", "-", "--published", "2025-09-05", "--json", given=text))
    assert from_file == from_line == from_pipe
    assert {event["issue"] for event in from_file} == {"ukraine.foreign-troops", "ukraine.eu-membership"}
    wanted = {unicodedata.normalize("NFC", sentence) for sentence in (THREAT, MEMBERSHIP)}
    found = {unicodedata.normalize("NFC", text[s:e]).strip("\ufeff\u200f") for v in from_file for s, e in v["evidence"]}
    assert found == wanted


def test_a_wrong_line_is_told_with_its_number_and_the_others_are_answered(tmp_path: Path) -> None:
    good = {"published": "2025-09-05", "text": THREAT}
    done = lines(
        tmp_path, {"id": "1", **good}, "{no json", "", {"id": "2", "text": 7}, {"id": "3"} | good | {"published": "5"},
        ["a list"], {"text": THREAT}, {"id": 4, "text": THREAT, "published": None, "more": []},
    )  # fmt: skip
    assert [answer["id"] for answer in answers(done)] == ["1", 4]
    assert all(answer["events"] for answer in answers(done))
    said = done.stderr.splitlines()
    assert [line.split(":")[1].strip() for line in said[:-1]] == [f"standard input, line {n}" for n in (2, 4, 5, 6, 7)]
    assert "5 of 8 lines" in said[-1]
    assert done.returncode == 2


def test_lines_are_answered_as_they_come(tmp_path: Path) -> None:
    with subprocess.Popen(
        [MARSAD, "read", "--jsonl"], cwd=tmp_path, env=environment(tmp_path), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        for name in ("one", "two"):
            process.stdin.write(json.dumps({"id": name, "text": THREAT}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == name
        process.stdin.close()
        assert process.wait(60) == 0


def test_nothing_is_stored(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(THREAT, "utf-8")
    assert marsad(tmp_path, "read", "a.txt").returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt"]


def test_a_page_is_cleaned_first_and_tells_its_day(tmp_path: Path) -> None:
    html = page(THREAT, MEMBERSHIP).replace(
        b"</head>", b'<meta property="article:published_time" content="2025-09-05T09:00:00Z"></head>'
    )
    (tmp_path / "a.html").write_bytes(html)
    from_file = json.loads(marsad(tmp_path, "read", "a.html", "--json", "--explain").stdout)
    with site({"/a": Answer(body=html)}) as url:
        from_address = json.loads(marsad(tmp_path, "read", f"{url}/a", "--json", "--explain").stdout)
    assert from_file == from_address
    assert {event["occurred_on"] for event in from_file} == {"2025-09-04"}
    assert from_file[0]["sentences"] == [THREAT]
    assert from_file[0]["explained"]


def test_people_see_sentences_from_right_to_left_and_why(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(THREAT, "utf-8")
    done = marsad(tmp_path, "read", "a.txt", "--published", "2025-09-05", "--explain")
    assert done.stdout.startswith("1. threat  RUS")
    assert f"\u2067{THREAT}\u2069" in done.stdout
    assert "stance" in done.stdout
