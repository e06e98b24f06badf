"""One address for one article, and no page that folds another's into its own."""

from __future__ import annotations

import pytest

from workers.canonical import canonical_url, is_copy

PAGE = "https://www.a.example/politics/1"


def _named(url: str, canonical: str) -> str | None:
    return canonical_url(f'<html><head><link rel="canonical" href="{canonical}"></head></html>', url)


@pytest.mark.parametrize(
    "copy",
    [
        "https://m.a.example/politics/1",
        "https://mobile.a.example/politics/1/",
        "https://amp.a.example/politics/1",
        "https://www.a.example/politics/1/amp",
        "https://www.a.example/politics/1/amp/",
        "https://www.a.example/amp/politics/1",
        "https://www.a.example/politics/1.amp",
        "https://www.a.example/politics/1.amp.html",
        "https://www.a.example/politics/1?amp",
        "https://www.a.example/politics/1?outputType=amp",
        "http://a.example/politics/1",
        "https://a.example/politics/1?m=1",
    ],
)
def test_copies_fold_into_the_address_that_they_name(copy: str) -> None:
    assert _named(copy, PAGE) == PAGE


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        (PAGE, "https://www.a.example/"),
        (PAGE, "https://www.a.example/politics/2"),
        (PAGE, "https://www.b.example/politics/1"),
        ("https://m.a.example/politics/1", "https://www.a.example/"),
        ("https://m.a.example/politics/1", "https://evil.example/politics/1"),
        (PAGE, "javascript:alert(1)"),
        (PAGE, "file:///etc/passwd"),
        (PAGE, "https://www.a.example:8443/politics/1"),
        (PAGE, "https://[broken"),
        (PAGE, ""),
        (PAGE, PAGE),
    ],
)
def test_a_page_cannot_pass_for_another(url: str, canonical: str) -> None:
    assert _named(url, canonical) is None


@pytest.mark.parametrize(
    "link",
    [
        "<link href='/politics/1' rel=canonical>",
        '<LINK REL="canonical" HREF="//www.a.example/politics/1#top"/>',
        "<link rel=canonical href=https://www.a.example/politics/1>",
    ],
)
def test_the_link_is_read_however_it_is_written(link: str) -> None:
    assert canonical_url(f"<head>{link}</head>", f"{PAGE}?amp=1") == PAGE


def test_a_copy_is_told_by_its_address_alone() -> None:
    assert is_copy("https://m.a.example/1")
    assert is_copy("https://a.example/1/AMP/")
    assert not is_copy("https://amp.example/1")
    assert not is_copy("https://a.example/amplifier/1?output=rss")


def test_a_copy_may_be_of_a_page_with_another_path_but_not_of_a_front_page() -> None:
    assert _named("https://m.a.example/article?id=7", PAGE) == PAGE
    assert _named("https://m.a.example/article?id=7", "https://www.a.example/") is None
