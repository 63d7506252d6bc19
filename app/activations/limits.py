"""Values at infinity and at the ends of a domain, found by evaluating far out.

Balls have no largest number, so a formula can be evaluated at 2**1100 and beyond, where every float64
hyperparameter has lost its influence: a result that no longer changes is the limit, one that keeps
growing (logarithms too grow by a quarter from one point to the next) tends to infinity, and anything
else, a sine say, has no limit: NaN. Three points may happen to grow where a function oscillates, so what
seems to tend to infinity is evaluated again, on neighbourhoods that hold many periods of any frequency;
what falls slowly on them, as the inverse of a root does, tends to 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from app.activations.arithmetic import BALL, DOUBLE, Arithmetic
from app.activations.arithmetic.ball import Ball, precision, settled
from app.activations.evaluation import Arrays, Program, Rung, distinct, in_arithmetic
from app.activations.rounding import narrow

_EXPONENTS = (1100, 1400, 1800)
_BITS = 4096
_NEIGHBOURHOOD = Ball(arb(1, 2.0**-16))
"""Relative; at 2**1100 it holds many periods of a sine of 2**-1074 x, and leaves 16 bits to cancel."""

_HUGE = arb(2) ** 1024
"""Beyond every double."""


def limits(
    program: Program,
    lanes: Arrays,
    side: NDArray[np.float64],
    end: float | None,
    dtype: np.dtype[Any],
    exact: bool,
) -> NDArray[Any]:
    """The program's limits as x tends to infinity with the sign of `side`, or to `end` from that side.

    `lanes` hold everything but x, of the length of `side`. Results are rounded to `dtype`.
    """
    first, inverse = distinct({**lanes, "x": side})
    lanes = {name: array[first] for name, array in lanes.items()}
    side = side[first]
    if end is not None:
        return _far_out(program, lanes, side, end, dtype)[inverse]
    # what IEEE arithmetic makes of infinities, if anything, is the limit, and spares balls for every draw
    rung = Rung(in_arithmetic(DOUBLE, program), len(side), by_rule=True)
    result, doubtful = rung.settle({**lanes, "x": side * np.inf}, dtype, exact)
    result, open_ = result.copy(), np.isnan(result)
    open_[doubtful] = True
    if open_.any():
        rest = {name: array[open_] for name, array in lanes.items()}
        result[open_] = _far_out(program, rest, side[open_], end, dtype)
    return result[inverse]


def _at(program: Program, lanes: Arrays, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The program in doubles."""
    with np.errstate(all="ignore"):
        values = {name: DOUBLE.value.exact(array) for name, array in {**lanes, "x": x}.items()}
        return np.array(np.broadcast_to(program(DOUBLE, values).hi, x.shape))


def _far_out(
    program: Program, lanes: Arrays, side: NDArray[np.float64], end: float | None, dtype: np.dtype[Any]
) -> NDArray[Any]:
    def far(exponent: int, around: Ball | float = 1.0) -> Any:
        def displaced(arithmetic: Arithmetic, values: Mapping[str, Any]) -> Any:
            scale = Fraction(2) ** (exponent if end is None else -exponent)
            x = values["x"] * arithmetic.value.constant(scale) * around
            x = x if end is None else x + arithmetic.value.exact(end)
            return program(arithmetic, {**values, "x": x})

        values = {name: BALL.value.exact(array) for name, array in {**lanes, "x": side}.items()}
        return np.broadcast_to(displaced(BALL, values).balls, side.shape)

    with precision(_BITS):
        points = [far(exponent) for exponent in _EXPONENTS]
        found = [_limit(*balls) for balls in zip(*points, strict=True)]
        if end is None and not all(math.isfinite(pair[0]) for pair in found):
            regions = zip(*(far(exponent, _NEIGHBOURHOOD) for exponent in _EXPONENTS), strict=True)
            found = [
                pair if math.isfinite(pair[0]) else _confirmed(pair, *balls)
                for pair, balls in zip(found, regions, strict=True)
            ]
    hi, rest = (np.array([pair[i] for pair in found], dtype=np.float64) for i in (0, 1))
    if end is None and (hi == 0).any():
        # a limit of 0 has the sign that the farthest finite x gives
        last = _at(program, lanes, side * np.finfo(np.float64).max)
        below = np.array([bool(balls[-1] < 0) for balls in zip(*points, strict=True)])
        hi = np.where(hi == 0, np.where(last == 0, last, np.where(below, -0.0, hi)), hi)
    return narrow(hi, rest, dtype)


def _limit(near: arb, far: arb, farthest: arb) -> tuple[float, float]:
    values = [settled(ball) for ball in (near, far, farthest)]
    if values[0] == values[1] == values[2]:
        return values[0]
    a, b, c = (float(ball) for ball in (near, far, farthest))
    if a == b == c:  # within rounding, from one side
        return values[2]
    if _grows(near.mid(), far.mid(), farthest.mid()):
        return (float("inf") if c > 0 else float("-inf")), 0.0
    return float("nan"), 0.0


def _grows(near: arb, far: arb, farthest: arb) -> bool:
    """By a tenth from each to the next; or all are of one sign and beyond every double, as exp cut off is."""
    balls = (near, far, farthest)
    beyond = all(ball > _HUGE for ball in balls) or all(ball < -_HUGE for ball in balls)
    return beyond or bool(far / near > 1.1 and farthest / far > 1.1)


def _confirmed(limit: tuple[float, float], near: arb, far: arb, farthest: arb) -> tuple[float, float]:
    """An infinity if whole regions grow, 0 if their magnitudes fall, as one over a root does; else NaN."""
    if math.isinf(limit[0]):
        return limit if _grows(near, far, farthest) else (math.nan, 0.0)
    sizes = [region.abs_upper() for region in (near, far, farthest)]
    falls = sizes[0] / sizes[1] > 1.1 and sizes[1] / sizes[2] > 1.1
    return (0.0, 0.0) if falls else (math.nan, 0.0)
