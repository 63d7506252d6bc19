"""The way of the compute routes' POSTs around the router."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.problems import FORESEEN, answer

Endpoint = Callable[[Request, str], Awaitable[Response]]


class Shortcut:
    """Answers `POST /{path}/{name}` with the endpoint of that path; all else goes on to the application.

    Finding a route, and the stacks of handlers and contexts around it, would cost more than computing a
    hundred values. The routes themselves are there all the same: for OpenAPI, other methods and 404.
    """

    def __init__(self, app: ASGIApp, endpoints: Mapping[str, Endpoint]) -> None:
        self.app = app
        self.endpoints = endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            match scope["path"].split("/"):
                case ["", path, name] if name and path in self.endpoints:
                    request = Request(scope, receive)
                    try:
                        response = await self.endpoints[path](request, name)
                    except FORESEEN as error:
                        response = answer(error)
                    await response(scope, receive, send)
                    return
        await self.app(scope, receive, send)
