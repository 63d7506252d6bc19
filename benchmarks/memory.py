"""How much memory a body takes that is larger than one would want to keep."""

from __future__ import annotations

import http.client
import io
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.client import NPY, BadAnswer, Connection, request_head
from benchmarks.page import Goal, Section, table
from benchmarks.servers import SERVICE, Server, serving

PATH = "/activate/relu"
PIECE = 2**18
"""Numbers sent at a time."""


def pieces(count: int) -> tuple[int, Iterator[bytes]]:
    """A file of so many float32, a multiple of PIECE: its length, and the file bit by bit."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f4", "fortran_order": False, "shape": (count,)})
    piece = np.random.default_rng(3).normal(0, 3, PIECE).astype(np.float32).tobytes()

    def sent() -> Iterator[bytes]:
        yield head.getvalue()
        for _ in range(count // PIECE):
            yield piece

    return head.tell() + 4 * count, sent()


def at_once(server: Server, count: int) -> None:
    """Send such a file and read the answer meanwhile."""
    length, sent = pieces(count)
    with Connection(server.port) as connection:
        connection.exchange(request_head(PATH, length, NPY), sent)


def in_turn(server: Server, count: int) -> None:
    """Send such a file, then read the answer."""
    length, sent = pieces(count)
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", PATH, sent, {"Content-Type": NPY, "Content-Length": str(length)})
    answer = connection.getresponse()
    buffer, read = bytearray(2**20), 0
    while got := answer.readinto(buffer):
        read += got
    connection.close()
    if answer.status != 200 or read != length:
        raise BadAnswer(f"{answer.status}, {read} bytes of {length}")


def section(quick: bool) -> Section:
    """The largest resident set while the file goes through, over that of the idle server."""
    count = 2**25 if quick else 375_000_000 // PIECE * PIECE
    found, rows = [], []
    clients = {"reads while it sends": at_once, "http.client, sends all before it reads": in_turn}
    for name, client in clients.items():
        with serving(SERVICE) as server:
            # warm: the first request loads what later ones use
            client(server, PIECE)
            idle = server.resident()
            server.forget_peak()
            start = time.perf_counter()
            client(server, count)
            seconds = time.perf_counter() - start
            over = (server.peak() - idle) / 1e6
            found.append(over)
            rate = 4 * count / seconds / 1e6
            rows.append(
                (name, f"{idle / 1e6:.0f} MB", f"{over:.0f} MB", f"{seconds:.1f} s", f"{rate:.0f} MB/s")
            )
    text = f"""
`POST {PATH}` with {count:,} float32, {4 * count / 1e9:.2f} GB. What of the answer a client does not read
yet waits in a temporary file. Largest resident set of the server over what it was when idle:

{table(("client", "idle", "at most over it", "time", "rate"), rows)}
"""
    return Section(text, [Goal("1.5 GB .npy, relu: megabytes over idle", max(found), 96)])
