"""The page of reviews on both databases: what would become of a position is what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from domain.reading.registry import Registry
from tests.support.people import add_people, send, signed_in
from tests.support.scene import NOW, tell
from tests.support.site import serving
from workers.projections.runner import PositionsRunner
from workers.store.reviews import Effect
from workers.store.store import Store
from workers.titles import Titles
from workers.web.app import make_app

pytest_plugins = ["tests.support.stores", "tests.support.world"]
KEY = ("USA", "ukraine.arms-supplies")


@pytest.fixture
def peopled(store: Store, registry: Registry, titles: Titles) -> Iterator[str]:
    tell(store)
    add_people(store, NOW)
    with serving(make_app(store.queries, registry=registry, titles=titles, clock=lambda: NOW, store=store)) as site:
        yield site


def newest(store: Store) -> str:
    return store.queries.dossiers.of(*KEY).told[0].fact.event_id


def effect(store: Store, event_id: str) -> Effect:
    found = store.reviews.effect_of_retracting(event_id)
    assert found is not None
    return found


def test_what_is_shown_before_is_what_happens(store: Store) -> None:
    tell(store)
    for told in store.queries.dossiers.of("RUS", "ukraine.foreign-troops").told:
        foreseen = effect(store, told.fact.event_id)
        assert foreseen.before == store.held(("RUS", "ukraine.foreign-troops"))
        store.retract(told.fact.event_id, why="misread", who="amal", now=NOW)
        PositionsRunner(store).catch_up(now=NOW)
        assert store.held(("RUS", "ukraine.foreign-troops")) == foreseen.after
    assert store.held(("RUS", "ukraine.foreign-troops")) is None


def test_an_analyst_sees_the_effect_and_takes_an_event_back(peopled: str, store: Store) -> None:
    event_id = newest(store)
    with signed_in(peopled, "analyst") as client:
        shown = client.get(f"/review/{event_id}").text
        assert "Without it" in shown
        before, without = shown.partition("As it is")[2].split("Without it")
        assert 'class="badge s-supports' in before
        assert 'class="badge s-opposes' in without
        assert send(client, f"/review/{event_id}", f"/review/{event_id}", verdict="retract").status_code == 400
        assert store.queries.dossiers.of(*KEY).taken == (), "without a why nothing is taken back"
        done = send(client, f"/review/{event_id}", f"/review/{event_id}", verdict="retract", why="he meant another <b>")
        assert done.status_code == 303
        PositionsRunner(store).catch_up(now=NOW)
        page = client.get("/positions/USA/ukraine.arms-supplies").text
        assert "he meant another &lt;b&gt;" in page
        assert client.post(f"/review/{event_id}").status_code == 403
    held = store.held(KEY)
    assert held is not None
    assert held.stance == "opposes"
    entry = store.accounts.audited()[0]
    assert (entry.who, entry.what, entry.subject) == ("analyst", "retracted", event_id)


def test_a_confirmed_event_waits_no_more(peopled: str, store: Store) -> None:
    event_id = newest(store)
    assert event_id in store.reviews.to_review()
    with signed_in(peopled, "analyst") as client:
        assert f"/review/{event_id}" in client.get("/review").text
        send(client, f"/review/{event_id}", f"/review/{event_id}", verdict="confirm", why="heard it")
        assert f'href="/review/{event_id}"' not in client.get("/review").text
        assert "Confirmed by" in client.get(f"/review/{event_id}").text
        assert client.get("/review/nothing").status_code == 404
        assert send(client, "/review", "/review/nothing", verdict="confirm").status_code == 400
    held = store.held(KEY)
    assert held is not None
    assert held.stance == "supports", "a confirmation changes no position"


def test_an_operator_retries_what_was_given_up(peopled: str, store: Store) -> None:
    later = NOW + timedelta(hours=2)
    store.enqueue_due_polls(later)
    for feed in store.feeds():
        lease = store.take("poll", str(feed.id), now=later, seconds=60)
        assert lease is not None
        store.fail(lease, "no route", now=later, retry_at=None)
    given_up = [item.id for item in store.quarantined()]
    assert len(given_up) == 5
    with signed_in(peopled, "operator") as client:
        page = "/operations"
        assert send(client, page, "/operations/retry", work=str(given_up[0])).status_code == 303
        assert [item.id for item in store.quarantined()] == given_up[1:]
        assert send(client, page, "/operations/retry", work="x").status_code == 400
        assert send(client, page, "/operations/retry", work="all").status_code == 303
        assert store.quarantined() == []
    assert [row.what for row in store.accounts.audited()][:2] == ["retried", "retried"]
