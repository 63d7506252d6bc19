"""Formulas that only choose between x and numbers, such as min(max(x, 0), 6): x, held between two bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import float32, float64
from numpy.typing import NDArray

from app.activations.formula import Expression
from app.compiled import compiled, readable


def bounds(expression: Expression, numbers: Mapping[str, float]) -> tuple[float, float] | None:
    """The values at -infinity and infinity of what chooses between x and whole numbers, exact in any format.

    A choice of monotone functions is monotone itself, so it is these wherever it is not x. None for all else.
    """
    match expression.op, expression.args:
        case "min" | "max", children:
            ends = [bounds(child, numbers) for child in children]
            choose = max if expression.op == "max" else min
            known = [end for end in ends if end]
            return (choose(low for low, _ in known), choose(high for _, high in known)) if all(ends) else None
        case "symbol", ("x",):
            return -math.inf, math.inf
        case "number" | "symbol", (name,):
            value = float(numbers.get(name, math.nan) if expression.op == "symbol" else name)
            negative_zero = not value and math.copysign(1.0, value) < 0
            return (value, value) if value.is_integer() and abs(value) < 2**8 and not negative_zero else None
    return None


def clip(low: float, high: float, lanes: Mapping[str, NDArray[Any]], out: NDArray[Any]) -> NDArray[np.intp]:
    """Write the x of `lanes` into `out`, of the same format, between the bounds; not even NaN is in doubt."""
    x = lanes["x"]
    if out.itemsize > 2:
        _clip(x, low, high, out)
        return _DOUBTLESS
    held = np.empty(x.shape, np.float32)
    with np.errstate(invalid="ignore"):  # a signalling NaN
        _clip(x.astype(np.float32), low, high, held)
        out[...] = held
    return _DOUBTLESS


_DOUBTLESS = np.empty(0, np.intp)


@compiled(
    (readable(float64), float64, float64, float64[::1]), (readable(float32), float64, float64, float32[::1])
)
def _clip(x: NDArray[Any], low: float, high: float, y: NDArray[Any]) -> None:
    """Every x between the bounds; a bound of 0 is +0."""
    for i in range(x.size):
        value = x[i]
        if value <= low:
            value = low
        if value >= high:
            value = high
        y[i] = value
