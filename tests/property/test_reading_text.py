"""What holds of the events of any text: whole sentences, one answer, no effect of marks or of foreign paragraphs."""

from __future__ import annotations

from datetime import date

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.reading.text import sentences
from tests.gold.sets import extractor
from tests.support.reading import ARTICLES, CORPUS, DAYS, MARKS, UNRELATED, tree
from workers.bootstrap import App
from workers.settings import load_settings

Dated = tuple[str, date | None]
SLOW = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(article=st.one_of(ARTICLES, st.tuples(st.text(max_size=200), DAYS)))
@example(article=("\ufeffقال بوتين إن موسكو ترفض نشر قوات أجنبية في أوكرانيا", None))
@SLOW
def test_evidence_is_of_whole_sentences_inside_the_text(article: Dated) -> None:
    text, published = article
    found = [s.slice(text) for s in sentences(text)]
    starts = {s.start + n for s, words in zip(sentences(text), found, strict=True) for n in (0, _leading(words))}
    ends = {s.end for s in sentences(text)}
    for event in extractor().read(text, published=published):
        assert event.evidence
        assert list(event.evidence) == sorted(set(event.evidence))
        for start, end in event.evidence:
            assert 0 <= start < end <= len(text)
            assert start in starts
            assert end in ends
            assert text[start:end] == text[start:end].strip()


@given(article=ARTICLES)
@SLOW
def test_sentences_lie_apart_in_order_and_hold_every_word(article: Dated) -> None:
    text, _ = article
    behind = 0
    for sentence in sentences(text):
        assert behind <= sentence.start < sentence.end <= len(text)
        assert not any(c.isalnum() for c in text[behind : sentence.start])
        behind = sentence.end
    assert not any(c.isalnum() for c in text[behind:])


@given(article=ARTICLES, other=ARTICLES)
@SLOW
def test_one_text_has_one_answer_whatever_was_read_before(article: Dated, other: Dated) -> None:
    text, published = article
    before = extractor().explain(text, published=published)
    extractor().read(other[0], published=other[1])
    assert extractor().explain(text, published=published) == before
    assert [e.event for e in before] == extractor().read(text, published=published)


def test_another_extractor_of_the_same_data_gives_the_same() -> None:
    fresh = App(load_settings({})).extractor
    for text, published in CORPUS[:20]:
        assert fresh.read(text, published=published) == extractor().read(text, published=published)


@given(article=st.one_of(ARTICLES, st.tuples(st.text(max_size=120), DAYS)))
@SLOW
def test_one_event_for_each_type_actor_and_issue(article: Dated) -> None:
    text, published = article
    events = extractor().read(text, published=published)
    keys = [(type(e).__name__, e.actor, e.issue) for e in events if hasattr(e, "actor")]
    assert len(keys) == len(set(keys))
    assert all(0 <= e.confidence <= 1 for e in events)
    assert all((e.occurred_on is None) == (e.precision == "unknown") for e in events)


@given(article=ARTICLES, data=st.data())
@SLOW
def test_marks_in_words_change_offsets_only(article: Dated, data: st.DataObject) -> None:
    text, published = article
    letters = [i for i, c in enumerate(text) if c.isalpha()]
    if not letters:
        return
    places = data.draw(st.dictionaries(st.sampled_from(letters), st.sampled_from(MARKS), max_size=40))
    _same(text, "".join(c + places.get(i, "") for i, c in enumerate(text)), published)


@given(article=ARTICLES, mark=st.sampled_from(MARKS[-6:]))
@SLOW
def test_direction_marks_around_words_change_offsets_only(article: Dated, mark: str) -> None:
    text, published = article
    _same(text, " ".join(f"{mark}{word}{mark}" if word else word for word in text.split(" ")), published)


@given(article=ARTICLES)
@SLOW
def test_a_fully_lengthened_or_vowelled_text_says_the_same(article: Dated) -> None:
    text, published = article
    for mark in "\u0640\u064e":
        _same(text, "".join(c + mark if c.isalpha() else c for c in text), published)


def _leading(words: str) -> int:
    """How many marks stand before the first character that is none; they may belong to a sentence or not."""
    return next((i for i, c in enumerate(words) if c not in MARKS and c != "\ufeff"), 0)


def _same(text: str, marked: str, published: date | None) -> None:
    plain = [tree(e, text) for e in extractor().read(text, published=published)]
    assert [tree(e, marked) for e in extractor().read(marked, published=published)] == plain


@given(article=ARTICLES, paragraphs=st.lists(st.sampled_from(UNRELATED), min_size=1, max_size=3, unique=True))
@example(article=("أعلن الكرملين لقاء مع نظيره الأوكراني", None), paragraphs=UNRELATED[:2])  # little trusted by itself
@SLOW
def test_a_paragraph_about_something_else_removes_no_event(article: Dated, paragraphs: list[str]) -> None:
    text, published = article[0].rstrip() + ".", article[1]  # a line without a stop would become a headline
    before = extractor().read(text, published=published)
    after = extractor().read("\n".join([text, *paragraphs]), published=published)
    kept = [replace(event, confidence=0.0) for event in after]  # how sure it is may turn on the length of the text
    assert [event for event in before if replace(event, confidence=0.0) not in kept] == []


def test_paragraphs_about_something_else_hold_no_event() -> None:
    assert extractor().read("\n".join(UNRELATED), published=date(2025, 9, 5)) == []
