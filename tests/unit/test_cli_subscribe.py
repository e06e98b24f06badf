"""Subscriptions, deliveries and the quarantine by command, with a real receiver at the other end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from standardwebhooks import Webhook

from domain.events import event_identity
from domain.log import NewEvent
from tests.support.facts import at, read
from tests.support.receiver import Receiver, receiving
from workers.bootstrap import App
from workers.cli.main import cli
from workers.projections.runner import PositionsRunner
from workers.settings import load_settings

pytest_plugins = ["tests.support.world"]
NOW = at(10_000_000)


@pytest.fixture
def receiver(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("MARSAD_FETCH_ALLOW_NETWORKS", "127.0.0.0/8")
    with receiving() as found:
        yield found


@pytest.fixture
def app(data: Path) -> Iterator[App]:
    """The parts on the same data, with a clock far in the future: everything is due."""
    made = App(load_settings(), clock=lambda: NOW)
    yield made
    made.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def asked(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def secret_of(added: Any) -> str:
    return str(added["channels"][0]["secret"])


def shift(app: App) -> None:
    """A new fact that changes a position, projected."""
    record = read("new", actor="FRA", issue="ukraine.arms-supplies", stance="supports", day="2025-09-09")
    app.store.log.append("new", [NewEvent(event_id=event_identity("new", record), record=record)])
    PositionsRunner(app.store).catch_up(now=NOW)


def deliver(app: App) -> None:
    """One attempt at whatever is due."""
    for item in app.store.due(NOW):
        if item.kind == "deliver":
            app.stages.run(item.kind, item.subject)


def test_a_change_reaches_the_webhook_signed_with_the_secret_shown_once(receiver: Receiver, app: App) -> None:
    added = run("subscriptions", "add", "--webhook", receiver.url, "--actor", "fra", "--change", "ESTABLISHED")
    assert added.exit_code == 0
    secret = next(word for word in added.stdout.split() if word.startswith("whsec_"))
    shift(app)
    deliver(app)
    (got,) = receiver.received
    sent = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), UTC)
    assert got.headers["webhook-signature"] == Webhook(secret).sign(got.headers["webhook-id"], sent, got.body.decode())
    assert json.loads(got.body)["subject"] == "FRA/ukraine.arms-supplies"
    (delivery,) = asked("deliveries")
    assert (delivery["status"], delivery["attempts"], delivery["key"]) == ("delivered", 1, got.headers["webhook-id"])
    assert delivery["message"]["type"] == "marsad.position.established"


def test_the_secret_is_never_shown_again(receiver: Receiver) -> None:
    first = asked("subscriptions", "add", "--webhook", receiver.url)
    again = asked("subscriptions", "add", "--webhook", receiver.url, "--issue", "gaza.ceasefire")
    assert secret_of(first).startswith("whsec_")
    assert "secret" not in again["channels"][0]
    assert "shown when" in run("subscriptions", "add", "--webhook", receiver.url).stdout
    for output in (run("subscriptions", "list").stdout, run("subscriptions", "list", "--json").stdout):
        assert secret_of(first) not in output


def test_list_filters_and_remove(receiver: Receiver) -> None:
    added = asked(
        "subscriptions", "add", "--webhook", receiver.url,
        "--actor", "RUS", "--actor", "rus", "--issue", "nato-membership", "--change", "reversed",
    )  # fmt: skip
    (found,) = asked("subscriptions", "list")
    assert (found["actors"], found["issues"], found["changes"]) == (["RUS"], ["ukraine.nato-membership"], ["reversed"])
    assert "ukraine.nato-membership" in run("subscriptions", "list").stdout
    assert run("subscriptions", "remove", str(added["id"])).exit_code == 0
    assert asked("subscriptions", "list") == []
    assert run("subscriptions", "remove", str(added["id"])).exit_code == 2


def test_a_test_message_verifies_and_stores_nothing(receiver: Receiver) -> None:
    added = asked("subscriptions", "add", "--webhook", receiver.url)
    assert "accepted" in run("subscriptions", "test", str(added["id"])).stdout
    (got,) = receiver.received
    assert Webhook(secret_of(added)).verify(got.body, got.headers)["type"] == "marsad.position.test"
    assert asked("deliveries") == []
    receiver.answers = [(500, {})]
    refused = run("subscriptions", "test", str(added["id"]))
    assert refused.exit_code == 2
    assert "500" in refused.stderr


def test_a_dead_delivery_can_be_sent_again_with_the_same_id(receiver: Receiver, app: App) -> None:
    added = asked("subscriptions", "add", "--webhook", receiver.url)
    shift(app)
    receiver.answers = [(410, {})]
    deliver(app)
    (dead,) = asked("deliveries", "--status", "dead")
    assert "410" in dead["error"]
    (listed,) = asked("subscriptions", "list")
    assert "410" in listed["channels"][0]["disabled"]
    assert "disabled because" in run("subscriptions", "list").stdout

    assert run("subscriptions", "enable", str(added["id"])).exit_code == 0
    assert "disabled" not in asked("subscriptions", "list")[0]["channels"][0]
    assert run("deliveries", "resend", str(dead["id"])).exit_code == 0
    deliver(app)
    assert [d["status"] for d in asked("deliveries")] == ["delivered"]
    assert len({r.headers["webhook-id"] for r in receiver.received}) == 1
    assert run("deliveries", "resend", str(dead["id"])).exit_code == 2


def test_quarantined_work_is_shown_tried_again_and_dropped(receiver: Receiver, app: App) -> None:
    asked("subscriptions", "add", "--webhook", receiver.url)
    shift(app)
    receiver.answers = [(410, {})]
    deliver(app)
    (item,) = asked("quarantine", "list")
    number = str(item["id"])
    assert "deliver" in run("quarantine", "list").stdout
    shown = run("quarantine", "show", number).stdout
    assert receiver.url in shown
    assert "410" in shown
    assert asked("quarantine", "show", number)["kind"] == "deliver"
    assert run("quarantine", "retry", number).exit_code == 0
    assert asked("quarantine", "list") == []
    assert run("quarantine", "retry", number).exit_code == 2

    deliver(app)  # the channel is disabled, so it fails again
    assert len(asked("quarantine", "list")) == 1
    assert run("quarantine", "drop", "--all").stdout == "1 dropped\n"
    assert asked("quarantine", "list") == []
    assert run("quarantine", "list").stdout == "nothing is in quarantine\n"


def test_filters_and_terms_are_kept_shown_and_edited(receiver: Receiver) -> None:
    added = asked(
        "subscriptions", "add", "--webhook", receiver.url, "--actor", "FRA", "--stance", "Supports",
        "--min-sources", "2",
        "--min-confidence", "0.5", "--digest", "daily", "--hour", "7", "--quiet", "22:00-06:30", "--zone", "Asia/Qatar",
        "--language", "ar",
    )  # fmt: skip
    (found,) = asked("subscriptions", "list")
    wanted = {
        "actors": ["FRA"], "stances": ["supports"], "min_sources": 2, "min_confidence": 0.5, "digest": "daily",
        "hour": 7, "quiet": ["22:00", "06:30"], "zone": "Asia/Qatar", "language": "ar", "muted_until": None,
    }  # fmt: skip
    assert {name: found[name] for name in wanted} == wanted
    number = str(added["id"])
    edited = asked(
        "subscriptions", "edit", number, "--actor", "any", "--stance", "any", "--quiet", "off", "--digest", "now",
        "--mute-until", "2030-01-01T00:00",
    )  # fmt: skip
    assert (edited["actors"], edited["stances"], edited["quiet"], edited["digest"]) == ([], [], None, "now")
    assert edited["muted_until"].startswith("2030-01-01")
    assert edited["min_sources"] == 2
    assert asked("subscriptions", "list") == [edited]
    assert asked("subscriptions", "edit", number, "--mute-until", "off")["muted_until"] is None


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ((), "nothing to change"), (("--quiet", "22-7"), "22"), (("--zone", "Mars"), "Mars"), (("--hour", "25"), "25"),
        (("--mute-until", "soon"), "soon"), (("--min-confidence", "2"), "2"), (("--actor", "XYZZY"), "XYZZY"),
    ],
)  # fmt: skip
def test_an_edit_that_makes_no_sense_is_refused(receiver: Receiver, options: tuple[str, ...], word: str) -> None:
    added = asked("subscriptions", "add", "--webhook", receiver.url)
    refused = run("subscriptions", "edit", str(added["id"]), *options)
    assert refused.exit_code == 2
    assert word in refused.stderr


def test_a_rotated_secret_signs_beside_the_old_one_for_a_while(receiver: Receiver, app: App) -> None:
    added = asked("subscriptions", "add", "--webhook", receiver.url)
    number = str(added["id"])
    rotated = asked("subscriptions", "rotate", number, "--overlap", "1")
    run("subscriptions", "test", number)
    for secret in (secret_of(added), rotated["secret"]):
        Webhook(secret).verify(receiver.received[-1].body, receiver.received[-1].headers)
    shift(app)
    deliver(app)  # far in the future: the old one has ended
    assert len(receiver.received[-1].headers["webhook-signature"].split()) == 1
    assert rotated["secret"] not in run("subscriptions", "list", "--json").stdout


def test_a_backtest_lists_what_would_have_been_sent(receiver: Receiver, app: App) -> None:
    added = asked("subscriptions", "add", "--webhook", receiver.url, "--actor", "USA", "--change", "shifted")
    number = str(added["id"])
    days = "3650"
    sent = asked("subscriptions", "backtest", number, "--days", days)
    kinds = asked("changes", "--actor", "USA", "--kind", "shifted")
    assert sorted(key for s in sent for key in s["changes"]) == sorted(c["key"] for c in kinds)
    shown = run("subscriptions", "backtest", number, "--days", days).stdout
    assert f"would have sent {len(sent)} message" in shown
    assert receiver.received == []


def test_a_channel_of_another_kind_is_added_by_its_option(receiver: Receiver) -> None:
    added = asked("subscriptions", "add", "--mail", "Reader@Example.org", "--language", "ar")
    assert added["channels"] == [{"id": 1, "kind": "mail", "target": "Reader@example.org"}]
    token = "tgram://123456789:abcdefghijklmnopqrstuvwxyz123456789/12315544"
    assert "abcdefghij" not in run("subscriptions", "add", "--apprise", token).stdout
    assert "abcdefghij" not in run("subscriptions", "list").stdout
    refused = run("subscriptions", "add", "--actor", "RUS")
    assert refused.exit_code == 2
    assert "name a target" in refused.stderr


def test_several_channels_get_a_delivery_each_and_an_edit_replaces_them(receiver: Receiver, app: App) -> None:
    other = receiver.url + "/other"
    added = asked("subscriptions", "add", "--webhook", receiver.url, "--webhook", other, "--mail", "a@b.example")
    assert [c["target"] for c in added["channels"]] == [receiver.url, other, "a@b.example"]
    number = str(added["id"])
    asked("subscriptions", "edit", number, "--webhook", receiver.url, "--webhook", other)
    assert "name one" in run("subscriptions", "rotate", number).stderr
    second = str(added["channels"][1]["id"])
    rotated = asked("subscriptions", "rotate", number, "--channel", second)
    shift(app)
    receiver.answers = [(500, {})]
    deliver(app)
    assert sorted(d["status"] for d in asked("deliveries")) == ["delivered", "waiting"]
    assert len({got.headers["webhook-id"] for got in receiver.received}) == 2
    assert rotated["secret"].startswith("whsec_")


def test_every_attempt_is_shown(receiver: Receiver, app: App) -> None:
    asked("subscriptions", "add", "--webhook", receiver.url)
    shift(app)
    receiver.answers = [(500, {})]
    deliver(app)
    (found,) = asked("deliveries")
    (attempt,) = asked("deliveries", "attempts", str(found["id"]))
    assert (attempt["status"], attempt["attempt"]) == ("retry", 1)
    assert "500" in run("deliveries", "attempts", str(found["id"])).stdout
