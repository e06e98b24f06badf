"""Content encodings undone in small steps."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from itertools import islice

import brotli
import pytest

from workers.fetch.unpack import PackError, Unpacker, unpacker

TEXT = "قال الوزير إن بلاده ترفض ذلك. ".encode() * 5000


def _unpack(header: str, data: bytes, step: int = 1000) -> bytes:
    inner = _layers(header)
    found = b"".join(piece for at in range(0, len(data), step) for piece in inner.feed(data[at : at + step]))
    inner.finish()
    return found


def _layers(header: str) -> Unpacker:
    inner = unpacker(header)
    assert inner is not None
    return inner


def _raw_deflate(data: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(data) + squeeze.flush()


@pytest.mark.parametrize(
    ("header", "data"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("x-gzip", gzip.compress(TEXT, mtime=0)),
        ("GZIP", gzip.compress(TEXT[:70_000]) + gzip.compress(TEXT[70_000:])),
        ("gzip", gzip.compress(TEXT, mtime=0) + b"\0trailing"),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", _raw_deflate(TEXT)),
        ("br", brotli.compress(TEXT)),
        ("identity, gzip", gzip.compress(TEXT, mtime=0)),
        ("br, gzip", gzip.compress(brotli.compress(TEXT), mtime=0)),
    ],
)
@pytest.mark.parametrize("step", [1, 1000, 10_000_000])
def test_what_was_packed_comes_out(header: str, data: bytes, step: int) -> None:
    assert _unpack(header, data, max(step, 7)) == TEXT


@pytest.mark.parametrize("header", ["", "identity", " , "])
def test_without_an_encoding_there_is_nothing_to_undo(header: str) -> None:
    assert unpacker(header) is None


@pytest.mark.parametrize("header", ["zstd", "compress", "gzip, gzip, gzip"])
def test_encodings_not_asked_for_are_refused(header: str) -> None:
    with pytest.raises(PackError):
        unpacker(header)


@pytest.mark.parametrize(
    ("header", "data"),
    [("gzip", gzip.compress(TEXT, mtime=0)), ("deflate", zlib.compress(TEXT)), ("br", brotli.compress(TEXT))],
)
def test_a_body_that_ends_too_early_is_told(header: str, data: bytes) -> None:
    with pytest.raises(PackError, match="too early"):
        _unpack(header, data[: len(data) // 2])


@pytest.mark.parametrize("header", ["gzip", "deflate", "br"])
def test_bytes_of_no_such_encoding_are_told(header: str) -> None:
    with pytest.raises(PackError):
        _unpack(header, b"\xff\xfe<html>" * 50)


@pytest.mark.parametrize(
    ("header", "bomb"),
    [("gzip", gzip.compress(bytes(60_000_000))), ("br", brotli.compress(bytes(60_000_000), quality=5))],
)
def test_a_bomb_is_unpacked_no_further_than_asked(header: str, bomb: bytes) -> None:
    inner = _layers(header)
    tracemalloc.start()
    pieces = list(islice(inner.feed(bomb), 3))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert pieces
    assert sum(map(len, pieces)) < 8_000_000
    assert peak < 20_000_000
