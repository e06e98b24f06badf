"""`marsad feeds add|remove|import|export`: the list changes on disk, and what is polled with it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from workers.bootstrap import App
from workers.cli.main import cli
from workers.fetch.opml import read_opml
from workers.ports import PollOutcome
from workers.settings import OWN_LIST, SEEDS, load_settings

NEW = "https://a.example/rss"
NOW = datetime(2025, 9, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARSAD_DATA", str(tmp_path))


def run(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["feeds", *arguments], input=given)


def listed() -> list[str]:
    return [spec.url for spec in read_opml(run("export").stdout)]


def test_the_shipped_list_is_copied_before_it_changes(tmp_path: Path) -> None:
    shipped = (SEEDS / "feeds.opml").read_text("utf-8")
    before = listed()
    done = run("add", NEW, "--outlet", "منارة", "--country", "qat", "--time-zone", "Asia/Qatar")
    assert done.exit_code == 0, done.output
    assert listed() == [*before, NEW]
    assert (SEEDS / "feeds.opml").read_text("utf-8") == shipped
    assert load_settings().feeds == tmp_path / OWN_LIST
    spec = read_opml((tmp_path / OWN_LIST).read_text("utf-8"))[-1]
    assert (spec.outlet, spec.country, spec.time_zone) == ("منارة", "QAT", "Asia/Qatar")


def test_what_is_added_is_polled_and_what_is_removed_is_not() -> None:
    run("add", NEW)
    assert NEW in run().stdout.replace("\n", "")
    assert run("remove", NEW).exit_code == 0
    assert NEW not in listed()
    assert NEW not in run().stdout.replace("\n", "")


def test_a_list_of_another_reader_comes_in_and_goes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "mine.opml"
    mine.write_text(f'<opml><body><outline text="a" xmlUrl="{NEW}"/></body></opml>', "utf-8")
    monkeypatch.setenv("MARSAD_FEEDS", str(mine))
    theirs = (
        '<?xml version="1.0"?><opml version="1.0"><body><outline text="ملف">'
        f'<outline title="b" xmlUrl="https://b.example/feed"/><outline xmlUrl="{NEW}"/></outline></body></opml>'
    )
    done = run("import", "-", given=theirs)
    assert done.stdout.startswith("1 added")
    assert "1 were listed already" in done.stdout
    assert listed() == [NEW, "https://b.example/feed"]
    assert [spec.url for spec in read_opml(mine.read_text("utf-8"))] == listed()


@pytest.mark.parametrize(
    ("arguments", "given", "says"),
    [
        (("add", "file:///etc/passwd"), None, "is no address of a feed"),
        (("add", NEW, "--time-zone", "Mars/One"), None, "is no time zone"),
        (("remove", NEW), None, "is not listed"),
        (("import", "-"), "<html/>", "is no OPML"),
        (("import", "-"), '<!DOCTYPE opml [<!ENTITY a "b">]><opml><body><outline xmlUrl="&a;"/>', "no valid XML"),
    ],
)
def test_what_cannot_be_listed_is_refused(arguments: tuple[str, ...], given: str | None, says: str) -> None:
    before = listed()
    done = run(*arguments, given=given)
    assert done.exit_code == 2
    assert says in done.stderr
    assert listed() == before


def test_a_feed_that_moved_for_good_is_listed_under_its_new_address() -> None:
    run("add", NEW)
    app = App(load_settings())
    feed = next(f for f in app.store.feeds() if f.url == NEW)
    app.store.enqueue_due_polls(app.clock())
    lease = app.store.take("poll", str(feed.id), now=app.clock(), seconds=60)
    assert lease is not None
    moved = PollOutcome(status="new", moved_to="https://a.example/new", next_poll_at=NOW, interval=900)
    app.store.save_poll(lease, moved, now=app.clock())
    app.close()
    assert listed()[-1] == "https://a.example/new"
    assert run("add", "https://b.example/feed").exit_code == 0
    app = App(load_settings())
    assert [s.url for s in app.feeds()][-2:] == ["https://a.example/new", "https://b.example/feed"]
    assert [f.id for f in app.store.feeds() if f.url == "https://a.example/new"] == [feed.id]
    app.close()
    assert run("remove", "https://a.example/new").exit_code == 0
    assert listed()[-1] == "https://b.example/feed"
