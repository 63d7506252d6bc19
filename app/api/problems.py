"""Every error there is, and how it is answered: application/problem+json (RFC 9457)."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match

from app import __version__
from app.activations import InvalidInput, ResultTooLarge, UnknownActivation
from app.activations.evaluation import Undecidable
from app.api.body import BodyStalled, BodyTooLarge
from app.api.headers import VERSION_HEADER
from app.api.negotiation import NotAcceptable, UnsupportedMediaType
from app.api.query import QueryTooLong
from app.api.spool import StorageExhausted
from app.api.validation import Fault, InvalidRequest
from app.wire.errors import InvalidMessage, Malformed, TooLarge

MEDIA_TYPE = "application/problem+json"
MAX_BYTES = 3_999
"""No error answer is longer, whatever was sent (contract section 9)."""

STATUS: dict[type[Exception], int] = {
    ClientDisconnect: 400,
    Malformed: 400,
    UnknownActivation: 404,
    NotAcceptable: 406,
    BodyStalled: 408,
    BodyTooLarge: 413,
    ResultTooLarge: 413,
    TooLarge: 413,
    QueryTooLong: 414,
    UnsupportedMediaType: 415,
    InvalidInput: 422,
    InvalidMessage: 422,
    InvalidRequest: 422,
    RequestValidationError: 422,
    Undecidable: 422,
    MemoryError: 503,
    StorageExhausted: 507,
}

FORESEEN = tuple(STATUS)

# As RFC 9110 has them; http.HTTPStatus of Python 3.11 still has older names for some.
_TITLES = {
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    408: "Request Timeout",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    500: "Internal Server Error",
    503: "Service Unavailable",
    507: "Insufficient Storage",
}
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_MAX_FAULTS = 10
_MAX_SUGGESTIONS = 5


def install(app: FastAPI) -> None:
    """Let `app` answer every error in this form."""
    for kind in STATUS:
        app.add_exception_handler(kind, _answer)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_unforeseen)


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, **members: list[Any]
) -> Response:
    """Make the answer, with the service's version; what it quotes is cut: it stays below 4,000 bytes."""
    for length, faults in ((300, _MAX_FAULTS), (100, 3), (40, 1), (40, 0)):
        content = {
            "type": "about:blank",
            "title": _TITLES.get(status, "Error"),
            "status": status,
            "detail": _cut(detail, length),
        } | {key: _cut(value[:faults], length) for key, value in members.items()}
        body = orjson.dumps(content)
        if len(body) <= MAX_BYTES:
            break
    return Response(body, status, {VERSION_HEADER: __version__, **(headers or {})}, MEDIA_TYPE)


async def _answer(request: Request, error: Exception) -> Response:
    return answer(error)


def answer(error: Exception) -> Response:
    """Answer one of the errors of the table."""
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    faults = _faults(error)
    detail = faults[0].message if faults else _detail(error)
    if len(faults) > 1:
        detail += f" ({len(faults) - 1} more below.)"
    members: dict[str, list[Any]] = {}
    if isinstance(error, UnknownActivation):
        members["suggestions"] = error.suggestions[:_MAX_SUGGESTIONS]
    if faults:
        members["errors"] = [{"loc": fault.loc, "msg": fault.message} for fault in faults]
    headers = {"Retry-After": "1"} if status == 503 else None
    return problem(status, detail, headers, **members)


def _faults(error: Exception) -> list[Fault]:
    if isinstance(error, InvalidRequest):
        return error.faults
    if isinstance(error, RequestValidationError):
        return [Fault(tuple(detail["loc"]), detail["msg"]) for detail in error.errors()]
    if isinstance(error, (InvalidInput, InvalidMessage)):
        return [Fault(error.loc, error.message)]
    return []


def _detail(error: Exception) -> str:
    if isinstance(error, UnknownActivation):
        near = " or ".join(error.suggestions[:_MAX_SUGGESTIONS])
        hint = f"did you mean {near}?" if near else "/catalog lists all there are."
        return f"There is no function {_cut(error.name, 60)}; {hint}"
    if isinstance(error, ClientDisconnect):
        return "The request ended before its body was complete."
    if isinstance(error, Undecidable):
        return (
            "A result of this function lies too near the middle between two numbers of this dtype for its "
            "rounding to be decided; leave out the x or change the hyperparameters that bring it about."
        )
    if isinstance(error, MemoryError):
        return "The service is short of memory; try again later, or send less at once."
    return str(getattr(error, "message", ""))


async def _answer_http(request: Request, error: Exception) -> Response:
    """Answer what the router finds: no such path, or not with this method."""
    assert isinstance(error, HTTPException)
    path = _cut(request.scope["path"], 100)
    if error.status_code == 404:
        return problem(404, f"There is nothing at {path}; /docs shows every path.")
    if error.status_code == 405:
        allow = ", ".join(_allowed(request))
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": allow})
        return problem(405, f"{path} takes {allow}, not {_cut(request.method, 20)}.", {"Allow": allow})
    return problem(error.status_code, str(error.detail), error.headers)


def _allowed(request: Request) -> list[str]:
    """Name the methods of every route with this path; the router itself knows only the first one's."""
    routes = request.app.router.routes
    scopes = {
        method: {**request.scope, "method": "GET" if method == "HEAD" else method} for method in _METHODS
    }
    allowed = [
        method
        for method, scope in scopes.items()
        if any(route.matches(scope)[0] is Match.FULL for route in routes)
    ]
    return [*allowed, "OPTIONS"]


async def _answer_unforeseen(request: Request, error: Exception) -> Response:
    return unforeseen()


def unforeseen() -> Response:
    """Say nothing about an error that nobody foresaw; the server's log has it."""
    return problem(500, "This should not happen; please report what you sent.")


def _cut(value: Any, length: int) -> Any:
    """Shorten every string in `value`, with what no terminal should see (or UTF-8 can't hold) replaced."""
    if isinstance(value, str):
        text = value if len(value) <= length else value[: length - 1] + "…"
        return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    if isinstance(value, Mapping):
        return {key: _cut(item, length) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cut(item, length) for item in value]
    return value if isinstance(value, int) else str(value)
