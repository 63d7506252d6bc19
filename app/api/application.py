"""The way of the compute routes' POSTs around the framework."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.api.headers import VERSION_HEADER
from app.api.jobs import Whole
from app.api.operations import Operation, answer_post
from app.api.problems import FORESEEN, answer, unforeseen
from app.api.protocol import ANSWER


class Application(FastAPI):
    """FastAPI that answers `POST /{path}/{name}` by the operation of that path without further ado.

    Middleware, finding a route, and the stacks of handlers and contexts around it would cost more than
    computing a hundred values. The routes themselves are there all the same: for OpenAPI, other methods
    and 404.
    """

    def __init__(self, operations: Mapping[str, Operation], **settings: Any) -> None:
        super().__init__(**settings)
        self.operations = operations
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
        extensions = scope.get("extensions", {})
        if ANSWER in extensions and type(response) is Whole:
            await extensions[ANSWER]["answer"](response.raw_headers, response.body)
        else:
            await response(scope, receive, send)
