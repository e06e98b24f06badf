"""Annotated lines and the texts that they are about, found by id and checked by their hash.

It must not know how texts are read or scored.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TypeVar

import msgspec

from domain.errors import InputError
from domain.scoring import Article, Found
from workers.demo.corpus import shipped

T = TypeVar("T")
_IN_ZIP = re.compile(r"(?P<set>[\w-]+)/(?P<day>\d{4}-\d{2}-\d{2})/(?P<index>\d{1,6})")


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of events found."""

    id: str
    events: tuple[Found, ...]


class _Zipped(msgspec.Struct, frozen=True):
    content: str | None = None


def read_gold(path: Path) -> list[Article]:
    """The annotated texts of a file, in its order.

    Raises:
        InputError: the file cannot be read, or a line is no annotation (the message names file, line and field).
    """
    decoder = msgspec.json.Decoder(Article)
    articles: dict[str, Article] = {}
    for number, raw in _lines(path):
        article = _decoded(decoder, raw, f"{path}:{number}")
        if article.id in articles:
            raise InputError(f"{path}:{number}: {article.id} is annotated twice: keep one line")
        articles[article.id] = article
    if not articles:
        raise InputError(f"{path} holds no annotated text")
    return list(articles.values())


def read_found(path: Path) -> dict[str, tuple[Found, ...]]:
    """The events of a file of lines {id, events}, by id.

    Raises:
        InputError: as `read_gold`.
    """
    decoder = msgspec.json.Decoder(_Line)
    lines = (_decoded(decoder, raw, f"{path}:{number}") for number, raw in _lines(path))
    return {line.id: line.events for line in lines}


def _decoded(decoder: msgspec.json.Decoder[T], raw: bytes, where: str) -> T:
    try:
        return decoder.decode(raw)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise InputError(f"{where}: {exc}") from exc


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise InputError(f"{path} cannot be read: {exc.strerror}") from exc
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        if raw.strip():
            yield number, raw


class Texts:
    """The texts of annotated lines: under a folder as `ID.txt`, in its zips by day, or those that the project ships."""

    def __init__(self, folder: Path | None) -> None:
        if folder is not None and not folder.is_dir():
            raise InputError(f"{folder} is no folder: --texts names where the texts lie")
        self._folder = folder

    def of(self, article: Article) -> str:
        """The text of an annotated line.

        Raises:
            InputError: it is not there, or is another than the annotated one (the message names the id).
        """
        data = self._bytes(article.id)
        if article.sha256 is not None and hashlib.sha256(data).hexdigest() != article.sha256:
            raise InputError(f"{article.id}: the text is another than the annotated one (its sha256 differs)")
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as exc:
            raise InputError(f"{article.id}: the text is not UTF-8 (byte {exc.start})") from exc

    def _bytes(self, name: str) -> bytes:
        if self._folder is not None:
            found = self._zipped(self._folder, name) or self._plain(self._folder, name)
            if found is not None:
                return found
        if name in _shipped():
            return _shipped()[name].encode("utf-8")
        where = (
            f"under {self._folder}" if self._folder is not None else "in the shipped corpus: name its folder (--texts)"
        )
        raise InputError(f"{name}: no text of this id {where}")

    def _plain(self, folder: Path, name: str) -> bytes | None:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\x00" in name:
            raise InputError(f"{name!r} is no id: it leads out of the folder of texts")
        path = folder / f"{name}.txt"
        try:
            return path.read_bytes() if path.is_file() else None
        except OSError as exc:
            raise InputError(f"{name}: {path} cannot be read: {exc.strerror}") from exc

    def _zipped(self, folder: Path, name: str) -> bytes | None:
        match = _IN_ZIP.fullmatch(name)
        path = folder / match["set"] / f"{match['day']}.zip" if match else None
        if match is None or path is None or not path.is_file():
            return None
        texts = _zip_texts(path)
        if int(match["index"]) >= len(texts):
            raise InputError(f"{name}: {path} holds {len(texts)} texts only")
        return texts[int(match["index"])].encode("utf-8")


@cache
def _zip_texts(path: Path) -> tuple[str, ...]:
    """The texts of one zipped JSON list, in order."""
    try:
        with zipfile.ZipFile(path) as packed:
            names = [n for n in packed.namelist() if n.endswith(".json") and not n.startswith("__MACOSX")]
            if len(names) != 1:
                raise InputError(f"{path} holds {len(names)} JSON files: one is wanted")
            found = msgspec.json.decode(packed.read(names[0]), type=list[_Zipped])
    except (OSError, zipfile.BadZipFile, msgspec.ValidationError, msgspec.DecodeError) as exc:
        raise InputError(f"{path} cannot be read: {exc}") from exc
    return tuple(z.content or "" for z in found)


@cache
def _shipped() -> dict[str, str]:
    """The corpus's own texts, by id."""
    return {article.id: article.text for article in shipped()[1]}
