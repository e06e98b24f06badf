"""Events of every schema version that was ever released are read, and lose nothing on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.errors import InputError
from domain.events import SCHEMA_VERSION, UPCASTERS, Commitment, Read, Retraction, decode, encode, record_type, upcast

RELEASED = Path(__file__).resolve().parents[1] / "support" / "released"
VERSIONS = range(1, SCHEMA_VERSION + 1)


def lines(version: int) -> list[bytes]:
    return (RELEASED / f"events-{version}.jsonl").read_bytes().splitlines()


@pytest.mark.parametrize("version", VERSIONS)
def test_every_event_of_a_released_version_is_read(version: int) -> None:
    types = [record_type(decode(line, version)) for line in lines(version)]
    assert set(types) == {"statement", "threat", "commitment", "summit", "retraction"}


def test_the_present_version_is_written_byte_for_byte_as_it_was_released() -> None:
    for line in lines(SCHEMA_VERSION):
        assert encode(decode(line)) == line


def test_an_upcaster_stands_between_every_two_versions() -> None:
    assert sorted(UPCASTERS) == list(range(1, SCHEMA_VERSION))


def test_fields_keep_what_they_say() -> None:
    record = decode(lines(1)[3], 1)
    assert isinstance(record, Read)
    assert isinstance(record.event, Commitment)
    assert (record.event.quantity, record.event.evidence) == ("26 states", ((0, 10), (20, 35)))
    assert record.source.sketches == ((1, 2, 4294967295), (7,))
    retraction = decode(lines(1)[5], 1)
    assert retraction == Retraction(event_id="0" * 32, why="قُرئ خطأ", who="محرر")


def test_upcasters_are_applied_one_after_another() -> None:
    def renamed(tree: dict[str, Any]) -> dict[str, Any]:
        return {**{k: v for k, v in tree.items() if k != "old"}, "new": tree["old"]}

    def doubled(tree: dict[str, Any]) -> dict[str, Any]:
        return tree | {"new": tree["new"] * 2}

    by = {1: renamed, 2: doubled}
    assert upcast({"old": 2, "kept": 1}, 1, to=3, by=by) == {"new": 4, "kept": 1}
    assert upcast({"new": 2}, 2, to=3, by=by) == {"new": 4}
    assert upcast({"new": 2}, 3, to=3, by=by) == {"new": 2}
    with pytest.raises(InputError, match="no upcaster leads from schema version 1 to 2"):
        upcast({}, 1, to=2, by={})


def test_what_a_newer_release_wrote_is_refused() -> None:
    with pytest.raises(InputError, match=f"this release reads up to {SCHEMA_VERSION}"):
        decode(lines(1)[0], SCHEMA_VERSION + 1)


def test_a_wrong_field_is_named() -> None:
    broken = msgspec.json.decode(lines(1)[0])
    broken["event"]["stance"] = "perhaps"
    with pytest.raises(InputError, match=r"version 1: .*perhaps.*event\.stance"):
        decode(msgspec.json.encode(broken))
    with pytest.raises(InputError, match="malformed JSON"):
        decode(b"{")
