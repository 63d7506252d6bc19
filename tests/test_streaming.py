"""Elementwise functions of .npy files that are computed as they arrive: over a real socket, with any client.

The server's log is looked through for tracebacks when its fixture ends.
"""

import http.client
import io
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import httpx2
import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray
from starlette.types import Message

from app.activations import DTYPES, find
from app.api.streaming import BLOCK
from app.main import create_app
from app.wire import npy
from tests.conftest import Launch, Server

NPY = "application/x-npy"
MB = 2**20
SIZE = 2 * BLOCK + 12_345
X = np.random.default_rng(5).normal(0, 3, SIZE)
# Files that are described by their header and one block, repeated: large ones take no memory here.
ZEROS = bytes(MB)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    content: bytes

    def array(self) -> NDArray[Any]:
        assert self.status == 200, self.content[:1000]
        assert self.headers["content-type"] == NPY
        array: NDArray[Any] = np.load(io.BytesIO(self.content), allow_pickle=False)
        return array


def saved(array: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def head(path: str, length: int | None) -> bytes:
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: {NPY}\r\n{framing}\r\n\r\n".encode()


def chunked(pieces: Iterable[bytes], last: bytes = b"0\r\n\r\n") -> Iterator[bytes]:
    for piece in filter(None, pieces):
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield last


def received(connection: socket.socket) -> Answer:
    """The answer that comes; its content ends early where the connection does."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    try:
        content = response.read()
    except http.client.IncompleteRead as error:
        content = error.partial
    except ConnectionResetError:
        content = b""
    return Answer(response.status, {key.lower(): value for key, value in response.getheaders()}, content)


def at_once(server: Server, request: Iterable[bytes]) -> Answer:
    """Send while reading, as curl does."""
    with server.connect() as connection:

        def send() -> None:
            with suppress(OSError):  # the server need not read all of a request that it refuses
                for piece in request:
                    connection.sendall(piece)

        sender = threading.Thread(target=send)
        sender.start()
        try:
            return received(connection)
        finally:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            sender.join()


def one_after_the_other(server: Server, request: Iterable[bytes]) -> Answer:
    """Send everything before reading anything, as http.client, requests and httpx do."""
    with server.connect() as connection:
        for piece in request:
            connection.sendall(piece)
        return received(connection)


def post(server: Server, path: str, array: NDArray[Any]) -> Answer:
    file = saved(array)
    return one_after_the_other(server, [head(path, len(file)), file])


def assert_same(found: NDArray[Any], expected: NDArray[Any]) -> None:
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(found, expected)


def is_cut_off(answer: Answer) -> bool:
    return answer.status == 200 and len(answer.content) < int(answer.headers["content-length"])


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def temporary_files(server: Server) -> int:
    links = (link for link in Path(f"/proc/{server.pid}/fd").iterdir() if link.is_symlink())
    return sum("(deleted)" in str(link.readlink()) for link in links)


# -- what comes out --------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", "<f2 >f2 <f4 >f4 <f8 >f8 i1 <i2 >u4 <i8".split())
def test_the_result_is_that_of_the_whole_array(server: Server, dtype: str) -> None:
    x = (X * 5).astype(dtype)
    name = x.dtype.name if x.dtype.kind == "f" else "float64"
    assert_same(post(server, "/activate/tanh", x).array(), find("tanh")()(x, name))


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_dtype_of_the_answer_may_be_another(server: Server, dtype: str) -> None:
    x = X.astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else np.float32)
    y = post(server, f"/activate/softsign?dtype={dtype}", x).array()
    assert_same(y.view(ml_dtypes.bfloat16) if dtype == "bfloat16" else y, find("softsign")()(x, dtype))


@pytest.mark.parametrize(
    "query", ["", "order=2", "wrt=beta&beta=1.5", "exact=true&dtype=float64", "wrt=beta&order=2"]
)
def test_derivatives(server: Server, query: str) -> None:
    x = X.astype(np.float16)
    options: dict[str, Any] = dict(item.split("=") for item in query.split("&") if item)
    options = {"dtype": "float16"} | options
    function = find("swish").model_validate({"beta": float(options.pop("beta", 1))})
    options = {
        key: json.loads(value) if key in {"order", "exact"} else value for key, value in options.items()
    }
    answer = post(server, f"/derivative/swish?{query}", x)
    assert_same(answer.array(), function.derivative(x, **options).values)
    assert answer.headers["x-activations-kind"] == "elementwise"


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_channels_are_where_they_were(server: Server, axis: int, order: Any) -> None:
    x = np.asarray(X[: 70 * 51 * 131].reshape(70, 51, 131), np.float32, order=order)
    channels = np.linspace(0.1, 0.9, x.shape[axis])
    texts = ",".join(map(str, channels))
    answer = post(server, f"/activate/prelu?axis={axis}&alpha={texts}", x)
    function = find("prelu").model_validate({"alpha": channels.tolist(), "axis": axis})
    assert_same(answer.array(), function(x, "float32"))
    answer = post(server, f"/derivative/srelu?axis={axis}&al={texts}&tr=0.5&wrt=al", x)
    function = find("srelu").model_validate({"al": channels.tolist(), "tr": 0.5, "axis": axis})
    assert_same(answer.array(), function.derivative(x, "al", dtype="float32").values)


def test_channels_that_do_not_fit_are_found_before_the_answer(server: Server) -> None:
    answer = post(server, "/activate/prelu?alpha=1,2,3", X.reshape(-1, 1))
    assert answer.status == 422
    assert json.loads(answer.content)["errors"][0]["loc"] == ["params", "alpha"]


@pytest.mark.parametrize("name", ["softmax", "rrelu"])
def test_functions_that_must_see_the_whole_array_do(server: Server, name: str) -> None:
    x = X[:300_000].reshape(3000, 100)
    path, params = f"/activate/{name}", {}
    if name == "rrelu":
        path, params = f"{path}?training=true&seed=7", {"training": True, "seed": 7}
    assert_same(post(server, path, x).array(), find(name).model_validate(params)(x))


@pytest.mark.parametrize("send", [at_once, one_after_the_other])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_any_client_and_any_framing(server: Server, send: Any, framing: str) -> None:
    file = saved(np.tile(X, 20))
    pieces = [file[:5], file[5:70], *(file[at : at + 99_991] for at in range(70, len(file), 99_991))]
    if framing == "chunked":
        request = [head("/activate/relu", None), *chunked(pieces)]
    else:
        request = [head("/activate/relu", len(file)), *pieces]
    answer = send(server, request)
    assert_same(answer.array(), np.maximum(np.tile(X, 20), 0))
    assert answer.headers["x-activations-name"] == "relu"
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_pieces_of_a_few_bytes(server: Server) -> None:
    x = X[:70_000]
    file = saved(x)
    pieces = [file[at : at + 7] for at in range(0, len(file), 7)]
    answer = one_after_the_other(server, [head("/activate/relu", None), b"".join(chunked(pieces))])
    assert_same(answer.array(), np.maximum(x, 0))


def test_a_connection_serves_one_file_after_another(server: Server) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        for x in (X, X[:100], X.astype(np.float32)):
            connection.request("POST", "/activate/relu", saved(x), {"Content-Type": NPY})
            with connection.getresponse() as response:
                assert_same(np.load(io.BytesIO(response.read())), np.maximum(x, 0))
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200


def test_a_request_right_behind_a_file_is_answered_too(server: Server) -> None:
    file = saved(X)
    last = b"GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
    request = head("/activate/relu", len(file)) + file
    with server.connect() as connection:
        sender = threading.Thread(target=connection.sendall, args=(request * 3 + last,))
        sender.start()
        content = b"".join(iter(lambda: connection.recv(MB), b""))
        sender.join()
    assert content.count(b"HTTP/1.1 200 OK") == 4
    assert content.count(saved(np.maximum(X, 0))) == 3


@pytest.mark.parametrize("shape", [(0,), (), (3, 0, 2)])
def test_files_without_a_block(server: Server, shape: tuple[int, ...]) -> None:
    file = saved(np.ones(shape))
    answer = at_once(server, [head("/activate/relu", None), *chunked([file[:3], file[3:]])])
    assert_same(answer.array(), np.ones(shape))


def test_a_server_that_says_no_more_once_the_body_is_complete_is_not_waited_for() -> None:
    file = saved(X)
    arriving = [file[400_000:], file[:400_000]]
    sent: list[Message] = []

    async def receive() -> Message:
        if not arriving:
            await anyio.sleep_forever()
        return {"type": "http.request", "body": arriving.pop(), "more_body": bool(arriving)}

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        path = "/activate/relu"
        scope = {"type": "http", "method": "POST", "path": path, "root_path": "", "query_string": b""}
        with anyio.fail_after(20):
            await create_app()(scope | {"headers": [(b"content-type", NPY.encode())]}, receive, send)

    anyio.run(run)
    content = b"".join(message["body"] for message in sent[1:])
    assert_same(np.load(io.BytesIO(content)), np.maximum(X, 0))
    assert [message.get("more_body") for message in sent[-2:]] == [True, False]


# -- memory and disk -------------------------------------------------------------------------------


def large(megabytes: int) -> tuple[int, Iterator[bytes]]:
    """A file of float32 zeros: its length and the pieces that send it."""
    start = npy.write_header(np.dtype(np.float32), (megabytes * MB // 4,))
    pieces = (start if index < 0 else ZEROS for index in range(-1, megabytes))
    return len(start) + megabytes * MB, pieces


@pytest.mark.parametrize("send", [at_once, one_after_the_other])
def test_memory_does_not_grow_with_the_array(server: Server, send: Any) -> None:
    length, pieces = large(192)
    one_after_the_other(server, [head("/activate/relu", len(saved(X))), saved(X)])
    server.forget_peak()
    before = server.peak()
    answer = send(server, iter([head("/activate/relu", length), *pieces]))
    assert server.peak() - before < 64 * MB
    assert len(answer.content) == length
    assert not answer.content[-192 * MB :].strip(b"\0")


def test_what_nobody_reads_waits_in_a_file_that_goes_with_it(server: Server) -> None:
    length, pieces = large(40)
    with server.connect() as connection:
        connection.sendall(head("/activate/relu", length))
        for piece in pieces:
            connection.sendall(piece)
        assert eventually(lambda: temporary_files(server) == 1)
        assert len(received(connection).content) == length
    assert eventually(lambda: temporary_files(server) == 0)


@pytest.fixture(scope="module")
def narrow(launch: Launch) -> Iterator[Server]:
    limits = {
        "MAX_STREAM_BYTES": 60 * MB,
        "MAX_SPOOL_BYTES": 50 * MB,
        "MAX_BODY_BYTES": MB,
        "BODY_STALL_SECONDS": 1,
        "ANSWER_STALL_SECONDS": 1,
    }
    with launch({f"ACTIVATIONS_{key}": str(value) for key, value in limits.items()}) as running:
        yield running


def problem(answer: Answer) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status, json.loads(answer.content)["detail"]


def takes_all_the_room(server: Server) -> bool:
    """Whether a file whose answer needs all the room there is for temporary ones still gets it."""
    length, pieces = large(50)
    return at_once(server, [head("/activate/relu", length), *pieces]).status == 200


def test_an_answer_that_could_not_wait_is_refused_at_once(narrow: Server) -> None:
    length, pieces = large(58)
    status, detail = problem(at_once(narrow, [head("/activate/relu", length), *pieces]))
    assert status == 507
    assert "no room" in detail
    assert takes_all_the_room(narrow)


def test_bodies_over_the_limit(narrow: Server) -> None:
    length, pieces = large(61)
    assert problem(at_once(narrow, [head("/activate/relu", length), *pieces]))[0] == 413
    length, pieces = large(61)
    assert problem(at_once(narrow, [head("/activate/relu", None), *chunked(pieces)]))[0] == 413
    length, pieces = large(2)
    assert problem(at_once(narrow, [head("/activate/softmax", length), *pieces]))[0] == 413
    length, pieces = large(2)
    as_json = head("/activate/relu", length).replace(b"Host", b"Accept: application/json\r\nHost")
    assert problem(at_once(narrow, [as_json, *pieces]))[0] == 413


# -- clients that misbehave ------------------------------------------------------------------------


@pytest.mark.parametrize("difference", [-SIZE, -1, 1, 8])
def test_a_length_that_is_not_the_headers_is_known_before_the_answer(server: Server, difference: int) -> None:
    file = saved(X)
    file = file[:difference] if difference < 0 else file + bytes(difference)
    for send in (at_once, one_after_the_other):
        status, detail = problem(send(server, [head("/activate/relu", len(file)), file]))
        assert status == 400
        assert re.search(
            rf"promises {SIZE * 8:,} bytes of numbers, but {SIZE * 8 + difference:,} follow", detail
        )


@pytest.mark.parametrize(
    ("junk", "status"),
    [(bytes(MB), 400), (b"\x93NUMPY\1\0\xff\xff" + bytes(MB), 400), (saved(X > 0) * 9, 422)],
)
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_long_body_that_is_no_file(server: Server, junk: bytes, status: int, framing: str) -> None:
    body = [junk] if framing == "length" else chunked([junk])
    length = len(junk) if framing == "length" else None
    assert problem(at_once(server, [head("/activate/relu", length), *body]))[0] == status


@pytest.mark.parametrize("size", [10, SIZE])
@pytest.mark.parametrize("difference", [-9, -8, -1, 1, 8, 300_000])
def test_a_chunked_body_of_another_length(server: Server, size: int, difference: int) -> None:
    file = saved(X[:size])
    file = file[:difference] if difference < 0 else file + bytes(difference)
    for send in (at_once, one_after_the_other):
        answer = send(server, [head("/activate/relu", None), *chunked([file[:400_000], file[400_000:]])])
        # Where the answer has begun depends on who is faster; the next test makes sure of it.
        assert (size == SIZE and is_cut_off(answer)) or problem(answer)[0] == 400


@pytest.mark.parametrize("wrong", [b"", b"\0", bytes(SIZE * 8)])
def test_a_chunked_body_that_turns_out_wrong_behind_the_beginning_of_the_answer(
    server: Server, wrong: bytes
) -> None:
    file = saved(X)
    end = -1 if wrong == b"" else len(file)
    with server.connect() as connection:
        connection.sendall(head("/activate/relu", None) + b"".join(chunked([file[:end]], last=b"")))
        connection.recv(1, socket.MSG_PEEK)
        with suppress(OSError):
            connection.sendall(b"".join(chunked([wrong])))
        assert is_cut_off(received(connection))


@pytest.mark.parametrize("junk", [b"zz\r\n", b"\xff" * 500_000])
def test_a_body_whose_framing_breaks_behind_the_beginning_of_the_answer(server: Server, junk: bytes) -> None:
    with server.connect() as connection:
        connection.sendall(head("/activate/relu", None) + b"".join(chunked([saved(X)[:-1]], last=b"")))
        connection.recv(1, socket.MSG_PEEK)
        with suppress(OSError):
            connection.sendall(junk)
        answer = received(connection)
    assert is_cut_off(answer)
    assert b"HTTP/1.1" not in answer.content


def test_a_body_that_stalls_before_the_answer_is_a_408(narrow: Server) -> None:
    file = saved(X)
    for sent in (b"", file[:50], file[:300_000]):
        assert problem(at_once(narrow, [head("/activate/relu", len(file)), sent]))[0] == 408


def test_a_body_that_is_slow_has_not_stalled(narrow: Server) -> None:
    file = saved(X[:100_000])
    post(narrow, "/activate/relu", X[:1])  # bytes that come before the server has started are not slow
    with narrow.connect() as connection:
        connection.sendall(head("/activate/relu", len(file)) + file[:-13])
        for byte in file[-13:]:
            time.sleep(0.2)  # a fifth of the server's patience, which is a second
            connection.sendall(bytes([byte]))
        assert_same(received(connection).array(), np.maximum(X[:100_000], 0))


def test_the_rest_of_a_body_that_stalled_is_not_taken_for_a_request(narrow: Server) -> None:
    file = saved(X)
    with closing(http.client.HTTPConnection("127.0.0.1", narrow.port, timeout=60)) as connection:
        connection.putrequest("POST", "/activate/relu")
        connection.putheader("Content-Type", NPY)
        connection.putheader("Content-Length", str(len(file)))
        connection.endheaders(file[:600_000])
        with connection.getresponse() as response:
            assert response.status == 408
            response.read()
        connection.send(file[600_000:])
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200


def test_a_body_that_stalls_behind_the_beginning_of_the_answer_is_cut_off(narrow: Server) -> None:
    length, pieces = large(50)
    some = [next(pieces) for _ in range(20)]
    answer = at_once(narrow, [head("/activate/relu", length), *some])
    assert is_cut_off(answer)
    assert takes_all_the_room(narrow)


def test_a_client_that_never_reads_is_cut_off(narrow: Server) -> None:
    length, pieces = large(50)
    with narrow.connect() as connection:
        connection.sendall(head("/activate/relu", length))
        for piece in pieces:
            connection.sendall(piece)
        assert eventually(lambda: takes_all_the_room(narrow))
        assert temporary_files(narrow) == 0
        assert is_cut_off(received(connection))


@pytest.mark.parametrize("sent", [1, 10, 50])
def test_a_client_that_leaves_takes_everything_with_it(narrow: Server, sent: int) -> None:
    length, pieces = large(50)
    for _ in range(3):
        with narrow.connect() as connection:
            connection.sendall(head("/activate/relu", length))
            for _ in range(sent):
                connection.sendall(next(pieces))
        length, pieces = large(50)
    assert eventually(lambda: takes_all_the_room(narrow))
    assert temporary_files(narrow) == 0


def test_others_are_served_meanwhile(server: Server) -> None:
    length, pieces = large(40)
    with server.connect() as connection, httpx2.Client(base_url=server.url) as other:
        connection.sendall(head("/activate/gelu", length))
        for piece in pieces:
            connection.sendall(piece)
            if len(piece) < MB:
                assert other.post("/activate/relu", json={"x": [1, -1]}).json()["y"] == [1, 0]
        assert other.post("/activate/relu", json={"x": [1, -1]}).json()["y"] == [1, 0]
        assert len(received(connection).content) == length
