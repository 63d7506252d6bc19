from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from app import __version__
from app.activations import Activation
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
