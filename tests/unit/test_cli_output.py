"""How answers are printed: isolates, widths, and texts that try to steer the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from workers.cli.output import FSI, PDI, RLI, arabic, inline, move, plain, stance, wrap, write_table

TEXT = "قال الناطق إن بلاده ترفض نشر القوات رفضا تاما ولا تقبل به"


def test_every_line_of_arabic_is_an_isolate_of_its_own() -> None:
    lines = arabic(TEXT, 20, lines=9).plain.splitlines()
    assert len(lines) > 2
    assert all(line.startswith(RLI) and line.endswith(PDI) for line in lines)
    assert " ".join(line.strip(RLI + PDI) for line in lines) == TEXT
    assert max(cell_len(line) for line in lines) <= 20


def test_what_is_left_over_gives_way_to_an_ellipsis() -> None:
    lines = arabic(TEXT, 20, lines=2).plain.splitlines()
    assert len(lines) == 2
    assert lines[1].endswith(f" …{PDI}")
    assert max(cell_len(line) for line in lines) <= 20


@given(st.text(alphabet="ab قعَ界\t\n", max_size=200), st.integers(2, 30))
def test_wrapping_loses_nothing_and_keeps_the_width(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cell_len(line) <= width for line in lines)


@pytest.mark.parametrize(
    "text", ["\x1b[31mred\x1b[0m", "a\u202eb\u2066c", "one\r\ntwo\tthree", "\x07\x9b0m", "\u200fabc\u061c"]
)
def test_no_text_from_outside_steers_the_terminal(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable()
    assert not set(shown) & set("\u202e\u2066\u200f\u061c")


@given(st.text())
def test_a_name_has_balanced_isolates_whatever_it_holds(text: str) -> None:
    shown = inline(text)
    assert shown.count(FSI) == shown.count(PDI) <= 1


def test_a_stance_is_sign_and_word() -> None:
    assert stance("opposes").plain == "− opposes"
    assert stance(None).plain == "–"
    assert move("opposes", "supports").plain == "− opposes → + supports"
    assert move(None, "supports").plain == move("supports", "supports").plain == "+ supports"


def test_columns_stay_in_line_beside_arabic(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    rows = [("RUS", inline("منارة الخبر"), "x"), ("NATO", "plain", "x"), ("FRA", inline("ورّاقُ الأخبار"), "x")]
    write_table(("actor", "outlet", "mark"), rows, words=[TEXT, TEXT, "قصير"])
    lines = [line for line in capsys.readouterr().out.splitlines() if " x " in line]
    assert len({cell_len(line[: line.index(" x ")]) for line in lines}) == 1
    assert len({cell_len(line) for line in lines}) == 1
