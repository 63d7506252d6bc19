"""Clients: a socket that is kept open for small requests, and two ways to exchange large bodies."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterable
from types import TracebackType

CHUNK = 2**20
JSON = "application/json"
NPY = "application/x-npy"


class BadAnswer(RuntimeError):
    """An answer other than a complete 200."""


def request_head(path: str, length: int, media_type: str) -> bytes:
    """The head of a POST."""
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        f"Content-Type: {media_type}",
        f"Content-Length: {length}",
    )
    return "\r\n".join((*lines, "", "")).encode()


class Connection:
    """A connection that is kept open, for requests whose answers have a Content-Length."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(CHUNK)

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def ask(self, request: bytes) -> bytes:
        """Send a small request; the body of its answer. Raises BadAnswer."""
        self._socket.sendall(request)
        _, body, length = self._head()
        if length > len(body):
            body += b"".join(self._pieces(length - len(body)))
        return body

    def exchange(self, head: bytes, body: Iterable[bytes | memoryview]) -> int:
        """Send a large request and read its answer at the same time; the length of that. Raises BadAnswer."""
        sender = threading.Thread(target=self._send, args=(head, body))
        sender.start()
        try:
            _, start, length = self._head()
            left = length - len(start)
            while left:
                left -= self._receive()
        finally:
            sender.join()
        return length

    def _send(self, head: bytes, body: Iterable[bytes | memoryview]) -> None:
        self._socket.sendall(head)
        for piece in body:
            self._socket.sendall(piece)

    def _receive(self) -> int:
        count = self._socket.recv_into(self._buffer)
        if not count:
            raise BadAnswer("the connection was closed")
        return count

    def _pieces(self, length: int) -> Iterable[bytes]:
        while length:
            count = self._receive()
            length -= count
            yield bytes(self._buffer[:count])

    def _head(self) -> tuple[bytes, bytes, int]:
        """The head of an answer, what came of its body, and how long that will be."""
        received = b""
        while b"\r\n\r\n" not in received:
            count = self._receive()
            received += bytes(self._buffer[:count])
        head, _, body = received.partition(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n", 1)[0] + b" ":
            raise BadAnswer(received[:500].decode(errors="replace"))
        fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
        return head, body, int(fields[b"content-length"])


def seconds_at_once(port: int, path: str, body: bytes, media_type: str) -> float:
    """How long a POST takes a client that sends and reads at the same time, as curl does."""
    start = time.perf_counter()
    with Connection(port) as connection:
        connection.exchange(request_head(path, len(body), media_type), [body])
    return time.perf_counter() - start


def seconds_in_turn(port: int, path: str, body: bytes, media_type: str) -> float:
    """How long a POST takes a client that sends everything before it reads anything: Python's http.client."""
    start = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", path, body, {"Content-Type": media_type})
    answer = connection.getresponse()
    buffer = bytearray(CHUNK)
    while answer.readinto(buffer):
        pass
    if answer.status != 200:
        raise BadAnswer(f"{answer.status}: {bytes(buffer[:300]).decode(errors='replace')}")
    connection.close()
    return time.perf_counter() - start
