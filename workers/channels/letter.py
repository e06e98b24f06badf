"""An alert as an HTML page of a letter: right to left in Arabic, quotations in their own direction, nothing loaded.

It must not know how the letter is sent.
"""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

from domain.alerts.message import Data
from domain.alerts.wording import Block, Line, blocks

_PAGE = """<!doctype html>
<html lang="{language}" dir="{direction}">
<head><meta charset="utf-8"><title>{title}</title></head>
<body dir="{direction}" style="font-family:Tahoma,Arial,sans-serif;font-size:16px;line-height:1.7;color:#1b1b1b;\
text-align:{side};max-width:42em;margin:0 auto;padding:1em">
<h1 style="font-size:20px;margin:0 0 .8em">{title}</h1>
{blocks}
{way_out}</body>
</html>
"""
_QUOTE = "margin:.6em 0;padding:.4em .8em;border-inline-start:3px solid #7a7a7a;text-align:right"


def page(data: Data, unsubscribe: str | None) -> str:
    """The whole page. `unsubscribe`: a link for its foot."""
    arabic = data.language == "ar"
    direction = "rtl" if arabic else "ltr"
    way_out = ""
    if unsubscribe is not None:
        words = "إلغاء الاشتراك" if arabic else "Unsubscribe"
        way_out = f'<p style="font-size:13px;color:#5a5a5a"><a href="{escape(unsubscribe)}">{words}</a></p>\n'
    return _PAGE.format(
        language=data.language, direction=direction, side="right" if arabic else "left",
        title=escape(data.title), blocks="\n".join(_block(block, direction) for block in blocks(data)), way_out=way_out,
    )  # fmt: skip


def _block(block: Block, direction: str) -> str:
    lines = "\n".join(_line(line, direction) for line in block.lines)
    return f'<h2 style="font-size:17px;margin:1em 0 .3em"><bdi>{escape(block.head)}</bdi></h2>\n{lines}'


def _line(line: Line, direction: str) -> str:
    # as elements, since mail programs do not all heed the signs
    value = escape(line.value).replace("\u2068", "<bdi>").replace("\u2069", "</bdi>")
    if line.kind == "quote":
        return f'<blockquote lang="ar" dir="rtl" style="{_QUOTE}">«{value}»</blockquote>'
    label = f"<b>{escape(line.label)}:</b> "
    if line.kind == "link" and urlsplit(line.value).scheme in ("http", "https"):
        return f'<div>{label}<a dir="ltr" href="{value}">{value}</a></div>'
    return f'<div>{label}<bdi dir="{direction}">{value}</bdi></div>'
