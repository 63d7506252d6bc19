"""uvicorn's HTTP protocol with a bound on what comes before the body, this service's error answers, and
shorter ways for long bodies and for small requests.

httptools collects a URL or a header of any length, in time that grows with its square: 100 MB of URL keep
the event loop busy for 20 seconds, and 100 MB of short headers take 2.4 GB of memory. What an ASGI
application can do about it comes too late.
"""

import asyncio
from collections.abc import Callable, Sequence, Sized
from functools import partial
from typing import Any, TypeAlias

import httptools
import orjson
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app import __version__
from app.api.headers import VERSION_HEADER

MAX_HEAD_BYTES = 64 * 2**10
"""The longest request line and headers together, give or take what one read from the socket brings."""

ABORT = "activations.abort"
"""The extension of the ASGI scope that closes the connection at once, leaving the answer incomplete."""

READ_INTO = "activations.read_into"
"""The extension that reads a body of known length past `receive`: `await read_into(target, length, patience)`
gives how many bytes came, 0 if the client has left, or TimeoutError if none come for so many seconds."""

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]
AtOnce: TypeAlias = Callable[[bytes, Headers, bytes], tuple[Headers, bytes] | None]
"""What makes the headers and the body of an answer of status 200 to a POST, of its target, headers and body;
None: that takes ASGI."""

AT_ONCE = "activations.at_once"
"""Where an application has its AtOnce in the state of its lifespan. It spares a small request the task, the
scope and the messages of ASGI, which take longer than computing a hundred values."""

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

    _in_message = _in_head = False
    _head_bytes = 0
    _begun = 0
    """The requests that the last read has begun."""
    _body_bytes = 0
    _held: list[bytes] | None = None
    """The body of a request that is answered at once if the read that brought its head brings all of it."""
    _under_way: RequestResponseCycle | None = None
    _rest: "_RestOfBody | None" = None

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._at_once: AtOnce | None = self.app_state.get(AT_ONCE) if self.limit_concurrency is None else None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self.flow = _Flow(transport, self.pipeline)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the request under way, too; uvicorn tells the last one that has come."""
        if self._under_way is not None:
            self._under_way.disconnected = True
            self._under_way.message_event.set()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._under_way = cycle
        super()._start_asgi_task(cycle, app)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_message = self._in_head = True
        self._head_bytes = self._body_bytes = 0
        self._begun += 1

    def on_headers_complete(self) -> None:
        self._in_head = False
        before: RequestResponseCycle | None = self.cycle
        busy = self.flow.write_paused or (before is not None and not before.response_complete)
        if self._at_once and self.parser.get_method() == b"POST" and not (busy or self.expect_100_continue):
            self._held = []
        else:
            self._begin()

    def _begin(self) -> None:
        """Give the request to the application, with what has been held back of it."""
        held, self._held = self._held, None
        super().on_headers_complete()
        self.scope["extensions"] = {
            ABORT: {"abort": self.transport.abort},
            READ_INTO: {"read_into": partial(self._read_into, self.cycle)},
        }
        for body in held or ():
            self.on_body(body)

    def on_message_complete(self) -> None:
        self._in_message = False
        if self._held is not None:
            assert self._at_once is not None, "nothing is held otherwise"
            answer = self._at_once(self.url, self.headers, b"".join(self._held))
            if answer is not None:
                self._held = None
                self._answer(*answer)
                return
            self._begin()
        super().on_message_complete()

    def on_body(self, body: bytes) -> None:
        """Hand a long body on as it comes, where uvicorn copies it twice; of small pieces it makes one."""
        if self._held is not None:
            self._held.append(body)
            return
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
        inside, self._begun = self._in_message, 0
        super().data_received(data)
        if self._held is not None:
            self._begin()
        # What a head has of a read that another request has a part in is not counted: one read at most.
        if self._in_head and self._begun <= (not inside):
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

    def _answer(self, headers: Headers, body: bytes) -> None:
        """Write head and body at once: uvicorn's two writes are two system calls and two packets."""
        content = [STATUS_LINE[200]]
        for name, value in (*self.server_state.default_headers, *headers):
            content += name, b": ", value, b"\r\n"
        keep_alive = self.parser.should_keep_alive() and self.parser.get_http_version() != "1.0"
        if not keep_alive:
            content.append(b"connection: close\r\n")
        content += b"\r\n", body
        self.transport.write(b"".join(content))
        if not keep_alive:
            self.transport.close()
        self.on_response_complete()

    async def _read_into(
        self, cycle: RequestResponseCycle, target: memoryview, length: int, patience: float
    ) -> int:
        if count := min(len(target), len(cycle.body)):
            target[:count] = cycle.body[:count]
            cycle.body = cycle.body[count:]
            return count
        if cycle.disconnected or not cycle.more_body:
            return 0
        if self._rest is None:  # the body is not complete, so this is the last request there is
            self._rest = _RestOfBody(self, length - self._body_bytes)
        return await self._rest.read_into(target, patience)

    def end_rest_of_body(self) -> None:
        """Go on with the next request, as at the start of a connection."""
        self._rest = None
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self.on_message_complete()


class _Flow(FlowControl):
    """Lets nothing be read while requests wait for their turn; uvicorn would collect more without bound."""

    def __init__(self, transport: asyncio.Transport, waiting: Sized) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        if not self._waiting:
            super().resume_reading()


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

    async def read_into(self, target: memoryview, patience: float) -> int:
        """Wait until the target is full or the body complete, or for what slowly comes of it."""
        loop = self._http.loop
        self._target, self._count, self._enough = target, 0, min(len(target), self._left)
        self._read = loop.create_future()
        self._timer = loop.call_later(_LINGERING, self._hurry, patience)
        self._http.flow.resume_reading()
        try:
            return await self._read
        finally:
            self._timer.cancel()
            self._target, self._count, self._read = self._dropped, 0, None

    def _hurry(self, patience: float) -> None:
        self._enough = 1
        self._wake()
        self._timer = self._http.loop.call_later(patience, self._give_up)

    def _give_up(self) -> None:
        if self._read is not None and not self._read.done():
            self._read.set_exception(TimeoutError())

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
