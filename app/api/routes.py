"""The route class of the API."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response


class LeanRoute(APIRoute):
    """Calls its endpoint with the request and the path's parameters, and nothing else.

    FastAPI's own handler solves dependencies and validates parameters in Python on every request, which
    costs several times a small computation; the endpoints here read and validate what they need themselves.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give the function that answers a request."""
        endpoint = self.endpoint

        async def handle(request: Request) -> Response:
            response: Response = await endpoint(request, **request.path_params)
            return response

        return handle
