"""How a program asks: parameters, cursors, bodies; and how a list is answered, a page at a time.

It must not know what is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from domain.errors import InputError
from workers.asking import number

MOST = 1000
MOST_SEQUENCE = 2**53
_DEEPEST = 16
Item = TypeVar("Item")
Body = TypeVar("Body")


def asked(request: Request, *allowed: str) -> dict[str, str]:
    """The parameters of a question, empty ones left out.

    Raises:
        InputError: one is unknown or stands twice.
    """
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in allowed:
            raise InputError(f"there is no parameter “{name[:40]}” here; known are {', '.join(allowed)}")
        if name in found:
            raise InputError(f"{name} stands twice: name one")
        if value.strip():
            found[name] = value
    return found


def limit_of(given: Mapping[str, str], default: int = 100) -> int:
    """How many at most."""
    return number(given.get("limit"), "limit", low=1, high=MOST) or default


def cursor_of(given: Mapping[str, str]) -> int | None:
    """The number after which a list goes on."""
    return number(given.get("cursor"), "cursor", low=0, high=MOST_SEQUENCE)


def json(found: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer for a program."""
    return Response(
        msgspec.json.encode(found), status_code=status, media_type="application/json",
        headers={"cache-control": "no-cache", **(headers or {})},
    )  # fmt: skip


def page(
    request: Request, given: Mapping[str, str], found: Sequence[Item], limit: int, cursor: Callable[[Item], object]
) -> Response:
    """The first `limit` of what was found, and a link to the next where there is more (RFC 8288)."""
    answer = json(found[:limit])
    if len(found) > limit:
        answer.headers["link"] = link(request, {**given, "cursor": str(cursor(found[limit - 1]))})
    return answer


def link(request: Request, given: Mapping[str, str]) -> str:
    """The header that names the next page."""
    return f'<{request.url.path}?{urlencode(given)}>; rel="next"'


def id_of(request: Request) -> int:
    """The number in the path.

    Raises:
        HTTPException: 404, as for a number that names nothing.
    """
    raw: str = request.path_params["id"]
    if raw.isascii() and raw.isdigit() and len(raw) <= 18:
        return int(raw)
    raise unknown()


def unknown() -> HTTPException:
    """The same for what is not there and for what belongs to somebody else."""
    return HTTPException(404, "There is nothing of that id that this token may see.")


async def body_of(request: Request, form: type[Body]) -> Body:
    """The body of a request, as what it should be.

    Raises:
        HTTPException: 415 where it does not say that it is JSON, 400 where it is none, 422 where it is of another form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "Send a body of content-type application/json.")
    raw = await request.body()
    if _depth(raw) > _DEEPEST:
        raise HTTPException(400, f"The body is nested deeper than {_DEEPEST} levels.")
    try:
        return msgspec.json.decode(raw, type=form)
    except msgspec.ValidationError as exc:
        raise HTTPException(422, f"The body cannot be used: {_line(exc)}") from exc
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise HTTPException(400, f"The body is no JSON: {_line(exc)}") from exc


def _line(exc: Exception) -> str:
    return " ".join(str(exc).split())[:200]


def _depth(raw: bytes) -> int:
    """How deep JSON is nested; brackets within strings do not count."""
    deepest = depth = 0
    quoted = escaped = False
    for byte in raw:
        if quoted:
            quoted = escaped or byte != 0x22
            escaped = not escaped and byte == 0x5C
        elif byte == 0x22:
            quoted = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest
