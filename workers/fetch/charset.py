"""From bytes to text: what the bytes are, whatever they are called. Fit for Arabic, which the usual tools misread.

The order: byte order mark; UTF-16 by its pattern; valid UTF-8 (other encodings of Arabic never are); then, among the
one-byte encodings of Arabic and the declared one, the reading that looks most like Arabic. A declaration (header, XML
declaration, meta) decides where the bytes leave a choice. It must not know HTTP or HTML beyond the declarations.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_HEAD = 4096
_SAMPLE = 100_000
_XML = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_META = re.compile(rb"""<meta[^>]{0,300}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_PARAMETER = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_TEXT_CODEC = re.compile(r"(utf[-_](8|16|32)|iso8859|latin|cp\d|mac|koi8|ascii|gb|big5|euc|shift|kz1048|tis)")
_WIDER = {"iso8859-1": "cp1252", "latin-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874"}
_ARABIC = ("cp1256", "iso8859-6")
_BY_DEFAULT = "cp1252"
_TORN = 0.02  # share of broken characters up to which a text still counts as UTF-8 that was cut or patched
_LOOKS_ARABIC = 0.35
_DECLARED_BONUS = 0.05

_FREQUENT = frozenset("اليمونرتبةعدسفهكأقحجإىشصط")
_ARTICLE = re.compile("(?<![\u0621-\u064a])[وفب]?ال[\u0621-\u064a]")
_STRANGE = re.compile(
    "[\u00a1-\u00aa\u00ac-\u00ba\u00bc-\u02ff\u0600-\u060b\u064b-\u065f\u0671-\u06ff\ufffd]"
    "|[A-Za-z](?=[\u0621-\u064a])|(?<=[\u0621-\u064a])[A-Za-z]"
)


def decode(body: bytes, content_type: str | None) -> str:
    """The text of a page, a feed or a file. Never fails: what cannot be read becomes U+FFFD.

    `content_type`: the HTTP header of that name, or None.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    wide = _utf16(body)
    if wide is not None:
        return body.decode(wide, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_other(body, content_type)


def declared(body: bytes, content_type: str | None) -> list[str]:
    """The encodings that header, XML declaration and meta name, in that order, as Python names them; may be empty."""
    found = []
    for label in _labels(body[:_HEAD], content_type):
        try:
            name = codecs.lookup(label).name
        except (LookupError, ValueError):
            continue
        name = _WIDER.get(name, name)
        if _TEXT_CODEC.match(name) and name not in found:
            found.append(name)
    return found


def _labels(head: bytes, content_type: str | None) -> Iterator[str]:
    header = _PARAMETER.search(content_type or "")
    if header is not None:
        yield header[1]
    for pattern in (_XML, _META):
        match = pattern.search(head)
        if match is not None:
            yield match[1].decode("ascii", "ignore")


def _utf16(body: bytes) -> str | None:
    """UTF-16 without a mark: every other byte is a zero (markup, spaces) or a six (Arabic letters)."""
    sample = body[:_HEAD]
    if sample.count(0) < max(2, len(sample) // 32):
        return None
    even, odd = (half.count(0) + half.count(6) for half in (sample[0::2], sample[1::2]))
    if max(even, odd) < len(sample) // 4:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _decode_other(body: bytes, content_type: str | None) -> str:
    names = declared(body, content_type)
    loose = body.decode("utf-8", "replace")
    marks = sum(1 for byte in body if byte >= 0xC0)
    if marks and loose.count("\ufffd") <= max(1, marks * _TORN) and len(loose) < len(body):
        return loose
    sample = body[:_SAMPLE]
    wanted = [n for n in names if not n.startswith(("utf-8", "utf-16", "utf-32"))]
    scores = {name: _score(sample, name) + _DECLARED_BONUS * (name in names) for name in (*_ARABIC, *wanted)}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] < _LOOKS_ARABIC:
        best = wanted[0] if wanted else _BY_DEFAULT
    return body.decode(best, "replace")


def _score(sample: bytes, name: str) -> float:
    """How much the text beyond ASCII reads as Arabic in this encoding: frequent letters and articles, few oddities."""
    text = sample.decode(name, "replace")
    beyond = [c for c in text if c > "\x7f" and c not in "\xa0\u200e\u200f\u060c\u061b\u061f\u0640«»"]
    if not beyond:
        return 0.0
    frequent = sum(1 for c in beyond if c in _FREQUENT)
    articles = len(_ARTICLE.findall(text))
    strange = len(_STRANGE.findall(text))
    return (0.5 * frequent + 2.0 * articles - 2.0 * strange) / len(beyond)
