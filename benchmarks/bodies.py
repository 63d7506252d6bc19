"""Large bodies, JSON and .npy: how long an exchange takes beside a socket that sends the same bytes back."""

from __future__ import annotations

import io
from functools import partial
from statistics import median

import numpy as np
import orjson
from numpy.typing import NDArray

from benchmarks.client import JSON, NPY, seconds_at_once, seconds_in_turn
from benchmarks.interleaved import Costs, by_turns, ratio
from benchmarks.page import Goal, Section, figure, table
from benchmarks.servers import ECHO, SERVICE, serving

ECHOED = "echo"


def as_json(x: NDArray[np.float64]) -> bytes:
    """A request for that x."""
    return orjson.dumps({"x": x}, option=orjson.OPT_SERIALIZE_NUMPY)


def as_npy(x: NDArray[np.generic]) -> bytes:
    """A request for that x."""
    file = io.BytesIO()
    np.save(file, x)
    return file.getvalue()


def drawn(*shape: int) -> NDArray[np.float64]:
    """Random numbers from N(0, 3)."""
    return np.random.default_rng(2).normal(0, 3, shape)


def costs(functions: list[str], body: bytes, media_type: str, rounds: int, *, in_turn: bool = False) -> Costs:
    """Seconds for the echo and for each function, by turns."""
    exchange = seconds_in_turn if in_turn else seconds_at_once
    with serving(SERVICE) as service, serving(ECHO) as echo:
        path = "/later" if in_turn else "/"
        works = {ECHOED: partial(exchange, echo.port, path, body, media_type)}
        for name in functions:
            works[name] = partial(exchange, service.port, f"/activate/{name}", body, media_type)
        return by_turns(works, rounds)


def rows(found: Costs) -> list[tuple[str, str, str]]:
    """The lines of a table."""
    return [
        (name, f"{median(found[name]) * 1e3:,.0f} ms", figure(ratio(found, name, ECHOED))) for name in found
    ]


HEADS = ("", "time", "to the echo's")


def json_section(quick: bool) -> Section:
    """relu and gelu beside the echo."""
    limits = {"relu": 4.5, "gelu": 6.0}
    body = as_json(drawn(1000, 1000))
    found = costs(list(limits), body, JSON, 3 if quick else 11)
    text = f"""
A body of {len(body) / 1e6:.1f} MB: 1000 × 1000 float64 from N(0, 3) with all their digits. The client sends
and reads at the same time. The echo is a process that writes to a socket what it reads from it
([rivals/echo.py](rivals/echo.py)); what it sends back is as long as what it got, which a service's answer
is about.

{table(HEADS, rows(found))}
"""
    goals = [
        Goal(f"JSON, 1e6 float64, {name}: over a socket echo", ratio(found, name, ECHOED), limit)
        for name, limit in limits.items()
    ]
    return Section(text, goals)


def npy_section(quick: bool) -> Section:
    """relu, tanh and gelu beside the echo, for both kinds of clients."""
    limits = {"relu": 1.5, "tanh": 2.0, "gelu": 5.0}
    body = as_npy(drawn(4096, 4096).astype(np.float32))
    at_once = costs(list(limits), body, NPY, 3 if quick else 11)
    in_turn = costs(list(limits), body, NPY, 3 if quick else 7, in_turn=True)
    text = f"""
A file of 4096 × 4096 float32 from N(0, 3). Two kinds of clients: one that sends and reads at the same time,
as curl does, and Python's http.client, which sends everything before it reads anything. For the second the
echo, too, keeps everything before it sends anything.

Sending and reading at once:

{table(HEADS, rows(at_once))}

http.client:

{table(HEADS, rows(in_turn))}
"""
    goals = [
        Goal(f".npy, 64 MB float32, {name}: over a socket echo", ratio(at_once, name, ECHOED), limit)
        for name, limit in limits.items()
    ]
    return Section(text, goals)
