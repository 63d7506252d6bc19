"""uvicorn's HTTP protocol with a bound on what comes before the body, this service's error answers, and a
shorter way for long bodies.

httptools collects a URL or a header of any length, in time that grows with its square: 100 MB of URL keep
the event loop busy for 20 seconds, and 100 MB of short headers take 2.4 GB of memory. What an ASGI
application can do about it comes too late.
"""

import asyncio
from collections.abc import Iterable
from functools import partial

import httptools
import orjson
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app import __version__
from app.api.headers import VERSION_HEADER

MAX_HEAD_BYTES = 64 * 2**10
"""The longest request line and headers together, give or take what one read from the socket brings."""

ABORT = "activations.abort"
"""The extension of the ASGI scope that closes the connection at once, leaving the answer incomplete."""

READ_INTO = "activations.read_into"
"""The extension that reads a body of known length without `receive`: `await read_into(target, length)`."""

ANSWER = "activations.answer"
"""The extension that sends a whole answer without `send`: `await answer(headers, body)`, status 200."""

# Seconds after which a read is content with what has come: far below any sensible patience with a body.
_LINGERING = 0.05


def _answer(status: int, title: str, detail: str) -> bytes:
    """Write a whole answer: these errors are found before there is an application to answer them."""
    body = orjson.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})
    head = (
        f"HTTP/1.1 {status} {title}\r\n"
        "content-type: application/problem+json\r\n"
        f"content-length: {len(body)}\r\n"
        f"{VERSION_HEADER.lower()}: {__version__}\r\n"
        "connection: close\r\n\r\n"
    )
    return head.encode() + body


_NOT_HTTP = _answer(
    400, "Bad Request", "The request is not valid HTTP; check its first line and its headers."
)
_TOO_LONG = _answer(
    431,
    "Request Header Fields Too Large",
    "The address and the headers are too long; send a POST with a JSON body instead.",
)


class BoundedHttpProtocol(HttpToolsProtocol):
    """Answers 431 and closes the connection once the head of a request is longer than MAX_HEAD_BYTES."""

    _in_head = True
    _head_bytes = 0
    _body_bytes = 0
    _rest: "_RestOfBody | None" = None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_bytes, self._body_bytes = True, 0, 0

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._in_head = False
        self.scope["extensions"] = {
            ABORT: {"abort": self.transport.abort},
            READ_INTO: {"read_into": partial(self._read_into, self.cycle)},
            ANSWER: {"answer": partial(self._answer_at_once, self.cycle)},
        }

    def on_body(self, body: bytes) -> None:
        """Hand a long body on as it comes, where uvicorn copies it twice; of small pieces it makes one."""
        cycle = self.cycle
        self._body_bytes += len(body)
        if len(body) > HIGH_WATER_LIMIT and not cycle.body and not cycle.response_complete:
            cycle.body = body  # type: ignore[assignment]  # receive() takes bytes of it, which bytes already are
            self.flow.pause_reading()
            cycle.message_event.set()
            return
        if isinstance(cycle.body, bytes):  # more pieces have come in the same read
            cycle.body = bytearray(cycle.body)
        super().on_body(body)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._in_head:
            return
        # What came with the end of the request before is counted too: one read at most.
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(_TOO_LONG)

    def send_400_response(self, msg: str) -> None:
        self._refuse(_NOT_HTTP)

    def _refuse(self, answer: bytes) -> None:
        """Close the connection with this answer, unless it would become a part of one that is under way."""
        cycle: RequestResponseCycle | None = self.cycle
        begun = cycle is not None and cycle.response_started and not cycle.response_complete
        if begun or self.pipeline:
            self.transport.abort()
            return
        self.transport.write(answer)
        self.transport.close()

    async def _answer_at_once(
        self, cycle: RequestResponseCycle, headers: Iterable[tuple[bytes, bytes]], body: bytes
    ) -> None:
        """Write head and body at once: uvicorn's two writes are two system calls and two packets."""
        if cycle.flow.write_paused and not cycle.disconnected:
            await cycle.flow.drain()
        if cycle.disconnected:
            return
        cycle.response_started = cycle.response_complete = True
        content = [STATUS_LINE[200]]
        for name, value in (*cycle.default_headers, *headers):
            content += name, b": ", value, b"\r\n"
        if not cycle.keep_alive:
            content.append(b"connection: close\r\n")
        content += b"\r\n", body
        self.transport.write(b"".join(content))
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    async def _read_into(self, cycle: RequestResponseCycle, target: memoryview, length: int) -> int:
        """Wait for the next bytes of a body of that length, and say how many came; 0: the client has left."""
        if count := min(len(target), len(cycle.body)):
            target[:count] = cycle.body[:count]
            cycle.body = cycle.body[count:]
            return count
        if cycle.disconnected or not cycle.more_body:
            return 0
        if self._rest is None:  # the body is not complete, so this is the last request there is
            self._rest = _RestOfBody(self, length - self._body_bytes)
        return await self._rest.read_into(target)

    def end_rest_of_body(self) -> None:
        """Go on with the next request, as at the start of a connection."""
        self._rest = None
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self.on_message_complete()


class _RestOfBody(asyncio.BufferedProtocol):
    """Takes the place of the HTTP protocol until a body of known length is complete.

    Its bytes go from the socket to where they are wanted; the parser would copy all of them twice. What
    comes when nobody wants it any more is dropped.
    """

    def __init__(self, http: BoundedHttpProtocol, left: int) -> None:
        self._http, self._left = http, left
        self._target = self._dropped = memoryview(bytearray(HIGH_WATER_LIMIT))
        self._count = self._enough = 0
        self._read: asyncio.Future[int] | None = None
        self._take(self)

    async def read_into(self, target: memoryview) -> int:
        """Wait until the target is full or the body complete, or for what slowly comes of it."""
        loop = asyncio.get_running_loop()
        self._target, self._count, self._enough = target, 0, min(len(target), self._left)
        self._read = loop.create_future()
        hurry = loop.call_later(_LINGERING, self._hurry)
        self._http.flow.resume_reading()
        try:
            return await self._read
        finally:
            hurry.cancel()
            self._target, self._count, self._read = self._dropped, 0, None

    def _hurry(self) -> None:
        self._enough = 1
        self._wake()

    def _take(self, protocol: asyncio.BaseProtocol) -> None:
        """Let the transport call this protocol; which of its methods is settled when reading starts."""
        self._http.flow.pause_reading()
        self._http.transport.set_protocol(protocol)

    def _wake(self) -> None:
        if self._read is not None and not self._read.done() and self._count >= self._enough:
            self._http.flow.pause_reading()
            self._read.set_result(self._count)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._target[self._count :][: self._left]

    def buffer_updated(self, nbytes: int) -> None:
        self._left -= nbytes
        if self._read is not None:
            self._count += nbytes
            self._wake()
        if not self._left:
            self._take(self._http)
            self._http.end_rest_of_body()
            self._http.flow.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._http.connection_lost(exc)
        self._enough = 0
        self._wake()

    def pause_writing(self) -> None:
        self._http.pause_writing()

    def resume_writing(self) -> None:
        self._http.resume_writing()
