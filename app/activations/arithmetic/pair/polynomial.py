"""Polynomials of pairs, each with coefficients of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float64, int64
from numpy.typing import NDArray

from app.activations.arithmetic.double import Double
from app.activations.arithmetic.doubledouble import plus, times
from app.activations.arithmetic.errorfree import Array
from app.activations.arithmetic.last_axis import or_zero
from app.compiled import compiled, readable

_TABLE, _DOUBLES, _INDICES = readable(float64, 2), readable(float64), readable(int64)


@compiled((_TABLE, _TABLE, _INDICES, _DOUBLES, _DOUBLES, float64[::1], float64[::1]))
def _horner(
    high: Any, low: Any, rows: NDArray[np.intp], x: Array, x_lo: Array, value: Array, value_lo: Array
) -> None:
    """The first coefficients of a row, which have low parts, in pairs, the others plainly."""
    paired, count = low.shape[1], high.shape[1]
    for i in range(len(x)):
        row, t, t_lo = rows[i], x[i], x_lo[i]
        p, p_lo = high[row, count - 1], 0.0
        for n in range(count - 2, paired - 1, -1):
            p = high[row, n] + t * p
        for n in range(paired - 1, -1, -1):
            p, p_lo = times(p, p_lo, t, t_lo)
            p, p_lo = plus(p, p_lo, high[row, n], low[row, n])
        value[i], value_lo[i] = p, p_lo


def polynomials(high: Array, low: Array, rows: NDArray[np.intp], x: Double) -> tuple[Array, Array]:
    """Those whose coefficients, from the constant on, are in the rows of `high` and `low`, as pairs."""
    rows, t, t_lo = (
        np.ascontiguousarray(np.broadcast_to(part, x.shape)).ravel() for part in (rows, x.hi, or_zero(x.lo))
    )
    value, value_lo = np.empty(x.shape), np.empty(x.shape)
    _horner(high, low, rows, t, t_lo, value.ravel(), value_lo.ravel())
    return value, value_lo
