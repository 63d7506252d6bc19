from collections.abc import MutableMapping
from typing import Any

import anyio
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.headers import HeadAsGet, VersionHeader, fields


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": scope["method"].encode().ljust(4)})


def messages(app: ASGIApp, scope: Scope) -> list[MutableMapping[str, Any]]:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        raise AssertionError("nothing to receive")

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    anyio.run(app, scope, receive, send)
    return sent


@pytest.mark.parametrize(("method", "body"), [("GET", b"GET "), ("PUT", b"PUT "), ("HEAD", b"")])
def test_head_is_answered_like_get_with_the_content_left_out(method: str, body: bytes) -> None:
    scope = {"type": "http", "method": method}
    start, content = messages(HeadAsGet(echo), scope)
    assert (b"content-length", b"4") in start["headers"]
    assert content["body"] == body
    assert scope["method"] == method, "the server's own scope stays as it is"


def test_the_version_is_added_once_to_what_is_there() -> None:
    start, _ = messages(
        VersionHeader(VersionHeader(echo, "1.2.3"), "1.2.3"), {"type": "http", "method": "GET"}
    )
    assert start["headers"] == [(b"content-length", b"4"), (b"x-activations-version", b"1.2.3")]


def test_fields_of_one_name_are_joined() -> None:
    headers = [(b"accept", b"text/html"), (b"host", b"here"), (b"accept", b"application/json")]
    assert fields(headers) == {b"accept": b"text/html,application/json", b"host": b"here"}
    assert fields(headers[:2]) == dict(headers[:2])
