"""What users write in a question, turned into what the store understands: actors, issues, days and times.

The commands and the pages share it, so that both give the same objects and the same errors. It must not know a terminal
or HTTP.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import get_args

from domain.errors import InputError
from domain.events import Stance
from domain.reading.registry import Registry

STANCES: tuple[str, ...] = get_args(Stance)
KINDS = ("established", "shifted", "reversed", "reaffirmed")
TYPES = ("statement", "summit", "threat", "commitment")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SHOWN = 40  # characters of a user's word that an error repeats


class Asking:
    """Names as users write them, checked against the registry."""

    def __init__(self, registry: Registry) -> None:
        self._actors = _spellings(
            registry.actors, {a.id: (a.english, *a.names, *a.metonyms) for a in registry.actors.values()}
        )
        self._tracked = registry.tracked
        self._issues = _spellings(registry.issues, {i: (i.partition(".")[2],) for i in registry.issues})

    def actor(self, raw: str | None) -> str | None:
        """The id of an actor that a user names by id or name, in any case; None for None.

        Raises:
            InputError: nobody is called so; the message suggests near names.
        """
        return None if raw is None else _find("actor", raw, self._actors, self._tracked)

    def issue(self, raw: str | None) -> str | None:
        """The id of an issue that a user names in full or by its last part; None for None.

        Raises:
            InputError: there is none; the message suggests near ones.
        """
        return None if raw is None else _find("issue", raw, self._issues)

    def actors(self, raw: Iterable[str]) -> tuple[str, ...]:
        """Ids of several actors, each once."""
        return tuple(dict.fromkeys(_find("actor", r, self._actors, self._tracked) for r in raw))

    def issues(self, raw: Iterable[str]) -> tuple[str, ...]:
        """Ids of several issues, each once."""
        return tuple(dict.fromkeys(_find("issue", r, self._issues) for r in raw))


def one_of(raw: str | None, allowed: Sequence[str], what: str) -> str | None:
    """A word out of a list, in any case; None for None.

    Raises:
        InputError: it is another; the message lists them.
    """
    if raw is None:
        return None
    word = raw.strip().lower()
    if word not in allowed:
        raise InputError(f"{what}: {_quoted(raw)} is none of {', '.join(allowed)}")
    return word


def day(raw: str | None, what: str) -> str | None:
    """An ISO day; None for None.

    Raises:
        InputError: it is not a day of the calendar.
    """
    if raw is None:
        return None
    text = raw.strip()
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise InputError(f"{what}: {_quoted(raw)} is no day: write YYYY-MM-DD")


def moment(raw: str | None, what: str) -> datetime | None:
    """An aware UTC time; a day alone means its end, a time without a zone is UTC. None for None.

    Raises:
        InputError: it is no time.
    """
    if raw is None:
        return None
    text = raw.strip().replace(" ", "+") if "T" in raw else raw.strip()  # a + in an address comes out as a space
    try:
        if _DAY.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), time.max, tzinfo=UTC)
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise InputError(f"{what}: {_quoted(raw)} is no time: write YYYY-MM-DD or YYYY-MM-DDTHH:MM+00:00") from exc


def number(raw: str | None, what: str, *, low: int, high: int) -> int | None:
    """A whole number between two bounds; None for None.

    Raises:
        InputError: it is none.
    """
    if raw is None:
        return None
    text = raw.strip()
    if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) < 20 and low <= int(text) <= high):
        raise InputError(f"{what}: {_quoted(raw)} is no whole number from {low} to {high}")
    return int(text)


def _spellings(ids: Iterable[str], others: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Every way to write a name, folded, to its id; one that two share is left out."""
    table = {i.casefold(): i for i in ids}
    claims: dict[str, set[str]] = {}
    for owner, names in others.items():
        for name in names:
            claims.setdefault(name.casefold(), set()).add(owner)
    for name, owners in claims.items():
        if len(owners) == 1:
            table.setdefault(name, next(iter(owners)))
    return table


def _find(what: str, raw: str, table: Mapping[str, str], likely: frozenset[str] = frozenset()) -> str:
    word = raw.strip().casefold()
    found = table.get(word)
    if found is not None:
        return found
    near = dict.fromkeys(table[name] for name in difflib.get_close_matches(word[:80], table, n=6, cutoff=0.6))
    near |= dict.fromkeys(i for name, i in table.items() if len(word) > 2 and word in name)
    hint = (
        f": did you mean {' or '.join(sorted(near, key=lambda i: i not in likely)[:3])}?"
        if near
        else f"; known are {_listed(table)}"
    )
    raise InputError(f"there is no {what} {_quoted(raw)}{hint}")


def _listed(table: Mapping[str, str]) -> str:
    ids = list(dict.fromkeys(table.values()))
    return ", ".join(ids[:6]) + (" …" if len(ids) > 6 else "")


def _quoted(raw: str) -> str:
    shown = "".join(c if c.isprintable() else "?" for c in raw.strip())
    return f"“{shown[:_SHOWN]}{'…' if len(shown) > _SHOWN else ''}”"
