"""sin, cos and atan in pairs: reduction by multiples of pi/16, a table, and the Taylor series of the rest.

Cody & Waite (1980) for the reduction, whose products are exact, and Payne & Hanek (1983) for large arguments;
all of it to 2**-70.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, fmpq
from numpy.typing import NDArray

from app.activations.arithmetic.ball import precision
from app.activations.arithmetic.double import Double
from app.activations.arithmetic.doubledouble import plus, times
from app.activations.arithmetic.last_axis import or_zero
from app.activations.arithmetic.pair.kernel import (
    Value,
    in_doubles,
    in_parts,
    mantissa,
    nearest,
    pair,
    pairs,
    through_zero,
    with_argument,
)
from app.activations.arithmetic.pair.large import REDUCED, reduced
from app.activations.arithmetic.ring import two_sum
from app.activations.arithmetic.wide import Wide, clipped
from app.compiled import inlined, ufunc

Out = NDArray[Any]

SINE = 2.0**-70
"""Relative error of sin and cos: the plain terms of the series begin at r**4/120 and r**6/720 with r < pi/32,
2**-20 and 2**-29; beside a sine of at least sin(pi/32), their roundings are below 2**-71."""
ATAN = 2.0**-70
"""Relative error of atan: sin's and cos's beside sin, of which Newton's step takes the difference."""
_STEPS, _QUARTER = 32, 8  # of the table, to the turn and to a quarter of it
_TO_STEPS = _STEPS / (2.0 * math.pi)
_FARTHEST = 2.0**16
"""Multiples of pi/16 up to here have 19 bits, which times one of 33 is exact."""
_TINY = 2.0**-14
"""Below it three terms of atan's series reach 2**-84."""


with precision(300):
    _FIRST, _SECOND, _THIRD, _FOURTH = in_parts(2 * arb.pi() / _STEPS, (33, 33, 33))
    # sines of the table's angles, whose zeros are exact
    _SINES, _SINES_LOW = pairs(arb.sin_pi_fmpq(fmpq(2 * j, _STEPS)) for j in range(_STEPS))
    (_SIXTH, _SIXTH_LOW), (_TWENTY_FOURTH, _TWENTY_FOURTH_LOW) = (pair(arb(1) / n) for n in (6, 24))


@inlined
def _series(r: float, r_lo: float) -> tuple[float, float, float, float]:
    """sin(r) and cos(r) - 1: two terms of each in pairs, the others plainly."""
    w, w_lo = times(r, r_lo, r, r_lo)
    tail = 1 / 362880 - w / 39916800
    tail = 1 / 120 - w * (1 / 5040 - w * tail)
    t, t_lo = times(w, w_lo, tail, 0.0)
    t, t_lo = times(w, w_lo, *plus(t, t_lo, -_SIXTH, -_SIXTH_LOW))
    t, t_lo = times(r, r_lo, t, t_lo)
    sine, sine_lo = plus(r, r_lo, t, t_lo)
    tail = 1 / 40320 - w * (1 / 3628800 - w / 479001600)
    tail = 1 / 720 - w * tail
    t, t_lo = times(w, w_lo, -tail, 0.0)
    t, t_lo = times(w, w_lo, *plus(t, t_lo, _TWENTY_FOURTH, _TWENTY_FOURTH_LOW))
    t, t_lo = times(w, w_lo, *plus(t, t_lo, -0.5, 0.0))
    return sine, sine_lo, t, t_lo


@ufunc("ddl", "dd")
def _sine(hi: float, lo: float, steps: int, value: Out, value_lo: Out) -> None:
    """sin(hi + lo + steps pi/16) up to _FARTHEST."""
    bounded = min(max(hi, -_FARTHEST), _FARTHEST) if hi == hi else 0.0
    k = np.rint(bounded * _TO_STEPS)
    r, lost = two_sum(bounded - k * _FIRST, -k * _SECOND)
    r, more = two_sum(r, -k * _THIRD)
    r, low = two_sum(r, lo)
    r, low = two_sum(r, low + (lost + more - k * _FOURTH))
    sine, sine_lo, less, less_lo = _series(r, low)
    index = (int(k) + steps) % _STEPS
    s, s_lo = _SINES[index], _SINES_LOW[index]
    index = (index + _QUARTER) % _STEPS
    t, t_lo = times(sine, sine_lo, _SINES[index], _SINES_LOW[index])
    u, u_lo = times(s, s_lo, less, less_lo)
    s, s_lo = plus(s, s_lo, u, u_lo)
    s, s_lo = plus(s, s_lo, t, t_lo)
    value[0] = s if hi == hi else np.nan
    value_lo[0] = s_lo


def sin(t: Value) -> Value:
    """S cos(r) + C sin(r) for t = k pi/16 + r, with S and C, which are the sine and cosine of k pi/16."""
    return _with_far(lambda t: through_zero(t, _sin, lambda t: t * t * t / -6.0), t, 0)


def cos(t: Value) -> Value:
    """The sine a quarter of a turn further."""
    return _with_far(lambda t: type(t).of(_cos(in_doubles(t))), t, _QUARTER)


def _sin(t: Double) -> Double:
    return _near(t, 0)


def _cos(t: Double) -> Double:
    return _near(t, _QUARTER)


def _near(t: Double, steps: int) -> Double:
    value = _turned(t, steps)
    far = ~(np.abs(t.hi) <= _FARTHEST)
    if far.any():
        value = value.replaced(Double.exact(np.nan), far)
    return with_argument(value, t, np.ones(()), crosses=True)


def _turned(t: Double, steps: NDArray[np.int64] | int) -> Double:
    hi, lo = _sine(t.hi, or_zero(t.lo), steps)
    return Double(hi, lo, SINE)


def _with_far(near: Callable[[Value], Value], t: Value, steps: int) -> Value:
    """The value that `near` gives, and another where the argument is large."""
    far = np.abs(nearest(t)) > _FARTHEST
    if not far.any():
        return near(t)
    index, rest = reduced(t)
    found = _turned(rest, index + steps)
    error = mantissa(t).error()
    if error is not None and isinstance(t, Wide):
        error = np.ldexp(error, clipped(t.exponent, -2000, 2000))
    found.err = REDUCED + np.zeros(found.shape) if error is None else REDUCED + 1.02 * error
    value: Value = type(t).of(found)
    return value if far.all() else near(t).replaced(value, far)


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
        near = exact - exact * (square * (_ONE_THIRD - square * _ONE_FIFTH))
        value = value.replaced(near, tiny)
    value.rel, value.err = ATAN, None
    return with_argument(value, t, 1.0 / (1.0 + t.hi * t.hi), scale=np.maximum(1.0, np.abs(t.hi)))


_ONE_THIRD, _ONE_FIFTH = Double.constant(Fraction(1, 3)), Double.constant(Fraction(1, 5))
