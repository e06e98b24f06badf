"""Every record survives the log's form, and its identity tells what was said, not how sure the reader was."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import Commitment, Event, Read, Retraction, Source, Statement, Summit, Threat, decode, encode
from domain.events import event_identity as identity

WORDS = st.text(st.characters(codec="utf-8"), max_size=20)
MAYBE = st.none() | WORDS
DAY = st.none() | st.dates().map(lambda day: day.isoformat())
SPANS = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=3).map(tuple)


def _events() -> st.SearchStrategy[Event]:
    common: dict[str, Any] = {
        "issue": MAYBE,
        "stance": st.sampled_from(("supports", "opposes", "conditional", "undecided", None)),
        "speaker": MAYBE,
        "attribution": st.sampled_from(("self", "outlet", "anonymous", "third-party")),
        "evidence": SPANS,
        "occurred_on": DAY,
        "precision": st.sampled_from(("day", "month", "year", "unknown")),
        "confidence": st.floats(0, 1),
        "extractor": WORDS,
    }
    return st.one_of(
        st.builds(Statement, actor=WORDS, **common),
        st.builds(Threat, actor=WORDS, target=MAYBE, condition=MAYBE, **common),
        st.builds(Commitment, actor=WORDS, quantity=MAYBE, **common),
        st.builds(
            Summit, participants=st.lists(WORDS).map(tuple), status=st.sampled_from(("held", "proposed")), **common
        ),
    )


SOURCES = st.builds(
    Source,
    article=WORDS,
    version=st.integers(1, 9),
    url=WORDS,
    outlet=WORDS,
    title=WORDS,
    published=DAY,
    sketches=st.lists(st.lists(st.integers(0, 2**32 - 1), max_size=24).map(tuple), max_size=3).map(tuple),
)
READS = st.builds(Read, event=_events(), source=SOURCES)
RETRACTIONS = st.builds(Retraction, event_id=WORDS, why=WORDS, who=WORDS)


@settings(max_examples=300, deadline=None)
@given(READS | RETRACTIONS)
def test_every_record_round_trips(record: Read | Retraction) -> None:
    data = encode(record)
    assert decode(data) == record
    assert encode(decode(data)) == data


@settings(max_examples=100, deadline=None)
@given(READS)
def test_identity_leaves_out_how_sure_the_reader_was(record: Read) -> None:
    surer = msgspec.structs.replace(record.event, confidence=0.123, extractor="another 9")
    again = msgspec.structs.replace(record.source, version=7, sketches=())
    assert identity("s", Read(event=surer, source=again)) == identity("s", record)
    assert identity("other", record) != identity("s", record)


@settings(max_examples=100, deadline=None)
@given(READS)
def test_identity_tells_another_day_apart(record: Read) -> None:
    other = msgspec.structs.replace(record.event, occurred_on="0001-01-01x")
    assert identity("s", Read(event=other, source=record.source)) != identity("s", record)
