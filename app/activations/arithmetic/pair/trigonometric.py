"""sin, cos and atan in pairs: reduction by multiples of pi/16, a table, and the Taylor series of the rest.

Cody & Waite (1980) for the reduction, whose products are exact, and Payne & Hanek (1983) for large arguments;
all of it to 2**-70.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

import numpy as np
from flint import arb, fmpq
from numpy.typing import NDArray

from app.activations.arithmetic.ball import precision
from app.activations.arithmetic.double import Double
from app.activations.arithmetic.errorfree import Array, two_sum
from app.activations.arithmetic.pair.kernel import (
    Value,
    in_doubles,
    in_parts,
    mantissa,
    nearest,
    pairs,
    through_zero,
    with_argument,
)
from app.activations.arithmetic.pair.large import REDUCED, reduced
from app.activations.arithmetic.wide import Wide, clipped

SINE = 2.0**-70
"""Relative error of sin and cos: the plain terms of the series begin at r**4/120 and r**6/720 with r < pi/32,
2**-20 and 2**-29; beside a sine of at least sin(pi/32), their roundings are below 2**-71."""
ATAN = 2.0**-70
"""Relative error of atan: sin's and cos's beside sin, of which Newton's step takes the difference."""
_STEPS = 32  # of the table, to the turn
_FARTHEST = 2.0**16
"""Multiples of pi/16 up to here have 19 bits, which times one of 33 is exact."""
_TINY = 2.0**-14
"""Below it three terms of atan's series reach 2**-84."""


@lru_cache(maxsize=1)
def _tables() -> tuple[list[float], Array, Array, Array, Array]:
    """pi/16 in four parts, and sin and cos of its multiples as pairs; their zeros are exact."""
    with precision(300):
        step = 2 * arb.pi() / _STEPS
        sines = [arb.sin_pi_fmpq(fmpq(2 * j, _STEPS)) for j in range(_STEPS)]
        cosines = [arb.cos_pi_fmpq(fmpq(2 * j, _STEPS)) for j in range(_STEPS)]
        return in_parts(step, (33, 33, 33)), *pairs(sines), *pairs(cosines)


def _reduced(t: Double) -> tuple[NDArray[np.intp], Double]:
    """The entry of the table, and r for t = k pi/16 + r."""
    first, second, third, fourth = _tables()[0]
    hi = np.fmin(np.fmax(t.hi, -_FARTHEST), _FARTHEST)  # no NaN, which has no place in a table
    k = np.rint(hi * (_STEPS / (2.0 * math.pi)))
    r, lost = two_sum(hi - k * first, -k * second)
    r, more = two_sum(r, -k * third)
    r, low = two_sum(r, np.zeros(()) if t.lo is None else t.lo)
    r, low = two_sum(r, low + (lost + more - k * fourth))
    return np.mod(k, _STEPS).astype(np.intp), Double(r, low)


def _series(r: Double) -> tuple[Double, Double]:
    """sin(r) and 1 - cos(r): two terms of each in pairs, the others plainly."""
    square = r * r
    w = square.hi
    tail = 1 / 362880 - w / 39916800
    tail = 1 / 120 - w * (1 / 5040 - w * tail)
    sine = r - r * (square * (_SIXTH - square * Double(tail)))
    tail = 1 / 40320 - w * (1 / 3628800 - w / 479001600)
    cosine = square * (_HALF - square * (_TWENTY_FOURTH - square * Double(1 / 720 - w * tail)))
    return sine, cosine


def sin(t: Value) -> Value:
    """S cos(r) + C sin(r) with S and C from the table."""
    return _with_far(lambda t: through_zero(t, _sin, lambda t: t * t * t / -6.0), t, _sine_parts())


def cos(t: Value) -> Value:
    """C cos(r) - S sin(r)."""
    return _with_far(lambda t: type(t).of(_cos(in_doubles(t))), t, _cosine_parts())


Parts = tuple[tuple[Array, Array], tuple[Array, Array]]


def _sine_parts() -> Parts:
    _, sines, sines_low, cosines, cosines_low = _tables()
    return (sines, sines_low), (cosines, cosines_low)


def _cosine_parts() -> Parts:
    _, sines, sines_low, cosines, cosines_low = _tables()
    return (cosines, cosines_low), (-sines, -sines_low)


def _sin(t: Double) -> Double:
    return _near(t, _sine_parts())


def _cos(t: Double) -> Double:
    return _near(t, _cosine_parts())


def _near(t: Double, parts: Parts) -> Double:
    value = _turned(*_reduced(t), parts)
    value = value.replaced(Double.exact(np.nan), ~(np.abs(t.hi) <= _FARTHEST))
    return with_argument(value, t, np.ones(()), crosses=True)


def _with_far(near: Callable[[Value], Value], t: Value, parts: Parts) -> Value:
    """The value that `near` gives, and another where the argument is large."""
    far = np.abs(nearest(t)) > _FARTHEST
    if not far.any():
        return near(t)
    found = _turned(*reduced(t), parts)
    error = mantissa(t).error()
    if error is not None and isinstance(t, Wide):
        error = np.ldexp(error, clipped(t.exponent, -2000, 2000))
    found.err = REDUCED + np.zeros(found.shape) if error is None else REDUCED + 1.02 * error
    value: Value = type(t).of(found)
    return value if far.all() else near(t).replaced(value, far)


def _turned(index: NDArray[np.intp], r: Double, parts: Parts) -> Double:
    sine, cosine = _series(r)
    even_part, odd_part = (Double(high[index], low[index]) for high, low in parts)
    value = (even_part - even_part * cosine) + odd_part * sine
    value.rel += SINE
    return value


def atan(t: Value) -> Value:
    """Newton's step from NumPy's value y: y + (t cos(y) - sin(y))/(cos(y) + t sin(y)); near 0 the series."""
    return through_zero(t, _atan, lambda t: t * t * t / -3.0)


def _atan(t: Double) -> Double:
    exact = Double(t.hi, t.lo)
    y = Double(np.arctan(t.hi))
    sine, cosine = _sin(y), _cos(y)
    value = y + (exact * cosine - sine) / (cosine + exact * sine)
    tiny = np.abs(t.hi) < _TINY
    if tiny.any():
        square = exact * exact
        near = exact - exact * (square * (_THIRD - square * _FIFTH))
        value = value.replaced(near, tiny)
    value.rel, value.err = ATAN, None
    return with_argument(value, t, 1.0 / (1.0 + t.hi * t.hi), scale=np.maximum(1.0, np.abs(t.hi)))


_HALF, _THIRD, _FIFTH, _SIXTH, _TWENTY_FOURTH = (Double.constant(Fraction(1, n)) for n in (2, 3, 5, 6, 24))
