"""Reading a request's body, never more of it than the limit."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from types import coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope

from app.api.protocol import READ_INTO
from app.settings import Settings

Result = TypeVar("Result")
_Receive = Callable[[], Coroutine[Any, Any, Message]]


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


@coroutine
def _continued(begun: Coroutine[Any, Any, Result], waiting: Any) -> Generator[Any, Any, Result]:
    """What comes of a coroutine that has begun and is waiting."""
    try:
        yield waiting
    except BaseException as error:  # such as the cancellation of what stalls
        yield begun.throw(error)
    result: Result = yield from begun
    return result


class Body:
    """The body of a request, as it arrives.

    Raises BodyTooLarge as soon as the body is known to have more bytes than the limit: from Content-Length,
    else on the way. Raises BodyStalled if nothing arrives for too long, ClientDisconnect if nothing will.
    """

    def __init__(self, scope: Scope, receive: Receive, settings: Settings, limit: int | None = None) -> None:
        self._scope = scope
        self._receive: _Receive = receive  # type: ignore[assignment]  # a coroutine callable, says ASGI
        self._patience = settings.body_stall_seconds
        self._limit = limit or settings.max_body_bytes
        self._received = 0
        self.complete = False
        """Whether all of it has arrived."""
        declared = dict(scope["headers"]).get(b"content-length", b"")
        # A length of more than 18 digits is beyond any limit, and int() refuses those of more than 4,300.
        self.length = int(declared[:19]) if declared.isdigit() else None
        """How long it is, if the client said so."""
        if self.length is not None and self.length > self._limit:
            raise BodyTooLarge(self._limit)
        self._next: bytes | memoryview = b""

    async def chunk(self) -> bytes:
        """Wait for the next bytes; none mean that the body is complete."""
        while not self.complete:
            message = await self._some(self._receive())
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

    def unread(self, data: memoryview) -> None:
        """Put back what `chunk` gave, for `fill` to begin with."""
        self._next = data

    async def fill(self, data: memoryview) -> int:
        """Wait until `data` is full of the next bytes or the body complete, and say how many there are."""
        extensions = self._scope.get("extensions", {})
        read_into = extensions.get(READ_INTO, {}).get("read_into") if self.length is not None else None
        room = data
        while room:
            if not self._next and read_into is not None and not self.complete:
                try:
                    count = await read_into(room, self.length, self._patience)
                except TimeoutError:
                    raise BodyStalled from None
                if not count:
                    raise ClientDisconnect
                self._received += count
                self.complete = self._received == self.length
            else:
                self._next = self._next or memoryview(await self.chunk())
                count = min(len(room), len(self._next))
                if not count:
                    break
                room[:count] = self._next[:count]
                self._next = self._next[count:]
            room = room[count:]
        return len(data) - len(room)

    async def _some(self, arriving: Coroutine[Any, Any, Result]) -> Result:
        try:
            waiting = arriving.send(None)
        except StopIteration as arrived:  # at once, as small bodies do: a timeout would cost more than they
            result: Result = arrived.value
            return result
        try:
            async with asyncio.timeout(self._patience):
                continued: Result = await _continued(arriving, waiting)
                return continued
        except TimeoutError:
            raise BodyStalled from None

    async def whole(self) -> bytes | bytearray:
        """Wait for all of it."""
        first = await self.chunk()
        if self.complete:
            return first
        if self.length is None:
            body = bytearray(first)  # not a list of chunks: of one byte each they would take gigabytes
            while chunk := await self.chunk():
                body += chunk
        else:
            body = bytearray(self.length)
            body[: len(first)] = first
            await self.fill(memoryview(body)[len(first) :])
        return body  # as it is: to make bytes of 64 MB would stop everything else for 20 ms
