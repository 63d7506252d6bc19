"""Reading a request's body, never more of it than the limit."""

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from app.api.negotiation import require_json_accepted, require_json_body
from app.api.query import refuse_query
from app.settings import Settings


class BodyTooLarge(Exception):
    """The body is larger than the service reads."""

    def __init__(self, limit: int) -> None:
        self.message = (
            f"The body is larger than {limit:,} bytes, the most this service reads; send less at once."
        )
        super().__init__(self.message)


class BodyStalled(Exception):
    """The body stopped arriving before it was complete."""

    message = "The body stopped arriving before it was complete; send it again."


async def read_json_body(request: Request) -> bytes:
    """Read the body of a request that describes itself as JSON and takes JSON for an answer."""
    require_json_body(request.headers)
    require_json_accepted(request.headers)
    refuse_query(request)
    return await read_body(request)


async def read_body(request: Request) -> bytes:
    """Read the whole body; BodyTooLarge as soon as that is known: from Content-Length, else on the way."""
    settings: Settings = request.app.state.settings
    limit = settings.max_body_bytes
    declared = request.headers.get("content-length", "0")
    # A length of more than 18 digits is beyond any limit, and int() refuses those of more than 4,300.
    if len(declared) > 18 or (declared.isdecimal() and int(declared) > limit):
        raise BodyTooLarge(limit)
    try:
        return await _read(request.receive, limit, settings.body_stall_seconds)
    except TimeoutError:
        raise BodyStalled from None


async def _read(receive: Receive, limit: int, patience: float) -> bytes:
    clock = asyncio.get_running_loop().time
    body = bytearray()  # not a list of chunks: 64 million of one byte each would take gigabytes
    async with asyncio.timeout(patience) as deadline:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk: bytes = message.get("body", b"")
            if len(body) + len(chunk) > limit:
                raise BodyTooLarge(limit)
            if not message.get("more_body", False):
                return bytes(body + chunk) if body else chunk
            body += chunk
            deadline.reschedule(clock() + patience)
