"""Annotations are of their form: no text in two halves, hashes that fit, evidence of whole sentences."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from domain.errors import InputError
from domain.scoring import TYPES, Article
from tests.gold.sets import SETS, registry
from workers.gold import Texts

_STOPPED = re.compile(r"[.!?؟…؛:][\"»”’')\]]*\s*$|[\"»”]\s*$|\n\s*$|^\s*$")
OURS = ("tuned", "untuned", "corpus")


@pytest.mark.parametrize("name", OURS)
def test_every_file_is_of_the_annotated_form(name: str) -> None:
    events = [e for article in SETS[name].articles() for e in article.events]
    assert {e.type for e in events} <= set(TYPES)
    assert all(e.evidence and all(a < b for a, b in e.spans) for e in events)
    assert {e.issue for e in events} - {None} <= set(registry().issues)
    assert all(article.sha256 and article.chars for article in SETS[name].articles())


def test_no_text_stands_in_two_halves() -> None:
    ids = [article.id for name in ("tuned", "untuned") for article in SETS[name].articles()]
    hashes = [article.sha256 for name in ("tuned", "untuned") for article in SETS[name].articles()]
    assert not [name for name, count in Counter(ids).items() if count > 1]
    assert not [name for name, count in Counter(hashes).items() if count > 1]


def test_enough_texts_and_a_third_of_them_without_events() -> None:
    halves = {name: SETS[name].articles() for name in ("tuned", "untuned")}
    assert all(len(articles) >= 80 for articles in halves.values())
    assert all(sum(not a.events for a in articles) * 3 >= len(articles) for articles in halves.values())


@pytest.mark.parametrize("name", OURS)
def test_evidence_is_of_whole_sentences(name: str) -> None:
    if not SETS[name].present:
        pytest.skip(f"the texts of {name} are not here")
    library = Texts(SETS[name].texts)
    assert not [fault for article in SETS[name].articles() for fault in _faults(article, library.of(article))]


def _faults(article: Article, text: str) -> list[tuple[str, int, int]]:
    return [
        (article.id, start, end)
        for event in article.events
        for start, end in event.spans
        if end > len(text) or not _STOPPED.search(text[:start]) or not _ends(text, end) or text[start].isspace()
    ]


def _ends(text: str, end: int) -> bool:
    return _STOPPED.search(text[:end]) is not None or text[end : end + 1] in ("", "\n", "\r") or text[end:].isspace()


def test_a_text_that_was_changed_is_refused_by_its_id() -> None:
    article = Article(id="manara-001", events=(), sha256="0" * 64)
    with pytest.raises(InputError, match="manara-001"):
        Texts(None).of(article)
