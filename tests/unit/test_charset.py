"""From bytes to text: declared rightly, wrongly or not at all."""

from __future__ import annotations

import codecs

import pytest

from workers.fetch.charset import declared, decode

ARABIC = (
    "قال وزير الخارجية الروسي سيرغي لافروف إن موسكو ترفض نشر قوات أجنبية في أوكرانيا، وأضاف أن بلاده لن تقبل بذلك. "
    "ومن المقرر أن يعقد الاجتماع في باريس الخميس المقبل."
)
PAGE = f"<html><head><title>خبر</title></head><body><p class=x>{ARABIC}</p></body></html>"
HEADERS = [
    None, "", "text/html", "text/html; charset=utf-8", "text/html; charset=windows-1256",
    "text/html;charset=ISO-8859-6", "text/html; charset=iso-8859-1",
    'text/html; charset="no-such-thing"', "text/html; charset=unicode_escape",
]  # fmt: skip


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1256", "iso8859-6", "utf-16-le", "utf-16-be", "utf-16", "utf-8-sig"])
@pytest.mark.parametrize("text", [PAGE, ARABIC])
def test_arabic_is_read_whatever_the_header_says(text: str, encoding: str, header: str | None) -> None:
    assert decode(text.encode(encoding), header) == text


@pytest.mark.parametrize("encoding", ["cp1256", "iso8859-6"])
@pytest.mark.parametrize("word", ["لافروف", "الخميس", "قوات روسية", "قال بوتين إنه لن يوقع"])
def test_a_few_words_are_enough(word: str, encoding: str) -> None:
    assert decode(f"<p>{word}</p>".encode(encoding), None) == f"<p>{word}</p>"


@pytest.mark.parametrize(
    "head",
    [
        '<?xml version="1.0" encoding="windows-1256"?>',
        '<meta charset="windows-1256">',
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1256">',
    ],
)
def test_declarations_inside_are_found(head: str) -> None:
    assert declared(head.encode(), None) == ["cp1256"]
    assert declared(head.encode(), "text/html; charset=utf-8") == ["utf-8", "cp1256"]


def test_a_text_of_another_script_goes_by_its_declaration() -> None:
    assert decode("Привет, мир новостей".encode("cp1251"), "text/html; charset=windows-1251") == "Привет, мир новостей"
    assert decode("L'Élysée a déclaré à Paris".encode("latin-1"), None) == "L'Élysée a déclaré à Paris"


def test_a_torn_utf8_text_stays_utf8() -> None:
    torn = ARABIC.encode() + b"\xd9"
    assert decode(torn, None) == ARABIC + "\ufffd"
    patched = ARABIC.encode() * 3 + b"\x85" + ARABIC.encode()
    assert decode(patched, "text/html; charset=windows-1256").startswith(ARABIC)


@pytest.mark.parametrize(
    "body", [b"", b"\x00", b"\xff", codecs.BOM_UTF16_LE + b"\x41", bytes(range(256)) * 3, bytes(5000)]
)
def test_anything_is_decoded_somehow(body: bytes) -> None:
    assert isinstance(decode(body, None), str)


def test_plain_ascii_is_itself() -> None:
    assert decode(b"<p>&#1605;&#1585;</p>", "text/html; charset=windows-1256") == "<p>&#1605;&#1585;</p>"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1256", "iso8859-6", "utf-16"])
@pytest.mark.parametrize("header", [None, "text/html; charset=utf-8", "text/html; charset=iso-8859-1"])
def test_entities_between_letters_do_not_mislead(encoding: str, header: str | None) -> None:
    mixed = "".join(f"&#{ord(c)};" if n % 3 == 0 and c > "z" else c for n, c in enumerate(ARABIC))
    page = f"<p>{mixed}&nbsp;&laquo;{ARABIC}&raquo;&#x200f;</p>"
    assert decode(page.encode(encoding), header) == page
