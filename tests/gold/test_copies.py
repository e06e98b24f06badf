"""Copies of real wire stories are told as a reader tells them; where the articles lie."""

from __future__ import annotations

import pytest

from tests.gold.copies import ARTICLES, figures, judged


def test_judgements_are_pairs_of_two_texts_each_once() -> None:
    pairs = judged()
    assert len({frozenset((p.one, p.other)) for p in pairs}) == len(pairs) >= 150
    assert all(len(name) == 64 for p in pairs for name in (p.one, p.other))
    assert {p.copy for p in pairs} == {True, False}


def test_precision_and_recall_stay_above_their_floors() -> None:
    if not ARTICLES.is_dir():
        pytest.skip("the articles are not here")
    got = figures()
    assert (got.precision >= 0.9, got.recall >= 0.9, got.keyed >= 0.97) == (True, True, True), got
