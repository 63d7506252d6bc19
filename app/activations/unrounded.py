"""Exact results as they are, not rounded: the nearest double, and what is left of the exact result beside it.

The ladder holds both in one complex number: the double as its real part and, as its imaginary one, the rest
times 2**REST_BITS, which thus is of the double's own magnitude and has a place beside subnormals too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.activations.arithmetic.double import Double
from app.activations.arithmetic.errorfree import REST_BITS, Array

Complex = NDArray[np.complex128]
End = tuple[Array, Array]

UNROUNDED = np.dtype(np.complex128)

_REST = 2.0**REST_BITS

TOLERANCE = 2.0**-11
"""The largest error, in ulp of float64; doubled where the result lies just below a power of two."""
INDISTINCT = 2.0**-500
"""A result in balls that may be closer to a power of two than this, relatively, counts as it."""


def joined(hi: Array, rest: Array) -> Complex:
    """Complex numbers of both; beside an infinity or NaN there is no rest."""
    result = np.empty(np.broadcast(hi, rest).shape, UNROUNDED)
    result.real = hi
    result.imag = np.where(np.isfinite(hi), rest, 0.0)
    return result


def exponent(hi: Array, rest: Array | float = 0.0) -> NDArray[np.int64]:
    """floor(log2 |t|) of the number that is `hi` and a rest; that of 0 is below all others."""
    mantissa, power = np.frexp(hi)
    below = (np.abs(mantissa) == 0.5) & (np.sign(rest) == -np.sign(hi))
    return np.where(hi == 0.0, -2000, power - 1 - below)


def certify(value: Double, sided: bool) -> tuple[Complex, NDArray[np.bool_]]:
    """The value, and where its error bound leaves it in doubt.

    `sided` asks for more: that a result beside a power of two is known to lie above or below it.
    """
    lo = np.zeros_like(value.hi) if value.lo is None else value.lo
    result = joined(value.hi, lo * _REST)
    error = value.error()
    if error is None:
        return result, np.isnan(value.hi)
    certain = error <= TOLERANCE * _ulp(value.hi)
    if sided:
        certain &= (np.abs(np.frexp(value.hi)[0]) != 0.5) | (np.abs(lo) > error) | (error == 0.0)
    return result, ~(certain & np.isfinite(value.hi))


def agreed(low: End, high: End) -> tuple[Complex, NDArray[np.bool_]]:
    """What lies between the ends of balls, and where these are close and on one side of any power of two."""
    with np.errstate(all="ignore"):
        width = (high[0] - low[0]) * _REST + (high[1] - low[1])
        certain = (width <= TOLERANCE * _REST * _ulp(low[0])) | (np.isinf(low[0]) & (low[0] == high[0]))
        # below the smallest normal number the ulp is the same on either side of a power of two
        beside = np.maximum(exponent(*low), -1022) != np.maximum(exponent(*high), -1022)
        indistinct = width <= INDISTINCT * _REST * np.abs(low[0])
    return joined(high[0], np.where(beside, 0.0, high[1])), certain & (~beside | indistinct)


def _ulp(t: Array) -> Array:
    """2**(floor(log2 |t|) - 52), at least the smallest subnormal; finite even of the largest number."""
    return np.ldexp(1.0, np.maximum(exponent(t) - 52, -1074))
