"""Looking up: cells of polynomials evaluated, weighted and rounded in one compiled pass.

The polynomials lie cell by cell, up to eight coefficients from the constant on: a line of the cache. What
is unknown, too close to a midpoint between two results, or beyond what a relative bound covers is listed.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import float32, float64, int64
from numpy.typing import NDArray

from app.compiled import compiled, fma, inlined, readable

Array = NDArray[np.float64]

REACH: Final = 16
"""Tables go from -REACH to REACH: of normal numbers with deviation 3, one in ten million lies beyond."""
CELLS: Final = 64
"""Cells in a unit. tanh is holomorphic pi/2 about a cell: (1/128 / (pi/2))**8 / 2**7 = 2**-68."""
DEGREE: Final = 7
SHORT: Final = 6
"""A degree that is enough for float32 where the function does not change by much within a cell."""
ZERO: Final = REACH * CELLS
"""The cell about 0."""

_WHOLE: Final = 1.5 * 2.0**52
"""Added and subtracted, it leaves the nearest whole number."""
_SAFE: Final = 2.0**-1000
"""A value from here on is known to its relative bound, whatever underflowed on the way."""
_NORMAL: Final = 2.0**-1022
_BELOW_SINGLE: Final = np.uint64(2**29 - 1)
"""The bits of a double below those of a float32; those of a midpoint are 2**28."""
_DOUBT: Final = 2**6 + 8
"""2**-47 of a number, in units of its last bit, and the roundings of weighting it."""
_FIRST_DOUBTFUL: Final = np.uint64(2**28 - _DOUBT)
_DOUBTFUL: Final = np.uint64(2 * _DOUBT)
_MARGIN: Final = 2.0**-46
_EXPONENT: Final = np.uint64(52)
_EXPONENTS: Final = np.uint64(2**11 - 1)
_FIRST_NORMAL: Final = np.uint64(1023 - 126)
_NORMALS: Final = np.uint64(126 + 127)


@inlined
def _polynomial(rows: Array, x: float, degree: int) -> float:
    """The polynomial of x's cell at x; NaN beyond the cells."""
    d = x * CELLS
    if not abs(d) < ZERO:
        return np.nan
    cell = d + _WHOLE - _WHOLE
    d -= cell
    k = np.uint64(np.int32(cell) + ZERO)
    value: float = rows[k, degree]
    for j in range(degree - 1, -1, -1):
        value = fma(value, d, rows[k, j])
    return value


@compiled("b1(f8[:,::1], f8, f8)")
def _is_zero(rows: Array, x: float, value: float) -> bool:
    """Whether a value of 0 is no underflow: at 0, or in a cell of nothing but 0."""
    if x == 0.0 or value != 0.0:
        return value == 0.0
    k = np.uint64(np.int32(np.rint(x * CELLS)) + ZERO)
    return not rows[k].any()


@compiled((float64[:, ::1], readable(float64), readable(float64), float64[::1], int64[::1]))
def doubles(rows: Array, x: Array, weights: Array, y: Array, doubtful: NDArray[np.int64]) -> int:
    """Fills y with the values at x, times the weights if there are any; the number of doubtful ones.

    All of length n, but for `weights`, which may be empty; the first entries of `doubtful` are set.
    """
    found = 0
    for i in range(x.size):
        value = _polynomial(rows, x[i], DEGREE)
        known = abs(value) < np.inf
        if weights.size:
            weighted = value * weights[i]
            known = abs(value) >= _SAFE and _NORMAL <= abs(weighted) < np.inf
            if not known:
                known = weighted == 0.0 and (
                    weights[i] == 0.0 if abs(value) >= _SAFE else _is_zero(rows, x[i], value)
                )
            value = weighted
        y[i] = value
        if not known:
            doubtful[found] = i
            found += 1
    return found


@inlined
def _is_certain(value: float) -> bool:
    """Whether a value is rounded correctly to float32: by its bits, unless the result may not be normal."""
    bits = np.float64(value).view(np.uint64)
    near = (bits - _FIRST_DOUBTFUL) & _BELOW_SINGLE <= _DOUBTFUL
    normal = ((bits >> _EXPONENT) & _EXPONENTS) - _FIRST_NORMAL < _NORMALS
    if normal:
        return not near
    if abs(value) > 0.0:
        margin = abs(value) * _MARGIN
        return bool(np.float32(value - margin) == np.float32(value + margin))
    return value == 0.0


@inlined
def _fill_singles(
    rows: Array,
    x: NDArray[np.float32],
    weights: Array,
    y: NDArray[np.float32],
    doubtful: NDArray[np.int64],
    degree: int,
) -> int:
    found = 0
    for i in range(x.size):
        value = _polynomial(rows, np.float64(x[i]), degree)
        if weights.size:
            value *= weights[i]
        y[i] = value
        if not _is_certain(value):
            doubtful[found] = i
            found += 1
    return found


@compiled((float64[:, ::1], readable(float32), readable(float64), float32[::1], int64[::1]))
def singles(
    rows: Array, x: NDArray[np.float32], weights: Array, y: NDArray[np.float32], doubtful: NDArray[np.int64]
) -> int:
    """The same, correctly rounded to float32, with polynomials of degree SHORT or DEGREE."""
    if rows.shape[1] == SHORT + 1:
        return _fill_singles(rows, x, weights, y, doubtful, SHORT)
    return _fill_singles(rows, x, weights, y, doubtful, DEGREE)
