"""The kinds of channels: each is a module here and a line in `KINDS`, read when it is first used.

It must not know subscriptions, nor how attempts are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Protocol, cast

import msgspec

from domain.errors import InputError
from workers.ports import Sender

KINDS = {
    "webhook": "workers.channels.webhook",
    "mail": "workers.channels.mail",
    "apprise": "workers.channels.chat",
}


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What channels are made of. `client`: see `webhook.Client`; `smtp`: an address with what it needs to log in."""

    client: Any = None
    smtp: str | None = None
    mail_from: str = "marsad@localhost"
    public_url: str | None = None


class Kind(Protocol):
    """What the module of a kind has."""

    def make(self, parts: Parts) -> Sender:
        """The sender."""
        ...

    def check(self, target: str) -> str:
        """The target as it is kept; InputError where nothing could ever be sent there."""
        ...

    def shown(self, target: str) -> str:
        """The target without what is secret in it."""
        ...

    def new_secrets(self) -> tuple[str, ...]:
        """Secrets of a new channel; may be empty."""
        ...


def kind(name: str) -> Kind:
    """A kind by its name.

    Raises:
        InputError: there is none.
    """
    module = KINDS.get(name)
    if module is None:
        raise InputError(f"there is no kind of channel {name!r}; known are {', '.join(KINDS)}")
    return cast(Kind, import_module(module))


class Senders(Mapping[str, Sender]):
    """A sender for each kind, made when it is first asked for."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._made: dict[str, Sender] = {}

    def __getitem__(self, name: str) -> Sender:
        if name not in KINDS:
            raise KeyError(name)
        if name not in self._made:
            self._made[name] = kind(name).make(self._parts)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(KINDS)

    def __len__(self) -> int:
        return len(KINDS)
