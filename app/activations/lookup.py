"""Looking up: cells of polynomials evaluated, weighted and rounded, block by block in compiled passes.

The polynomials lie cell by cell, eight coefficients from the constant on: a line of the cache. What
is unknown, too close to a midpoint between two results, or beyond what a relative bound covers is listed.

A pass over a block has no branches, so that LLVM vectorizes it, or takes four elements at once. In one pass
for everything, the processor would wait: it does not see far enough ahead to begin the next elements.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import float32, float64, int64
from numpy.typing import NDArray

from app.compiled import compiled, four_polynomials, inlined, readable

Array = NDArray[np.float64]
Places = NDArray[np.int64]

REACH: Final = 16
"""Tables go from -REACH to REACH: of normal numbers with deviation 3, one in ten million lies beyond."""
CELLS: Final = 64
"""Cells in a unit. tanh is holomorphic pi/2 about a cell: (1/128 / (pi/2))**8 / 2**7 = 2**-68."""
DEGREE: Final = 7
ZERO: Final = REACH * CELLS
"""The cell about 0."""

_BLOCK: Final = 128
"""Elements in a pass: 1 KiB of doubles. Those with one in doubt are gone over again."""
_BEYOND: Final = -float(ZERO)
"""In units of cells, a place in the first one, which stands for all that is beyond: its constant is NaN."""
_WHOLE: Final = 1.5 * 2.0**52 + ZERO
"""Added and subtracted, it leaves the nearest whole number; in between, the lowest bits number the cell."""
_INDEX: Final = np.uint64(4 * ZERO - 1)
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
_SMALLEST: Final = 2.0**-126
_LARGEST: Final = 2.0**127
"""Between these, a value rounded to float32 is normal."""


@inlined
def _evaluate(rows: Array, x: NDArray[Any], cells: NDArray[np.uint64], values: Array) -> None:
    """Sets the first values to those of the polynomials at x, a block at most; NaN beyond the cells.

    `cells` is overwritten; all of it must be valid before, since up to three more values are set.
    """
    for i in range(x.size):
        place = float(x[i]) * CELLS
        place = place if abs(place) < ZERO else _BEYOND
        shifted = place + _WHOLE
        values[i] = place - (shifted - _WHOLE)
        cells[i] = np.float64(shifted).view(np.uint64) & _INDEX
    for i in range(0, x.size, 4):
        four_polynomials(rows, cells, values, i)


@inlined
def _is_known(value: float, weight: float) -> bool:
    """Whether the product is known to its relative bound, or is 0 since the weight is."""
    product = value * weight
    normal = abs(product) >= _NORMAL and abs(product) < np.inf
    return abs(value) >= _SAFE and (normal or (weight == 0.0 and product == 0.0))


@compiled("b1(f8[:,::1], f8, f8)")
def _is_zero(rows: Array, x: float, value: float) -> bool:
    """Whether a value of 0 is no underflow: at 0, or in a cell of nothing but 0."""
    if x == 0.0 or value != 0.0:
        return value == 0.0
    k = np.uint64(np.int32(np.rint(x * CELLS)) + ZERO)
    return not rows[k].any()


@compiled((float64[:, ::1], readable(float64), readable(float64), float64[::1], int64[::1]))
def doubles(rows: Array, x: Array, weights: Array, y: Array, doubtful: Places) -> int:
    """Fills y with the values at x, times the weights if there are any; the number of doubtful ones.

    All of length n, but for `weights`, which may be empty. The places of the doubtful ones come first in
    `doubtful`. The first row's constant is NaN.
    """
    cells, values = np.zeros(_BLOCK, np.uint64), np.zeros(_BLOCK)
    found = 0
    for start in range(0, x.size, _BLOCK):
        block, out = x[start : start + _BLOCK], y[start : start + _BLOCK]
        _evaluate(rows, block, cells, values)
        factors = weights[start : start + _BLOCK]
        known = 0
        if weights.size:
            for i in range(out.size):
                out[i] = values[i] * factors[i]
                known += _is_known(values[i], factors[i])
        else:
            for i in range(out.size):
                out[i] = values[i]
                known += abs(values[i]) < np.inf
        if known < out.size:
            for i in range(out.size):
                doubtful[found] = start + i
                if weights.size:
                    found += not (
                        _is_known(values[i], factors[i])
                        or (out[i] == 0.0 and _is_zero(rows, block[i], values[i]))
                    )
                else:
                    found += not abs(values[i]) < np.inf
    return found


@inlined
def _is_near(value: float) -> bool:
    """Whether a value is near a midpoint between two float32 that are normal."""
    bits = np.float64(value).view(np.uint64)
    return bool((bits - _FIRST_DOUBTFUL) & _BELOW_SINGLE <= _DOUBTFUL)


@inlined
def _is_normal(value: float) -> bool:
    """Whether a value rounded to float32 is normal, either way."""
    return abs(value) >= _SMALLEST and abs(value) < _LARGEST


@inlined
def _is_certain(value: float) -> bool:
    """Whether a value is rounded correctly to float32: by its bits, unless the result may not be normal."""
    if _is_normal(value):
        return not _is_near(value)
    if abs(value) > 0.0:
        margin = abs(value) * _MARGIN
        return bool(np.float32(value - margin) == np.float32(value + margin))
    return value == 0.0


@compiled((float64[:, ::1], readable(float32), readable(float64), float32[::1], int64[::1]))
def singles(
    rows: Array, x: NDArray[np.float32], weights: Array, y: NDArray[np.float32], doubtful: Places
) -> int:
    """The same, correctly rounded to float32."""
    cells, values = np.zeros(_BLOCK, np.uint64), np.zeros(_BLOCK)
    found = 0
    for start in range(0, x.size, _BLOCK):
        block, out = x[start : start + _BLOCK], y[start : start + _BLOCK]
        _evaluate(rows, block, cells, values)
        if weights.size:
            factors = weights[start : start + _BLOCK]
            for i in range(out.size):
                values[i] *= factors[i]
        certain = 0
        for i in range(out.size):
            out[i] = values[i]
            certain += (_is_normal(values[i]) and not _is_near(values[i])) or values[i] == 0.0
        if certain < out.size:
            for i in range(out.size):
                doubtful[found] = start + i
                found += not _is_certain(values[i])
    return found
