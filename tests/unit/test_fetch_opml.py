"""The list of feeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import InputError
from workers.fetch.opml import read_opml, write_opml
from workers.ports import FeedSpec

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "feeds.opml"


def _list(outline: str) -> str:
    return f'<?xml version="1.0"?>\n<opml version="2.0"><body>\n{outline}\n</body></opml>'


def test_what_is_written_is_read_back() -> None:
    feeds = [
        FeedSpec(
            url="https://a.example/rss?x=1&y=2",
            outlet="منارة «الخبر»",
            title="سياسة",
            country="QAT",
            time_zone="Asia/Qatar",
        ),
        FeedSpec(url="https://b.example/rss", outlet="جسر", title="جسر"),
    ]
    assert read_opml(write_opml(feeds)) == feeds


def test_the_shipped_list_holds_feeds_with_country_and_zone() -> None:
    text = SEEDS.read_text("utf-8")
    feeds = read_opml(text)
    assert len(feeds) >= 20
    assert all(f.outlet and len(f.country) == 3 and "/" in f.time_zone for f in feeds)
    assert read_opml(write_opml(feeds)) == feeds


def test_a_list_of_another_reader_is_taken() -> None:
    nested = _list(
        '<outline text="عرب"><outline title="جسر برس" xmlUrl="https://b.example/rss"/><outline text="x"/></outline>'
    )
    assert read_opml(nested) == [FeedSpec(url="https://b.example/rss", outlet="جسر برس", title="جسر برس")]
    nameless = read_opml(_list('<outline xmlUrl="https://b.example/rss"/>'))
    assert nameless[0].outlet == "b.example"


def test_an_address_counts_once_and_an_empty_list_is_a_list() -> None:
    twice = '<outline text="1" xmlUrl="https://b.example/rss"/><outline text="2" xmlUrl="https://b.example/rss"/>'
    assert [f.outlet for f in read_opml(_list(twice))] == ["1"]
    assert read_opml(_list("")) == []


def test_a_declared_encoding_of_decoded_text_does_no_harm() -> None:
    text = '\ufeff<?xml version="1.0" encoding="windows-1256"?><opml><body><outline text="خبر" xmlUrl="https://b.example/"/></body></opml>'
    assert read_opml(text)[0].outlet == "خبر"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no valid XML"),
        ("not xml", "no valid XML"),
        ("<opml><body>", "no valid XML"),
        ("<rss><channel/></rss>", "<rss>"),
        (_list('<outline text="a" xmlUrl="file:///etc/passwd"/>'), "line 3: file:///etc/passwd"),
        (_list('<outline text="a" xmlUrl="b.example/rss"/>'), "http:// or https://"),
        (
            _list('<outline text="a" xmlUrl="https://b.example/rss" timeZone="Asia/Riad"/>'),
            "'Asia/Riad' is no time zone",
        ),
        (_list('<outline text="a" xmlUrl="https://b.example/rss" timeZone="../../etc/passwd"/>'), "is no time zone"),
        (_list('<outline text="a" xmlUrl="https://b.example/rss" country="Qatar"/>'), "ISO 3166-1"),
        (_list('<outline text="a" xmlUrl="https://b.example/rss" country="Q"/>'), "ISO 3166-1"),
    ],
)
def test_a_wrong_list_is_refused_in_one_line(text: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        read_opml(text)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    text = f'<!DOCTYPE opml [<!ENTITY x SYSTEM "file://{secret}">]><opml><body><outline text="a" xmlUrl="https://b.example/"/>&x;</body></opml>'
    assert "hidden" not in str(read_opml(text))


def test_countries_of_two_letters_are_taken_as_they_are_written() -> None:
    (feed,) = read_opml(_list('<outline text="a" xmlUrl="https://b.example/rss" country="qa"/>'))
    assert feed.country == "QA"
