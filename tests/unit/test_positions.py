"""The ontology's rules on positions, one by one, on the pure fold."""

from __future__ import annotations

from typing import Any

import pytest

from domain.events import Commitment, Event, Read, Retraction, Source, Statement, Summit, Threat
from domain.log import RecordedEvent
from domain.positions import Fact, Outcome, Position, affected, facts, fold, valid_day
from tests.support.facts import at
from tests.support.words import sentence, word


def held(*words: Fact) -> Position:
    position = fold(words).position
    assert position is not None
    return position


def kinds(outcome: Outcome) -> list[tuple[str, str | None, str]]:
    return [(c.kind, c.before, c.after) for c in outcome.changes]


def recorded(sequence: int, record: Any, event_id: str | None = None) -> RecordedEvent:
    return RecordedEvent(
        sequence=sequence,
        event_id=event_id or f"e{sequence}",
        type="x",
        schema_version=1,
        stream="s",
        version=sequence,
        record=record,
        recorded_at=at(sequence),
    )


SOURCE = Source(article="a", version=1, url="https://one.example/a", outlet="outlet one")
COMMON: dict[str, Any] = {
    "issue": "ukraine.foreign-troops",
    "stance": "opposes",
    "evidence": ((0, 1),),
    "occurred_on": "2025-09-05",
    "precision": "day",
}


# what counts


def test_statements_threats_and_commitments_count_and_summits_never() -> None:
    records: list[Event] = [
        Statement(actor="RUS", **COMMON),
        Threat(actor="RUS", **COMMON),
        Commitment(actor="RUS", **COMMON),
        Summit(participants=("RUS", "USA"), status="held", **COMMON),
    ]
    found = facts(recorded(i, Read(event=e, source=SOURCE)) for i, e in enumerate(records, start=1))
    assert [f.type for f in found] == ["statement", "threat", "commitment"]


@pytest.mark.parametrize(
    "without", [{"issue": None}, {"stance": None}, {"occurred_on": None}, {"precision": "unknown"}]
)
def test_an_event_without_issue_stance_or_date_enters_no_position(without: dict[str, Any]) -> None:
    assert facts([recorded(1, Read(event=Statement(actor="RUS", **(COMMON | without)), source=SOURCE))]) == []


def test_a_retraction_takes_its_event_back_wherever_it_stands() -> None:
    read = recorded(2, Read(event=Statement(actor="RUS", **COMMON), source=SOURCE))
    taken_back = Retraction(event_id="e2", why="w", who="p")
    assert facts([read, recorded(3, taken_back)]) == []
    assert facts([recorded(1, taken_back), read]) == []


def test_the_keys_that_new_events_touch() -> None:
    read = recorded(1, Read(event=Statement(actor="RUS", **COMMON), source=SOURCE))
    back, nothing = Retraction(event_id="old", why="w", who="p"), Retraction(event_id="other", why="w", who="p")
    lookup = {"old": ("USA", "gaza.ceasefire")}.get
    assert affected([read, recorded(2, back), recorded(3, nothing)], lookup) == {
        ("RUS", "ukraine.foreign-troops"),
        ("USA", "gaza.ceasefire"),
    }


def test_a_month_counts_at_its_first_day_and_is_shown_as_a_month() -> None:
    assert valid_day("2025-09-17", "month") == "2025-09-01"
    assert valid_day("2025-09-17", "year") == "2025-01-01"
    assert valid_day("2025-02-30") is None
    assert valid_day("2025-09", "month") == "2025-09-01"
    assert held(word("a", day="2025-09", precision="month")).since == "2025-09"


def test_nothing_gives_nothing() -> None:
    assert fold([]) == Outcome()
    assert fold([word("a", attribution="third-party")]) == Outcome()


# valid time


def test_a_position_follows_valid_time_not_arrival() -> None:
    new, old = word("new", "opposes", "2025-09-05"), word("old", "supports", "2025-09-01", sequence=9)
    for order in ([new, old], [old, new]):
        outcome = fold(order)
        assert outcome.position is not None
        assert (outcome.position.stance, outcome.position.since) == ("opposes", "2025-09-05")
        assert (outcome.position.previous, outcome.position.previous_since) == ("supports", "2025-09-01")
        assert kinds(outcome) == [("established", None, "supports"), ("reversed", "supports", "opposes")]


def test_an_old_article_that_comes_late_moves_the_beginning_of_a_run() -> None:
    position = held(word("b", day="2025-09-05"), word("a", day="2025-08-20", speaker="peskov"))
    assert (position.since, position.last_confirmed) == ("2025-08-20", "2025-09-05")
    assert (position.established_by, position.speaker) == ("peskov", "putin")


# attribution


def test_own_words_can_do_anything() -> None:
    outcome = fold([word("a", "opposes", "2025-09-01"), word("b", "supports", "2025-09-02")])
    assert kinds(outcome)[-1] == ("reversed", "opposes", "supports")


def test_the_outlet_alone_establishes_and_confirms() -> None:
    position = held(
        word("a", day="2025-09-01", attribution="outlet"), word("b", day="2025-09-03", attribution="outlet")
    )
    assert (position.since, position.last_confirmed, position.sources) == ("2025-09-01", "2025-09-03", 2)


def test_the_outlet_alone_never_changes_a_position() -> None:
    outcome = fold([word("a", "opposes", "2025-09-01"), word("b", "supports", "2025-09-02", attribution="outlet")])
    assert kinds(outcome) == [("established", None, "opposes")]
    position = outcome.position
    assert position is not None
    assert (position.stance, position.last_confirmed) == ("opposes", "2025-09-01")


def test_the_outlet_does_not_change_even_what_an_outlet_established() -> None:
    position = held(
        word("a", "opposes", "2025-09-01", attribution="outlet"),
        word("b", "supports", "2025-09-02", attribution="outlet"),
    )
    assert position.stance == "opposes"


def test_an_anonymous_source_leaves_it_and_is_flagged() -> None:
    words = [word("a", "opposes", "2025-09-01"), word("b", "supports", "2025-09-03", None, attribution="anonymous")]
    outcome = fold(words)
    position = outcome.position
    assert position is not None
    assert (position.stance, position.unconfirmed, position.last_confirmed) == ("opposes", True, "2025-09-01")
    assert [u.stance for u in outcome.unconfirmed] == ["supports"]


def test_an_anonymous_source_alone_makes_no_position() -> None:
    outcome = fold([word("b", "supports", "2025-09-03", None, attribution="anonymous")])
    assert outcome.position is None
    assert [(u.stance, u.occurred_on) for u in outcome.unconfirmed] == [("supports", "2025-09-03")]


def test_what_the_actor_says_later_bears_an_anonymous_source_out() -> None:
    outcome = fold(
        [word("b", "supports", "2025-09-03", None, attribution="anonymous"), word("a", "supports", "2025-09-04")]
    )
    assert outcome.position is not None
    assert not outcome.position.unconfirmed
    assert outcome.unconfirmed == ()


def test_a_third_party_never_counts() -> None:
    position = held(word("a", "opposes", "2025-09-01"), word("b", "supports", "2025-09-03", attribution="third-party"))
    assert (position.stance, position.unconfirmed) == ("opposes", False)


# one day


@pytest.mark.parametrize(
    ("senior", "junior"), [("putin", "lavrov"), ("lavrov", "peskov"), ("peskov", "duma"), ("putin", "duma")]
)
def test_of_one_day_the_more_senior_speaker_wins(senior: str, junior: str) -> None:
    words = [word("z", "supports", speaker=senior), word("a", "opposes", speaker=junior)]
    for order in (words, words[::-1]):
        position = held(*order)
        assert (position.stance, position.speaker, position.contested) == ("supports", senior, False)


def test_a_junior_word_of_a_later_day_counts() -> None:
    assert held(word("a", "opposes", "2025-09-01"), word("b", "supports", "2025-09-02", "duma")).stance == "supports"


def test_one_speaker_with_and_without_a_condition_is_conditional() -> None:
    words = [word("a", "supports"), word("b", "conditional", condition="peace")]
    for order in (words, words[::-1]):
        position = held(*order)
        assert (position.stance, position.contested) == ("conditional", False)


def test_a_later_report_that_only_omits_a_known_condition_does_not_lift_it() -> None:
    fuller = word("a", "conditional", "2025-09-05", sketches=(sentence(1),))
    omitting = word("b", "supports", "2025-09-06", sketches=(sentence(1),))
    assert held(fuller, omitting).stance == "conditional"
    assert held(fuller, word("b", "supports", "2025-09-06", sketches=(sentence(2),))).stance == "supports"


def test_another_speaker_may_lift_a_condition_with_the_same_words() -> None:
    fuller = word("a", "conditional", "2025-09-05", "peskov", sketches=(sentence(1),))
    assert held(fuller, word("b", "supports", "2025-09-06", "putin", sketches=(sentence(1),))).stance == "supports"


def test_the_better_corroborated_stance_of_equals_wins() -> None:
    words = [word("z1", "supports"), word("z2", "supports"), word("a", "undecided")]
    assert held(*words).stance == "supports"


def test_copies_of_one_wire_story_corroborate_nothing() -> None:
    copies = [word(f"z{i}", "undecided", sketches=(sentence(1),)) for i in range(5)]
    position = held(*copies, word("y1", "supports"), word("y2", "supports"))
    assert position.stance == "supports"
    assert held(*copies).sources == 1
    assert held(*copies).articles == 5


def test_the_smaller_event_id_settles_the_rest() -> None:
    assert held(word("a", "undecided"), word("b", "supports")).stance == "undecided"
    assert held(word("b", "undecided"), word("a", "supports")).stance == "supports"


def test_equals_who_contradict_each_other_make_a_contested_undecided() -> None:
    outcome = fold(
        [word("a", "supports", speaker="lavrov"), word("b", "opposes", speaker="shoigu", seniority="minister")]
    )
    position = outcome.position
    assert position is not None
    assert (position.stance, position.contested) == ("undecided", True)
    assert outcome.changes[0].contested


def test_a_contested_day_is_settled_by_the_next() -> None:
    position = held(
        word("a", "supports", "2025-09-01", speaker="lavrov"),
        word("b", "opposes", "2025-09-01", speaker="shoigu", seniority="minister"),
        word("c", "opposes", "2025-09-02", speaker="peskov"),
    )
    assert (position.stance, position.contested, position.previous) == ("opposes", False, "undecided")


# who, since when, how sure


def test_the_speaker_is_the_most_senior_voice_of_the_run_and_its_founder_is_kept() -> None:
    position = held(
        word("a", day="2025-09-01", speaker="peskov"),
        word("b", day="2025-09-02", speaker="putin"),
        word("c", day="2025-09-03", speaker="lavrov"),
    )
    assert (position.speaker, position.established_by) == ("putin", "peskov")
    assert (position.since, position.last_confirmed) == ("2025-09-01", "2025-09-03")


def test_a_voice_before_the_present_run_is_not_its_speaker() -> None:
    position = held(
        word("a", "opposes", "2025-09-01", "putin"),
        word("b", "supports", "2025-09-02", "lavrov"),
        word("c", "opposes", "2025-09-03", "peskov"),
    )
    assert (position.speaker, position.since) == ("peskov", "2025-09-03")


def test_sources_are_independent_articles_and_confidence_grows_with_them() -> None:
    one, two = held(word("a")), held(word("a"), word("b"))
    assert (one.sources, one.confidence) == (1, 0.8)
    assert (two.sources, two.confidence) == (2, 0.96)
    assert held(*(word(f"w{i}") for i in range(9))).confidence == 0.99


def test_evidence_runs_from_the_newest_day_and_the_most_senior_voice() -> None:
    position = held(
        word("a", day="2025-09-01"), word("b", day="2025-09-02", speaker="peskov"), word("c", day="2025-09-02")
    )
    assert [e.event_id for e in position.evidence] == ["c", "b", "a"]


# changes


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("supports", "opposes", "reversed"),
        ("opposes", "supports", "reversed"),
        ("supports", "conditional", "shifted"),
        ("conditional", "opposes", "shifted"),
        ("undecided", "supports", "shifted"),
        ("supports", "supports", "reaffirmed"),
    ],
)
def test_the_kinds_of_change(before: str, after: str, kind: str) -> None:
    outcome = fold([word("a", before, "2025-09-01"), word("b", after, "2025-09-02")])
    assert kinds(outcome) == [("established", None, before), (kind, before, after)]


def test_a_change_keeps_its_name_when_more_evidence_for_it_comes() -> None:
    first = fold([word("b", "opposes")]).changes[0]
    later = fold([word("b", "opposes"), word("a", "opposes", speaker="peskov")]).changes[0]
    assert first.key == later.key
    assert len(later.event_ids) == 2


def test_changes_of_other_keys_days_and_stances_have_other_names() -> None:
    names = {
        fold([w]).changes[0].key
        for w in (
            word("a"),
            word("a", actor="USA"),
            word("a", issue="gaza.ceasefire"),
            word("a", "supports"),
            word("a", day="2025-09-06"),
        )
    }
    assert len(names) == 5


def test_the_newer_recording_of_one_event_counts_once() -> None:
    position = held(word("a", confidence=0.5), word("a", version=2, confidence=0.7))
    assert (position.articles, position.confidence) == (1, 0.7)
