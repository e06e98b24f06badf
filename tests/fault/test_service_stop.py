"""A stop in the middle of work is clean: exit 0, nothing half done, and the next run brings the rest."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

import httpx
import pytest

from tests.support.command import MARSAD, environment, marsad
from tests.support.pages import Answer, feed, feed_list, page, site

_FRIDAY = "Fri, 05 Sep 2025 10:00:00 GMT"
_THREAT = "قال الرئيس الروسي فلاديمير بوتين أمس الخميس إن أي قوات أجنبية تنشر في أوكرانيا ستكون أهدافا مشروعة."
_MORE = "وحضر اللقاء عدد من الصحفيين الذين وجهوا إليه أسئلة عن الاقتصاد والطقس والرياضة في القاعة رقم"
_ARTICLES = 40
_LONGEST = 60.0  # a test that fails ends


class Held:
    """Pages that answer only when let go, after so many have answered freely."""

    def __init__(self, free: int) -> None:
        self._free = threading.Semaphore(free)
        self.reached = threading.Event()
        self.let_go = threading.Event()

    def __call__(self) -> None:
        if not self._free.acquire(blocking=False):
            self.reached.set()
            self.let_go.wait(_LONGEST)


@contextmanager
def _news(held: Held) -> Iterator[str]:
    answers: dict[str, Answer] = {}
    with site(answers) as url:
        for number in range(_ARTICLES):
            answers[f"/page-{number}"] = Answer(body=page(_THREAT, f"{_MORE} {number}."), before=held)
        answers["/feed"] = Answer(body=feed(url, dict.fromkeys(answers, _FRIDAY)), kind="application/rss+xml")
        yield url


@contextmanager
def _started(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [MARSAD, *arguments], cwd=folder, env=environment(folder, MARSAD_FEEDS="feeds.opml", MARSAD_PORT="0"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    end = threading.Timer(2 * _LONGEST, process.kill)
    end.start()
    try:
        yield process
    finally:
        end.cancel()
        process.kill()
        process.communicate()


def _state(folder: Path) -> dict[str, int]:
    """How the database stands: what must be nought after a clean stop, and how many articles there are."""
    with closing(sqlite3.connect(folder / "data" / "marsad.db")) as database:

        def count(query: str) -> int:
            return int(database.execute(query).fetchone()[0])

        return {
            "leased": count("SELECT count(*) FROM work WHERE status = 'leased'"),
            "torn": count(
                "SELECT count(*) FROM articles a WHERE NOT EXISTS (SELECT 1 FROM article_versions v"
                " WHERE v.article_id = a.id)"
                " OR NOT EXISTS (SELECT 1 FROM work w WHERE w.kind = 'read' AND w.subject = a.id)"
            ),
            "unread": count(
                "SELECT count(*) FROM work w WHERE w.kind = 'read' AND w.status = 'done' AND NOT EXISTS"
                " (SELECT 1 FROM events e WHERE e.stream = 'article-' || w.subject)"
            ),
            "articles": count("SELECT count(*) FROM articles"),
        }


@pytest.mark.parametrize("arguments", [("run",), ("run", "--once")])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_under_load_leaves_nothing_half_done(
    arguments: tuple[str, ...], number: signal.Signals, tmp_path: Path
) -> None:
    held = Held(_ARTICLES // 2)
    with _news(held) as url:
        (tmp_path / "feeds.opml").write_text(feed_list(f"{url}/feed"), "utf-8")
        with _started(tmp_path, *arguments) as process:
            assert held.reached.wait(_LONGEST)
            process.send_signal(number)
            held.let_go.set()
            out, err = process.communicate(timeout=_LONGEST)
        assert process.returncode == 0, err.decode()
        assert b"Traceback" not in err
        assert (b"stopped     before the end" in out) == ("--once" in arguments)
        state = _state(tmp_path)
        assert (state["leased"], state["torn"], state["unread"]) == (0, 0, 0)
        assert 0 < state["articles"] < _ARTICLES
        done = marsad(tmp_path, "run", "--once", MARSAD_FEEDS="feeds.opml")
    assert done.returncode == 0, done.stderr
    assert "left " not in done.stdout
    assert _state(tmp_path) == {"leased": 0, "torn": 0, "unread": 0, "articles": _ARTICLES}


def test_the_service_shows_its_page_and_tells_how_far_it_is(tmp_path: Path) -> None:
    held = Held(_ARTICLES)
    with _news(held) as url, _started(_listing(tmp_path, url), "run") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        page_line = process.stdout.readline().decode()
        address = page_line.split()[2]
        assert page_line.startswith("The page: http://127.0.0.1:")
        assert _line_with(process.stderr, rf"^{_ARTICLES} new articles, {_ARTICLES} events, [1-9]\d* changes")
        assert httpx.get(f"{address}api/v1/positions", timeout=_LONGEST).json()
        assert httpx.get(f"{address}healthz", timeout=_LONGEST).status_code == 200
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=_LONGEST)
    assert process.returncode == 0


def _listing(folder: Path, url: str) -> Path:
    """The folder, with a list that names the site's feed."""
    (folder / "feeds.opml").write_text(feed_list(f"{url}/feed"), "utf-8")
    return folder


def _line_with(stream: IO[bytes], pattern: str) -> str:
    """The first line of that pattern; progress comes in plain lines where nobody looks on."""
    for raw in stream:
        line = raw.decode()
        assert "\r" not in line
        if re.search(pattern, line):
            return line
    return ""


def test_progress_stands_in_one_place_on_a_terminal(tmp_path: Path) -> None:
    held = Held(1)
    held.let_go.set()
    master, terminal = os.openpty()
    with _news(held) as url:
        process = subprocess.Popen(
            [MARSAD, "run", "--once"], cwd=_listing(tmp_path, url), stdout=subprocess.PIPE, stderr=terminal,
            env=environment(tmp_path, MARSAD_FEEDS="feeds.opml"),
        )  # fmt: skip
        os.close(terminal)
        out, _ = process.communicate(timeout=_LONGEST)
    shown = os.read(master, 65536)
    os.close(master)
    assert process.returncode == 0
    assert b"\r\x1b[K" in shown
    assert out.startswith(b"feeds       1 listed")
