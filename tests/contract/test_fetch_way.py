"""From a hostile or changing site on the loopback through the whole way: feeds, articles, facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Event

from domain.events import Read, Retraction
from domain.reading.extractor import RuleExtractor
from tests.support.pages import Answer, feed_list, page, site
from workers.bootstrap import App
from workers.service import Pass, run_once
from workers.settings import load_settings

NOW = datetime(2025, 9, 5, 12, tzinfo=UTC)
SAID = "قال الرئيس الروسي فلاديمير بوتين إن أي قوات أجنبية تنشر في أوكرانيا ستكون أهدافا مشروعة للجيش الروسي."
MORE = "وأكد لافروف أن موسكو ترفض نشر قوات أجنبية في أوكرانيا تحت أي ظرف من الظروف."
FILLER = "وجاء ذلك خلال مؤتمر صحفي عقد في العاصمة بحضور عدد كبير من الصحفيين ووسائل الإعلام من بلدان مختلفة."
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry><id>{id}</id><title>خبر</title>'
    '<link href="{url}/1"/><published>2025-09-05T09:00:00Z</published><updated>{updated}</updated></entry></feed>'
)


@cache
def _reader() -> RuleExtractor:
    """The shipped extractor, made once: it is the slowest part of an application."""
    return App(load_settings({})).extractor


class World:
    """An application whose clock stands where it is put."""

    def __init__(self, folder: Path, answers: dict[str, Answer], url: str) -> None:
        self.answers, self.url, self.now = answers, url, NOW
        listed = folder / "feeds.opml"
        listed.write_text(feed_list(f"{url}/feed"), "utf-8")
        settings = {"MARSAD_DATA": str(folder), "MARSAD_FEEDS": str(listed)}
        self.app = App(load_settings(settings | {"MARSAD_FETCH_ALLOW_NETWORKS": "127.0.0.0/8"}), clock=lambda: self.now)

    def passes(self, hours: float = 0) -> Pass:
        """One pass, so much later."""
        self.now += timedelta(hours=hours)
        return run_once(self.app, lambda line: None, Event())


@contextmanager
def world(folder: Path, fill: Callable[[str], dict[str, Answer]]) -> Iterator[World]:
    """A site and an application that reads it; `fill`: the answers, given the site's address."""
    answers: dict[str, Answer] = {}
    with site(answers) as url:
        answers |= fill(url)
        made = World(folder, answers, url)
        try:
            yield made
        finally:
            made.app.close()


def _feed(url: str, *, id_: str = "urn:1", updated: str = "2025-09-05T09:00:00Z") -> Answer:
    return Answer(body=ATOM.format(id=id_, url=url, updated=updated).encode(), kind="application/atom+xml")


def test_an_edited_article_is_a_new_version_read_by_difference(tmp_path: Path) -> None:
    def fill(url: str) -> dict[str, Answer]:
        return {"/feed": _feed(url), "/1": Answer(body=page(SAID, FILLER))}

    with world(tmp_path, fill) as it:
        it.passes()
        first = it.app.store.log.read()
        assert [type(e.record) for e in first] == [Read]
        it.answers["/1"] = Answer(body=page(MORE, FILLER))
        it.passes(1)
        assert it.app.store.log.read() == first  # the feed says nothing of an edit
        it.answers["/feed"] = _feed(it.url, updated="2025-09-05T13:30:00Z")
        it.passes(1)
        news = it.app.store.log.read()[len(first) :]
        assert [type(e.record) for e in news] == [Retraction, Read]
        assert isinstance(news[0].record, Retraction)
        assert news[0].record.event_id == first[0].event_id
        (article,) = it.app.store.queries.articles()
        assert article.versions == 2
        it.answers["/feed"] = _feed(it.url, updated="2025-09-05T15:00:00Z")
        it.passes(2)  # said to be edited, and the same: nothing follows
        assert len(it.app.store.log.read()) == len(first) + 2
        assert [a.versions for a in it.app.store.queries.articles()] == [2]


def test_a_guid_that_changes_at_every_poll_brings_nothing_new(tmp_path: Path) -> None:
    with world(tmp_path, lambda url: {"/feed": _feed(url), "/1": Answer(body=page(SAID, FILLER))}) as it:
        it.passes()
        for n in range(5):
            it.answers["/feed"] = _feed(it.url, id_=f"urn:{n}")
            done = it.passes(2)
            assert done.polled == 1
            assert done.after == done.before


def test_other_languages_are_set_aside_and_counted_and_wire_copies_linked(tmp_path: Path) -> None:
    texts = {
        "/fa": "وزیر امور خارجه ایران گفت که این کشور پیشنهاد جدیدی را برای مذاکرات هسته‌ای ارائه کرده است. ",
        "/ur": "وزیر خارجہ نے کہا ہے کہ پاکستان امن مذاکرات کے لیے تیار ہے اور وہ خطے میں کشیدگی نہیں چاہتا ہے۔ ",
        "/ku": "سەرۆکی هەرێمی کوردستان ڕایگەیاند کە گفتوگۆکان لەگەڵ بەغدا بەردەوامن و هیوادارن بگەنە ڕێککەوتن. ",
        "/ps": "د افغانستان د بهرنیو چارو وزیر وویل چې دوی غواړي له ګاونډیو هېوادونو سره ښې اړیکې ولري. ",
        "/en": "The minister said that his country rejects the deployment of troops in the region for now. ",
        "/ar": f"{SAID} {FILLER} {MORE} ",
        "/copy": f"عن الوكالات {SAID} {FILLER} {MORE} ",
    }

    def fill(url: str) -> dict[str, Answer]:
        items = "".join(f"<item><title>خبر</title><link>{url}{path}</link></item>" for path in texts)
        listing = f"<rss version='2.0'><channel><title>x</title>{items}</channel></rss>"
        return {path: Answer(body=page(text * 4)) for path, text in texts.items()} | {
            "/feed": Answer(body=listing.encode(), kind="application/rss+xml")
        }

    with world(tmp_path, fill) as it:
        done = it.passes()
    assert done.after.foreign == dict.fromkeys(("fa", "ur", "ku", "ps", "en"), 1)
    assert (done.after.articles, done.after.copies, done.failures) == (2, 1, ())


def test_a_feed_that_fails_in_every_way_is_seen_and_comes_back(tmp_path: Path) -> None:
    with world(tmp_path, lambda url: {"/1": Answer(body=page(SAID, FILLER))}) as it:
        broken = [
            Answer(status=404), Answer(status=500), Answer(status=410), Answer(body=b"<html></html>"), Answer(body=b""),
            Answer(to="http://10.0.0.1/", status=301), Answer(to="/feed", status=302), Answer(body=b"\x1f\x8b"),
        ]  # fmt: skip
        for failures, answer in enumerate(broken * 2, start=1):
            it.answers["/feed"] = answer
            done = it.passes(24.1)
            assert (done.polled, done.feeds[0].failures, done.quarantined) == (1, failures, 0)
            assert done.feeds[0].last_error is not None
            assert done.feeds[0].url == f"{it.url}/feed"
        it.answers["/feed"] = _feed(it.url)
        done = it.passes(24.1)
        assert (done.feeds[0].failures, done.feeds[0].last_error, done.after.articles) == (0, None, 1)


def test_a_permanent_move_is_followed_and_kept_only_if_a_feed_is_there(tmp_path: Path) -> None:
    with world(tmp_path, lambda url: {"/feed": Answer(to="/parked", status=301)}) as it:
        it.answers["/parked"] = Answer(body=page("هذا النطاق معروض للبيع " * 20))
        assert it.passes().feeds[0].url == f"{it.url}/feed"  # a domain that was sold sends everybody to its one page
        it.answers["/feed"] = Answer(to="/new", status=301)
        it.answers["/new"] = _feed(it.url)
        assert it.passes(25).feeds[0].url == f"{it.url}/new"
        del it.answers["/feed"]
        done = it.passes(7)
        assert (done.polled, done.feeds[0].failures) == (1, 0)
