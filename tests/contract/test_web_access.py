"""Who may do what: signing in, roles, forms from elsewhere, too many tries, links that work once, the trail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.errors import InputError, SettingError
from domain.reading.registry import Registry
from tests.support.people import CSRF, PASSWORD, add_people, send, signed_in
from tests.support.scene import NOW, tell
from tests.support.site import serving
from workers.bootstrap import App
from workers.passwords import fits, hash_password
from workers.settings import load_settings
from workers.store.store import Store
from workers.titles import Titles
from workers.web.access import COOKIE, safe_next
from workers.web.app import make_app

pytest_plugins = ["tests.support.stores", "tests.support.world"]


class Time:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def peopled(store: Store, registry: Registry, titles: Titles, time: Time) -> Iterator[str]:
    """A site with one person of each role."""
    tell(store)
    add_people(store, NOW)
    with serving(make_app(store.queries, registry=registry, titles=titles, clock=time, store=store)) as site:
        yield site


@pytest.fixture
def closed(store: Store, registry: Registry, titles: Titles, time: Time) -> Iterator[str]:
    """A site on which reading needs somebody signed in."""
    tell(store)
    add_people(store, NOW)
    app = make_app(store.queries, registry=registry, titles=titles, clock=time, store=store, login="everything")
    with serving(app) as site:
        yield site


def post(url: str, **more: Any) -> httpx.Response:
    """A form without a browser; a machine with much to do takes its time over a password."""
    return httpx.post(url, timeout=60, **more)


def did(store: Store) -> list[tuple[str, str]]:
    return [(row.who, row.what) for row in store.accounts.audited()][::-1]


def test_signing_in_and_out(peopled: str, store: Store) -> None:
    with signed_in(peopled, "analyst") as client:
        page = client.get("/")
        assert "analyst" in page.text
        assert page.headers["cache-control"] == "private, no-cache"
        cookie = client.cookies[COOKIE]
        assert send(client, "/", "/logout").status_code == 303
        assert "Sign in" in client.get("/").text
        again = httpx.get(peopled, cookies={COOKIE: cookie}, headers={"accept-language": "en"})
        assert "Sign in" in again.text, "a session that ended lets nobody in"
    assert did(store) == [("analyst", "signed-in"), ("analyst", "signed-out")]


def test_a_cookie_is_out_of_reach_of_scripts(peopled: str, store: Store, registry: Registry) -> None:
    sent = post(f"{peopled}/login", data={"name": "admin", "password": PASSWORD}).headers["set-cookie"]
    assert "HttpOnly" in sent
    assert "SameSite=lax" in sent
    assert "Secure" not in sent
    with serving(make_app(store.queries, registry=registry, clock=lambda: NOW, store=store, secure=True)) as site:
        sent = post(f"{site}/login", data={"name": "admin", "password": PASSWORD}).headers["set-cookie"]
        assert "Secure" in sent


def test_a_wrong_name_and_a_wrong_password_look_alike(peopled: str) -> None:
    for name, password in (("admin", "wrong"), ("nobody", PASSWORD), ("", ""), ("admin", ""), ("' OR 1=1 --", "x")):
        said = {"name": name, "password": password}
        answer = post(f"{peopled}/login", data=said, headers={"accept-language": "en"})
        assert answer.status_code == 403
        assert "Name or password is wrong" in answer.text
        assert "set-cookie" not in answer.headers


def test_too_many_tries_are_held_up_for_a_while(peopled: str, store: Store, time: Time) -> None:
    def attempt(password: str, name: str = "admin") -> int:
        return post(f"{peopled}/login", data={"name": name, "password": password}).status_code

    assert [attempt("wrong") for _ in range(5)] == [403] * 5
    assert attempt(PASSWORD) == 429, "even with the right one"
    assert attempt(PASSWORD, "reader") == 303, "others are not held up"
    time.now += timedelta(minutes=16)
    assert attempt(PASSWORD) == 303
    for number in range(25):
        store.accounts.note_failure(f"name{number}", "127.0.0.1", now=time.now)
    assert attempt(PASSWORD, "reader") == 429, "one address tried many names"


def test_a_session_ends_by_itself(peopled: str, time: Time) -> None:
    with signed_in(peopled, "reader") as client:
        for _ in range(13):
            time.now += timedelta(hours=11)
            assert "Sign out" in client.get("/").text, "used every few hours, it goes on"
        time.now += timedelta(hours=13)
        assert "Sign out" not in client.get("/").text, "idle for half a day"
    with signed_in(peopled, "reader") as client:
        for _ in range(16):
            time.now += timedelta(hours=11)
            client.get("/")
        assert "Sign out" not in client.get("/").text, "a week is the longest"


def test_a_changed_person_is_signed_out(peopled: str, store: Store) -> None:
    with signed_in(peopled, "operator") as client:
        store.accounts.change_user("operator", disabled=True, now=NOW)
        assert "Sign out" not in client.get("/").text
    answer = post(f"{peopled}/login", data={"name": "operator", "password": PASSWORD})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("name", "allowed"),
    [("reader", set()), ("analyst", {"/review"}), ("operator", {"retry"}), ("admin", {"/review", "/audit", "retry"})],
)
def test_each_role_may_do_its_own(peopled: str, name: str, allowed: set[str]) -> None:
    with signed_in(peopled, name) as client:
        for page in ("/review", "/audit"):
            assert client.get(page).status_code == (200 if page in allowed else 403)
        retried = send(client, "/", "/operations/retry", work="all")
        assert retried.status_code == (303 if "retry" in allowed else 403)
    for page in ("/review", "/audit"):
        assert httpx.get(f"{peopled}{page}").status_code == 401


def test_a_form_from_elsewhere_changes_nothing(peopled: str, store: Store) -> None:
    event = store.reviews.to_review()[0]
    with signed_in(peopled, "admin") as client:
        good = CSRF.search(client.get("/").text)
        assert good is not None
        said = {"verdict": "confirm", "csrf": good[1]}
        for headers in (
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"origin": "https://evil.example"},
            {"origin": "null"},
        ):
            assert client.post(f"/review/{event}", data=said, headers=headers).status_code == 403, headers
        for csrf in ("", "0" * 64, "é"):
            assert client.post(f"/review/{event}", data=said | {"csrf": csrf}).status_code == 403
        assert store.reviews.confirmation(event) is None
        ours = {"sec-fetch-site": "same-origin", "origin": peopled}
        assert client.post(f"/review/{event}", data=said, headers=ours).status_code == 303
        assert store.reviews.confirmation(event) is not None
        assert client.post(f"/review/{event}", content=b"x" * 70_000).status_code == 413
    headers = {"sec-fetch-site": "cross-site"}
    answer = post(f"{peopled}/login", data={"name": "admin", "password": PASSWORD}, headers=headers)
    assert answer.status_code == 403, "nobody is signed in by another site's form"


def test_a_link_works_once(peopled: str, store: Store, time: Time) -> None:
    user = store.accounts.add_user("noura", "analyst", now=NOW)
    path = f"/enter/{store.accounts.make_link(user, now=NOW, seconds=3600)}"
    with httpx.Client(base_url=peopled, headers={"accept-language": "en"}) as client:
        assert client.get(path).status_code == client.get(path).status_code == 200, "looking uses nothing up"
        assert client.post(path, data={"password": "short"}).status_code == 400
        assert client.post(path, data={"password": PASSWORD}).status_code == 303
        assert "noura" in client.get("/").text
        assert client.get(path).status_code == 404
        assert client.post(path, data={"password": PASSWORD}).status_code == 404
    with signed_in(peopled, "noura"):
        pass
    late = f"/enter/{store.accounts.make_link(user, now=NOW, seconds=3600)}"
    time.now += timedelta(hours=2)
    assert httpx.get(f"{peopled}{late}").status_code == 404
    assert httpx.get(f"{peopled}/enter/{'x' * 43}").status_code == 404


def test_where_reading_needs_a_login_nothing_is_told_without(closed: str) -> None:
    for path in ("/", "/positions/RUS/ukraine.foreign-troops", "/changes?kind=reversed", "/summits", "/sources"):
        answer = httpx.get(f"{closed}{path}")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?next=%2F")
    for path in ("/api/v1/positions", "/api/v1/changes/stream", "/changes.atom"):
        answer = httpx.get(f"{closed}{path}", headers={"authorization": "Bearer made-up"})
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"] == "Bearer"
    for path in ("/login", "/static/marsad.css", "/healthz", "/readyz"):
        assert httpx.get(f"{closed}{path}").status_code == 200, path
    with signed_in(closed, "reader") as client:
        assert client.get("/").status_code == 200
        assert client.get("/api/v1/positions").status_code == 200


def test_after_signing_in_one_is_where_one_wanted_to_go(closed: str) -> None:
    with httpx.Client(base_url=closed) as client:
        asked = client.get("/changes?kind=reversed")
        form = client.get(asked.headers["location"]).text
        assert 'name="next" value="/changes?kind=reversed"' in form
        said = {"name": "reader", "password": PASSWORD, "next": "/changes?kind=reversed"}
        assert client.post("/login", data=said).headers["location"] == "/changes?kind=reversed"


@pytest.mark.parametrize(
    "raw", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "/a\nb", ""]
)
def test_one_is_never_sent_elsewhere(raw: str) -> None:
    assert safe_next(raw) == "/"


def test_the_trail_has_who_did_what(peopled: str, store: Store) -> None:
    post(f"{peopled}/login", data={"name": "<b>x</b>", "password": "wrong"})
    with signed_in(peopled, "admin") as client:
        page = client.get("/audit").text
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "failed to sign in" in page
    assert store.accounts.audited()[0].address == "127.0.0.1"


def test_passwords() -> None:
    hashed = hash_password(PASSWORD)
    assert hashed.startswith("$argon2id$")
    assert fits(PASSWORD, hashed)
    assert not fits(PASSWORD + "x", hashed)
    assert not fits("nobody has this one", None), "the stand-in for nobody lets nobody in"
    assert not fits(PASSWORD, "no hash")
    for wrong in ("short", "x" * 257):
        with pytest.raises(InputError):
            hash_password(wrong)


def test_a_page_that_others_reach_needs_an_admin_first(database_url: str, store: Store) -> None:
    settings = load_settings({"MARSAD_HOST": "0.0.0.0", "MARSAD_DATABASE_URL": database_url})  # noqa: S104
    assert settings.login == "everything"
    app = App(settings, lambda: NOW)
    try:
        with pytest.raises(SettingError, match="marsad users add NAME --role admin"):
            app.web()
        user = store.accounts.add_user("amal", "admin", now=NOW)
        with pytest.raises(SettingError):
            app.web()
        store.accounts.make_link(user, now=NOW, seconds=60)
        app.web()
    finally:
        app.close()


def test_the_first_admin_is_let_in_by_a_link_until_there_is_one(database_url: str, store: Store) -> None:
    settings = load_settings({"MARSAD_DATABASE_URL": database_url})
    assert settings.login == "changes"
    app = App(settings, lambda: NOW)
    try:
        link = app.first_link("http://127.0.0.1:8080/")
        assert link is not None
        again = app.first_link("http://127.0.0.1:8080/")
        assert again is not None
        secret = again.rpartition("/")[2]
        assert store.accounts.link(link.rpartition("/")[2], now=NOW) is None, "the newest alone works"
        user = store.accounts.use_link(secret, hash_password(PASSWORD), now=NOW)
        assert user is not None
        assert (user.name, user.role) == ("admin", "admin")
        assert app.first_link("http://127.0.0.1:8080/") is None
    finally:
        app.close()
