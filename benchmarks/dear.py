"""Inputs that cost most: how much dearer than a random one a request can be made.

Every function is given numbers of one region after another, in this process and in small blocks. What seems
dear is measured again as clients would send it: whole requests to a server, by turns with random numbers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any, NamedTuple
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray

from app.activations import CATALOG, Activation, InvalidInput
from app.activations.axiswise import Axiswise
from app.activations.elementwise import Elementwise
from app.activations.rounding import DTYPES, to_dtype
from benchmarks.bodies import as_npy
from benchmarks.client import JSON, NPY, Connection, request_head
from benchmarks.interleaved import by_turns, cpu_seconds, ratio
from benchmarks.page import Goal, Section, table
from benchmarks.regions import EXPONENTS, WIDTH, Draw, of_numbers, of_rows, ordinary, special
from benchmarks.servers import SERVICE, Server, serving

SMALL = 512
"""Numbers of a region that are tried first."""
LARGE = 2**14
"""Random numbers that they are compared with."""
REQUEST = {"float64": 2**16, "float32": 2**16, "float16": 2**14}
"""Numbers in a request; beyond 2**16 all of float16 is computed, whatever is asked for."""
SUSPICIOUS = 15
"""How many times dearer the small block must have been."""
ENOUGH = 0.15
"""Seconds after which an operation is dear enough, and no further region is tried."""
LIMIT = 50
"""How many times dearer than a random one no request may be."""
VERIFIED = 60
"""Operations measured as requests."""

Operation = Callable[[Activation, NDArray[Any], str], Any]

OPERATIONS: Mapping[str, Operation] = {
    "value": lambda f, x, dtype: f(x, dtype),
    "derivative": lambda f, x, dtype: f.derivative(x, dtype=dtype),
    "exact value": lambda f, x, dtype: f(x, dtype, exact=True),
    "exact derivative": lambda f, x, dtype: f.derivative(x, dtype=dtype, exact=True),
}
MIXING: Mapping[str, Operation] = {
    "value": OPERATIONS["value"],
    "product with upstream": lambda f, x, dtype: f.derivative(x, upstream=f(x, dtype), dtype=dtype),
    "exact value": OPERATIONS["exact value"],
}


class Trial(NamedTuple):
    """A function, what was asked of it, in which dtype, of which region, and what that cost."""

    function: str
    operation: str
    dtype: str
    region: str
    nanoseconds: float
    """For an element."""
    ratio: float
    """How many times what an element of N(0, 3) takes."""

    def row(self) -> tuple[str, ...]:
        asked = f"`{self.function}`, {self.operation}, {self.dtype}"
        return asked, self.region, f"{self.nanoseconds:,.0f} ns", f"{self.ratio:.1f}"


class Asked(NamedTuple):
    """An operation of a function in a dtype."""

    function: Activation
    special: Sequence[float]
    operation: str
    dtype: str

    def drawn(self, draw: Draw, n: int) -> NDArray[Any]:
        """About n numbers, as rows where the function mixes them."""
        with np.errstate(all="ignore"):
            x = to_dtype(draw(n), DTYPES[self.dtype])
        if isinstance(self.function, Axiswise):
            return np.ascontiguousarray(x.reshape(-1, WIDTH)[:, : width(self.function)])
        return x

    def cost(self, draw: Draw, n: int) -> float:
        """The processor's time for about n numbers, in this process."""
        x = self.drawn(draw, n)
        run = operations(self.function)[self.operation]
        return cpu_seconds(lambda: run(self.function, x, self.dtype))()

    def request(self, draw: Draw) -> bytes:
        """It as a client asks for it: a `.npy` file; JSON where there is an upstream besides."""
        x = self.drawn(draw, REQUEST[self.dtype])
        params = self.function.model_dump(mode="json", exclude_defaults=True)
        if self.operation == "product with upstream":
            body: dict[str, Any] = {"x": x.tolist(), "upstream": self.function(x, self.dtype).tolist()}
            body |= {"params": params, "dtype": self.dtype}
            return _post(f"/derivative/{self.function.name}", json.dumps(body).encode(), JSON)
        *exact, what = self.operation.split()
        query = {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()
        }
        query |= {"exact": "true"} if exact else {}
        route = "activate" if what == "value" else "derivative"
        return _post(f"/{route}/{self.function.name}?{urlencode(query)}", as_npy(x), NPY)

    def regions(self) -> Mapping[str, Draw]:
        """Where it is tried."""
        mixing = isinstance(self.function, Axiswise)
        return dict(of_rows(self.dtype) if mixing else of_numbers(self.special, self.dtype))


def _post(path: str, body: bytes, media_type: str) -> bytes:
    return request_head(path, len(body), media_type) + body


def operations(f: Activation) -> Mapping[str, Operation]:
    """What can be asked of a function."""
    return MIXING if isinstance(f, Axiswise) else OPERATIONS


def width(f: Axiswise) -> int:
    """Elements in a row: WIDTH, unless the hyperparameters want another number."""
    try:
        f.derivative(np.zeros((1, WIDTH)), upstream=f(np.zeros((1, WIDTH))))
    except InvalidInput:
        return len(f.example_x[0])
    return WIDTH


def everything(name: str) -> Iterator[Asked]:
    """All that can be asked of a function; `exact` in float64, the others being always so."""
    f = CATALOG[name].model_validate(CATALOG[name].example_params)
    points = special(f) if isinstance(f, Elementwise) else []
    for dtype in EXPONENTS:
        for operation in operations(f):
            if dtype == "float64" or not operation.startswith("exact"):
                yield Asked(f, points, operation, dtype)


def suspects(moving: Mapping[str, float], name: str) -> list[Trial]:
    """The dearest region of each operation and dtype of a function, where small blocks make it suspicious.

    What it takes to receive and to send a number, by dtype, is added to what it takes to compute it.
    """
    found = []
    for asked in everything(name):
        asked.cost(ordinary, SMALL)
        overhead = min(asked.cost(ordinary, SMALL) for _ in range(3))
        usual = min(asked.cost(ordinary, LARGE) for _ in range(2)) / LARGE + moving[asked.dtype]
        costs: dict[str, float] = {}
        for region, draw in asked.regions().items():
            costs[region] = (asked.cost(draw, SMALL) - overhead) / SMALL + moving[asked.dtype]
            if sum(costs.values()) * SMALL > ENOUGH:
                break
        region = max(costs, key=lambda each: costs[each])
        if costs[region] > SUSPICIOUS * usual:
            # small blocks find it, larger ones say how dear it is: some work is done once for a block
            cost = asked.cost(asked.regions()[region], LARGE) / LARGE + moving[asked.dtype]
            found.append(Trial(name, asked.operation, asked.dtype, region, cost * 1e9, cost / usual))
    return found


def taken(server: Server, request: bytes) -> float:
    """The processors' time that a server takes for a request."""
    before = server.cpu_seconds()
    with Connection(server.port) as connection:
        connection.exchange(request, [])
    return server.cpu_seconds() - before


def measured(server: Server, trial: Trial) -> Trial:
    """The same as whole requests, by turns with random numbers."""
    (asked,) = (
        each
        for each in everything(trial.function)
        if (each.operation, each.dtype) == (trial.operation, trial.dtype)
    )
    draws = {"dear": asked.regions()[trial.region], "usual": ordinary}
    costs = by_turns({name: partial(taken, server, asked.request(draw)) for name, draw in draws.items()}, 1)
    nanoseconds = min(costs["dear"]) / REQUEST[trial.dtype] * 1e9
    return trial._replace(nanoseconds=nanoseconds, ratio=ratio(costs, "dear", "usual"))


def moved(server: Server) -> dict[str, float]:
    """Seconds to receive and to send a number, by dtype: what relu takes."""
    asked = {each.dtype: each for each in everything("relu") if each.operation == "value"}
    works = {dtype: partial(taken, server, each.request(ordinary)) for dtype, each in asked.items()}
    return {dtype: min(costs) / REQUEST[dtype] for dtype, costs in by_turns(works, 3).items()}


def section(quick: bool) -> Section:
    """The search, on all processors, and the worst that it found, as requests."""
    names = list(CATALOG)[:: 20 if quick else 1]
    with serving(SERVICE) as server:
        moving = moved(server)
        with ProcessPoolExecutor(mp_context=get_context("fork")) as pool:
            found = [trial for trials in pool.map(partial(suspects, moving), names) for trial in trials]
        found.sort(key=lambda trial: -trial.ratio)
        worst = [measured(server, trial) for trial in found[:VERIFIED]]
    worst.sort(key=lambda trial: -trial.ratio)
    above = sum(trial.ratio > LIMIT for trial in worst)
    text = f"""
Every function with the hyperparameters of its example in the catalog, values and derivatives, in three
dtypes, and `exact` in float64, given numbers of one region after another: binades down to the last subnormal,
the tails where exponentials saturate and vanish, both sides of zeros and kinks; and rows that are tied,
masked, spread out, dominated by one element, subnormal or infinite; {SMALL} different numbers of each. In
{len(found)} operations ({len(names)} functions) an element of some region took more than {SUSPICIOUS} times
what one of N(0, 3) does, what it takes to move its bytes included. The worst {len(worst)} were measured as
requests to a server: the processors' time for a `.npy` file of {REQUEST["float32"]:,} numbers of the region
({REQUEST["float16"]:,} of float16; JSON where there is an upstream), all that is done with it included, over
that for as many of N(0, 3), by turns. {above} of them took more than {LIMIT} times as long. The ten worst:

{table(("", "region", "an element", "to N(0, 3)"), [trial.row() for trial in worst[:10]])}
"""
    top = worst[0].ratio if worst else 1.0
    return Section(text, [Goal("dearest request: over a random one of the same size", top, LIMIT)])
