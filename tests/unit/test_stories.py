"""Copies of one story are linked to the first, whatever the order in which they come."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from domain.stories import SIZE, Story, is_copy, keys, origins, story_sketch

WORDS = [f"كلمة{n}" for n in range(4000)]
NOW = datetime(2025, 9, 4, tzinfo=UTC)


def _text(start: int, end: int) -> str:
    return " ".join(WORDS[start:end])


def _story(name: str, hours: float, text: str, origin: str | None = None) -> Story:
    return Story(article=name, moment=NOW + timedelta(hours=hours), hashes=story_sketch(text), origin=origin)


def _linked(stories: list[Story]) -> dict[str, str | None]:
    """The origins once all have come, in that order."""
    known: dict[str, Story] = {}
    for story in stories:
        known[story.article] = story
        for article, origin in origins(story, known.values()).items():
            old = known[article]
            known[article] = Story(article=old.article, moment=old.moment, hashes=old.hashes, origin=origin)
    return {name: story.origin for name, story in known.items()}


def test_an_edited_copy_is_one_and_a_report_with_some_words_in_common_is_none() -> None:
    wire = story_sketch(_text(0, 200))
    assert is_copy(wire, story_sketch("عن الوكالة " + _text(0, 150)))
    assert is_copy(wire, story_sketch(_text(0, 80)))
    assert not is_copy(wire, story_sketch(_text(0, 20)))
    assert is_copy(wire, story_sketch(_text(0, 90) + " وأضاف " + _text(95, 200)))
    assert not is_copy(wire, story_sketch(_text(150, 350)))
    assert not is_copy(wire, ())


def test_long_articles_are_compared_by_a_sketch_of_each() -> None:
    long = story_sketch(_text(0, 2000))
    assert len(long) == SIZE
    assert is_copy(long, story_sketch(_text(0, 1500)))
    assert not is_copy(long, story_sketch(_text(1500, 3500)))


def test_other_spellings_of_letters_and_digits_are_the_same() -> None:
    assert story_sketch("أعلنت الحكومة الأميركية ١٢ قرارًا") == story_sketch("اعلنت الحكومه الاميركيه 12 قرارا")


@pytest.mark.parametrize("shorter", [(0, 2000), (0, 1000), (300, 700), (1500, 2200)])
def test_copies_share_a_key(shorter: tuple[int, int]) -> None:
    one, other = story_sketch(_text(0, 2000)), story_sketch(_text(*shorter))
    assert set(keys(one)) & set(keys(other))
    assert 12 <= len(keys(other)) <= 48


def test_the_first_is_the_origin_in_every_order() -> None:
    stories = [_story("c", 0, _text(0, 200)), _story("a", 1, _text(5, 200)), _story("b", 2, _text(0, 190))]
    other = _story("d", 0, _text(200, 400))
    for order in itertools.permutations([*stories, other]):
        assert _linked(list(order)) == {"c": None, "a": "c", "b": "c", "d": None}


def test_of_two_at_one_moment_all_agree_on_one() -> None:
    stories = [_story("b", 0, _text(0, 200)), _story("a", 0, _text(0, 200))]
    assert _linked(stories) == _linked(stories[::-1]) == {"a": None, "b": "a"}


def test_no_chain_of_edits_joins_two_stories() -> None:
    chain = [_story(name, hours, _text(80 * hours, 80 * hours + 200)) for hours, name in enumerate("abc")]
    assert _linked(chain) == {"a": None, "b": "a", "c": "b"}


def test_what_is_a_copy_no_more_is_linked_no_more() -> None:
    first, second = _story("a", 0, _text(0, 200)), _story("b", 1, _text(200, 400), origin="a")
    assert origins(second, [first]) == {"b": None}
