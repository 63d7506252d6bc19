"""The ways of the compute routes' POSTs around the framework."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.api.headers import VERSION_HEADER
from app.api.operations import Operation, answer_post, answer_small
from app.api.problems import FORESEEN, answer, unforeseen
from app.api.protocol import AT_ONCE, AtOnce, Headers
from app.settings import Settings


class Application(FastAPI):
    """FastAPI that answers `POST /{path}/{name}` by the operation of that path without further ado.

    Middleware, finding a route, and the stacks of handlers and contexts around it would cost more than
    computing a hundred values; so would ASGI itself, where the server knows a shorter way. The routes
    themselves are there all the same: for OpenAPI, other methods and 404.
    """

    def __init__(self, operations: Mapping[str, Operation], settings: Settings, **framework: Any) -> None:
        super().__init__(lifespan=_with_short_way, **framework)
        self.operations, self.settings = operations, settings
        self._version = (VERSION_HEADER.lower().encode(), self.version.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            match scope["path"].split("/"):
                case ["", path, name] if name and path in self.operations:
                    await self._answer(self.operations[path], name, scope, receive, send)
                    return
        await super().__call__(scope, receive, send)

    async def _answer(
        self, operation: Operation, name: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        scope["app"] = self
        try:
            response = await answer_post(scope, receive, name, operation)
            response.raw_headers.append(self._version)
        except FORESEEN as error:
            response = answer(error)
        except Exception:
            await unforeseen()(scope, receive, send)
            raise  # for the server's log
        await response(scope, receive, send)

    def at_once(self, target: bytes, headers: Headers, body: bytes) -> tuple[Headers, bytes] | None:
        """The headers and the body that answer a POST, if it is right, small, and has no query or escapes."""
        match target.decode("latin-1").split("/"):
            case ["", path, name] if path in self.operations:
                operation = self.operations[path]
            case _:
                return None
        try:
            response = answer_small(headers, name, body, operation, self.settings)
        except Exception:  # it comes up again, where it is answered
            return None
        return None if response is None else ([*response.raw_headers, self._version], bytes(response.body))


@asynccontextmanager
async def _with_short_way(app: Application) -> AsyncIterator[dict[str, AtOnce]]:
    yield {AT_ONCE: app.at_once}
