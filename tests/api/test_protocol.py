"""What is wrong with a request before there is one: its head."""

import json

import pytest

from app import __version__
from tests.conftest import Server, status


def check(answer: bytes, expected: int) -> None:
    assert status(answer) == expected
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    assert b"content-type: application/problem+json" in lines
    assert f"x-activations-version: {__version__}".encode() in lines
    assert json.loads(body)["status"] == expected


@pytest.mark.parametrize(
    "request_",
    [
        b"BREW /activate/relu HTTP/1.1\r\nHost: test\r\n\r\n",
        b"GET /activate/\xff HTTP/1.1\r\nHost: test\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"POST /activate/relu HTTP/1.1\r\nHost: test\r\nContent-Length: -1\r\n\r\n",
        b"POST /activate/relu HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /activate/relu HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http(server: Server, request_: bytes) -> None:
    check(server.exchange(request_), 400)


def test_a_head_that_is_too_long_is_told_so(server: Server) -> None:
    lines = "".join(f"X-{i}: {'y' * 100}\r\n" for i in range(700))
    check(server.exchange(f"GET /healthz HTTP/1.1\r\nHost: test\r\n{lines}".encode()), 431)


def test_a_head_of_ordinary_length_passes_also_after_a_long_body(server: Server) -> None:
    body = b'{"x": [' + b"1," * 200_000 + b"1]}"
    head = b"POST /activate/linear HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % len(body)
    last = b"GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\nX: %b\r\n\r\n" % (b"y" * 30_000)
    with server.connect() as connection:
        connection.sendall(head + body + last)
        received = b"".join(iter(lambda: connection.recv(2**20), b""))
    assert received.count(b"HTTP/1.1 200 OK") == 2


def test_a_head_without_end_is_cut_off(server: Server) -> None:
    connection = server.connect()
    server.forget_peak()
    before = server.peak()
    with connection, pytest.raises((ConnectionResetError, BrokenPipeError)):
        connection.sendall(b"GET /activate/relu?x=" + b"1" * (64 * 2**20))
    assert server.peak() - before < 16 * 2**20
