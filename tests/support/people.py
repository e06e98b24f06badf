"""People who sign in to a site of a test, each with a browser's cookies. It must not know what they do there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache

import httpx

from workers.passwords import hash_password
from workers.store.store import Store

PASSWORD = "a long password of tests"
CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')


@cache
def _hashed() -> str:
    return hash_password(PASSWORD)


def add_people(store: Store, now: datetime) -> None:
    """One person of each role, named after it, with one password."""
    hashed = _hashed()
    for role in ("reader", "analyst", "operator", "admin"):
        store.accounts.add_user(role, role, now=now)
        store.accounts.change_user(role, password=hashed, now=now)


@contextmanager
def signed_in(site: str, name: str) -> Iterator[httpx.Client]:
    """A client that is signed in."""
    with httpx.Client(base_url=site, headers={"accept-language": "en"}, timeout=60) as client:
        answer = client.post("/login", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        yield client


def send(client: httpx.Client, page: str, to: str, **fields: str) -> httpx.Response:
    """Send a form of a page, with the token that stands in it."""
    found = CSRF.search(client.get(page).text)
    assert found is not None, f"{page} holds no form"
    return client.post(to, data={"csrf": found[1], **fields})
