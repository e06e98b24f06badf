"""How issues, actors and speakers are named for people, in Arabic and English: `titles.toml`, then the registry.

It takes the file's text: it must not know where it lies, nor where the names are shown.
"""

from __future__ import annotations

import tomllib
from typing import Literal

import msgspec

from domain.errors import RegistryError
from domain.reading.registry import Registry

FILE = "titles.toml"
Language = Literal["ar", "en"]
SIGNS = {"supports": "+", "opposes": "−", "conditional": "±", "undecided": "?"}


class Title(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One name in two languages. `ar_long`: an issue's proposition in Arabic."""

    ar: str
    en: str
    ar_long: str = ""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    issue: dict[str, Title] = {}
    actor: dict[str, Title] = {}
    speaker: dict[str, Title] = {}
    subject: dict[str, Title] = {}


class Titles:
    """Names for people; what the file does not name is called as the registry has it, else by its id."""

    def __init__(self, registry: Registry, text: str = "") -> None:
        """Check and take in the file's text; an empty one leaves the registry's names.

        Raises:
            RegistryError: the file is malformed, or names what the registry does not know.
        """
        self._registry = registry
        self._file = _load(text)
        for table, known in (("issue", registry.issues), ("actor", registry.actors)):
            for name in getattr(self._file, table):
                if name not in known:
                    raise RegistryError(FILE, _line(text, table, name), f"there is no {table} {name!r} in the registry")
        self._speakers = _speakers(registry)

    def issue(self, issue: str, language: Language) -> str:
        """A short title of an issue."""
        title = self._file.issue.get(issue)
        return issue if title is None else _in(title, language)

    def proposition(self, issue: str, language: Language) -> str:
        """What the issue says, in a sentence; empty for an issue that nobody registered."""
        title, known = self._file.issue.get(issue), self._registry.issues.get(issue)
        if language == "ar" and title is not None and title.ar_long:
            return title.ar_long
        return "" if known is None else known.proposition

    def subject(self, issue: str, language: Language) -> str:
        """The group that an issue is listed under."""
        head = issue.partition(".")[0]
        title = self._file.subject.get(head)
        return head if title is None else _in(title, language)

    def actor(self, actor: str, language: Language) -> str:
        """A short name of an actor."""
        title, known = self._file.actor.get(actor), self._registry.actors.get(actor)
        if title is not None:
            return _in(title, language)
        if known is None:
            return actor
        return known.names[0] if language == "ar" and known.names else known.english

    def speaker(self, speaker: str | None, language: Language) -> str:
        """A name of a person, an institution or a state that speaks; empty for nobody."""
        if speaker is None:
            return ""
        title = self._file.speaker.get(speaker) or self._speakers.get(speaker)
        return speaker if title is None else _in(title, language)


def _load(text: str) -> _File:
    try:
        return msgspec.convert(tomllib.loads(text), _File)
    except tomllib.TOMLDecodeError as exc:
        raise RegistryError(FILE, None, f"not valid TOML: {exc}") from exc
    except msgspec.ValidationError as exc:
        raise RegistryError(FILE, None, str(exc)) from exc


def _line(text: str, table: str, name: str) -> int | None:
    heads = (f'[{table}."{name}"]', f"[{table}.{name}]")
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() in heads:
            return number
    return None


def _speakers(registry: Registry) -> dict[str, Title]:
    """Names of speakers as the registry has them: persons win over institutions, those over states."""
    found: dict[str, Title] = {}
    for actor in registry.actors.values():
        arabic = actor.names[0] if actor.names else actor.english
        found[actor.english.lower()] = Title(ar=arabic, en=actor.english)
        if actor.capital and actor.capital_english:
            found[actor.capital_english.lower()] = Title(ar=actor.capital[0], en=actor.capital_english)
    for body in registry.institutions.values():
        english = body.id.replace("-", " ")
        found[body.id] = Title(ar=body.names[0] if body.names else body.id, en=english[:1].upper() + english[1:])
    for person in registry.persons.values():
        if person.names:
            found.setdefault(
                person.speaker or person.id, Title(ar=person.names[0], en=person.english or person.id.title())
            )
    return found


def _in(title: Title, language: Language) -> str:
    return title.ar if language == "ar" else title.en
