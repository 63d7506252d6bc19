"""Inputs that cost most: how much dearer than a random one a request can be made.

Every function is given numbers of one region after another. What seems dear in small blocks is measured again
in large ones, by turns with random numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.activations import CATALOG, Activation, InvalidInput
from app.activations.axiswise import Axiswise
from app.activations.elementwise import Elementwise
from app.activations.rounding import DTYPES, to_dtype
from benchmarks.interleaved import by_turns, cpu_seconds, ratio
from benchmarks.page import Goal, Section, table
from benchmarks.regions import EXPONENTS, WIDTH, Draw, of_numbers, of_rows, ordinary, special

SMALL = 512
"""Numbers of a region that are tried first."""
LARGE = 2**14
"""Numbers measured where that took long."""
SUSPICIOUS = 15
"""How many times dearer the small block must have been."""
ENOUGH = 0.3
"""Seconds after which an operation is dear enough, and no further region is tried."""
VERIFIED = 40
"""Regions measured in large blocks."""

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

    def cost(self, draw: Draw, n: int) -> float:
        """The processor's time for about n numbers, as rows where the function mixes them."""
        f = self.function
        with np.errstate(all="ignore"):
            x = to_dtype(draw(n), DTYPES[self.dtype])
        if isinstance(f, Axiswise):
            x = x.reshape(-1, WIDTH)[:, : width(f)]
        run = operations(f)[self.operation]
        return cpu_seconds(lambda: run(f, x, self.dtype))()

    def regions(self) -> Mapping[str, Draw]:
        """Where it is tried."""
        mixing = isinstance(self.function, Axiswise)
        return dict(of_rows(self.dtype) if mixing else of_numbers(self.special, self.dtype))


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


def suspects(name: str) -> list[Trial]:
    """The dearest region of each operation and dtype of a function, where small blocks make it suspicious."""
    found = []
    for asked in everything(name):
        asked.cost(ordinary, SMALL)
        overhead = min(asked.cost(ordinary, SMALL) for _ in range(3))
        usual = min(asked.cost(ordinary, LARGE) for _ in range(2)) / LARGE
        costs = {}
        for region, draw in asked.regions().items():
            costs[region] = (asked.cost(draw, SMALL) - overhead) / SMALL
            if sum(costs.values()) * SMALL > ENOUGH:
                break
        region = max(costs, key=lambda each: costs[each])
        times = costs[region] / usual
        if times > SUSPICIOUS:
            found.append(Trial(name, asked.operation, asked.dtype, region, costs[region] * 1e9, times))
    return found


def measured(trial: Trial) -> Trial:
    """The same in large blocks, by turns with random numbers."""
    (asked,) = (
        each
        for each in everything(trial.function)
        if (each.operation, each.dtype) == (trial.operation, trial.dtype)
    )
    draw = asked.regions()[trial.region]
    works = {"dear": lambda: asked.cost(draw, LARGE), "usual": lambda: asked.cost(ordinary, LARGE)}
    costs = by_turns(works, 2)
    return trial._replace(nanoseconds=min(costs["dear"]) / LARGE * 1e9, ratio=ratio(costs, "dear", "usual"))


def section(quick: bool) -> Section:
    """The search, on all processors, and the worst that it found."""
    names = list(CATALOG)[:: 20 if quick else 1]
    with ProcessPoolExecutor(mp_context=get_context("fork")) as pool:
        found = [trial for trials in pool.map(suspects, names) for trial in trials]
        found.sort(key=lambda trial: -trial.ratio)
        worst = sorted(pool.map(measured, found[:VERIFIED]), key=lambda trial: -trial.ratio)
    text = f"""
Every function with the hyperparameters of its example in the catalog, values and derivatives, in three
dtypes, and `exact` in float64, given numbers of one region after another: binades down to the last subnormal,
the tails where exponentials saturate and vanish, both sides of zeros and kinks; and rows that are tied,
masked, spread out, dominated by one element, subnormal or infinite; {SMALL} different numbers of each. In
{len(found)} operations ({len(names)} functions) an element of some region took more than {SUSPICIOUS} times
what one of N(0, 3) does. The worst {VERIFIED} were measured in blocks of {LARGE:,}, by turns with as many of
N(0, 3); the ten worst:

{table(("", "region", "an element", "to N(0, 3)"), [trial.row() for trial in worst[:10]])}
"""
    top = worst[0].ratio if worst else 1.0
    return Section(text, [Goal("dearest input: over random input of the same size", top, 50)])
