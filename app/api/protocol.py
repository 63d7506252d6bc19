"""uvicorn's HTTP protocol with a bound on what comes before the body, and with this service's error answers.

httptools collects a URL or a header of any length, in time that grows with its square: 100 MB of URL keep
the event loop busy for 20 seconds, and 100 MB of short headers take 2.4 GB of memory. What an ASGI
application can do about it comes too late.
"""

import orjson
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app import __version__
from app.api.headers import VERSION_HEADER

MAX_HEAD_BYTES = 64 * 2**10
"""The longest request line and headers together, give or take what one read from the socket brings."""

ABORT = "activations.abort"
"""The extension of the ASGI scope that closes the connection at once, leaving the answer incomplete."""


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

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: {"abort": self.transport.abort}}
        self._in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._in_head = False

    def on_body(self, body: bytes) -> None:
        """Hand a long body on as it comes, where uvicorn copies it twice; of small pieces it makes one."""
        cycle = self.cycle
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
