"""Outlets without a feed: news sitemaps, their indexes and gzip files, found and polled on a real site."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.contract.test_fetch_way import FILLER, SAID, world
from tests.support.pages import Answer, page, site
from workers.cli.main import cli

INDEX = (
    '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>{url}/pages.xml</loc></sitemap>'
    "<sitemap><loc>{url}/news.xml.gz</loc></sitemap></sitemapindex>"
)
NEWS = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>{url}/1</loc><n:news>'
    "<n:publication_date>2025-09-05T09:00:00Z</n:publication_date><n:title>خبر</n:title></n:news></url></urlset>"
)


def _answers(url: str) -> dict[str, Answer]:
    home = f"<html><head><title>x</title></head><body><a href='{url}/1'>خبر</a></body></html>"
    packed = gzip.compress(NEWS.format(url=url).encode())
    return {
        "/": Answer(body=home.encode()),
        "/robots.txt": Answer(body=f"User-agent: *\nSitemap: {url}/index.xml\n".encode(), kind="text/plain"),
        "/index.xml": Answer(body=INDEX.format(url=url).encode(), kind="application/xml"),
        "/news.xml.gz": Answer(body=packed, kind="application/x-gzip"),
        "/1": Answer(body=page(SAID, FILLER)),
    }


def test_an_index_of_sitemaps_is_polled_like_a_feed(tmp_path: Path) -> None:
    def fill(url: str) -> dict[str, Answer]:
        answers = _answers(url)
        return answers | {"/feed": answers["/index.xml"]}

    with world(tmp_path, fill) as it:
        done = it.passes()
        assert (done.after.articles, done.feeds[0].failures) == (1, 0)
        assert it.app.store.queries.articles()[0].published == "2025-09-05"
        del it.answers["/news.xml.gz"]
        assert "answered 404" in str(it.passes(25).feeds[0].last_error)
        it.answers["/news.xml.gz"] = Answer(body=gzip.compress(bytes(50_000_000)), kind="application/x-gzip")
        assert "larger than 5 MB" in str(it.passes(25).feeds[0].last_error)


def _found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str) -> list[str]:
    monkeypatch.setenv("MARSAD_DATA", str(tmp_path))
    monkeypatch.setenv("MARSAD_FETCH_ALLOW_NETWORKS", "127.0.0.0/8")
    done = CliRunner().invoke(cli, ["feeds", "find", url, "--json"])
    assert done.exit_code == 0, done.output
    return [offer["url"] for offer in json.loads(done.stdout)]


def test_what_an_outlet_offers_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answers: dict[str, Answer] = {}
    with site(answers) as url:
        answers |= _answers(url)
        assert _found(monkeypatch, tmp_path, f"{url}/") == [f"{url}/index.xml"]
        answers["/robots.txt"] = Answer(status=404)
        answers["/sitemap-news.xml"] = Answer(body=NEWS.format(url=url).encode(), kind="application/xml")
        assert _found(monkeypatch, tmp_path, f"{url}/") == [f"{url}/sitemap-news.xml"]
        assert _found(monkeypatch, tmp_path, f"{url}/index.xml") == [f"{url}/news.xml.gz"]
        rss = b"<rss version='2.0'><channel><title>x</title></channel></rss>"
        answers["/rss"] = Answer(body=rss, kind="application/rss+xml")
        link = '<link rel="alternate" type="application/rss+xml" href="/rss">'
        answers["/"] = Answer(body=f"<html><head>{link}{link}</head></html>".encode())
        assert _found(monkeypatch, tmp_path, f"{url}/") == [f"{url}/rss"]
        answers["/2"] = Answer(body=b"<html></html>")
        del answers["/sitemap-news.xml"]
        assert _found(monkeypatch, tmp_path, f"{url}/2") == []
