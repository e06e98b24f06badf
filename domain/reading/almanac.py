"""The calendar's names: months, weekdays, units, numbers and the words around them, as `calendar.toml` states them.

Every list is checked when it is loaded; a fault names the file and the line. It must not know the grammar that joins
the names, nor where the file lies.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, Literal, TypeVar

import msgspec

from domain.errors import RegistryError
from domain.reading.text import Word, level, words

FILE = "calendar.toml"
Unit = Literal["hour", "day", "week", "month", "year"]
Shape = Literal["singular", "dual", "plural", "definite", "definite_others"]
Standing = Literal["free", "after_preposition", "within_date"]
Value = TypeVar("Value")

_CLITICS = ("", "و", "ف", "ب", "ل", "ك", "وب", "ول", "فب", "فل")
_PHRASES = ("prefix", "part", "about", "few", "matching", "earlier", "previously", "titles")
_SETS = (
    "past", "next", "current", "past_of_many", "before", "after", "this", "month", "year", "prepositions", "of", "to",
    "ago", "many", "within", "from_now", "from_event", "at_least", "behind_unit", "first_of", "and_half", "former",
    "named", "hijri", "gregorian",
)  # fmt: skip
_BARE = ("of", "hijri", "gregorian")  # with a clitic these are other words: لم is not for م


class _Month(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    number: int
    names: tuple[str, ...] = ()
    after_preposition: tuple[str, ...] = ()
    within_date: tuple[str, ...] = ()
    as_spelled: tuple[str, ...] = ()
    with_year: tuple[str, ...] = ()


class _Weekday(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    number: int
    names: tuple[str, ...]
    not_after: tuple[str, ...] = ()
    not_before: tuple[str, ...] = ()


class _Relative(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    days: int
    rule: str
    phrases: tuple[str, ...]
    not_after: tuple[str, ...] = ()
    not_before: tuple[str, ...] = ()


class _Unit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Unit
    singular: tuple[str, ...]
    dual: tuple[str, ...]
    plural: tuple[str, ...]
    definite: tuple[str, ...]
    definite_others: tuple[str, ...]
    not_after: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    month: tuple[_Month, ...]
    hijri: tuple[_Month, ...]
    weekday: tuple[_Weekday, ...]
    relative: tuple[_Relative, ...]
    unit: tuple[_Unit, ...]
    numbers: dict[str, tuple[str, ...]]
    ordinals: dict[str, tuple[str, ...]]
    words: dict[str, tuple[str, ...]]


class MonthName(msgspec.Struct, frozen=True):
    """What a month's name stands for. `spelled` names count bare only as written; `needs_year` ones only beside one."""

    number: int
    standing: Standing = "free"
    spelled: str = ""
    needs_year: bool = False


class Guarded(msgspec.Struct, Generic[Value], frozen=True):
    """A value whose name is something else behind or before certain words."""

    value: Value
    not_after: frozenset[str] = frozenset()
    not_before: frozenset[str] = frozenset()


class Shift(msgspec.Struct, frozen=True):
    """So many days from the publication day."""

    days: int
    rule: str


class UnitForm(msgspec.Struct, frozen=True):
    """A unit of time in one of its forms."""

    unit: Unit
    shape: Shape


class Names(Generic[Value]):
    """Phrases by their first word, whatever clitics that carries; the longest phrase is tried first."""

    def __init__(self, entries: Iterable[tuple[str, Value]]) -> None:
        table: dict[str, list[tuple[tuple[str, ...], Value]]] = {}
        for phrase, value in entries:
            first, *rest = (word.text for word in words(phrase))
            for form in carried(first):
                table.setdefault(form, []).append((tuple(rest), value))
        self._table = {form: tuple(sorted(found, key=lambda e: -len(e[0]))) for form, found in table.items()}

    @property
    def heads(self) -> frozenset[str]:
        """Every form in which a phrase may begin."""
        return frozenset(self._table)

    def at(self, run: Sequence[Word], index: int) -> tuple[int, Value] | None:
        """The longest phrase that begins at a word: the index behind it, and its value."""
        if index >= len(run):
            return None
        for rest, value in self._table.get(run[index].text, ()):
            last = index + 1 + len(rest)
            if last <= len(run) and all(run[index + 1 + k].text == word for k, word in enumerate(rest)):
                return last, value
        return None


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """Every name, ready to be looked up. Make it with `load_calendar`; good for any number of texts."""

    months: Names[MonthName]
    hijri: Names[MonthName]
    weekdays: Names[Guarded[int]]
    relative: Names[Guarded[Shift]]
    units: Names[Guarded[UnitForm]]
    numbers: Names[int]
    ordinals: Names[int]
    phrases: Mapping[str, Names[bool]]
    sets: Mapping[str, frozenset[str]]
    starters: frozenset[str]


def carried(word: str) -> tuple[str, ...]:
    """A levelled word with every clitic that it may carry in front, itself first."""
    if not word.startswith("ال"):
        return tuple(front + word for front in _CLITICS)
    opened = [front + word for front in ("", "و", "ف", "ب", "ك", "وب", "فب")]
    return (*opened, *(front + word[2:] for front in ("لل", "ولل", "فلل")))


def _set_forms(name: str, word: str) -> tuple[str, ...]:
    return (level(word),) if name in _BARE else carried(level(word))


def load_calendar(text: str) -> Calendar:
    """The calendar that a file's text states.

    Raises:
        RegistryError: the text is wrong; the message names the file and the line.
    """
    file = _read(text)
    _check(text, file)
    phrases = {name: Names((p, True) for p in file.words[name]) for name in _PHRASES}
    sets = {name: frozenset(form for word in file.words[name] for form in _set_forms(name, word)) for name in _SETS}
    months, hijri = Names(_months(file.month)), Names(_months(file.hijri, standing="within_date"))
    weekdays: Names[Guarded[int]] = Names((n, _guarded(w, w.number)) for w in file.weekday for n in w.names)
    relative: Names[Guarded[Shift]] = Names(
        (p, _guarded(r, Shift(r.days, r.rule))) for r in file.relative for p in r.phrases
    )
    units: Names[Guarded[UnitForm]] = Names(_unit_forms(file.unit))
    ordinals = Names(_counted(text, file.ordinals, "ordinals", 31))
    heads = months.heads | hijri.heads | weekdays.heads | relative.heads | units.heads | ordinals.heads
    heads = heads.union(*(names.heads for names in phrases.values()))
    return Calendar(
        months=months,
        hijri=hijri,
        weekdays=weekdays,
        relative=relative,
        units=units,
        ordinals=ordinals,
        numbers=Names(_counted(text, file.numbers, "numbers", 100)),
        phrases=phrases,
        sets=sets,
        starters=heads | sets["this"] | sets["ago"] | sets["month"] | sets["year"] | sets["within"],
    )


def _months(entries: Iterable[_Month], standing: Standing = "free") -> Iterable[tuple[str, MonthName]]:
    for month in entries:
        for name in month.names:
            yield name, MonthName(month.number, standing)
        for name in month.after_preposition:
            spelled = name if name in month.as_spelled else ""
            yield name, MonthName(month.number, "after_preposition", spelled)
        for name in month.within_date:
            yield name, MonthName(month.number, "within_date")
        for name in month.with_year:
            yield name, MonthName(month.number, "within_date", needs_year=True)


def _guarded(entry: _Weekday | _Relative, value: Value) -> Guarded[Value]:
    after = frozenset(form for word in entry.not_after for form in carried(level(word)))
    return Guarded(value, after, frozenset(level(word) for word in entry.not_before))


def _unit_forms(entries: Iterable[_Unit]) -> Iterable[tuple[str, Guarded[UnitForm]]]:
    shapes: tuple[Shape, ...] = ("singular", "dual", "plural", "definite", "definite_others")
    for unit in entries:
        after = frozenset(form for word in unit.not_after for form in carried(level(word)))
        for shape in shapes:
            names: tuple[str, ...] = getattr(unit, shape)
            for name in names:
                yield name, Guarded(UnitForm(unit.name, shape), after if shape == "definite" else frozenset())


def _counted(text: str, table: Mapping[str, Sequence[str]], name: str, most: int) -> Iterable[tuple[str, int]]:
    for key, phrases in table.items():
        if not (key.isdecimal() and 1 <= int(key) <= most):
            raise RegistryError(FILE, _key_line(text, name, key), f"[{name}] {key!r} is no number from 1 to {most}")
        for phrase in phrases:
            yield phrase, int(key)


def _read(text: str) -> _File:
    try:
        raw: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        found = re.search(r"line (\d+)", str(exc))
        raise RegistryError(FILE, int(found.group(1)) if found else None, f"not valid TOML: {exc}") from exc
    try:
        return msgspec.convert(raw, _File)
    except msgspec.ValidationError as exc:
        where = re.search(r"\$\.(\w+)(?:\[(\d+)\]|\[\.\.\.\])?", str(exc))
        line = _entry_line(text, where.group(1), int(where.group(2) or 0)) if where else None
        raise RegistryError(FILE, line, str(exc)) from exc


def _check(text: str, file: _File) -> None:
    for name in (*_PHRASES, *_SETS):
        if name not in file.words:
            raise RegistryError(FILE, _entry_line(text, "words", 0), f"[words] has no list {name!r}")
    unknown = file.words.keys() - {*_PHRASES, *_SETS}
    if unknown:
        name = min(unknown)
        raise RegistryError(FILE, _key_line(text, "words", name), f"[words] nothing reads the list {name!r}")
    _complete(text, "month", file.month, range(1, 13))
    _complete(text, "hijri", file.hijri, range(1, 13))
    _complete(text, "weekday", file.weekday, range(7))
    _wordless(text, file)


def _complete(text: str, table: str, entries: Sequence[_Month | _Weekday], numbers: range) -> None:
    """Each number stands once, and no name stands for two of them."""
    seen: dict[str, int] = {}
    found: set[int] = set()
    for index, entry in enumerate(entries):
        line = _entry_line(text, table, index)
        if entry.number not in numbers or entry.number in found:
            raise RegistryError(FILE, line, f"[[{table}]] number {entry.number} is out of range or stands twice")
        found.add(entry.number)
        guarded = (*entry.after_preposition, *entry.within_date, *entry.with_year) if isinstance(entry, _Month) else ()
        for name in (*entry.names, *guarded):
            other = seen.setdefault(level(name), entry.number)
            if other != entry.number:
                raise RegistryError(FILE, line, f"[[{table}]] {name} stands for {other} and for {entry.number}")
    missing = set(numbers) - found
    if missing:
        raise RegistryError(FILE, None, f"[[{table}]] number {min(missing)} is missing")


def _wordless(text: str, file: _File) -> None:
    """No phrase is empty once its letters are levelled."""
    tables = {"words": file.words, "numbers": file.numbers, "ordinals": file.ordinals}
    for table, lists in tables.items():
        for key, phrases in lists.items():
            if not phrases or any(not words(p) for p in phrases):
                raise RegistryError(FILE, _key_line(text, table, key), f"[{table}] {key} holds nothing, or no word")
    lines = [("month", i, (*m.names, *m.after_preposition, *m.within_date)) for i, m in enumerate(file.month)]
    lines += [("hijri", i, (*m.names, *m.with_year)) for i, m in enumerate(file.hijri)]
    lines += [("weekday", i, w.names) for i, w in enumerate(file.weekday)]
    lines += [("relative", i, r.phrases) for i, r in enumerate(file.relative)]
    for table, index, phrases in lines:
        if not phrases or any(not words(p) for p in phrases):
            raise RegistryError(FILE, _entry_line(text, table, index), f"[[{table}]] holds no name, or one of no word")
    for index, unit in enumerate(file.unit):
        if any(not words(n) for n in (*unit.singular, *unit.dual, *unit.plural, *unit.definite)):
            raise RegistryError(FILE, _entry_line(text, "unit", index), "[[unit]] holds a name of no word")


def _entry_line(text: str, table: str, index: int) -> int | None:
    """The line of a table's header, or of the index-th header of an array of tables."""
    for count, match in enumerate(re.finditer(rf"(?m)^\[\[?{re.escape(table)}\]", text)):
        if count == index:
            return text.count("\n", 0, match.start()) + 1
    return None


def _key_line(text: str, table: str, key: str) -> int | None:
    """The line of a key of a table."""
    start = re.search(rf"(?m)^\[{re.escape(table)}\]", text)
    if start is None:
        return None
    found = re.compile(rf'(?m)^"?{re.escape(key)}"? *=').search(text, start.end())
    return text.count("\n", 0, found.start()) + 1 if found else None
