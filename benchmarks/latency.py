"""How long small requests wait while the same process computes a large one."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.bodies import as_json, as_npy, drawn
from benchmarks.client import JSON, NPY, Connection, request_head, seconds_at_once
from benchmarks.page import Goal, Section, figure, table
from benchmarks.servers import SERVICE, Server, serving
from benchmarks.small import PATH, body

PAUSE = 0.002
"""Seconds between an answer and the next small request."""
SIZE = 64 * 2**20


def as_large_as(size: int) -> bytes:
    """A request in JSON just below that size."""
    probe = len(as_json(drawn(1000, 1000)))
    return as_json(drawn(int(size / probe * 0.999 * 1000), 1000))


def repeat(server: Server, path: str, large: bytes, media_type: str, count: Synchronized[int]) -> None:
    """Send a large request again and again."""
    while True:
        seconds_at_once(server.port, path, large, media_type)
        count.value += 1


@contextmanager
def loaded(server: Server, large: tuple[str, bytes, str] | None) -> Iterator[Any]:
    """Another process sends such requests; how many were answered."""
    count = multiprocessing.Value("i", 0)
    if large is None:
        yield count
        return
    sender = multiprocessing.get_context("fork").Process(target=repeat, args=(server, *large, count))
    sender.start()
    try:
        while not count.value:  # the first warms the server up
            time.sleep(0.05)
            assert sender.is_alive(), "the large request failed"
        count.value = 0
        yield count
    finally:
        sender.terminate()
        sender.join()


def waits(server: Server, seconds: float) -> NDArray[np.float64]:
    """Milliseconds that small requests took, one after the other for so long."""
    small = body()
    request = request_head(PATH, len(small), JSON) + small
    found = []
    with Connection(server.port) as connection:
        connection.ask(request)
        end = time.perf_counter() + seconds
        while (start := time.perf_counter()) < end:
            connection.ask(request)
            found.append(time.perf_counter() - start)
            time.sleep(PAUSE)
    return np.array(found) * 1e3


def section(quick: bool) -> Section:
    """Percentiles with nothing else to do, and with large bodies of either kind."""
    seconds = 4 if quick else 15
    npy = as_npy(drawn(SIZE // 4096 // 4, 4096).astype(np.float32))
    loads = {
        "nothing else": None,
        "gelu of 64 MB of JSON": ("/activate/gelu", as_large_as(SIZE), JSON),
        "gelu of a .npy file of 64 MB": ("/activate/gelu", npy, NPY),
        "gelu′, exact, of such a file": ("/derivative/gelu?dtype=float64&exact=true", npy, NPY),
    }
    rows, slowest = [], 0.0
    with serving(SERVICE) as server:
        for name, large in loads.items():
            with loaded(server, large) as answered:
                found = waits(server, seconds)
                count = answered.value
            middle, high, top = np.percentile(found, [50, 99, 100])
            rows.append(
                (name, f"{found.size:,}", *map(figure, (middle, high, top)), str(count) if large else "")
            )
            slowest = max(slowest, high) if large else slowest
    heads = ("meanwhile", "small requests", "median, ms", "p99, ms", "longest, ms", "large ones answered")
    text = f"""
`POST {PATH}` with 8 × 16 float64, one after the other on a connection kept open, {PAUSE * 1e3:.0f} ms
apart, for {seconds} s; another process meanwhile sends large requests to the same server without a pause.

{table(heads, rows)}
"""
    return Section(text, [Goal("small requests beside a 64 MB body: p99, ms", slowest, 50)])
