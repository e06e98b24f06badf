"""Every bad input gives a clear line that names the thing, and nothing else is lost: the real command, a real site."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import msgspec
import pytest

from tests.support.command import marsad, refused
from tests.support.pages import Answer, feed, feed_list, page, site

THREAT = "قال الرئيس الروسي فلاديمير بوتين أمس الخميس إن أي قوات أجنبية تنشر في أوكرانيا ستكون أهدافا مشروعة لجيشه."
GUARANTEES = "وقال المتحدث باسم الكرملين دميتري بيسكوف اليوم الجمعة إن روسيا ترفض نشر قوات أجنبية في أوكرانيا."
ENGLISH = (
    "The president said on Thursday that any foreign troops in the country would be a legitimate target for us. " * 3
)
XML = "application/rss+xml"
FRIDAY = "Fri, 05 Sep 2025 10:00:00 GMT"


class Ran(msgspec.Struct, frozen=True):
    """One pass over a site where nearly everything is wrong."""

    folder: Path
    url: str
    dead: str
    done: CompletedProcess[str]

    def line(self, path: str) -> str:
        """The one line of the summary that names an address."""
        (found,) = [line for line in self.done.stdout.splitlines() if f"{self.url}{path} " in line.replace(": ", " ")]
        return found


def _unused() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/dead"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    folder = tmp_path_factory.mktemp("bad")
    zeros = Answer(body=bytes(50_000_000), kind=XML)
    answers = {
        "/words": Answer(body="كلام ليس خلاصة".encode(), kind="text/plain"),
        "/html": Answer(body=page(THREAT), kind=XML),
        "/empty": Answer(kind=XML),
        "/zeros": zeros,
        "/circle": Answer(status=302, to="/circle-on"),
        "/circle-on": Answer(status=302, to="/circle"),
        "/threat": Answer(body=page(THREAT, THREAT)),
        "/undated": Answer(body=page(GUARANTEES, GUARANTEES)),
        "/void": Answer(),
        "/english": Answer(body=page(ENGLISH, language="en")),
        "/naught": Answer(body=bytes(50_000_000)),
        "/round": Answer(status=301, to="/round"),
        "/picture": Answer(body=b"\x89PNG", kind="image/png"),
    }
    with site(answers) as url:
        items = {"/threat": FRIDAY, "/undated": "the 45th of Brumaire, 27:99"}
        items |= dict.fromkeys(("/void", "/missing", "/english", "/naught", "/round", "/picture"), FRIDAY)
        answers["/good"] = Answer(body=feed(url, items), kind=XML)
        dead = _unused()
        bad = [url + path for path in ("/words", "/html", "/empty", "/gone", "/zeros", "/circle")]
        (folder / "feeds.opml").write_text(feed_list(*bad, dead, f"{url}/good"), "utf-8")
        yield Ran(folder, url, dead, marsad(folder, "run", "--once", MARSAD_FEEDS="feeds.opml"))


def test_the_pass_ends_well_and_counts_what_failed(ran: Ran) -> None:
    assert ran.done.returncode == 0, ran.done.stderr
    assert "Traceback" not in ran.done.stdout + ran.done.stderr
    lines = ran.done.stdout.splitlines()
    assert lines[0] == "feeds       8 listed, 8 polled, 7 failing"
    assert "articles    2 new, 0 unchanged, 5 failed, set aside 1 (English 1)" in lines


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/words", "no feed"),
        ("/html", "is an HTML page, not a feed"),
        ("/empty", "empty"),
        ("/gone", "answered 404 Not Found"),
        ("/zeros", "is larger than 5 MB"),
        ("/circle", "redirects in a circle"),
    ],
)
def test_a_feed_that_is_none_is_a_line(ran: Ran, path: str, words: str) -> None:
    line = ran.line(path)
    assert line.startswith("  failing   ")
    assert words in line


def test_a_dead_feed_is_a_line(ran: Ran) -> None:
    (line,) = [line for line in ran.done.stdout.splitlines() if ran.dead in line]
    assert "cannot be reached" in line


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/void", "is an empty page"),
        ("/missing", "answered 404 Not Found"),
        ("/naught", "is larger than 10 MB"),
        ("/round", "redirects in a circle"),
        ("/picture", "is no page of text"),
    ],
)
def test_a_page_that_holds_no_article_is_a_line(ran: Ran, path: str, words: str) -> None:
    line = ran.line(path)
    assert line.startswith("  failed    ")
    assert words in line


def test_nothing_else_is_lost(ran: Ran) -> None:
    done = marsad(ran.folder, "positions", "--json", MARSAD_FEEDS="feeds.opml")
    (held,) = json.loads(done.stdout)
    assert (held["actor"], held["issue"], held["stance"]) == ("RUS", "ukraine.foreign-troops", "opposes")
    assert (held["speaker"], held["since"], held["last_confirmed"]) == ("putin", "2025-09-04", "2025-09-04")
    assert held["sources"] == 1
    assert 0 < held["confidence"] <= 1
    assert held["evidence"][0]["text"].startswith("قال الرئيس الروسي")


def test_a_malformed_date_leaves_the_article_without_a_day(ran: Ran) -> None:
    done = marsad(ran.folder, "events", "--json", MARSAD_FEEDS="feeds.opml")
    (event,) = [e for e in json.loads(done.stdout) if e["url"].endswith("/undated")]
    assert event["event"]["occurred_on"] is None
    assert event["event"]["inferred"] is False


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MARSAD_FEEDS", "missing.opml"),
        ("MARSAD_DATA", "a-file"),
        ("MARSAD_DATABASE_URL", "mysql://root:geheim@example.org/x"),
        ("MARSAD_REDIS_URL", "example.org:6379"),
        ("MARSAD_FETCH_ALLOW_NETWORKS", "127.0.0.1/8"),
        ("MARSAD_PORT", "eighty"),
        ("MARSAD_FEED", "misspelt.opml"),
        ("MARSAD_HOST", "256.0.0.1"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(name: str, value: str, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_bytes(b"")
    line = refused(marsad(tmp_path, "run", **{name: value}))
    assert f"{name} " in line.replace(":", " ")
    assert "geheim" not in line


def test_a_port_in_use_stops_the_start(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        line = refused(marsad(tmp_path, "run", MARSAD_PORT=str(busy.getsockname()[1])))
    assert "MARSAD_PORT" in line
    assert "in use" in line


@pytest.mark.parametrize(
    ("opml", "words"),
    [
        ("<opml", "feeds.opml"),
        ("", "feeds.opml"),
        ("<html><body>no list</body></html>", "feeds.opml"),
    ],
)
def test_a_list_of_feeds_that_is_none(opml: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "feeds.opml").write_text(opml, "utf-8")
    line = refused(marsad(tmp_path, "run", "--once", MARSAD_FEEDS="feeds.opml"))
    assert "MARSAD_FEEDS" in line
    assert words in line


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"id": "a", "events": [{"type": "statment", "actor": "RUS"}]}', "statment"),
        ('{"id": "a", "events": [{"type": "statement", "actor": "RUS", "evidence": "here"}]}', "evidence"),
        ('{"id": "a", "events": 7}', "events"),
        ('{"id": "a"', "events.jsonl"),
    ],
)
def test_an_event_file_with_a_wrong_field(line: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text(line + "\n", "utf-8")
    said = refused(marsad(tmp_path, "evaluate", "events.jsonl", "--predicted", "events.jsonl"))
    assert "events.jsonl" in said
    assert words in said


def test_a_data_file_with_a_wrong_field(tmp_path: Path) -> None:
    (tmp_path / "actors.toml").write_text('[[actor]]\nid = "RUS"\ncolour = "red"\n', "utf-8")
    assert "actors.toml" in refused(marsad(tmp_path, "registry", "check", "."))


@pytest.mark.parametrize(
    ("source", "content", "words"),
    [
        ("nothing.txt", None, "nothing.txt cannot be read"),
        ("empty.html", b"", "empty page"),
        ("zeros.html", bytes(11_000_000), "larger than 10 MB"),
        ("english.html", page(ENGLISH), "not in Arabic"),
        (".", None, "cannot be read"),
    ],
)
def test_reading_what_is_no_article(source: str, content: bytes | None, words: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / source).write_bytes(content)
    assert words in refused(marsad(tmp_path, "read", source))


def test_reading_an_address_that_has_none(tmp_path: Path) -> None:
    with site({"/circle": Answer(status=302, to="/circle")}) as url:
        assert "404" in refused(marsad(tmp_path, "read", f"{url}/missing"))
        assert "circle" in refused(marsad(tmp_path, "read", f"{url}/circle"))
        private = refused(marsad(tmp_path, "read", f"{url}/missing", MARSAD_FETCH_ALLOW_NETWORKS=""))
    assert "MARSAD_FETCH_ALLOW_NETWORKS" in private
