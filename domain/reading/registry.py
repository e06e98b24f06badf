"""The registry: actors, members with their offices and terms, places, issues and cues, as the data files state them.

Every entry is checked when it is loaded; a fault names the file and the line. It takes the files' text: it must not
know where they lie.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any, Literal, TypeVar

import msgspec

from domain.errors import RegistryError
from domain.events import Seniority
from domain.reading.phrases import Phrases
from domain.reading.text import level

Rank = Literal["head", "minister", "spokesman", "envoy", "other"]
Level = Literal["leaders", "ministers", "envoys"]
Kind = Literal["person", "office", "institution", "actor", "capital", "place", "people"]
Class = Literal[
    "say", "add", "stress", "reject", "accuse", "accept", "demand", "condition", "threat", "commit", "act", "hesitate"
]

FILES = (
    "actors.toml", "members.toml", "places.toml", "issues.toml", "cues.toml", "lexicon.toml", "meetings.toml",
)  # fmt: skip


class Actor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A state or an organisation. `english`, lower-cased, is the speaker where the outlet narrates."""

    id: str
    kind: Literal["state", "organisation", "group"]
    english: str
    tracked: bool = False
    gender: Literal["m", "f"] = "f"
    names: tuple[str, ...] = ()
    adjectives: tuple[str, ...] = ()
    peoples: tuple[str, ...] = ()
    capital: tuple[str, ...] = ()
    capital_english: str = ""
    metonyms: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()
    not_before: tuple[str, ...] = ()


class Institution(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body that speaks for an actor; its id is the speaker."""

    id: str
    actor: str
    names: tuple[str, ...]


class Office(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An office; `titles` identify it alone, `bare` titles only beside a holder's name."""

    id: str
    actor: str
    rank: Rank
    level: Level
    titles: tuple[str, ...]
    bare: tuple[str, ...] = ()
    speaker: str | None = None
    anonymous: bool = False


class Term(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}
):
    """The days of one person in one office; the last one is the successor's first."""

    office: str
    since: date | None = None
    until: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the office is held on a day."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member of an actor; `id` (or `speaker`) is the lower-case surname by which events name him or her."""

    id: str
    actor: str
    english: str = ""
    names: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()
    gender: Literal["m", "f"] = "m"
    speaker: str | None = None


class Title(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Titles that every state has: `masculine` and `feminine` stand before its adjective, `construct` before its name.

    `plural` ones stand before the plural of its adjective, with and without the article (المسؤولون الروس، مسؤولين روس);
    `anonymous`: whoever bears only such a title is not named.
    """

    id: str
    rank: Rank
    level: Level
    masculine: tuple[str, ...] = ()
    feminine: tuple[str, ...] = ()
    construct: tuple[str, ...] = ()
    plural: tuple[str, ...] = ()
    anonymous: bool = False


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where meetings happen."""

    names: tuple[str, ...]
    english: str
    country: str = ""


class Issue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A proposition and the wording by which news speaks of it; see the head of `issues.toml`."""

    id: str
    proposition: str
    rules: tuple[str, ...]
    terms: dict[str, tuple[str, ...]]
    reverse: tuple[str, ...] = ()
    forward: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    in_favour: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    conditional: tuple[str, ...] = ()
    undertakers: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    short: tuple[str, ...] = ()


class Cue(msgspec.Struct, frozen=True, kw_only=True, rename={"kind": "class"}, forbid_unknown_fields=True):
    """A reporting or evaluating verb with the forms that the rules of inflection cannot give."""

    kind: Class
    past: str
    present: str = ""
    participle: str = ""
    nouns: tuple[str, ...] = ()


class Lexicon(msgspec.Struct, frozen=True, kw_only=True):
    """Cues, and the word lists of polarity, conditions, attribution and meetings."""

    cue: tuple[Cue, ...]
    words: dict[str, tuple[str, ...]]
    meetings: dict[str, tuple[str, ...]]
    anaphors: dict[str, tuple[str, ...]]


class Named(msgspec.Struct, frozen=True):
    """What a name stands for. `ambiguous` names count only beside a title or a given name."""

    kind: Kind
    id: str
    actor: str
    ambiguous: bool = False


SENIORITY: dict[str, Seniority] = {
    "head": "head", "minister": "minister", "spokesman": "spokesman", "envoy": "other", "other": "other",
}  # fmt: skip
_RANKS: tuple[Rank, ...] = ("head", "minister", "spokesman", "envoy", "other")


class Registry:
    """Every actor, member, place, issue and cue, with the look-ups that reading needs. Immutable after loading."""

    def __init__(
        self,
        actors: Iterable[Actor],
        institutions: Iterable[Institution],
        offices: Iterable[Office],
        persons: Iterable[Person],
        titles: Iterable[Title],
        places: Iterable[Place],
        issues: Iterable[Issue],
        shared: Mapping[str, tuple[str, ...]],
        lexicon: Lexicon,
    ) -> None:
        self.actors = {a.id: a for a in actors}
        self.institutions = {i.id: i for i in institutions}
        self.titles = tuple(titles)
        listed = {o.id: o for o in offices}
        self.offices = listed | {o.id: o for o in _general_offices(self.actors.values(), self.titles)}
        self.persons = {p.id: p for p in persons}
        self.places = tuple(places)
        self.issues = {i.id: i for i in issues}
        self.shared = dict(shared)
        self.lexicon = lexicon

    @property
    def tracked(self) -> frozenset[str]:
        """The actors whose positions are kept."""
        return frozenset(a.id for a in self.actors.values() if a.tracked)

    @cached_property
    def names(self) -> Phrases[Named]:
        """Every name of a person, an office, an institution, an actor, a capital or a place."""
        return Phrases(_names(self), names=True)

    @cached_property
    def duals(self) -> Phrases[str]:
        """Titles of two at once, with the title of one; empty for two sides that are no persons."""
        pairs = (entry.partition(">") for entry in self.lexicon.words["duals"])
        return Phrases((dual.strip(), single.strip()) for dual, _, single in pairs)

    @cached_property
    def nations(self) -> dict[str, str]:
        """The actors by their adjectives in all numbers and genders, and by the names of their peoples."""
        table: dict[str, str] = {}
        for actor in self.actors.values():
            for adjective in map(level, actor.adjectives):
                for ending in ("", "ه", "ين", "ون", "تين", "تان", "ان", "ا"):
                    table.setdefault(adjective + ending, actor.id)
            for people in map(level, actor.peoples):
                table.setdefault(people, actor.id)
        return table

    @cached_property
    def place_english(self) -> dict[str, str]:
        """English names of places by their key (see `_names`)."""
        table = {f"{a.id}:capital": a.capital_english for a in self.actors.values()}
        table.update({f"place:{i}": p.english for i, p in enumerate(self.places)})
        return table

    @cached_property
    def _holders(self) -> dict[str, list[tuple[Term, str]]]:
        table: dict[str, list[tuple[Term, str]]] = {}
        for person in self.persons.values():
            for term in person.terms:
                table.setdefault(term.office, []).append((term, person.id))
        return table

    def holders(self, office: str, day: date | None) -> list[str]:
        """Who held an office on a day; everybody who ever did where the day is unknown."""
        return list(dict.fromkeys(p for t, p in self._holders.get(office, ()) if day is None or t.holds(day)))

    def offices_of(self, person: str, day: date | None) -> list[Office]:
        """The offices of a person on a day, the most senior first; of all days where none fits or it is unknown."""
        terms = self.persons[person].terms
        held = [t for t in terms if day is not None and t.holds(day)] or list(terms)
        offices = [self.offices[t.office] for t in held]
        return sorted(offices, key=lambda o: _RANKS.index(o.rank))


def _general_offices(actors: Iterable[Actor], titles: Sequence[Title]) -> Iterator[Office]:
    """The offices that every state has, for those that the members file does not list."""
    for actor in actors:
        for title in titles:
            words = [] if actor.kind != "state" and not title.anonymous else [*_titled(actor, title)]
            if words:
                yield Office(
                    id=f"{actor.id}:{title.id}", actor=actor.id, rank=title.rank, level=title.level,
                    titles=tuple(words), anonymous=title.anonymous,
                )  # fmt: skip


def _titled(actor: Actor, title: Title) -> Iterator[str]:
    article = "" if title.anonymous else "ال"
    for adjective in actor.adjectives:
        yield from (f"{t} {article}{adjective}" for t in title.masculine)
        yield from (f"{t} {article}{adjective}ة" for t in title.feminine)
        for plural in (f"{adjective}ين", f"{adjective}ون", *actor.peoples):
            yield from (f"{t} {plural}" for t in title.plural)
            yield from (f"ال{t} ال{plural}" for t in title.plural)
    yield from (f"{t} {name}" for name in actor.names for t in title.construct)


def _names(registry: Registry) -> Iterable[tuple[str, Named]]:
    for actor in registry.actors.values():
        for name in actor.names + actor.metonyms:
            yield name, Named("actor", actor.id, actor.id)
        for name in actor.capital:
            yield name, Named("capital", actor.id, actor.id)
        for adjective in actor.adjectives:
            yield f"ال{adjective}ون", Named("people", actor.id, actor.id)
            yield f"ال{adjective}ين", Named("people", actor.id, actor.id)
        for people in actor.peoples:
            yield f"ال{people}", Named("people", actor.id, actor.id)
    for institution in registry.institutions.values():
        for name in institution.names:
            yield name, Named("institution", institution.id, institution.actor)
    for office in registry.offices.values():
        for title in office.titles:
            yield title, Named("office", office.id, office.actor)
        for title in office.bare:
            yield title, Named("office", office.id, office.actor, ambiguous=True)
    for person in registry.persons.values():
        for name in person.names:
            yield name, Named("person", person.id, person.actor)
        for name in person.ambiguous:
            yield name, Named("person", person.id, person.actor, ambiguous=True)
    for index, place in enumerate(registry.places):
        for name in place.names:
            yield name, Named("place", f"place:{index}", place.country)


Entry = TypeVar("Entry", bound=msgspec.Struct)


def load_registry(files: Mapping[str, str]) -> Registry:
    """The registry of the data files: name to text, the names being `FILES`.

    Raises:
        RegistryError: a file is missing or wrong; the message names it and the line.
    """
    trees = {name: _parse(name, files.get(name)) for name in FILES}
    actors = _entries(files, trees, "actors.toml", "actor", Actor)
    institutions = _entries(files, trees, "members.toml", "institution", Institution)
    offices = _entries(files, trees, "members.toml", "office", Office)
    persons = _entries(files, trees, "members.toml", "person", Person)
    titles = _entries(files, trees, "members.toml", "title", Title)
    places = _entries(files, trees, "places.toml", "place", Place)
    issues = _entries(files, trees, "issues.toml", "issue", Issue)
    cues = _entries(files, trees, "cues.toml", "cue", Cue)
    shared = _tables("issues.toml", trees["issues.toml"].get("shared", {}))
    lexicon = Lexicon(
        cue=tuple(cues),
        words=_tables("lexicon.toml", trees["lexicon.toml"].get("words", {})),
        meetings=_tables("meetings.toml", trees["meetings.toml"].get("meetings", {})),
        anaphors=_tables("cues.toml", trees["cues.toml"].get("anaphors", {})),
    )
    registry = Registry(actors, institutions, offices, persons, titles, places, issues, shared, lexicon)
    _check_references(registry, files)
    return registry


def _parse(name: str, text: str | None) -> dict[str, Any]:
    if text is None:
        raise RegistryError(name, None, "the file is missing")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        found = re.search(r"line (\d+)", str(exc))
        raise RegistryError(name, int(found.group(1)) if found else None, f"not valid TOML: {exc}") from exc


def _entries(
    files: Mapping[str, str], trees: Mapping[str, dict[str, Any]], name: str, table: str, kind: type[Entry]
) -> list[Entry]:
    entries: list[Entry] = []
    seen: set[str] = set()
    for index, raw in enumerate(trees[name].get(table, [])):
        try:
            entry = msgspec.convert(raw, kind)
        except msgspec.ValidationError as exc:
            raise RegistryError(name, _line(files[name], table, index), f"[[{table}]] {exc}") from exc
        identity = getattr(entry, "id", None)
        if identity is not None and identity in seen:
            raise RegistryError(name, _line(files[name], table, index), f"[[{table}]] {identity} stands twice")
        if identity is not None:
            seen.add(identity)
        entries.append(entry)
    return entries


def _line(text: str, table: str, index: int) -> int | None:
    """The line of the header of the index-th entry of a table."""
    for count, match in enumerate(re.finditer(rf"(?m)^\s*\[\[{table}\]\]", text)):
        if count == index:
            return text.count("\n", 0, match.start()) + 1 + (match.group().count("\n"))
    return None


def _tables(name: str, raw: object) -> dict[str, tuple[str, ...]]:
    try:
        return msgspec.convert(raw, dict[str, tuple[str, ...]])
    except msgspec.ValidationError as exc:
        raise RegistryError(name, None, str(exc)) from exc


def _check_references(registry: Registry, files: Mapping[str, str]) -> None:
    for index, institution in enumerate(registry.institutions.values()):
        _known(registry, institution.actor, "institution", index, files)
    for index, office in enumerate(registry.offices.values()):
        _known(registry, office.actor, "office", index, files)
    for index, person in enumerate(registry.persons.values()):
        _known(registry, person.actor, "person", index, files)
        for term in person.terms:
            if term.office not in registry.offices:
                line = _line(files["members.toml"], "person", index)
                raise RegistryError("members.toml", line, f"{person.id}: there is no office {term.office!r}")
    for index, issue in enumerate(registry.issues.values()):
        groups = issue.terms.keys() | registry.shared.keys()
        for rule in issue.rules:
            for group in re.findall(r"(?:^-?|[&~>])\s*!?(\w+)", rule):
                if group not in groups:
                    line = _line(files["issues.toml"], "issue", index)
                    raise RegistryError("issues.toml", line, f"{issue.id}: rule {rule!r} names no group {group!r}")


def _known(registry: Registry, actor: str, table: str, index: int, files: Mapping[str, str]) -> None:
    if actor not in registry.actors:
        raise RegistryError("members.toml", _line(files["members.toml"], table, index), f"there is no actor {actor!r}")


def plain(words: Iterable[str]) -> frozenset[str]:
    """A set of levelled words."""
    return frozenset(level(word) for word in words)
