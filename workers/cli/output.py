"""How answers are printed: tables for people, JSON for programs.

Arabic stands in isolates (Unicode bidirectional algorithm, 2.4.2), line by line, so that a terminal shows it from right
to left without moving what stands beside it. It must not know what is asked.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence

import click
import msgspec
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from workers.titles import SIGNS

RLI, FSI, PDI = "\u2067", "\u2068", "\u2069"
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_COLOURS = {"supports": "green", "opposes": "red", "conditional": "yellow", "undecided": "blue"}
_PIPE_WIDTH = 160
_NARROWEST = 28
_LINES = 3
_GUTTER = 3  # cells between columns

Cell = str | Text


def write_json(found: object) -> None:
    """Indented JSON in UTF-8, whatever the terminal's encoding."""
    click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))


def plain(text: str) -> str:
    """Text from outside as one line that can steer no terminal: control characters and direction marks are left out."""
    kept = "".join(c if c.isprintable() or c in "\u200c\u200d" else " " for c in text if c not in _BIDI_CONTROLS)
    return " ".join(kept.split())


def inline(text: str) -> str:
    """A name from outside among other words: its own direction, and no effect on theirs."""
    clean = plain(text)
    return clean if clean.isascii() else f"{FSI}{clean}{PDI}"


def arabic(text: str, width: int, lines: int = _LINES) -> Text:
    """Arabic in lines of so many cells at most, each one isolated; what is left over gives way to an ellipsis."""
    wrapped = wrap(plain(text), width)
    if len(wrapped) > lines:
        last = wrapped[lines - 1]
        while last and cell_len(last) > width - 2:
            last = last[:-1]
        wrapped = [*wrapped[: lines - 1], last.rstrip() + " …"]
    return Text("\n".join(f"{RLI}{line}{PDI}" for line in wrapped))


def wrap(text: str, width: int) -> list[str]:
    """Lines of so many terminal cells at most; a longer word is cut."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        rest = word
        if line and cell_len(line) + 1 + cell_len(rest) <= width:
            line = f"{line} {rest}"
            continue
        if line:
            lines.append(line)
        while cell_len(rest) > width:
            cut = max(_fitting(rest, width), 1)
            lines.append(rest[:cut])
            rest = rest[cut:]
        line = rest
    return [*lines, line] if line else lines


def stance(name: str | None) -> Text:
    """A stance as sign, word and colour."""
    if name is None:
        return Text("–", style="dim")
    return Text(f"{SIGNS.get(name, '·')} {name}", style=_COLOURS.get(name, ""))


def move(before: str | None, after: str | None) -> Text:
    """From one stance to another."""
    if before is None or before == after:
        return stance(after)
    return Text.assemble(stance(before), " → ", stance(after))


def write_table(
    columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, words: Sequence[str] = (), words_title: str = "evidence"
) -> None:
    """A table; `words`: one Arabic text a row, shown in a last column where the terminal is wide enough."""
    console = Console(file=sys.stdout, width=_width(), highlight=False, soft_wrap=False, emoji=False, markup=False)
    cells = [[c if isinstance(c, Text) else Text(c) for c in row] for row in rows]
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for number, name in enumerate(columns):
        numeric = bool(cells) and all(row[number].plain.replace(".", "").isdigit() for row in cells)
        table.add_column(name, justify="right" if numeric else "left", no_wrap=True, overflow="fold")
    used = sum(_needed(name, n, cells) + _GUTTER for n, name in enumerate(columns))
    console.width = max(console.width, used)  # a line too long for the terminal is better than a cut id
    room = console.width - used
    if words and room >= _NARROWEST:
        table.add_column(words_title, justify="right", no_wrap=True, overflow="fold")
        for row, text in zip(cells, words, strict=True):
            row.append(arabic(text, room))
    for row in cells:
        table.add_row(*row)
    with console.capture() as printed:
        console.print(table)
    click.echo(printed.get(), nl=False)  # the library would end the process by itself where nobody reads


def write_nothing(line: str) -> None:
    """What to say where an answer is empty."""
    click.echo(line)


def _needed(name: str, number: int, cells: Sequence[Sequence[Text]]) -> int:
    return max([cell_len(name), *(cell_len(line) for row in cells for line in row[number].plain.splitlines())])


def _fitting(word: str, width: int) -> int:
    """How many characters of a word fill so many cells."""
    used = 0
    for count, letter in enumerate(word):
        used += cell_len(letter)
        if used > width:
            return count
    return len(word)


def _width() -> int:
    """The terminal's width; a pipe has room for whole lines."""
    if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        return _PIPE_WIDTH
    return max(shutil.get_terminal_size().columns, 40)
