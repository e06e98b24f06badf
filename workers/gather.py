"""From a feed to entries, from an entry to a cleaned article: the adapters of the web put together, politely.

One request at a time per host, with its delay. It must not know a database, nor whether others gather beside it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime, timedelta
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit

from domain.errors import (
    InputError,
    MarsadError,
    NotYet,
    OtherLanguage,
    PermanentFailure,
    SetAside,
    StoreAway,
    TemporaryFailure,
)
from workers.canonical import canonical_url
from workers.clean import Page, clean_page
from workers.fetch.charset import decode
from workers.fetch.client import Answer, HttpClient
from workers.fetch.feeds import MOST_ENTRIES, ParsedFeed, entry_url, parse_feed, web_address
from workers.fetch.robots import Robots
from workers.fetch.unpack import PackError, gunzip
from workers.fetch.websub import header_links
from workers.pace import Pace, failed_poll
from workers.ports import CleanArticle, Entry, Feed, FeedEntry, PollOutcome
from workers.settings import Network
from workers.stages import DAY, Clock, local_day

FEED_BYTES = 5_000_000
PAGE_BYTES = 10_000_000
_LONGEST_DELAY = 30.0
_NOT_MODIFIED, _TOO_MANY, _UNAVAILABLE = 304, 429, 503
_AFTER_TOO_MANY = 60.0
_OWN_TIME = 9973  # seconds; it shares no divisor with the seconds of a day
_LONGEST_SILENCE = 6 * 3600.0


class Gate(Protocol):
    """Whose turn it is to ask a host."""

    def turn(self, url: str, crawl_delay: Callable[[], float | None] = ...) -> AbstractContextManager[None]:
        """Hold the host's turn for the length of the block; where that takes long, NotYet is raised instead.

        `crawl_delay`: asked after the block, gives the pause in seconds that the host wants, or None.
        """
        ...


class HostGate:
    """The gate of one process. Hosts of our own networks need no pause."""

    def __init__(self, delay: float, own: tuple[Network, ...], *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._delay = delay
        self._own = own
        self._sleep = sleep
        self._guard = threading.Lock()
        self._hosts: dict[str, tuple[threading.Lock, list[float]]] = {}

    @contextmanager
    def turn(self, url: str, crawl_delay: Callable[[], float | None] = lambda: None) -> Iterator[None]:
        """Wait for the host's turn, then hold it for the length of the block.

        Raises:
            NotYet: the host asked to be left alone for longer than anybody should wait here.
        """
        host = host_of(url)
        with self._guard:
            lock, free_at = self._hosts.setdefault(host, (threading.Lock(), [0.0]))
        with lock:
            wait = free_at[0] - time.monotonic()
            if wait > _LONGEST_DELAY:
                raise NotYet(f"{host} asked to be left alone", seconds=wait)
            if wait > 0:
                self._sleep(wait)
            asked = 0.0
            try:
                yield
            except TemporaryFailure as exc:
                asked = left_alone(exc)
                raise
            finally:
                free_at[0] = time.monotonic() + max(pause(url, crawl_delay(), self._delay, self._own), asked)


def host_of(url: str) -> str:
    """The host, with its port, under which turns are taken."""
    return urlsplit(url).netloc.lower()


def pause(url: str, crawl_delay: float | None, delay: float, own: tuple[Network, ...]) -> float:
    """Seconds between two requests to a host: ours or its own, the longer one; none on our own networks."""
    try:
        address = ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return min(max(delay, crawl_delay or 0.0), _LONGEST_DELAY)
    return 0.0 if any(address in network for network in own) else delay


def left_alone(exc: TemporaryFailure) -> float:
    """Seconds for which the whole host is to be left alone after a failure: what 429 and 503 ask for, else none."""
    if exc.status == _TOO_MANY:
        return min(exc.retry_after or _AFTER_TOO_MANY, _LONGEST_SILENCE)
    return min(exc.retry_after or 0.0, _LONGEST_SILENCE) if exc.status == _UNAVAILABLE else 0.0


class Gatherer:
    """Polls feeds and fetches articles. Safe to use from many threads."""

    def __init__(
        self,
        client: HttpClient,
        robots: Robots,
        gate: Gate,
        *,
        clock: Clock,
        pace: Pace,
        arabic_day: Callable[[str], str | None],
    ) -> None:
        self._client = client
        self._robots = robots
        self._gate = gate
        self._clock = clock
        self._pace = pace
        self._arabic_day = arabic_day

    def poll(self, feed: Feed) -> PollOutcome:
        """The feed's present entries. Its failures are outcomes, never errors; ours (NotYet, StoreAway) are errors."""
        try:
            return self._poll(feed)
        except (NotYet, StoreAway):
            raise
        except MarsadError as exc:
            return failed_poll(feed, exc, now=self._clock())

    def _poll(self, feed: Feed) -> PollOutcome:
        with self._gate.turn(feed.url):
            full = is_full_poll(feed, self._clock())
            answer = self._client.get(
                feed.url, etag=None if full else feed.etag, last_modified=None if full else feed.last_modified,
                limit_bytes=FEED_BYTES,
            )  # fmt: skip
        now = self._clock()
        if answer.status == _NOT_MODIFIED:
            due, interval = self._pace.after(feed, new=False, now=now)
            return PollOutcome(
                status="unchanged", etag=feed.etag, last_modified=feed.last_modified,
                moved_to=answer.moved_permanently_to, next_poll_at=due, interval=interval,
            )  # fmt: skip
        parsed = read_feed(answer)
        is_index = bool(parsed.more)
        if is_index:
            parsed = self._sitemaps(parsed.more)
        due, interval = self._pace.after(feed, new=True, now=now)
        quiet = self._pace.after(feed, new=False, now=now)
        links = header_links(answer.headers.get("link", ""))
        return PollOutcome(
            status="new", entries=parsed.entries, moved_to=answer.moved_permanently_to, next_poll_at=due,
            # an index may stay as it is while its sitemaps change: it is always read whole
            etag=None if is_index else answer.headers.get("etag"),
            last_modified=None if is_index else answer.headers.get("last-modified"),
            interval=interval, quiet=quiet, hub=web_address(links.get("hub"), answer.url) or parsed.hub,
            topic=web_address(links.get("self"), answer.url) or parsed.topic,
        )  # fmt: skip

    def _sitemaps(self, addresses: Sequence[str]) -> ParsedFeed:
        """The news of several sitemaps together; one that cannot be had is passed over where another can."""
        entries: list[FeedEntry] = []
        failure: MarsadError | None = None
        for address in addresses:
            try:
                with self._gate.turn(address):
                    answer = self._client.get(address, limit_bytes=FEED_BYTES)
                entries += read_feed(answer).entries
            except (NotYet, StoreAway):
                raise
            except MarsadError as exc:
                failure = failure or exc
        if failure is not None and not entries:
            raise failure
        return ParsedFeed(entries=tuple(entries[:MOST_ENTRIES]))

    def article(self, entry: Entry) -> CleanArticle:
        """The cleaned article behind an entry.

        Raises:
            TemporaryFailure: try again later.
            PermanentFailure: there is no article to be had.
        """
        answer = self._page(entry.url)
        kind = answer.headers.get("content-type", "text/html").split(";")[0].strip().lower()
        if kind and not kind.startswith(("text/", "application/xhtml", "application/xml")):
            raise PermanentFailure(f"{entry.url}: {kind} is no page of text")
        html = decode(answer.body, answer.headers.get("content-type"))
        try:
            page = clean_page(html, url=answer.url, arabic_day=self._arabic_day)
        except OtherLanguage as exc:
            raise SetAside(str(exc), language=exc.language) from exc
        except InputError as exc:
            raise PermanentFailure(str(exc)) from exc
        return CleanArticle(
            url=_address(entry, html, answer.url), outlet=entry.feed.outlet,
            title=page.title or entry.title, text=page.text,
            published=published(page, entry.published_at, entry.feed.time_zone, self._clock()), author=page.author,
            published_at=moment(page, entry.published_at, self._clock()),
        )  # fmt: skip

    def _page(self, url: str) -> Answer:
        """The page, if its site lets us; robots.txt is read within the host's turn too."""
        delay: float | None = None
        with self._gate.turn(url, lambda: delay):
            if not self._robots.allowed(url):
                raise PermanentFailure(f"{url}: its site's robots.txt asks not to fetch it")
            delay = self._robots.crawl_delay(url)
            return self._client.get(url, limit_bytes=PAGE_BYTES)


def read_feed(answer: Answer) -> ParsedFeed:
    """The feed in an answer; sitemaps are often gzip files.

    Raises:
        InputError: it is no feed.
        PermanentFailure: it is too large once unpacked.
    """
    try:
        body = gunzip(answer.body, FEED_BYTES)
    except PackError as exc:
        raise PermanentFailure(f"{answer.url} cannot be unpacked: {exc}") from exc
    return parse_feed(body, content_type=answer.headers.get("content-type"), url=answer.url)


def is_full_poll(feed: Feed, now: datetime) -> bool:
    """Whether to ask for the whole feed, whatever its validators say: once a day, since some servers keep stale ones.

    Each feed has a time of day of its own.
    """
    if feed.last_polled_at is None:
        return True
    offset = timedelta(seconds=feed.id * _OWN_TIME % DAY.total_seconds())
    return (feed.last_polled_at + offset).date() != (now + offset).date()


def _address(entry: Entry, html: str, came_from: str) -> str:
    """The address by which the article is known: the entry's, unless the page is a copy that names the one page."""
    named = canonical_url(html, entry.url) or canonical_url(html, came_from)
    cleaned = None if named is None else entry_url(named, "")
    return entry.url if cleaned is None else cleaned


def published(page: Page, in_feed: datetime | None, zone: str, now: datetime) -> str | None:
    """The publication day in the outlet's zone: the page's own instant, the feed's, then the page's day; else None.

    A day in the future (a wrong clock, a date to come in the text) counts as unknown.
    """
    today = local_day(now, zone) or ""
    for day in (local_day(page.published_at, zone), local_day(in_feed, zone), page.published):
        if day is not None and day <= _day_after(today):
            return day
    return None


def moment(page: Page, in_feed: datetime | None, now: datetime) -> datetime | None:
    """The moment of publication, in UTC: the page's own, else the feed's; one that is to come is unknown."""
    return next((m for m in (page.published_at, in_feed) if m is not None and m <= now + DAY), None)


def _day_after(day: str) -> str:
    return date.fromordinal(date.fromisoformat(day).toordinal() + 1).isoformat()
