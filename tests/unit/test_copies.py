"""Copies of one wire story are one source, whatever the order, and however many there are."""

from __future__ import annotations

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from domain.copies import SAME, SKETCH_SIZE, Sentences, Sketch, Ties, groups, independent, similarity, sketch

WIRE = "أعلن المتحدث باسم الرئاسة أن بلاده ترفض نشر أي قوات أجنبية على أراضي جارتها وتعد ذلك خطرا على أمنها"
EDITED = "أعلن الناطق باسم الرئاسة أن بلاده ترفض نشر أي قوات أجنبية على أراضي جارتها وتعد ذلك خطرا على أمنها"
OTHER = "قال الوزير إن المفاوضات تبدأ الأسبوع المقبل في العاصمة بحضور وفدين من الجانبين ومراقبين من المنظمة"


def pairwise(articles: list[tuple[str, list[Sketch]]]) -> list[list[str]]:
    """The definition, word for word: every pair compared, chained until nothing moves."""
    group = {name: name for name, _ in articles}
    for _ in articles:
        for (one, left), (other, right) in itertools.combinations(articles, 2):
            if one == other or any(similarity(a, b) >= SAME for a in left for b in right):
                low, high = sorted((group[one], group[other]))
                group = {name: low if root == high else root for name, root in group.items()}
    found: dict[str, list[str]] = {}
    for name in sorted(group):
        found.setdefault(group[name], []).append(name)
    return sorted(found.values())


def test_a_sketch_does_not_see_marks() -> None:
    assert sketch("قَالَ الرَّئِيسُ كلمتـه\u200f أمس") == sketch("قال الرئيس كلمته أمس")
    assert sketch("  ،  ") == ()
    assert len(sketch("كلمتان فقط")) == 1
    assert len(sketch(" ".join(str(i) for i in range(100)))) == SKETCH_SIZE


def test_an_edited_sentence_is_a_copy_and_another_one_is_not() -> None:
    assert similarity(sketch(WIRE), sketch(WIRE)) == 1.0
    assert similarity(sketch(WIRE), sketch(EDITED)) >= SAME
    assert similarity(sketch(WIRE), sketch(OTHER)) < 0.05
    assert similarity((), ()) == 0.0


def test_copies_are_one_source() -> None:
    articles = [("a", [sketch(WIRE)]), ("b", [sketch(OTHER), sketch(EDITED)]), ("c", [sketch("شيء آخر تماما عن هذا")])]
    assert groups(articles) == [["a", "b"], ["c"]]
    assert independent(articles) == 2


def test_articles_without_words_are_sources_of_their_own() -> None:
    assert independent([("a", []), ("b", [()]), ("c", [()])]) == 3
    assert independent([]) == 0


def test_pieces_of_one_article_belong_together() -> None:
    assert groups([("a", [sketch(WIRE)]), ("b", [sketch(OTHER)]), ("a", [sketch(OTHER)])]) == [["a", "b"]]


def test_copies_are_chained() -> None:
    first, middle, last = tuple(range(20)), tuple(range(8, 28)), tuple(range(16, 36))
    assert similarity(first, last) < SAME
    assert groups([("a", [first]), ("z", [last])]) == [["a"], ["z"]]
    assert groups([("a", [first]), ("z", [last]), ("m", [middle])]) == [["a", "m", "z"]]


def test_thousands_of_copies_and_of_sentences_with_one_phrase_in_common() -> None:
    draw = random.Random(7)  # noqa: S311 -- the same draw in every run
    story = [draw.getrandbits(32) for _ in range(SKETCH_SIZE)]
    copies = [(f"copy{i}", [_edited(story, draw, 4)]) for i in range(2000)]
    phrase = story[0]
    others = [(f"other{i}", [tuple(sorted([phrase, *(draw.getrandbits(32) for _ in range(23))]))]) for i in range(2000)]
    found = groups(copies + others)
    assert len(found) == 2001
    assert sorted(map(len, found))[-1] == 2000


def _edited(story: list[int], draw: random.Random, words: int) -> Sketch:
    kept = draw.sample(story, len(story) - words)
    return tuple(sorted(kept + [draw.getrandbits(32) for _ in range(words)]))


sketches = st.sets(st.integers(0, 14), max_size=9).map(lambda hashes: tuple(sorted(hashes)))
some_articles = st.lists(st.tuples(st.sampled_from("abcdefghij"), st.lists(sketches, max_size=2)), max_size=12)


@given(some_articles)
def test_the_fast_way_finds_what_comparing_every_pair_finds(articles: list[tuple[str, list[Sketch]]]) -> None:
    assert groups(articles) == pairwise(articles)


@given(some_articles, st.randoms())
def test_the_order_of_articles_does_not_matter(articles: list[tuple[str, list[Sketch]]], draw: random.Random) -> None:
    shuffled = draw.sample(articles, len(articles))
    assert groups(shuffled) == groups(articles)


@given(st.lists(st.tuples(sketches, st.booleans(), sketches), max_size=12))
def test_sentences_know_what_is_near(steps: list[tuple[Sketch, bool, Sketch]]) -> None:
    sentences, known = Sentences(), list[Sketch]()
    for one, stays, asked in steps:  # few are asked of all, more of an index
        sentences.add(one)
        known.append(one)
        if not stays:
            sentences.discard(known.pop())
        assert (asked in sentences) == any(similarity(asked, other) >= SAME for other in known)


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.lists(sketches, max_size=2)), max_size=10), st.data())
def test_pieces_that_come_and_go_are_grouped_as_those_that_are_left(
    pieces: list[tuple[str, list[Sketch]]], data: st.DataObject
) -> None:
    ties, left = Ties(), dict[str, tuple[str, list[Sketch]]]()
    for number, (article, found) in enumerate(pieces):
        ties.add(f"{number}", article, found)
        left[f"{number}"] = (article, found)
        if data.draw(st.booleans()):
            gone = data.draw(st.sampled_from(sorted(left)))
            ties.drop(gone)
            del left[gone]
    assert sorted(sorted({left[name][0] for name in group}) for group in ties.groups()) == groups(left.values())
