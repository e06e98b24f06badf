"""Errors in the form of RFC 9457 (problem details). It must not know the pages."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from domain.errors import InputError, MarsadError


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One problem. `type` stays about:blank: the status says what kind it is."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


def problem(status: int, detail: str, *, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that tells a program what was wrong."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return Response(
        msgspec.json.encode(body), status_code=status, media_type="application/problem+json",
        headers={"cache-control": "no-store", **(headers or {})},
    )  # fmt: skip


def status_of(exc: Exception) -> tuple[int, str]:
    """The status and the line that an error gives; a bug's own words stay inside."""
    if isinstance(exc, HTTPException):
        return exc.status_code, exc.detail
    if isinstance(exc, InputError):
        return HTTPStatus.BAD_REQUEST, str(exc)
    if isinstance(exc, MarsadError):  # the database is away, or its schema is not this release's
        return HTTPStatus.SERVICE_UNAVAILABLE, str(exc)
    return HTTPStatus.INTERNAL_SERVER_ERROR, "The service failed at this question; its log says why."
