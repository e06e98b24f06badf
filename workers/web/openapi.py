"""The API's operations as a table, the routes that they make, and the document that describes them (OpenAPI 3.1).

The schemas are made from the very types that are answered. It must not know what an operation does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workers.tokens import SCOPES, Scope
from workers.web.gate import Caller, caller_of
from workers.web.problems import Problem
from workers.web.questions import MOST, MOST_SEQUENCE, body_of

ROOT = "/api/v1"
_REFUSALS = {
    400: "The question is malformed or names what is not there, or the body is no JSON; the line says what.",
    401: "A token is needed.",
    403: "The token does not allow this.",
    404: "There is nothing there that this token may see.",
    413: "The body is too long.",
    415: "The body does not say that it is JSON, or is compressed.",
    422: "The body is of another form, or makes no sense; the line says why.",
    429: "Too many requests: Retry-After says when to come again.",
    503: "The database is away.",
}
Handle = Callable[..., Response]


class Param(msgspec.Struct, frozen=True):
    """A parameter of an operation."""

    name: str
    schema: dict[str, Any]
    text: str
    where: str = "query"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """What can be asked. `handle` takes the request and its caller, and the body where there is one.

    `answer`: the type of a 2xx; None for no content. `media`: where it is not JSON.
    """

    name: str
    path: str
    handle: Handle
    scope: Scope
    summary: str
    method: str = "GET"
    params: tuple[Param, ...] = ()
    answer: Any = None
    status: int = 200
    body: Any = None
    listed: bool = False
    media: str = "application/json"


LIMIT = Param("limit", {"type": "integer", "minimum": 1, "maximum": MOST}, "At most so many.")
CURSOR = Param(
    "cursor", {"type": "integer", "minimum": 0, "maximum": MOST_SEQUENCE}, "Where to go on: as the Link header has it."
)
ID = Param("id", {"type": "integer", "minimum": 1, "maximum": 10**15}, "Its number.", "path")


def routes(operations: Sequence[Operation]) -> list[Route]:
    """One route a path, fixed paths before those with parameters."""
    paths: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = operation
    ordered = sorted(paths, key=lambda path: path.count("{"))
    return [Route(ROOT + path, _endpoint(paths[path]), methods=list(paths[path])) for path in ordered]


def document(operations: Sequence[Operation], *, version: str) -> dict[str, Any]:
    """The description of all operations."""
    types = [o.answer for o in operations if o.answer is not None] + [o.body for o in operations if o.body is not None]
    types.append(Problem)
    schemas, parts = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    by_type = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        described = _described(operation, by_type)
        found = _links(operation, operations)
        if found:
            described["responses"][str(operation.status)]["links"] = found
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Marsad",
            "version": version,
            "summary": "What the powers hold, with evidence, and how it changes.",
            "license": {"name": "See the repository", "identifier": "LicenseRef-Marsad"},
        },
        "servers": [{"url": ROOT}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": parts,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": f"Made by `marsad tokens add`; allows {', '.join(SCOPES)}.",
                }
            },
        },
    }


def _endpoint(by_method: dict[str, Operation]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        operation = by_method.get("GET" if request.method == "HEAD" else request.method)
        if operation is None:
            raise HTTPException(405, "That cannot be done here.")
        caller: Caller = caller_of(request, operation.scope)
        if operation.body is None:
            return await run_in_threadpool(operation.handle, request, caller)
        body = await body_of(request, operation.body)
        return await run_in_threadpool(operation.handle, request, caller, body)

    return endpoint


def _links(operation: Operation, operations: Sequence[Operation]) -> dict[str, Any]:
    """What can be done with what an operation makes or lists."""
    if operation.method == "DELETE" or "{" in operation.path:
        return {}
    id_ = "$response.body#/0/id" if operation.listed else "$response.body#/id"
    its = [o for o in operations if o.path.startswith(operation.path + "/{id}")]
    return {o.name: {"operationId": o.name, "parameters": {"id": id_}} for o in its}


def _described(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": operation.summary}
    if operation.answer is not None:
        answer["content"] = {operation.media: {"schema": schemas[repr(operation.answer)]}}
    if operation.listed:
        link = {"schema": {"type": "string"}, "description": 'Where there is more: <address>; rel="next" (RFC 8288).'}
        answer["headers"] = {"Link": link}
    found: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"Takes a token that allows `{operation.scope}`.",
        "responses": {str(operation.status): answer} | {str(status): _refusal(status) for status in _REFUSALS},
    }
    if operation.params:
        found["parameters"] = [
            {"name": p.name, "in": p.where, "required": p.where == "path", "schema": p.schema, "description": p.text}
            for p in operation.params
        ]
    if operation.body is not None:
        content = {"application/json": {"schema": schemas[repr(operation.body)]}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _refusal(status: int) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": _REFUSALS[status], "content": content}
