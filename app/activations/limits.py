"""Values at infinity and at the ends of a domain, found by evaluating far out.

Balls have no largest number, so a formula can be evaluated at 2**1100 and beyond, where every float64
hyperparameter has lost its influence: a result that no longer changes is the limit, one that keeps
growing (logarithms too grow by a quarter from one point to the next) tends to infinity, and anything
else, a sine say, has no limit: NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from app.activations.arithmetic import BALL, DOUBLE, Arithmetic
from app.activations.arithmetic.ball import precision, settled
from app.activations.arithmetic.flags import watching
from app.activations.evaluation import Arrays, Program
from app.activations.rounding import narrow

_EXPONENTS = (1100, 1400, 1800)
_BITS = 4096


def limits(
    program: Program, lanes: Arrays, side: NDArray[np.float64], end: float | None, dtype: np.dtype[Any]
) -> NDArray[Any]:
    """The program's limits as x tends to infinity with the sign of `side`, or to `end` from that side.

    `lanes` hold everything but x, of the length of `side`. Results are rounded to `dtype`.
    """

    def far(exponent: int) -> Any:
        def displaced(arithmetic: Arithmetic, values: Mapping[str, Any]) -> Any:
            scale = Fraction(2) ** (exponent if end is None else -exponent)
            x = values["x"] * arithmetic.value.constant(scale)
            x = x if end is None else x + arithmetic.value.exact(end)
            return program(arithmetic, {**values, "x": x})

        values = {name: BALL.value.exact(array) for name, array in {**lanes, "x": side}.items()}
        return np.broadcast_to(displaced(BALL, values).balls, side.shape)

    with precision(_BITS):
        points = [far(exponent) for exponent in _EXPONENTS]
        found = [_limit(*balls) for balls in zip(*points, strict=True)]
    hi, rest = (np.array([pair[i] for pair in found], dtype=np.float64) for i in (0, 1))
    if end is None and (hi == 0).any():
        # a limit of 0 has the sign that the farthest finite x gives
        with watching():
            values = {name: DOUBLE.value.exact(array) for name, array in lanes.items()}
            last = program(DOUBLE, {**values, "x": DOUBLE.value.exact(side * np.finfo(np.float64).max)}).hi
        hi = np.where((hi == 0) & (last == 0), last, hi)
    return narrow(hi, rest, dtype)


def _limit(near: arb, far: arb, farthest: arb) -> tuple[float, float]:
    values = [settled(ball) for ball in (near, far, farthest)]
    if values[0] == values[1] == values[2]:
        return values[0]
    a, b, c = (float(ball) for ball in (near, far, farthest))
    if a == b == c:  # within rounding, from one side
        return values[2]
    if all(growing > 1.1 for growing in _growth(near, far, farthest)):
        return (float("inf") if c > 0 else float("-inf")), 0.0
    return float("nan"), 0.0


def _growth(near: arb, far: arb, farthest: arb) -> list[float]:
    return [float(far.mid() / near.mid()), float(farthest.mid() / far.mid())]
