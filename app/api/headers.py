"""Header fields: those of requests, what every answer carries, and HEAD, as plain ASGI middleware."""

from collections.abc import Mapping, Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

VERSION_HEADER = "X-Activations-Version"


def fields(headers: Sequence[tuple[bytes, bytes]]) -> Mapping[bytes, bytes]:
    """The header fields of a request; those of one name joined by commas (RFC 9110, section 5.3)."""
    found = dict(headers)
    if len(found) < len(headers):
        found = {name: b",".join(value for key, value in headers if key == name) for name in found}
    return found


class VersionHeader:
    """Adds the service's version to every answer, so that stored reference values can be traced."""

    def __init__(self, app: ASGIApp, version: str) -> None:
        self.app = app
        self.header = (VERSION_HEADER.lower().encode(), version.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_version(message: Message) -> None:
            if message["type"] == "http.response.start" and self.header not in message["headers"]:
                message["headers"] = [*message["headers"], self.header]
            await send(message)

        await self.app(scope, receive, send_with_version)


class HeadAsGet:
    """Lets every path that takes GET take HEAD: the same headers, no content (RFC 9110, section 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_without_content(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, send_without_content)
