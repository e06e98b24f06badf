"""The pages' words, days and ages, the names for people, and the colours' contrast."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from domain.errors import RegistryError
from domain.reading.registry import Registry
from workers.titles import Language, Titles
from workers.web import words as module
from workers.web.guard import host_name
from workers.web.words import Words, age_in_days

pytest_plugins = ["tests.support.world"]

_CSS = Path(module.__file__).parent / "static" / "marsad.css"
_STANCES = ("supports", "opposes", "conditional", "undecided")


@pytest.mark.parametrize(
    ("iso", "english", "arabic"),
    [
        ("2025-09-05", "5 September 2025", "5 سبتمبر 2025"),
        ("2025-09", "September 2025", "سبتمبر 2025"),
        ("2025", "2025", "2025"),
        (None, "day unknown", "اليوم غير معروف"),
        ("2025-99", "2025-99", "2025-99"),
        ("soon", "soon", "soon"),
    ],
)
def test_days_in_words(iso: str | None, english: str, arabic: str) -> None:
    assert Words("en").day(iso) == english
    assert Words("ar").day(iso) == arabic


@pytest.mark.parametrize(
    ("iso", "english", "arabic"),
    [
        ("2025-09-10", "today", "اليوم"),
        ("2025-09-11", "today", "اليوم"),
        ("2025-09-09", "1 day ago", "قبل يوم"),
        ("2025-09-08", "2 days ago", "قبل يومين"),
        ("2025-09-01", "9 days ago", "قبل 9 أيام"),
        ("2025-08-20", "21 days ago", "قبل 21 يوما"),
        ("2025-07-01", "2 months ago", "قبل شهرين"),
        ("2024-09", "1 year ago", "قبل سنة"),
        ("2010", "15 years ago", "قبل 15 سنة"),
        ("never", "", ""),
    ],
)
def test_ages_in_words(iso: str, english: str, arabic: str) -> None:
    today = date(2025, 9, 10)
    assert Words("en").age(iso, today) == english
    assert Words("ar").age(iso, today) == arabic


def test_an_age_is_counted_from_the_first_of_a_month() -> None:
    assert age_in_days("2025-09", date(2025, 9, 10)) == 9
    assert age_in_days("", date(2025, 9, 10)) is None


def test_every_word_stands_in_both_languages() -> None:
    for name, pair in module._WORDS.items():
        assert all(pair), name
        assert not pair[1] or name == "other_language" or pair[1].isascii(), name


def test_every_word_that_a_template_asks_for_exists() -> None:
    folder = Path(module.__file__).parent / "templates"
    asked = {n for f in folder.iterdir() for n in re.findall(r"words\.(\w+)", f.read_text("utf-8"))}
    assert asked - {"day", "age", "moment", "weekday", "weekday_short"} <= module._WORDS.keys()


@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_issue_and_tracked_actor_has_a_name_for_people(
    registry: Registry, titles: Titles, language: Language
) -> None:
    for issue in registry.issues:
        assert titles.issue(issue, language) != issue
        assert titles.proposition(issue, language).endswith(".")
        assert titles.subject(issue, language) != issue.partition(".")[0]
    for actor in registry.tracked:
        assert titles.actor(actor, language) != actor or actor == "NATO"
    assert titles.speaker("putin", language) == {"ar": "فلاديمير بوتين", "en": "Vladimir Putin"}[language]


def test_what_has_no_title_is_called_as_the_registry_has_it(registry: Registry) -> None:
    bare = Titles(registry)
    assert bare.actor("RUS", "ar") == "روسيا"
    assert bare.actor("XYZ", "en") == "XYZ"
    assert bare.issue("a.b", "ar") == "a.b"
    assert bare.proposition("a.b", "en") == ""
    assert bare.speaker("somebody", "ar") == "somebody"
    assert bare.speaker(None, "ar") == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('\n[issue."ukraine.nothing"]\nar = "x"\nen = "y"\n', ("titles.toml:2", "ukraine.nothing")),
        ('[actor.RUSS]\nar = "x"\nen = "y"\n', ("titles.toml:1", "RUSS")),
        ('[actor.RUS]\nar = "x"\n', ("titles.toml", "en")),
        ("[actor.RUS\n", ("titles.toml", "TOML")),
        ('[actors.RUS]\nar = "x"\nen = "y"\n', ("titles.toml", "actors")),
    ],
)
def test_a_wrong_data_file_is_named(registry: Registry, text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(RegistryError) as raised:
        Titles(registry, text)
    assert all(word in str(raised.value) for word in words), raised.value


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("a.example:80", "a.example"),
        ("[::1]:8080", "::1"),
        ("LOCALHOST", "localhost"),
        ("a.example.", "a.example"),
        ("", ""),
    ],
)
def test_the_name_of_a_host_header(sent: str, name: str) -> None:
    assert host_name(sent) == name


def _palettes() -> list[dict[str, str]]:
    """The colours of the light and the dark sheet."""
    blocks = re.findall(r":root \{(.*?)\}", _CSS.read_text("utf-8"), re.DOTALL)
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in blocks]


def _light(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_light(one), _light(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", _palettes(), ids=["light", "dark"])
def test_texts_stand_out_from_their_grounds(palette: dict[str, str]) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1 for text."""
    pairs = [(text, ground) for text in ("ink", "soft", "accent") for ground in ("paper", "card")]
    pairs += [(text, f"{stance}-bg") for stance in _STANCES for text in ("ink", "soft", stance)]
    pairs += [(stance, "card") for stance in _STANCES] + [("paper", "accent")]
    for text, ground in pairs:
        assert _contrast(palette[text], palette[ground]) >= 4.5, (text, ground)
