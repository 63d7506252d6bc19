"""Regions of inputs that may be hard to compute: of one number, and of rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.activations.elementwise import Elementwise
from app.activations.rounding import DTYPES

WIDTH = 64
"""Elements in a row."""
EDGES = (
    *(0.0, 2.0**-7, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 9.0, 12.0, 13.0, 14.3, 17.0, 19.0, 26.0, 37.0, 38.4),
    *(38.7, 45.0, 60.0, 75.0, 87.3, 90.0, 97.0, 103.3, 106.0, 150.0, 372.0, 700.0, 709.0, 745.0, 760.0),
    *(1100.0, 3000.0, 6e4),
)
"""Between these the exponentials saturate, become subnormal and vanish, in one format or another."""
EXPONENTS = {"float64": (-1074, 1023, 61), "float32": (-149, 127, 17), "float16": (-24, 15, 5)}
"""The least and the largest of a format, and the step at which binades are tried."""

Floats = NDArray[np.float64]
Draw = Callable[[int], Floats]
"""Makes so many different numbers."""


def ordinary(n: int) -> Floats:
    """What every region is compared with."""
    return np.random.default_rng(9).normal(0, 3, n)


def uniform(low: float, high: float, n: int) -> Floats:
    """Evenly between two numbers."""
    return np.random.default_rng(7).uniform(low, high, n)


def subnormals(tiny: float, n: int) -> Floats:
    """Multiples of the smallest number, of both signs."""
    steps = np.arange(1.0, n + 1)
    return np.asarray(tiny * np.where(steps % 2, -steps, steps))


def neighbours(at: float, dtype: str, n: int) -> Floats:
    """The n members of a format that are nearest to one of its numbers."""
    kind = DTYPES[dtype]
    bits = np.dtype(f"int{8 * kind.itemsize}")
    steps = np.arange(1, n // 2 + 1, dtype=bits)
    first = np.array([at], kind)
    if not first[0]:
        side = steps.view(kind)
        return np.concatenate([-side, side]).astype(np.float64)
    around = first.view(bits) + np.concatenate([-steps, steps])
    return np.asarray(around.view(kind).astype(np.float64))


def of_numbers(points: Iterable[float], dtype: str) -> Iterator[tuple[str, Draw]]:
    """Regions for a function of one number whose special points these are, by name."""
    least, most, step = EXPONENTS[dtype]
    yield "the last subnormals", partial(subnormals, math.ldexp(1, least))
    for exponent in sorted({*range(least + 9, most, step), *range(-30, 8, 3), most - 1}):
        if exponent > least:
            low, high = math.ldexp(1, exponent), math.ldexp(2, exponent)
            yield f"2^{exponent} to 2^{exponent + 1}", partial(uniform, low, high)
            yield f"-2^{exponent + 1} to -2^{exponent}", partial(uniform, -high, -low)
    for low, high in pairwise(EDGES):
        yield f"{low:g} to {high:g}", partial(uniform, low, high)
        yield f"-{high:g} to -{low:g}", partial(uniform, -high, -low)
    for at in sorted({-1.0, 0.0, 1.0, *points}):
        yield f"1/128 about {at:.17g}", partial(uniform, at - 2**-7, at + 2**-7)
        yield f"next to {at:.17g}", partial(neighbours, at, dtype)


def special(f: Elementwise) -> list[float]:
    """The finite kinks, and a few of the places where the function or its derivative changes sign."""
    grid = np.linspace(-12, 12, 1921) + 1e-9
    found = [float(kink["at"]) for kink in f.describe()["kinks"] if isinstance(kink["at"], (int, float))]
    functions: tuple[Callable[[Floats], NDArray[Any]], ...] = (f, lambda x: f.derivative(x).values)
    for g in functions:
        y = g(grid)
        changes = np.flatnonzero(y[:-1] * y[1:] < 0)[:4]
        found += [bisected(g, float(grid[i]), float(grid[i + 1])) for i in changes]
    return found


def bisected(g: Callable[[Floats], NDArray[Any]], left: float, right: float) -> float:
    """Where between left and right g changes sign."""
    negative = g(np.array([left]))[0] < 0
    while left < (middle := left + (right - left) / 2) < right:
        if (g(np.array([middle]))[0] < 0) == negative:
            left = middle
        else:
            right = middle
    return left


def of_rows(dtype: str) -> Iterator[tuple[str, Draw]]:
    """Regions for a function that mixes the elements of rows, by name."""
    least, most, _ = EXPONENTS[dtype]
    ulp = 2.0 ** -(10 if dtype == "float16" else 23)
    yield "near ties", partial(near_ties, ulp)
    yield "all equal", partial(near_ties, 0.0)
    yield "subnormals", partial(subnormals, math.ldexp(1, least))
    for scale in (1e-300, 1e-30, 1e-8, 1e-3, 20.0, 40.0, 100.0, 300.0, 1e3, 1e4, 1e30, 1e300):
        if math.ldexp(1, least) < scale < math.ldexp(1, most) / 4:
            yield f"N(0, {scale:g})", partial(spread, scale)
    for lead in (10.0, 17.0, 37.0, 50.0, 90.0, 104.0, 700.0, 745.0, 1000.0):
        yield f"one {lead:g} above", partial(leading, lead)
    yield "half masked", partial(masked, -6e4 if dtype == "float16" else -1e9)
    yield "half -Infinity", partial(masked, -math.inf)
    yield "one Infinity", partial(holding, math.inf)
    yield "one NaN", partial(holding, math.nan)


def spread(scale: float, n: int) -> Floats:
    """Numbers of that size."""
    return np.random.default_rng(8).normal(0, scale, n)


def near_ties(ulp: float, n: int) -> Floats:
    """Rows whose elements differ by a few ulp."""
    rng = np.random.default_rng(8)
    rows = rng.normal(0, 3, (n // WIDTH, 1)) * (1 + ulp * rng.integers(-3, 4, (n // WIDTH, WIDTH)))
    return np.asarray(rows).reshape(-1)


def leading(lead: float, n: int) -> Floats:
    """Rows with an element that much above the others."""
    return np.asarray(spread(1.0, n) + lead * (np.arange(n) % WIDTH == 0))


def masked(mask: float, n: int) -> Floats:
    """Rows half of which is the mask."""
    return np.where(np.random.default_rng(6).random(n) < 0.5, mask, spread(3.0, n))


def holding(value: float, n: int) -> Floats:
    """Rows one element of which is that value."""
    return np.where(np.arange(n) % WIDTH == 0, value, spread(3.0, n))
