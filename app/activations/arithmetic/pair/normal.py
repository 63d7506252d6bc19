"""The normal distribution and the error function in pairs, by Mills' ratio."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from flint import arb
from numpy.typing import NDArray

from app.activations.arithmetic.ball import precision
from app.activations.arithmetic.double import Double
from app.activations.arithmetic.errorfree import Array
from app.activations.arithmetic.pair.exponential import exp
from app.activations.arithmetic.pair.kernel import (
    NOTHING,
    ONE,
    Value,
    about,
    beyond,
    chosen,
    constant,
    in_doubles,
    magnitude,
    nearest,
    not_negative,
    one,
    pair,
    slowly,
    through_zero,
    very_small,
    with_argument,
)
from app.activations.arithmetic.pair.polynomial import polynomials

MILLS = 2.0**-70
"""Relative error of Mills' ratio."""
ERF = 2.0**-72
"""Relative error of erf(t)/t for t up to 1/2: the plain terms begin at t**16/685440, below 2**-35."""
_SPACING = 1.0 / 64.0  # of its table
_FARTHEST = 40.0
"""From here on ten terms of the asymptotic series reach 2**-77 (DLMF 7.12.1)."""
_TERMS = 10
_FAR = 6.0
"""From here on the rest of erf to 1 is below 2**-54."""
_SATURATED = 100.0
"""From here on erf is 1 to 2**-14000; the square of what is larger may overflow."""


def phi(t: Value) -> Value:
    """exp(-t**2/2)/sqrt(2 pi)."""
    return exp(t * t * -0.5) * _DENSITY


@lru_cache(maxsize=1)
def _table() -> tuple[Array, Array]:
    """Taylor coefficients of Mills' ratio M at multiples of 1/64, from M' = tM - 1: high and low parts."""
    count, degree = int(_FARTHEST / _SPACING) + 1, 8
    rows = []
    with precision(300):
        for k in range(count):
            s = arb(k) * _SPACING
            m = [(s * s / 2).exp() * (s / arb(2).sqrt()).erfc() * (arb.pi() / 2).sqrt()]
            m.append(s * m[0] - 1)
            for n in range(1, degree):
                m.append(s * m[n] + n * m[n - 1])
            rows.append([pair(value / math.factorial(n)) for n, value in enumerate(m)])
    return _in_pairs(rows, 3)


def _in_pairs(rows: list[list[tuple[float, float]]], paired: int) -> tuple[Array, Array]:
    """Coefficients by row: the doubles nearest, and what the first of them leave."""
    table = np.array(rows)
    return np.ascontiguousarray(table[:, :, 0]), np.ascontiguousarray(table[:, :paired, 1])


def mills_ratio(s: Value) -> Value:
    """(1 - Phi(s)) / phi(s) for s >= 0."""
    far = nearest(s) > _FARTHEST
    return chosen(far, lambda: _far(s.replaced(one(s) * _FARTHEST, ~far)), lambda: slowly(s, _near))


def _near(s: Double) -> Double:
    """Three terms of the Taylor series in pairs, the others plainly."""
    hi = np.fmin(s.hi, _FARTHEST)
    index = np.rint(hi / _SPACING).astype(np.intp)
    d = Double(hi, None if s.lo is None else np.where(s.hi < _FARTHEST, s.lo, 0.0)) - index * _SPACING
    value, value_lo = polynomials(*_table(), index, d)
    slope = np.minimum(value, 1.0 / (1.0 + hi * hi))  # |M'| = 1 - sM lies below both
    return with_argument(Double(value, value_lo, MILLS, None, 1), s, slope)


def _far(s: Value) -> Value:
    """1/s (1 - 1/s**2 + 3/s**4 - ...): two terms in pairs, the others plainly."""
    w = in_doubles(one(s) / (s * s))
    tail = np.zeros_like(w.hi)
    for n in range(_TERMS - 1, 1, -1):
        tail = math.prod(range(1, 2 * n, 2)) * (-1.0) ** n + w.hi * tail
    series = w * (w * Double(tail) - 1.0) + 1.0
    return type(s).of(Double(series.hi, series.lo, MILLS, series.err, 1)) / s


def Phi(t: Value) -> Value:  # noqa: N802 - the standard name
    """The density times Mills' ratio on the left, 1 less that on the right; 1/2 + t phi(0) very near to 0."""

    def either() -> Value:
        tail = phi(t) * mills_ratio(magnitude(t))
        return chosen(nearest(t) > 0, lambda: one(t) - tail, lambda: tail)

    return chosen(very_small(t), lambda: one(t) * 0.5 + about(t * _DENSITY, t * t), either)


def erf(t: Value) -> Value:
    """Twice the tail less than 1 from 1/2 on; below, the Taylor series to 2**-70."""

    def far() -> Value:
        rest = one(t) - Phi(-(magnitude(t) * _SQRT2)) * 2.0
        return chosen(not_negative(t), lambda: rest, lambda: -rest)

    def near() -> Value:
        return through_zero(t, _erf, lambda t: t * t * t / -3.0, _ERF_SLOPE)

    return chosen(beyond(t, _FAR), far, near)


@lru_cache(maxsize=1)
def _erf_table() -> tuple[Array, Array]:
    """Taylor coefficients of erf(t)/t in t**2, but for the factor of all."""
    with precision(300):
        return _in_pairs([[pair(arb((-1) ** n) / (math.factorial(n) * (2 * n + 1))) for n in range(20)]], 8)


def _erf(t: Double) -> Double:
    s = magnitude(t)
    s = s.replaced(Double.of(_SATURATED), s.hi > _SATURATED)
    near = s.hi < 0.5
    value = chosen(near, lambda: _erf_series(s, near), lambda: ONE - Phi(s * -_SQRT2) * 2.0)
    return chosen(not_negative(t), lambda: value, lambda: -value)


def _erf_series(s: Double, near: NDArray[np.bool_]) -> Double:
    inside = Double.select((near, None), s, NOTHING)
    square = inside * inside
    value, value_lo = polynomials(*_erf_table(), np.zeros((), np.intp), square)
    return Double(value, value_lo, ERF, square.error()) * inside * _ERF_SLOPE


with precision(300):
    _DENSITY = constant(1 / (2 * arb.pi()).sqrt())
    _SQRT2 = constant(arb(2).sqrt())
    _ERF_SLOPE = constant(2 / arb.pi().sqrt())
