import json
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from app import __version__
from app.activations import Activation
from app.activations.first_rungs import first_rungs
from app.activations.tables import tabulate
from app.api import jobs
from app.api.jobs import Job
from app.api.operations import Operation
from app.main import create_app
from app.settings import Settings
from tests.conftest import Server

REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("/activate/gelu", {"x": [[0.5, -1], [2, 3]]}),
    ("/activate/GELU", {"x": "NaN", "dtype": "float32"}),
    ("/derivative/softmax", {"x": [0.5, -1]}),
    ("/compare/tanh", {"x": [1], "y": [0.76]}),
    ("/activate/gelu", {"x": [[1, 2], [3]]}),
    ("/activate/nothing", {"x": 1}),
]


@pytest.mark.parametrize(("path", "body"), REQUESTS, ids=str)
def test_the_answer_is_the_same_by_every_way(client: httpx2.Client, path: str, body: dict[str, Any]) -> None:
    """Around the framework with this server and with another, and by the routes, under another root."""
    direct = client.post(path, json=body)
    app = TestClient(create_app())
    routed = TestClient(create_app(), root_path="/root").post(f"/root{path}", json=body)
    for answer in (app.post(path, json=body), routed):
        assert (answer.status_code, answer.content) == (direct.status_code, direct.content)
        for name in ("content-type", "content-length", "x-activations-version"):
            assert answer.headers.get_list(name) == direct.headers.get_list(name)


def test_an_unforeseen_error_leaks_nothing() -> None:
    def fail(kind: type[Activation], message: Mapping[str, Any], settings: Settings) -> Job:
        raise RuntimeError("secret")

    app = create_app()
    app.operations = {"activate": Operation(options=(), prepare=fail)}
    with pytest.raises(RuntimeError):  # for the server's log
        TestClient(app).post("/activate/gelu", json={"x": 1})
    answer = TestClient(app, raise_server_exceptions=False).post("/activate/gelu", json={"x": 1})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-activations-version"] == __version__
    assert "secret" not in answer.text


def test_small_right_requests_are_answered_at_once_and_no_others() -> None:
    app = create_app()
    headers = [(b"content-type", b"application/json"), (b"host", b"test")]
    answer = app.at_once(b"/activate/relu", headers, b'{"x": [-1, 2]}')
    assert answer is not None
    assert json.loads(answer[1])["y"] == [0, 2]
    assert (b"x-activations-version", __version__.encode()) in answer[0]
    for target, body in [
        (b"/activate/relu?x=1", b'{"x": 1}'),
        (b"/activate/nothing", b'{"x": 1}'),
        (b"/activate/", b'{"x": 1}'),
        (b"/catalog/relu", b'{"x": 1}'),
        (b"/activate/rel\xff", b'{"x": 1}'),
        (b"/activate/relu", b'{"x": [1, [2]]}'),
        (b"/activate/relu", b'{"x": [%b1]}' % (b"1, " * 300)),
        (b"/activate/relu", b'{"x": [1]%b}' % (b" " * 2**15)),
    ]:
        assert app.at_once(target, headers, body) is None, target
    assert app.at_once(b"/activate/relu", [(b"accept", b"text/html")], b'{"x": 1}') is None
    assert app.at_once(b"/activate/relu", [(b"content-type", b"application/x-npy")], b'{"x": 1}') is None


def test_what_must_be_made_first_is_made_in_a_thread() -> None:
    jobs._default.cache_clear()  # noqa: SLF001  # functions remember what they use
    first_rungs.cache_clear()
    tabulate.cache_clear()
    app = create_app()
    target, body = b"/activate/mish", b'{"x": [1, -2]}'
    assert app.at_once(target, [], body) is None
    assert tabulate.cache_info().currsize == 0
    slow = TestClient(app).post("/activate/mish", json={"x": [1, -2]})
    assert tabulate.cache_info().currsize == 1
    quick = app.at_once(target, [], body)
    assert quick is not None
    assert quick[1] == slow.content


def _request(body: bytes, *lines: bytes) -> bytes:
    head = b"POST /activate/relu HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n" % len(body)
    return b"".join((head, *(line + b"\r\n" for line in lines), b"\r\n", body))


def _answers(received: bytes) -> list[bytes]:
    """What stands between the first and the last number of each y."""
    return [text.partition(b"}")[0].strip(b"[]") for text in received.split(b'"y":')[1:]]


@pytest.mark.parametrize("cut", [10, 60, 80, 120])
def test_a_request_may_come_in_parts(server: Server, cut: int) -> None:
    request = _request(b'{"x": [1, 2, 3], "dtype": "float32"}', b"Connection: close")
    with server.connect() as connection:
        connection.sendall(request[:cut])
        time.sleep(0.05)
        connection.sendall(request[cut:])
        received = b"".join(iter(lambda: connection.recv(2**16), b""))
    assert _answers(received) == [b"1.0,2.0,3.0"]


def test_small_and_long_requests_in_a_row_are_answered_in_their_order(server: Server) -> None:
    numbers = [1, 2000, 2, 3, 50_000, 4]
    bodies = [b'{"x": [%b%d]}' % (b"0, " * (n if n >= 2000 else 0), n) for n in numbers]
    requests = [_request(body) for body in bodies]
    with server.connect() as connection:
        connection.sendall(b"".join(requests[:-1]) + _request(bodies[-1], b"Connection: close"))
        received = b"".join(iter(lambda: connection.recv(2**20), b""))
    assert [float(answer.rpartition(b",")[2]) for answer in _answers(received)] == numbers


def test_who_reads_nothing_is_not_read_on_and_gets_all_answers_in_the_end(server: Server) -> None:
    """The sockets take some megabytes; the rest waits for the client, as requests."""
    body = b'{"x": [%b%d]}'
    numbers = b"0.1234567890123456, " * 200
    most = 20_000
    server.forget_peak()
    before = server.peak()
    with server.connect() as connection:
        connection.settimeout(1)
        sent = 0
        with suppress(TimeoutError):
            while sent < most:
                connection.sendall(_request(body % (numbers, sent)))
                sent += 1
        assert 0 < sent < most
        assert server.peak() - before < 32 * 2**20
        received = bytearray()
        while received.count(b"HTTP/1.1 200 OK") < sent:
            received += connection.recv(2**20)
    last = [float(answer.rpartition(b",")[2]) for answer in _answers(bytes(received))[:-1]]
    assert last == list(range(sent - 1))


def test_who_leaves_without_reading_is_let_go(server: Server) -> None:
    """That nothing is logged as an error, the fixture finds."""
    request = _request(b'{"x": [%b0.1]}' % (b"0.1234567890123456, " * 200))
    with server.connect() as connection, suppress(TimeoutError):
        connection.settimeout(1)
        while True:
            connection.sendall(request)
    assert _answers(server.exchange(_request(b'{"x": 1}', b"Connection: close"))) == [b"1.0"]


def test_a_request_in_http_1_0_closes_the_connection(server: Server) -> None:
    received = server.exchange(_request(b'{"x": 1}').replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert _answers(received) == [b"1.0"]
    assert b"connection: close" in received


def test_a_client_that_asks_first_is_told_to_go_on(server: Server) -> None:
    request = _request(b'{"x": 1}', b"Expect: 100-continue", b"Connection: close")
    received = server.exchange(request)
    assert received.startswith(b"HTTP/1.1 100 Continue\r\n")
    assert _answers(received) == [b"1.0"]


def test_requests_in_a_row_are_answered_in_their_order_and_the_connection_closed(server: Server) -> None:
    bodies = [b'{"x": %d}' % number for number in range(3)]
    head = b"POST /activate/relu HTTP/1.1\r\nHost: test\r\n%bContent-Length: %d\r\n\r\n%b"
    lines = [b"", b"", b"Connection: close\r\n"]
    with server.connect() as connection:
        connection.sendall(
            b"".join(head % (line, len(body), body) for line, body in zip(lines, bodies, strict=True))
        )
        received = b"".join(iter(lambda: connection.recv(2**16), b""))
    _, *answers = received.split(b"HTTP/1.1 200 OK\r\n")
    assert [float(answer.rpartition(b'"y":')[2].rstrip(b"}")) for answer in answers] == [0, 1, 2]
    assert [b"connection: close" in answer for answer in answers] == [False, False, True]
    assert all(answer.startswith(b"date: ") for answer in answers)
