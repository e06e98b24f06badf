"""Content encodings undone in small steps: never more bytes in memory than the limit and one step.

It must not know HTTP beyond the names of the encodings.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli

ACCEPTED = "gzip, deflate, br"
_STEP = 65_536
_MOST_LAYERS = 2
_GZIP_MAGIC = b"\x1f\x8b"


class PackError(Exception):
    """The bytes are not of the encoding that the header names, or end too early."""


class Unpacker(Protocol):
    """One layer of encoding."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Pieces of at most about one step each; the caller may stop anywhere."""
        ...

    def finish(self) -> None:
        """Raises PackError where the bytes ended too early."""
        ...


def unpacker(header: str) -> Unpacker | None:
    """What undoes the encodings of a Content-Encoding header; None where there are none.

    Raises:
        PackError: an encoding is unknown, or there are suspiciously many.
    """
    names = [n for n in (part.strip().lower() for part in header.split(",")) if n not in ("", "identity")]
    if not names:
        return None
    if len(names) > _MOST_LAYERS:
        raise PackError(f"it is packed {len(names)} times over ({header})")
    layers = [_layer(name) for name in reversed(names)]
    return layers[0] if len(layers) == 1 else _Chain(layers[0], layers[1])


def gunzip(data: bytes, limit: int) -> bytes:
    """A file that is gzip itself, whatever its header said; other bytes as they are.

    Raises:
        PackError: it is broken, or larger than the limit.
    """
    if not data.startswith(_GZIP_MAGIC):
        return data
    layer = _Zlib(gzip=True)
    whole = bytearray()
    for piece in layer.feed(data):
        whole += piece
        if len(whole) > limit:
            raise PackError(f"unpacked it is larger than {limit / 1_000_000:g} MB")
    layer.finish()
    return bytes(whole)


def _layer(name: str) -> Unpacker:
    if name in ("gzip", "x-gzip"):
        return _Zlib(gzip=True)
    if name == "deflate":
        return _Zlib(gzip=False)
    if name == "br":
        return _Brotli()
    raise PackError(f"its content encoding {name!r} was not asked for")


class _Zlib:
    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._inner = zlib.decompressobj(31 if gzip else 15)
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data and not (self._inner.eof and not self._next_member(data)):
            try:
                piece = self._inner.decompress(data, _STEP)
            except zlib.error as exc:
                if self._started or self._gzip:
                    raise PackError(f"its compression is broken: {exc}") from exc
                self._inner = zlib.decompressobj(-15)  # many servers send "deflate" without the zlib header
                self._started = True
                continue
            self._started = True
            data = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail
            if piece:
                yield piece
        while not self._inner.eof:  # what the step's limit held back
            piece = self._inner.decompress(b"", _STEP)
            if not piece:
                break
            yield piece

    def _next_member(self, data: bytes) -> bool:
        if not self._gzip or not data.startswith(_GZIP_MAGIC):
            return False
        self._inner = zlib.decompressobj(31)
        return True

    def finish(self) -> None:
        if self._started and not self._inner.eof:
            raise PackError("its compressed body ends too early")


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._started = self._started or bool(data)
        while not self._inner.is_finished():
            try:
                piece = self._inner.process(data, output_buffer_limit=_STEP)
            except brotli.error as exc:
                raise PackError("its compression is broken") from exc
            data = b""  # all input is inside now; empty input brings out what the limit held back
            if not piece:
                break
            yield piece

    def finish(self) -> None:
        if self._started and not self._inner.is_finished():
            raise PackError("its compressed body ends too early")


class _Chain:
    def __init__(self, outer: Unpacker, inner: Unpacker) -> None:
        self._outer = outer
        self._inner = inner

    def feed(self, data: bytes) -> Iterator[bytes]:
        for piece in self._outer.feed(data):
            yield from self._inner.feed(piece)

    def finish(self) -> None:
        self._outer.finish()
        self._inner.finish()
