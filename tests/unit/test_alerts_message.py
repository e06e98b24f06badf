"""What a message says: decided by what was told before, in words that stay as they are pinned here."""

from __future__ import annotations

import msgspec
import pytest

from domain.alerts.message import CloudEvent, Correction, Memory, Quote
from domain.alerts.terms import Language
from tests.support.told import OTHER, QUOTE, composed, item, message
from workers.titles import Titles

pytest_plugins = ["tests.support.world"]
FSI, RLI, LRI, PDI = "\u2068", "\u2067", "\u2066", "\u2069"
LANGUAGES: tuple[Language, ...] = ("en", "ar")
STOOD = Memory(standing=True, articles=(QUOTE.url, OTHER.url))
FELL = Memory(standing=False)


def plain(text: str) -> str:
    """The text with its isolates as signs that a reader sees."""
    for mark, sign in ((FSI, "{"), (RLI, "{"), (LRI, "{"), (PDI, "}")):
        text = text.replace(mark, sign)
    return text


def test_english_words(titles: Titles) -> None:
    data = message(titles, item()).data
    assert data.title == "France: Foreign troops in Ukraine: opposes → supports"
    assert plain(data.text) == (
        "France: Foreign troops in Ukraine\n"
        "Stance: {opposes → supports (reversed)}\n"
        "Said by: {Emmanuel Macron}\n"
        "Said on: {2025-09-04}\n"
        "In words: {«أعلن ماكرون أن ستا وعشرين دولة تعهدت بإرسال قوات إلى أوكرانيا.»}\n"
        "Independent outlets: {2 ({منارة الخبر}, {جسر برس})}\n"
        "Link: {https://one.example/a?x=1&y=2}\n"
        "Link: {https://two.example/b}\n"
    )


def test_arabic_words(titles: Titles) -> None:
    data = message(titles, item(contested=True), language="ar").data
    assert data.title == "فرنسا: قوات أجنبية في أوكرانيا: يعارض ← يؤيد"
    assert plain(data.text) == (
        "فرنسا: قوات أجنبية في أوكرانيا\n"
        "الموقف: {يعارض ← يؤيد (انقلاب)}\n"
        "القائل: {إيمانويل ماكرون}\n"
        "التاريخ: {2025-09-04}\n"
        "قوله: {«أعلن ماكرون أن ستا وعشرين دولة تعهدت بإرسال قوات إلى أوكرانيا.»}\n"
        "مصادر مستقلة: {2 ({منارة الخبر}، {جسر برس})}\n"
        "ملاحظة: {متنازع فيه: أصوات متساوية تتعارض}\n"
        "الرابط: {https://one.example/a?x=1&y=2}\n"
        "الرابط: {https://two.example/b}\n"
    )


def test_a_correction_in_words(titles: Titles) -> None:
    data = message(titles, item(withdrawn=True, borne=False, memory=STOOD, first_key="msg_0")).data
    assert data.title == "Correction: France: Foreign troops in Ukraine: opposes → supports"
    assert plain(data.text) == (
        "France: Foreign troops in Ukraine\n"
        "Correction: {This change is taken back: its evidence no longer stands}\n"
        "Stance: {opposes → supports (reversed)}\n"
        "Said by: {Emmanuel Macron}\n"
        "Said on: {2025-09-04}\n"
        "Independent outlets: {2}\n"
        "Taken back: {https://one.example/a?x=1&y=2}\n"
        "Taken back: {https://two.example/b}\n"
    )
    assert data.correction == Correction(of="msg_0", why="undone", lost=(QUOTE.url, OTHER.url))


def test_a_change_whose_words_stand_is_not_said_to_have_lost_them(titles: Titles) -> None:
    data = message(titles, item(withdrawn=True, memory=STOOD, first_key="msg_0")).data
    assert "Correction: {Not as told: its words stand, but other words show what was held}" in plain(data.text)
    assert data.correction == Correction(of="msg_0", why="replaced")
    arabic = message(titles, item(withdrawn=True, memory=STOOD, first_key="msg_0"), language="ar").data
    assert "ليس كما أُبلغ عنه" in arabic.text


def test_contested_is_said_in_english(titles: Titles) -> None:
    assert "Contested: equal voices contradict each other" in message(titles, item(contested=True)).data.text
    assert "Contested" not in message(titles, item()).data.text


def test_a_line_runs_as_the_text_does_whatever_names_stand_in_it(titles: Titles) -> None:
    english, arabic = (message(titles, item(), language=language).data.text for language in LANGUAGES)
    assert f"Independent outlets: {LRI}2 ({FSI}" in english
    assert f"مصادر مستقلة: {RLI}2 ({FSI}" in arabic


def test_a_quotation_cannot_turn_what_surrounds_it(titles: Titles) -> None:
    nasty = Quote(text="قال\u2069 \u202edrow\u2066\n\u200f كلاما", url="https://one.example/", outlet="o\u2069")
    text = message(titles, item(quotes=(nasty,))).data.text
    assert f"{RLI}«قال drow كلاما»{PDI}" in text
    opened = sum(text.count(mark) for mark in (FSI, RLI, LRI))
    assert opened == text.count(PDI)
    assert "\u202e" not in text


@pytest.mark.parametrize(
    ("memory", "withdrawn", "told"),
    [
        (None, False, "marsad.position.reversed"), (None, True, None), (STOOD, True, "marsad.position.correction"),
        (STOOD, False, None), (FELL, True, None), (FELL, False, "marsad.position.reversed"),
        (Memory(standing=True, articles=("https://three.example/",)), False, "marsad.position.correction"),
    ],
)  # fmt: skip
def test_what_is_told_follows_from_what_was_told(
    titles: Titles, memory: Memory | None, withdrawn: bool, told: str | None
) -> None:
    found = composed(titles, item(memory=memory, withdrawn=withdrawn))
    assert (found.event.type if found is not None else None) == told


def test_several_of_one_position_are_told_from_the_first_stance_to_the_last(titles: Titles) -> None:
    event = message(
        titles, item(1, before="opposes", after="supports"), item(2, before="supports", after="conditional", key="d")
    )
    assert event.subject == "FRA/ukraine.foreign-troops"
    assert (event.data.before, event.data.after) == ("opposes", "conditional")
    assert [told.after for told in event.data.changes] == ["supports", "conditional"]


def test_a_digest_names_whom_it_tells_of(titles: Titles) -> None:
    event = message(titles, item(1), item(2, key="d", actor="USA"))
    assert (event.type, event.subject) == ("marsad.positions.digest", "digest")
    assert event.data.title == "Changes (2): France, United States"


def test_only_what_is_told_is_remembered(titles: Titles) -> None:
    found = composed(titles, item(1, withdrawn=True), item(2, key="d"))
    assert found is not None
    assert found.memories == {2: STOOD}
    assert len(found.event.data.all) == 1


def test_the_body_is_a_cloud_event_that_reads_back(titles: Titles) -> None:
    found = composed(titles, item())
    assert found is not None
    assert msgspec.json.decode(found.body, type=CloudEvent) == found.event
    raw = msgspec.json.decode(found.body)
    assert {"from", "to", "text", "title", "contested", "evidence"} <= set(raw["data"])
