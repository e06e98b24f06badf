"""Entries and articles on each database: copies are linked, edits fetched again, other languages counted."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import SetAside
from tests.support.facts import T0, at, feed, page, polled
from workers.ports import Article, CleanArticle, Entry, Feed, FeedEntry, PollOutcome
from workers.stages import Stages
from workers.store.store import Store
from workers.store.stories import KEPT

pytest_plugins = ["tests.support.stores"]

WORDS = [f"كلمة{n}" for n in range(500)]


def _store_article(store: Store, url: str, text: str, *, minutes: float = 0, hours: float = 0) -> str:
    """Bring an article all the way to where it is linked."""
    _stored(store, url, text, minutes, hours)
    article = next(a for a in store.queries.articles(limit=500) if a.url == url)
    store.link_copies(article.id, now=at(minutes))
    return article.id


def _stored(store: Store, url: str, text: str, minutes: float, hours: float = 0) -> Article | None:
    if not store.feeds():
        store.load_feeds([feed()], now=T0)
    now = at(minutes)
    _poll(store, minutes, FeedEntry(url=url, title=text[:20], updated_at=now))
    lease = next(
        lease
        for item in store.due(now, limit=500)
        if item.kind == "fetch"
        and (entry := store.entry(int(item.subject))) is not None
        and entry.url == url
        and (lease := store.take("fetch", item.subject, now=now, seconds=60)) is not None
    )
    published = now + timedelta(hours=hours)
    article = CleanArticle(
        url=url, outlet="منارة", title="عنوان", text=text, published="2025-09-05", published_at=published, author="ليلى"
    )
    return store.save_article(lease, article, now=now)


def _poll(store: Store, minutes: float, *entries: FeedEntry) -> int:
    store.enqueue_due_polls(at(minutes))
    lease = store.take("poll", str(store.feeds()[0].id), now=at(minutes), seconds=60)
    assert lease is not None
    outcome = polled(minutes=minutes, status="new", entries=entries)
    return store.save_poll(lease, outcome, now=at(minutes))


def _origins(store: Store) -> dict[str, str | None]:
    urls = {a.id: a.url for a in store.queries.articles(limit=500)}
    return {a.url: urls.get(a.origin or "") for a in store.queries.articles(limit=500)}


def test_copies_are_linked_to_the_one_that_was_published_first(store: Store) -> None:
    wire = " ".join(WORDS[:200])
    _store_article(store, "https://a.example/1", "رويترز " + wire, hours=-2)
    _store_article(store, "https://b.example/1", wire + " انتهى", hours=-1, minutes=1)
    _store_article(store, "https://c.example/1", wire, hours=-3, minutes=2)
    _store_article(store, "https://d.example/1", " ".join(WORDS[200:400]), minutes=3)
    first = "https://c.example/1"
    assert _origins(store) == {
        "https://a.example/1": first, "https://b.example/1": first, first: None, "https://d.example/1": None,
    }  # fmt: skip
    found = {a.url: a for a in store.queries.articles()}
    assert found[first].copies == 2
    assert (found[first].author, found[first].published_at) == ("ليلى", at(-178))
    story = store.queries.articles(story=found["https://a.example/1"].id)
    assert {a.url for a in story} == {"https://a.example/1", "https://b.example/1", first}
    assert store.queries.summary().copies == 2


def test_an_article_is_looked_for_among_those_of_a_month(store: Store) -> None:
    wire = " ".join(WORDS[:200])
    day = 24 * 60
    _store_article(store, "https://a.example/1", wire)
    _store_article(store, "https://b.example/1", wire, minutes=30 * day)
    _store_article(store, "https://c.example/1", wire, minutes=70 * day)
    found = _origins(store)
    assert found["https://b.example/1"] == "https://a.example/1"
    assert found["https://c.example/1"] is None
    assert store.forget_stories(at(30 * day) + KEPT + timedelta(minutes=1)) == 2
    assert store.forget_stories(at(70 * day)) == 0
    assert _origins(store) == found


def test_an_edited_text_is_compared_anew(store: Store) -> None:
    wire = " ".join(WORDS[:200])
    _store_article(store, "https://a.example/1", wire)
    _store_article(store, "https://b.example/1", wire, minutes=1)
    assert _origins(store)["https://b.example/1"] == "https://a.example/1"
    _store_article(store, "https://b.example/1", " ".join(WORDS[200:400]), minutes=60)
    assert _origins(store)["https://b.example/1"] is None
    assert {a.versions for a in store.queries.articles() if a.url == "https://b.example/1"} == {2}


def test_copies_that_come_at_once_find_each_other(store: Store) -> None:
    texts = [" ".join(WORDS[n : 200 + n]) for n in range(6)]
    ids = []
    for n, text in enumerate(texts):
        _stored(store, f"https://a{n}.example/1", text, minutes=n, hours=-n)
        ids.append(next(a.id for a in store.queries.articles() if a.url == f"https://a{n}.example/1"))
    threads = [threading.Thread(target=store.link_copies, args=(i,), kwargs={"now": at(10)}) for i in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = _origins(store)
    assert found.pop("https://a5.example/1") is None
    assert set(found.values()) == {"https://a5.example/1"}


def test_an_edited_entry_is_fetched_again_but_not_at_every_poll(store: Store) -> None:
    url = "https://a.example/1"
    _store_article(store, url, "نص أول " * 30)

    def fetches(minutes: float, title: str) -> int:
        _poll(store, minutes, FeedEntry(url=url, title=title, updated_at=at(minutes)))
        due = [item for item in store.due(at(minutes)) if item.kind == "fetch"]
        for item in due:
            lease = store.take("fetch", item.subject, now=at(minutes), seconds=60)
            assert lease is not None
            store.save_article(lease, page(url, f"نص {title} " * 30), now=at(minutes))
        return len(due)

    assert fetches(1, "سريعا") == 0
    assert fetches(6, "ثان") == 1
    assert sum(fetches(minutes, f"عنوان {minutes}") for minutes in range(7, 3000, 5)) == 6
    assert max(a.versions for a in store.queries.articles()) == 8


@pytest.mark.parametrize("minutes", [60, 40 * 24 * 60])
def test_an_entry_that_says_the_same_or_is_old_is_left_alone(store: Store, minutes: float) -> None:
    _store_article(store, "https://a.example/1", "نص أول " * 30)
    same = FeedEntry(url="https://a.example/1", title=("نص أول " * 30)[:20], updated_at=T0)
    changed = FeedEntry(url="https://a.example/1", title="آخر")
    assert _poll(store, minutes, same if minutes == 60 else changed) == 0
    assert [item for item in store.due(at(minutes)) if item.kind == "fetch"] == []


def test_what_is_not_in_arabic_is_counted_and_no_failure(store: Store) -> None:
    store.load_feeds([feed()], now=T0)
    _poll(store, 0, *(FeedEntry(url=f"https://a.example/{n}") for n in range(4)))
    for item, language in zip([i for i in store.due(T0) if i.kind == "fetch"], ("fa", "fa", "en", None), strict=True):
        lease = store.take("fetch", item.subject, now=T0, seconds=60)
        assert lease is not None
        store.skip_entry(lease, "why", language=language, now=T0)
    summary = store.queries.summary()
    assert summary.foreign == {"fa": 2, "en": 1}
    assert summary.entries == {"foreign": 3, "skipped": 1}
    assert len(store.queries.failures(T0)) == 1
    assert SetAside("x", language="fa").language == "fa"


def test_a_poll_that_brings_nothing_new_takes_the_quiet_pace(store: Store) -> None:
    store.load_feeds([feed()], now=T0)
    entry = FeedEntry(url="https://a.example/1")
    for minutes, interval in ((0, 900.0), (20, 1800.0)):
        store.enqueue_due_polls(at(minutes))
        lease = store.take("poll", str(store.feeds()[0].id), now=at(minutes), seconds=60)
        assert lease is not None
        outcome = polled(minutes=15, status="new", entries=(entry,), quiet=(at(45), 1800.0))
        store.save_poll(lease, outcome, now=at(minutes))
        assert store.feeds()[0].interval == interval
    assert store.feeds()[0].next_poll_at == at(45)


def test_a_feed_whose_poll_was_given_up_comes_back_by_itself(store: Store) -> None:
    store.load_feeds([feed()], now=T0)
    store.enqueue_due_polls(T0)
    lease = store.take("poll", str(store.feeds()[0].id), now=T0, seconds=60)
    assert lease is not None
    store.fail(lease, "could not be kept", now=T0, retry_at=None)
    assert store.enqueue_due_polls(at(23 * 60)) == 0
    assert len(store.quarantined()) == 1
    assert store.enqueue_due_polls(at(25 * 60)) == 1
    assert store.take("poll", lease.subject, now=at(25 * 60), seconds=60) is not None


class _Faulty:
    """A reader of the web with a fault of its own."""

    def poll(self, feed: Feed) -> PollOutcome:
        raise RuntimeError("boom")

    def article(self, entry: Entry) -> CleanArticle:
        raise NotImplementedError


def test_a_fault_of_ours_in_a_poll_is_seen_at_its_feed_and_does_not_end_it(store: Store) -> None:
    store.load_feeds([feed()], now=T0)
    parts: Any = dict.fromkeys(("extractor", "projector", "compose", "lanes"))
    stages = Stages(store, _Faulty(), senders={}, clock=lambda: T0, lease_seconds=60, attempts=1, **parts)
    store.enqueue_due_polls(T0)
    stages.run("poll", str(store.feeds()[0].id))
    (found,) = store.feeds()
    assert (found.failures, found.last_error) == (1, "https://one.example/rss: RuntimeError: boom")
    assert found.next_poll_at > T0
    assert store.quarantined() == []
