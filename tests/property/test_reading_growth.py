"""The extractor's work grows with the text only, and no input makes it stop: counted in steps, not in seconds."""

from __future__ import annotations

import signal
import sys
from datetime import date
from types import FrameType
from typing import Any

import pytest

from tests.gold.sets import extractor
from tests.support.reading import CORPUS, limited

DAY = date(2025, 9, 5)
NEWS = "\n".join(text for text, _ in CORPUS)
HUGE_SENTENCE = "".join(c for c in NEWS if c not in '.!?؟…؛"«»\n')
SIZE = 100_000
LIMIT = 15.0  # seconds of computing: far above what is wanted, far below what a catastrophic pattern takes
SHAPES = {
    "news": NEWS, "one line": NEWS.replace("\n", " "), "one sentence": HUGE_SENTENCE,
    "straight quotes": '"', "quotes and spaces": '" "', "opened guillemets": "«", "guillemets": "«»", "curly": "“",
    "opened words": '"ا ', "nested quotes": 'قال "بوتين "إن ', "brackets": "(", "digits": "7", "single digits": "7 ",
    "decimals": "1.", "slashes": "1/2/", "dates": "5 آب ", "commas": "،", "commas apart": "، ", "stops": ".",
    "stops apart": ". ", "ellipses": "… ", "letter": "ا", "letters apart": "و ", "tatweel": "ـ", "marks": "\u064e",
    "direction marks": "ا\u200f ", "relatives": "الذي قال ", "said": "قال ", "said that": "قال بوتين إن ",
    "names": "بوتين، ", "rejects": "ترفض موسكو ", "negations": "لا ", "conditions": "لن إلا إذا ",
    "met": "التقى بوتين ترامب ", "meetings": "لقاء ", "days": "اليوم الخميس ", "months": "أيلول/سبتمبر ",
    "lines": "\n", "short lines": "ا\n", "spaces": " ", "latin": "a", "addresses": "http://a.b/", "percent": "%",
    "decisions": "ورفضت موسكو القرار.\n", "truces": "وقف إطلاق النار. رفضت موسكو القرار. ", "clitics": "وبالولل",
    "nothing": "\x00", "pictures": "😀",
}  # fmt: skip
COUNTED = (
    "news", "one sentence", "nested quotes", "opened words", "single digits", "dates", "stops apart", "relatives",
    "said that", "rejects", "conditions", "met", "meetings", "short lines", "truces", "decisions",
)  # fmt: skip


def made(shape: str, size: int) -> str:
    unit = SHAPES[shape]
    return (unit * (size // len(unit) + 1))[:size]


def steps(text: str) -> int:
    """How many instructions the reading of a text takes."""
    count = 0

    def tracer(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return tracer

    extractor().read(text, published=DAY)  # tables that are made once, and readings of words that are kept
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        extractor().read(text, published=DAY)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("shape", COUNTED)
def test_four_times_the_text_is_about_four_times_the_work(shape: str) -> None:
    least = 1_000 if shape != "news" else 3_000  # a sentence may be as long as sentences are
    assert steps(made(shape, 4 * least)) <= 5.4 * steps(made(shape, least))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers of computing time")
@pytest.mark.parametrize("shape", SHAPES)
def test_a_hundred_thousand_characters_of_anything_are_read(shape: str) -> None:
    text = made(shape, SIZE)
    with limited(LIMIT):
        events = extractor().read(text, published=DAY)
    assert all(0 <= a < b <= len(text) for event in events for a, b in event.evidence)
