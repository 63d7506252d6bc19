"""What the kernels of pairs have in common: constants as sums of doubles, and values that may be Wide.

A kernel computes in doubles. A function is written once for pairs and for Wide values: it asks a kernel for
what varies slowly, and leaves what grows or falls without bound to the operations of its argument's class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np
from flint import arb
from numpy.typing import NDArray

from app.activations.arithmetic import functions
from app.activations.arithmetic.ball import precision
from app.activations.arithmetic.double import TINY, Double
from app.activations.arithmetic.errorfree import Array
from app.activations.arithmetic.last_axis import or_zero
from app.activations.arithmetic.ring import FREE
from app.activations.arithmetic.wide import Exponents, Wide, as_is, clipped, power_of_two

Value = TypeVar("Value", Double, Wide)

SMALL = 60
"""Octaves below 1 from which on sin(t), say, is t - t**3/6."""
_LEAST, _MOST = -600, 1000
"""Exponents within which kernels know their arguments."""


# -- constants -------------------------------------------------------------------------------------


def in_parts(value: arb, bits: Sequence[int]) -> list[float]:
    """A number's first bits, so many a part, and what is left."""
    parts = []
    for count in bits:
        with precision(count):
            parts.append(float(+value.mid()))
        value = value - parts[-1]
    return [*parts, float(value)]


def pairs(values: Iterable[arb]) -> tuple[Array, Array]:
    """The nearest doubles, and what they leave."""
    high, low = np.array([pair(value) for value in values]).T
    return np.ascontiguousarray(high), np.ascontiguousarray(low)


def pair(value: arb) -> tuple[float, float]:
    """The nearest double, and what it leaves."""
    hi = float(value)
    return hi, float(value - hi)


def constant(value: arb) -> Double:
    """A positive number as a pair."""
    hi, lo = pair(value)
    return Double(np.float64(hi), np.float64(lo), 2.0**-100, None, 1)  # type: ignore[arg-type]  # a number is an array of rank 0


ONE = Double(np.float64(1.0), sign=1)  # type: ignore[arg-type]  # as above
NOTHING = Double(np.float64(0.0))  # type: ignore[arg-type]  # as above


# -- values ----------------------------------------------------------------------------------------


def one(like: Value) -> Value:
    """1, as a value of the same class."""
    return type(like).of(ONE)


def nearest(t: Double | Wide) -> Array:
    """The nearest doubles."""
    return t.hi if isinstance(t, Double) else t.nearest


def mantissa(t: Double | Wide) -> Double:
    """What has the sign and the zeros."""
    return t if isinstance(t, Double) else t.mantissa


def not_negative(t: Double | Wide) -> NDArray[np.bool_]:
    """Where it is not negative."""
    where: NDArray[np.bool_] = mantissa(t).hi >= 0
    return where


def magnitude(t: Value) -> Value:
    """The absolute value."""
    if isinstance(t, Wide):
        return as_is(functions.apply("abs", t.mantissa), t.exponent)
    return functions.apply("abs", t)


def root(t: Value) -> Value:
    """The square root."""
    if isinstance(t, Wide):
        return t.root()
    return functions.apply("sqrt", t)


def sign_of(t: Value) -> Value:
    """1, -1 or a zero as t is."""
    return type(t).of(functions.apply("sign", mantissa(t)))


def with_zeros(value: Value, t: Value) -> Value:
    """The value with zeros where t has them, of the same sign."""
    found, given = mantissa(value), mantissa(t)
    if not np.all(given.hi):
        found.hi = np.where(given.hi == 0.0, given.hi, found.hi)
    return value


def in_doubles(t: Double | Wide) -> Double:
    """The value as a pair; a wide one beyond 2**1000 is about that, and one below 2**-600 loses 2**-580."""
    if isinstance(t, Double):
        return t
    scale = power_of_two(clipped(t.exponent, _LEAST, _MOST))
    m = t.mantissa
    lo = None if m.lo is None else m.lo * scale
    err = None if m.err is None or not m.err.any() else m.err * scale
    if (small := t.exponent < _LEAST).any():
        lost = np.where(small & (m.hi != 0.0), 2.0 ** (_LEAST + FREE), 0.0)
        err = lost if err is None else err + lost
    return Double(m.hi * scale, lo, m.rel, err, m.sign)


def times_power(like: Value, mantissa: Double, octaves: Exponents) -> Value:
    """mantissa * 2**octaves, in the class of another value."""
    if isinstance(like, Wide):
        return Wide(mantissa, octaves)
    # in two steps, since 2**octaves itself may be subnormal
    octaves = clipped(octaves, -2040, 2040)
    hi, lo, err = mantissa.hi, mantissa.lo, mantissa.err
    for part in (octaves >> 1, octaves - (octaves >> 1)):
        scale = power_of_two(part)
        hi = hi * scale
        lo = None if lo is None else lo * scale
        err = None if err is None else err * scale
    lo = None if lo is None else np.where(np.isfinite(hi) & (hi != 0.0), lo, 0.0)
    if hi.size and not np.min(np.abs(hi)) >= 2.0**-960:
        lost = np.where(np.abs(hi) < 2.0**-960, 4 * TINY, 0.0)
        err = lost if err is None else err + lost
    return Double(hi, lo, mantissa.rel, err, mantissa.sign)


def through_zero(
    t: Value,
    kernel: Callable[[Double], Double],
    second: Callable[[Wide], Wide],
    slope: Double | None = None,
    *,
    odd: bool = True,
) -> Value:
    """The kernel's value at t; where t is wide and very small, t and the series' second term."""
    if not isinstance(t, Wide):
        return kernel(t)
    small = very_small(t)
    if not small.any():
        return Wide.of(kernel(in_doubles(t)))
    series = t + about(second(t), t * t if odd else t)
    series = series if slope is None else series * slope
    return series if small.all() else Wide.of(kernel(in_doubles(t))).replaced(series, small)


def slowly(t: Value, value: Callable[[Double], Double]) -> Value:
    """A function that is near 1 or another number where t is very small, computed in doubles."""
    return type(t).of(value(in_doubles(t)))


def chosen(where: NDArray[np.bool_], then: Callable[[], Value], otherwise: Callable[[], Value]) -> Value:
    """One value where that is so, another elsewhere; only what is needed is computed."""
    if where.all():
        return then()
    return otherwise().replaced(then(), where) if where.any() else otherwise()


def very_small(t: Double | Wide) -> NDArray[np.bool_]:
    """Where two terms of a series are enough."""
    if isinstance(t, Wide):
        return t.exponent < -SMALL
    return np.zeros((), dtype=bool)


def below(t: Double | Wide, most: float) -> NDArray[np.bool_]:
    """Where a wide value is less than that: what it is exp of may be beyond a pair."""
    return t.nearest < most if isinstance(t, Wide) else np.zeros((), dtype=bool)


def beyond(t: Double | Wide, least: float) -> NDArray[np.bool_]:
    """Where the magnitude of a wide value is that large: its rest to a limit may be beyond a pair."""
    if isinstance(t, Wide):
        return np.abs(t.nearest) > least
    return np.zeros((), dtype=bool)


def about(t: Value, share: Value) -> Value:
    """A wide value from which a term is left out that is no larger than that share of it."""
    assert isinstance(t, Wide)
    assert isinstance(share, Wide)
    most = power_of_two(clipped(share.exponent + FREE, -1000, 1000))
    m = t.mantissa
    err = or_zero(m.error()) + np.where(m.hi == 0.0, 0.0, np.abs(m.hi) * most * 1.01 + TINY)
    return as_is(Double(m.hi, m.lo, 0.0, err, m.sign), t.exponent)


def with_argument(
    value: Double, t: Double, slope: Array, *, crosses: bool = False, scale: Array | float = 1.0
) -> Double:
    """The value with the argument's error carried over, element by element, by a bound on the slope.

    The slope holds as long as the error is small beside `scale`. What `crosses` 0 may have any condition
    there; of the others, none has more than 2**16 where it is computed.
    """
    argument = t.err
    if t.rel <= 2.0**-90 and not crosses:
        value.rel += 2.0**16 * t.rel
    else:
        argument = t.error()
    if argument is None:
        return value
    change = 1.02 * np.abs(slope) * argument
    change = np.where(argument < 2.0**-10 * scale, change, np.inf)
    value.err = change if value.err is None else value.err + change
    return value
