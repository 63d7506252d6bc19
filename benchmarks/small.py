"""Small requests: the processor's time for one, beside a server that does nothing and an idiomatic one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median

import numpy as np
import orjson

from benchmarks.client import JSON, Connection, request_head
from benchmarks.interleaved import by_turns, ratio
from benchmarks.page import Goal, Section, figure, table
from benchmarks.servers import RIVALS, SERVICE, Server, serving

PATH = "/activate/gelu"
OURS, BARE, FASTAPI = "this service", "bare ASGI", "FastAPI, NumPy"


def body(rows: int = 8, columns: int = 16) -> bytes:
    """A matrix of random float64 as JSON."""
    x = np.random.default_rng(1).normal(0, 3, (rows, columns))
    return orjson.dumps({"x": x}, option=orjson.OPT_SERIALIZE_NUMPY)


def cpu_of_requests(
    server: Server, connection: Connection, request: bytes, count: int
) -> Callable[[], float]:
    """The processor's time that a server takes for a request, in µs: the mean of so many."""

    def measured() -> float:
        start = server.cpu_seconds()
        for _ in range(count):
            connection.ask(request)
        return (server.cpu_seconds() - start) / count * 1e6

    return measured


def section(quick: bool) -> Section:
    """The service, a bare application and FastAPI's own way, by turns."""
    rounds, count = (5, 100) if quick else (25, 400)
    small = body()
    request = request_head(PATH, len(small), JSON) + small
    with serving(SERVICE) as ours, Connection(ours.port) as first:
        length = str(len(first.ask(request)))
        bare_app = [sys.executable, str(RIVALS / "bare.py")]
        fastapi_app = [sys.executable, str(RIVALS / "fastapi_numpy.py")]
        with (
            serving(bare_app, {"BYTES": length}) as bare,
            serving(fastapi_app) as fastapi,
            Connection(bare.port) as second,
            Connection(fastapi.port) as third,
        ):
            servers = {OURS: (ours, first), BARE: (bare, second), FASTAPI: (fastapi, third)}
            works = {name: cpu_of_requests(*each, request, count) for name, each in servers.items()}
            costs = by_turns(works, rounds)
    share, gain = ratio(costs, BARE, OURS), ratio(costs, FASTAPI, OURS)
    rows = [(name, f"{figure(median(costs[name]))} µs", figure(ratio(costs, name, OURS))) for name in costs]
    text = f"""
`POST {PATH}` with 8 × 16 float64 as JSON: the processor's time that the server takes for a request on a
connection kept open, {rounds} rounds of {count} requests each. The bare application reads the body and
answers with a constant of the same length; the one in FastAPI has pydantic models for request and response
([rivals/fastapi_numpy.py](rivals/fastapi_numpy.py)). All run under the same uvicorn.

{table(("", "processor's time a request", "to this service's"), rows)}
"""
    return Section(
        text,
        [
            Goal("small request: bare ASGI's time over this service's", share, 0.45, at_least=True),
            Goal("small request: FastAPI's time over this service's", gain, 2.5, at_least=True),
        ],
    )
