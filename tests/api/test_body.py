"""Limits and the ways in which a body can fail to arrive: seen from a socket, against small limits."""

from collections.abc import Iterator
from typing import Any

import anyio
import httpx2
import pytest

from app.api.body import Body, BodyStalled
from app.settings import Settings
from tests.conftest import Launch, Server, status

LIMIT = 20_000


@pytest.fixture(scope="module")
def narrow(launch: Launch) -> Iterator[Server]:
    limits = {
        "ACTIVATIONS_MAX_BODY_BYTES": str(LIMIT),
        "ACTIVATIONS_MAX_ELEMENTS": "100",
        "ACTIVATIONS_MAX_JACOBIAN_ELEMENTS": "400",
    }
    with launch(limits) as server:
        yield server


def head(*lines: str, path: str = "/activate/relu") -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: test", *lines, "", ""]).encode()


def test_a_body_that_is_declared_too_large_is_refused_before_it_is_sent(narrow: Server) -> None:
    for length in (LIMIT + 1, 10**15, 10**18):
        answer = narrow.exchange(head(f"Content-Length: {length}", "Expect: 100-continue"))
        assert status(answer) == 413
        assert f"{LIMIT:,}".encode() in answer


def test_a_client_that_sends_everything_first_still_gets_the_413(narrow: Server) -> None:
    body = b" " * 3_000_000
    answer = httpx2.post(f"{narrow.url}/activate/relu", content=body, timeout=60)
    assert answer.status_code == 413


def test_a_chunked_body_is_cut_off_at_the_limit(narrow: Server) -> None:
    chunk = b"1000\r\n" + b" " * 4096 + b"\r\n"
    answer = narrow.exchange(head("Transfer-Encoding: chunked"), *[chunk] * (LIMIT // 4096 + 1))
    assert status(answer) == 413


def test_a_chunked_body_within_the_limit_is_read(narrow: Server) -> None:
    pieces = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (b'{"x"', b": [-1", b", 2]}")]
    answer = narrow.exchange(head("Transfer-Encoding: chunked"), *pieces, b"0\r\n\r\n")
    assert answer.endswith(b'"shape":[2],"y":[0.0,2.0]}')


@pytest.mark.parametrize("pieces", [0, 1, 3])
def test_a_body_that_stalls_is_given_up(pieces: int) -> None:
    arriving = [{"type": "http.request", "body": b" ", "more_body": True}] * pieces

    async def receive() -> dict[str, Any]:
        if not arriving:
            await anyio.sleep_forever()
        return arriving.pop()

    async def read() -> None:
        with anyio.fail_after(10), pytest.raises(BodyStalled):
            await Body({"headers": []}, receive, Settings(body_stall_seconds=0.01)).whole()

    anyio.run(read)


def test_a_client_that_leaves_leaves_no_trace(narrow: Server) -> None:
    # The fixture fails if the server's log has a traceback.
    assert narrow.exchange(head("Content-Length: 100"), b'{"x": ', half_close=True) == b""
    assert httpx2.get(f"{narrow.url}/healthz").status_code == 200


@pytest.mark.parametrize(
    "lines", [("Content-Length: -1",), ("Content-Length: x",), ("Content-Length: " + "9" * 5000,)]
)
def test_nonsensical_lengths(narrow: Server, lines: tuple[str, ...]) -> None:
    assert status(narrow.exchange(head(*lines))) == 400


@pytest.mark.parametrize(
    ("path", "body", "code", "says"),
    [
        ("/activate/relu", {"x": [0] * 100}, 200, ""),
        ("/activate/relu", {"x": [0] * 101}, 413, "100"),
        ("/activate/relu", {"x": [[0] * 11] * 10}, 413, "100"),
        ("/derivative/relu", {"x": [0], "upstream": [0] * 101}, 413, "100"),
        ("/derivative/relu", {"x": [0] * 100}, 200, ""),
        ("/derivative/softmax", {"x": [0] * 20}, 200, ""),
        ("/derivative/softmax", {"x": [0] * 21}, 413, "upstream"),
        ("/derivative/softmax", {"x": [0] * 21, "upstream": [0] * 21}, 200, ""),
        ("/activate/maxout", {"x": [[0]] * 10, "params": {"w": [[[0], [0]]] * 11}}, 413, "110"),
        ("/derivative/maxout", {"x": [[0]] * 40, "params": {"w": [[[0], [0]]] * 11}}, 413, "upstream"),
    ],
)
def test_sizes_beyond_the_limits(narrow: Server, path: str, body: object, code: int, says: str) -> None:
    answer = httpx2.post(narrow.url + path, json=body)
    assert answer.status_code == code, answer.text
    assert code == 200 or says in answer.json()["detail"]


def test_a_query_counts_too(narrow: Server) -> None:
    assert httpx2.get(f"{narrow.url}/derivative/softmax?x=" + ",".join("0" * 21)).status_code == 413


def test_a_huge_body_costs_no_more_memory_than_the_limit(server: Server, client: httpx2.Client) -> None:
    client.get("/readyz")
    server.forget_peak()
    before = server.peak()
    declared = 65 * 2**20
    spaces = (b" " * 2**20 for _ in range(65))
    answer = client.post("/activate/relu", content=spaces, headers={"Content-Length": str(declared)})
    assert answer.status_code == 413
    assert server.peak() - before < 16 * 2**20
