"""The shipped corpus: annotations of the ontology's form, pages that follow the source, and what it must cover."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any, Literal, get_args

import msgspec
import pytest

from domain.errors import InputError
from domain.events import Attribution, Precision, Span, Stance, SummitStatus
from workers.demo.build import generated
from workers.demo.corpus import CORPUS, Article, read_articles, read_outlets, shipped
from workers.settings import SEEDS

_QUOTE = re.compile(r'"[^"\n]*"|«[^»\n]*»')
_STOP = re.compile(r'[.!?؟…]+["»)]*(?=\s|$)')
_SPEAKER = re.compile(r"[a-z]+(-[a-z]+)*")
_WEEKDAYS = ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد")
_NAMED_DAY = re.compile(rf"(اليوم|أمس|غداً?) ({'|'.join(_WEEKDAYS)})")
_SHOWN = {"day": 10, "month": 7, "year": 4}


class _Said(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What every annotation holds."""

    issue: str | None
    attribution: Attribution
    occurred_on: str | None
    precision: Precision
    inferred: bool
    evidence: list[Span]
    sure: bool
    alt: dict[str, list[str | None]] = {}
    note: str = ""


class _Statement(_Said, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="statement"):
    actor: str
    speaker: str
    stance: Stance | None
    quote: bool


class _Threat(_Said, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="threat"):
    actor: str
    speaker: str
    stance: Stance | None
    quote: bool
    target: str | None
    condition: str | None
    means: Literal["military", "economic", "diplomatic"] | None


class _Commitment(_Said, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="commitment"):
    actor: str
    speaker: str
    stance: Stance | None
    quote: bool
    beneficiary: str | None
    condition: str | None
    quantity: str | None


class _Summit(_Said, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="summit"):
    participants: list[str]
    status: SummitStatus
    place: str | None
    format: Literal["in-person", "online", "hybrid", "telephone"] | None
    level: Literal["leaders", "ministers", "envoys"] | None
    stance: None


Annotation = _Statement | _Threat | _Commitment | _Summit


@cache
def _articles() -> list[Article]:
    return shipped()[1]


@cache
def _registry() -> tuple[set[str], set[str], set[str]]:
    """Ids of actors, of the tracked among them, and of issues."""
    actors = tomllib.loads((SEEDS / "registry" / "actors.toml").read_text("utf-8"))["actor"]
    issues = tomllib.loads((SEEDS / "registry" / "issues.toml").read_text("utf-8"))["issue"]
    return {a["id"] for a in actors}, {a["id"] for a in actors if a.get("tracked")}, {i["id"] for i in issues}


def _annotations(article: Article) -> list[Annotation]:
    return [msgspec.convert(event, Annotation) for event in article.events]


def _every() -> Iterator[tuple[Article, Annotation]]:
    for article in _articles():
        for annotation in _annotations(article):
            yield article, annotation


def _sentences(text: str) -> list[Span]:
    """Spans of sentences by the guide's rule: a stop before a space ends one, save inside quotation marks."""
    found = []
    start = 0
    for line in text.split("\n"):
        quotes = [m.span() for m in _QUOTE.finditer(line)]
        begin = 0
        for stop in _STOP.finditer(line):
            if any(a < stop.start() and stop.end() < b for a, b in quotes):
                continue
            found.append((start + begin, start + stop.end()))
            begin = stop.end() + 1
        if begin < len(line):
            found.append((start + begin, start + len(line)))
        start += len(line) + 1
    return found


@pytest.mark.parametrize("article", _articles(), ids=lambda a: a.id)
def test_annotations_are_of_the_ontologys_form(article: Article) -> None:
    actors, tracked, issues = _registry()
    for event in _annotations(article):
        involved = event.participants if isinstance(event, _Summit) else [event.actor]
        assert set(involved) <= actors
        assert len(set(involved)) == len(involved)
        assert tracked & set(involved)
        assert event.issue is None or event.issue in issues
        if isinstance(event, _Summit):
            assert len(involved) > 1
        else:
            assert _SPEAKER.fullmatch(event.speaker)


@pytest.mark.parametrize("article", _articles(), ids=lambda a: a.id)
def test_alternatives_are_values_of_their_fields(article: Article) -> None:
    allowed: dict[str, set[str]] = {
        "stance": set(get_args(Stance)), "attribution": set(get_args(Attribution)), "issue": _registry()[2],
        "status": set(get_args(SummitStatus)), "type": {"statement", "summit", "threat", "commitment"},
    }  # fmt: skip
    for event in _annotations(article):
        for field, values in event.alt.items():
            assert field in event.__struct_fields__ or field == "type"
            assert values
            if field in allowed:
                assert {v for v in values if v is not None} <= allowed[field]


@pytest.mark.parametrize("article", _articles(), ids=lambda a: a.id)
def test_evidence_is_whole_sentences(article: Article) -> None:
    sentences = set(_sentences(article.text))
    for event in _annotations(article):
        assert event.evidence
        assert event.evidence == sorted(set(event.evidence))
        assert set(event.evidence) <= sentences
        if not isinstance(event, _Summit) and event.quote:
            assert any(_QUOTE.search(article.text[start:end]) for start, end in event.evidence)


@pytest.mark.parametrize("article", _articles(), ids=lambda a: a.id)
def test_days_are_as_precise_as_they_say(article: Article) -> None:
    for event in _annotations(article):
        if event.precision == "unknown":
            assert event.occurred_on is None
        else:
            assert event.occurred_on is not None
            assert len(event.occurred_on) == _SHOWN[event.precision]
            date.fromisoformat(event.occurred_on + {10: "", 7: "-01", 4: "-01-01"}[len(event.occurred_on)])
        if event.inferred:
            assert event.occurred_on == article.published


@pytest.mark.parametrize("article", _articles(), ids=lambda a: a.id)
def test_one_event_for_each_type_actor_and_issue(article: Article) -> None:
    keys = Counter(
        (event.__struct_config__.tag, event.actor, event.issue)
        for event in _annotations(article)
        if not isinstance(event, _Summit) and event.issue is not None
    )
    assert [key for key, n in keys.items() if n > 1] == []


@pytest.mark.parametrize("article", [a for a in _articles() if a.published], ids=lambda a: a.id)
def test_named_weekdays_agree_with_the_day_of_publication(article: Article) -> None:
    weekday = date.fromisoformat(article.published or "").weekday()
    shift = {"اليوم": 0, "أمس": -1, "غدا": 1, "غداً": 1}
    for word, name in _NAMED_DAY.findall(article.text):
        assert _WEEKDAYS[(weekday + shift[word]) % 7] == name, article.text


def test_no_sentence_stands_twice() -> None:
    seen: dict[str, str] = {}
    for article in _articles():
        for start, end in _sentences(article.text):
            sentence = article.text[start:end]
            if len(sentence.split()) > 3:  # datelines and bylines repeat, as they do in papers
                assert seen.setdefault(sentence, article.id) == article.id
                assert article.text.count(sentence) == 1


def test_ids_are_unique_and_name_their_outlet() -> None:
    outlets, articles = shipped()
    assert len({a.id for a in articles}) == len(articles)
    assert all(a.id.startswith(a.outlet + "-") and a.outlet in outlets for a in articles)


def test_articles_are_of_a_news_storys_size() -> None:
    for article in _articles():
        assert 4 <= len(article.body) <= 14, article.id
        assert 500 <= len(article.text) <= 2700, article.id


def test_generated_files_are_up_to_date() -> None:
    files = generated(*shipped())
    shown = {str(path.relative_to(CORPUS)) for path in (CORPUS / "pages").glob("*/*.html")} | {"gold.jsonl"}
    assert shown == set(files)
    stale = [name for name, data in files.items() if (CORPUS / name).read_bytes() != data]
    assert stale == [], "run python -m workers.demo.build"


def test_gold_names_the_text_by_its_hash() -> None:
    gold = [json.loads(line) for line in (CORPUS / "gold.jsonl").read_bytes().splitlines()]
    for article, line in zip(_articles(), gold, strict=True):
        assert line["id"] == article.id
        assert line["sha256"] == hashlib.sha256(article.text.encode()).hexdigest()
        assert line["chars"] == len(article.text)


def test_the_corpus_covers_the_ontology() -> None:
    events = [event for _, event in _every()]
    sure: list[Any] = [event for event in events if event.sure]
    per_issue = Counter(event.issue for event in sure)
    assert all(per_issue[issue] >= 4 for issue in _registry()[2]), per_issue
    assert {event.__struct_config__.tag for event in sure} == {"statement", "summit", "threat", "commitment"}
    assert {e.status for e in sure if isinstance(e, _Summit)} == set(get_args(SummitStatus))
    assert {e.stance for e in sure if not isinstance(e, _Summit)} >= set(get_args(Stance))
    assert {event.attribution for event in sure} == set(get_args(Attribution))
    assert {event.precision for event in sure} >= {"day", "month", "unknown"}
    assert len(sure) >= 5 * (len(events) - len(sure)), "where everything is optional, nothing is measured"


def test_the_corpus_is_large_and_a_third_of_it_empty() -> None:
    articles = _articles()
    assert len(articles) >= 124
    assert sum(1 for a in articles if not a.events) >= 40
    assert all(n >= 20 for n in Counter(a.outlet for a in articles).values())


def test_a_wrong_line_is_named() -> None:
    line = msgspec.json.encode(_articles()[0])
    with pytest.raises(InputError, match=r"articles\.jsonl, line 3"):
        read_articles(line + b"\n\n" + b'{"id": 1}\n')


def test_a_wrong_outlet_is_named() -> None:
    with pytest.raises(InputError, match=r"outlets\.toml"):
        read_outlets(b'[[outlet]]\nid = "x"\n')
