"""Reading a request's body, never more of it than the limit."""

import asyncio

from starlette.requests import ClientDisconnect, Request

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


class Body:
    """The body of a request, as it arrives.

    Raises BodyTooLarge as soon as the body is known to have more bytes than the limit: from Content-Length,
    else on the way. Raises BodyStalled if nothing arrives for too long, ClientDisconnect if nothing will.
    """

    def __init__(self, request: Request, limit: int | None = None) -> None:
        settings: Settings = request.app.state.settings
        self._receive = request.receive
        self._patience = settings.body_stall_seconds
        self._limit = limit or settings.max_body_bytes
        self._received = 0
        self.complete = False
        """Whether all of it has arrived."""
        declared = request.headers.get("content-length", "")
        # A length of more than 18 digits is beyond any limit, and int() refuses those of more than 4,300.
        self.length = int(declared[:19]) if declared.isdecimal() else None
        """How long it is, if the client said so."""
        if self.length is not None and self.length > self._limit:
            raise BodyTooLarge(self._limit)

    async def chunk(self) -> bytes:
        """Wait for the next bytes; none mean that the body is complete."""
        while not self.complete:
            try:
                async with asyncio.timeout(self._patience):
                    message = await self._receive()
            except TimeoutError:
                raise BodyStalled from None
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk: bytes = message.get("body", b"")
            self._received += len(chunk)
            if self._received > self._limit:
                raise BodyTooLarge(self._limit)
            self.complete = not message.get("more_body", False)
            if chunk:
                return chunk
        return b""

    async def whole(self) -> bytes:
        """Wait for all of it."""
        first = await self.chunk()
        if self.complete:
            return first
        body = bytearray(first)  # not a list of chunks: 64 million of one byte each would take gigabytes
        while chunk := await self.chunk():
            body += chunk
        return bytes(body)


async def read_body(request: Request) -> bytes:
    """Read the whole body, as Body does, up to `max_body_bytes`."""
    return await Body(request).whole()
