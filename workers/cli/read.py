"""`marsad read`: the events of a text, printed and not stored.

It must not change a plain text in any way: offsets refer to it as it was given.
"""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import msgspec

from domain.errors import InputError, Refused
from domain.events import Event, Summit
from domain.reading.extractor import Explained
from workers.bootstrap import App, open_default, parse_day
from workers.cli.output import plain, write_json
from workers.fetch.charset import decode
from workers.ports import CleanArticle
from workers.stages import local_day

_MOST_BYTES = 10_000_000
_MARKUP = ("<!doctype", "<html", "<?xml", "<head", "<body", "<article", "<div", "<p>", "<p ")
_RLI, _PDI = "\u2067", "\u2069"


def register(group: click.Group) -> None:
    """Add the verbs."""
    group.add_command(read)


class Line(msgspec.Struct, frozen=True):
    """One line of `--jsonl`; other fields are ignored."""

    id: str | int
    text: str
    published: str | None = None


_LINE = msgspec.json.Decoder(Line)


@click.command()
@click.argument("source", required=False, metavar="FILE|URL|-")
@click.option("--published", metavar="DAY", help="The publication day, YYYY-MM-DD.")
@click.option("--json", "as_json", is_flag=True, help="JSON for programs.")
@click.option("--explain", is_flag=True, help="Say how each field came out.")
@click.option(
    "--jsonl", is_flag=True, help="Read lines {id, published, text} from standard input, write lines {id, events}."
)
def read(source: str | None, published: str | None, as_json: bool, explain: bool, jsonl: bool) -> None:
    """Print the events of one article; nothing is stored.

    A plain text is taken as the cleaned body, and offsets refer to it; HTML is cleaned first.
    """
    if jsonl and source not in (None, "-"):
        raise InputError(f"--jsonl reads standard input, not {source}: marsad read --jsonl < {source}")
    if source is None and not jsonl:
        raise InputError("name a file, an address or - for standard input (or --jsonl)")
    with open_default() as app:
        if jsonl:
            read_lines(app, published)
            return
        article = load(app, str(source), published)
        found = app.extractor.explain(article.text, published=parse_day(article.published, "--published"))
        if as_json:
            write_json([_tree(e, article.text, explain=explain) for e in found])
        else:
            _print(found, article, explain=explain)


def read_lines(app: App, published: str | None) -> None:
    """Lines of JSON in, lines of JSON out, in the same order, each as soon as it is read.

    Raises:
        InputError: at the end, where a line was wrong; each wrong line was told, and the others answered.
    """
    parse_day(published, "--published")
    wrong = number = 0
    for number, raw in enumerate(sys.stdin.buffer, start=1):
        text = raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw
        if not text.strip():
            continue
        try:
            answer = _answer(app, text, published)
        except Exception as exc:  # one line's fault is told with its number: it must not end the others
            wrong += 1
            why = str(exc) if isinstance(exc, Refused) else f"unforeseen {type(exc).__name__}: {exc}"
            click.echo(f"marsad: standard input, line {number}: {plain(why)}", err=True)
        else:
            sys.stdout.buffer.write(answer + b"\n")
            sys.stdout.buffer.flush()
    if wrong:
        raise InputError(f"{wrong} of {number} lines could not be read, see above; the others were answered")


def _answer(app: App, raw: bytes, published: str | None) -> bytes:
    try:
        line = _LINE.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise InputError(f'{exc}: write {{"id", "published", "text"}}') from exc
    day = parse_day(line.published or published, "published")
    return msgspec.json.encode({"id": line.id, "events": app.extractor.read(line.text, published=day)})


def load(app: App, source: str, published: str | None) -> CleanArticle:
    """The cleaned article behind a file, an address or standard input.

    Raises:
        InputError: it cannot be read, or holds no article.
    """
    parse_day(published, "--published")
    body, kind, where = _bytes(app, source)
    text = decode(body, kind)
    if not _is_html(text, kind, source):
        return CleanArticle(url=where, outlet="", title="", text=_untouched(body, text), published=published or None)
    from workers.clean import clean_page

    page = clean_page(text, url=where, arabic_day=app.arabic_day)
    day = published or local_day(page.published_at, "UTC") or page.published
    return CleanArticle(url=where, outlet="", title=page.title, text=page.text, published=day)


def _untouched(body: bytes, text: str) -> str:
    """A plain text with its byte order mark, which is a character of it like any other; never without it."""
    return "\ufeff" + text if body.startswith(codecs.BOM_UTF8) else text


def _bytes(app: App, source: str) -> tuple[bytes, str | None, str]:
    if urlsplit(source).scheme in ("http", "https"):
        answer = app.client.get(source, limit_bytes=_MOST_BYTES)
        return answer.body, answer.headers.get("content-type"), answer.url
    if source == "-":
        body = sys.stdin.buffer.read(_MOST_BYTES + 1)
        if len(body) > _MOST_BYTES:
            raise InputError(f"standard input is larger than {_MOST_BYTES // 1_000_000} MB: no article is")
        return body, None, "about:blank"
    path = Path(source)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{source} is larger than {_MOST_BYTES // 1_000_000} MB: no article is")
        return path.read_bytes(), None, path.resolve().as_uri()
    except OSError as exc:
        raise InputError(f"{source} cannot be read: {exc.strerror}") from exc


def _is_html(text: str, kind: str | None, source: str) -> bool:
    if kind is not None and "html" in kind:
        return True
    return source.endswith((".html", ".htm", ".xhtml")) or text[:500].lstrip("\ufeff \n\r\t").lower().startswith(
        _MARKUP
    )


def _tree(explained: Explained, text: str, *, explain: bool) -> dict[str, Any]:
    tree: dict[str, Any] = msgspec.to_builtins(explained.event)
    if explain:
        tree["explained"] = explained.trace
        tree["sentences"] = [text[start:end] for start, end in explained.event.evidence]
    return tree


def _print(found: list[Explained], article: CleanArticle, *, explain: bool) -> None:
    if not found:
        click.echo("no events")
        return
    for number, explained in enumerate(found, start=1):
        event = explained.event
        click.echo(f"{number}. " + "  ".join(_facts(event)))
        for start, end in event.evidence:
            click.echo(f"   {_RLI}{' '.join(article.text[start:end].split())}{_PDI}")
        if explain:
            for field, reason in explained.trace.items():
                if reason:
                    click.echo(f"      {field:<11} {reason}")


def _facts(event: Event) -> Iterator[str]:
    yield str(event.__struct_config__.tag)
    yield "/".join(event.participants) if isinstance(event, Summit) else event.actor
    if isinstance(event, Summit):
        yield event.status
        yield event.place or "place unknown"
        yield event.format or "form unknown"
    yield event.issue or "no issue"
    yield event.stance or "no stance"
    yield f"by {event.speaker or 'nobody named'} ({event.attribution})"
    yield (event.occurred_on or "day unknown") + (" (inferred)" if event.inferred else "")
    yield f"confidence {event.confidence:.2f}"
