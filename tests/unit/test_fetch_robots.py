"""What a site's robots.txt asks."""

from __future__ import annotations

import msgspec
import pytest

from domain.errors import MarsadError, PermanentFailure, TemporaryFailure
from workers.fetch.robots import Robots

RULES = b"""
User-agent: *
Disallow: /private/
Crawl-delay: 5

User-agent: Marsad
Disallow: /drafts/
Allow: /drafts/open
Crawl-delay: 2
"""


class Answer(msgspec.Struct, frozen=True):
    body: bytes


class Site:
    """A client that answers what it was told to, and counts."""

    def __init__(self, answer: bytes | MarsadError) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def get(self, url: str, *, limit_bytes: int) -> Answer:
        self.asked.append(url)
        if isinstance(self.answer, MarsadError):
            raise self.answer
        return Answer(self.answer[:limit_bytes])


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_our_own_group_counts_before_the_group_of_all() -> None:
    robots = Robots(Site(RULES), "Marsad/0.1 (Arabic news observatory)")
    assert robots.allowed("https://a.example/private/x")
    assert not robots.allowed("https://a.example/drafts/x")
    assert robots.allowed("https://a.example/drafts/open")
    assert robots.crawl_delay("https://a.example/") == 2
    stranger = Robots(Site(RULES), "Other/1")
    assert not stranger.allowed("https://a.example/private/x")
    assert stranger.crawl_delay("https://a.example/") == 5


def test_the_file_is_read_once_a_site_until_it_expires() -> None:
    site, clock = Site(RULES), Clock()
    robots = Robots(site, "Marsad", clock=clock)
    for path in ("x", "y"):
        robots.allowed(f"https://A.example/{path}")
    robots.crawl_delay("https://a.example/z")
    robots.allowed("https://a.example:8443/")
    assert site.asked == ["https://a.example/robots.txt", "https://a.example:8443/robots.txt"]
    clock.now = 2 * 24 * 3600
    robots.allowed("https://a.example/x")
    assert len(site.asked) == 3


@pytest.mark.parametrize("status", [404, 403, 410, None])
def test_without_the_file_everything_is_allowed(status: int | None) -> None:
    robots = Robots(Site(PermanentFailure("gone", status=status)), "Marsad")
    assert robots.allowed("https://a.example/x")
    assert robots.crawl_delay("https://a.example/x") is None


def test_a_failing_site_is_left_alone_for_a_while_then_asked_again() -> None:
    site, clock = Site(TemporaryFailure("https://a.example/robots.txt answered 503")), Clock()
    robots = Robots(site, "Marsad", clock=clock)
    for _ in range(2):
        with pytest.raises(TemporaryFailure, match=r"robots\.txt is unknown.*503") as caught:
            robots.allowed("https://a.example/x")
        assert caught.value.retry_after == 600
    assert len(site.asked) == 1
    site.answer, clock.now = b"", 601.0
    assert robots.allowed("https://a.example/x")


@pytest.mark.parametrize("body", [b"", b"<html><body>not found</body></html>", b"\xff\xfe\x00", b"Disallow: /"])
def test_a_file_that_is_none_allows_everything(body: bytes) -> None:
    assert Robots(Site(body), "Marsad").allowed("https://a.example/x")
