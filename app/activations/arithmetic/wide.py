"""Wide: pairs of doubles, each with an exponent of its own, which never overflow or underflow.

A value is a mantissa times 2**exponent. The mantissas are a block of `Double`, 0 or between 2**-FREE and
2**FREE, with low parts and error bounds in units of 2**exponent. So results that overflow, underflow or are
subnormal can be certified, and squares of huge numbers cost nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.activations.arithmetic import ring
from app.activations.arithmetic.ball import REST_BITS
from app.activations.arithmetic.double import TINY, ZERO, Double
from app.activations.arithmetic.errorfree import Array, U, two_sum
from app.activations.arithmetic.last_axis import or_zero
from app.activations.arithmetic.powers import power
from app.activations.arithmetic.ring import FARTHEST, FREE

Exponents = NDArray[np.int64]
End = tuple[Array, Array]
Condition = tuple[NDArray[np.bool_], NDArray[np.bool_] | None]

_LOSSY = 800
"""Octaves below which a term's low part, or its error, may underflow."""
_LOWEST = -(2**62)
"""Below every exponent."""
_SUBNORMAL = -1021
"""Exponents below it make subnormal doubles of mantissas below 1."""
_NOTHING = -1200
"""Exponents below it leave no double."""
_FINITE = np.finfo(np.float64).max * (1 - 2.0**-40)
"""Below it, what is some ulps more does not overflow."""


class Wide:
    """A block of values with their error bounds, with the operations of `Double`."""

    __slots__ = ("exponent", "mantissa")
    __array_ufunc__ = None

    def __init__(self, mantissa: Double, exponent: Exponents | int = 0) -> None:
        parts = ring.brought_back(*_parts(mantissa), exponent)
        hi, lo, err, self.exponent = map(np.asarray, parts)
        self.mantissa = Double(hi, lo, 0.0, err, mantissa.sign)

    @classmethod
    def _from(cls, parts: tuple[Any, ...], sign: int) -> Wide:
        hi, lo, err, exponent = map(np.asarray, parts)
        return as_is(Double(hi, lo, 0.0, err, sign), exponent)

    def _parts(self) -> tuple[Any, ...]:
        return *_parts(self.mantissa), self.exponent

    @classmethod
    def exact(cls, value: Any, sign: int = 0) -> Wide:
        hi, exponent = np.frexp(np.asarray(value, dtype=np.float64))
        # what infinities lead to is not for this arithmetic to say
        return cls(Double(np.where(np.isfinite(hi), hi, np.nan), sign=sign), exponent.astype(np.int64))

    @classmethod
    def constant(cls, value: Fraction) -> Wide:
        return cls(Double.constant(value))

    @classmethod
    def pi(cls) -> Wide:
        return cls(Double.pi())

    @classmethod
    def of(cls, value: Any) -> Wide:
        if isinstance(value, Wide):
            return value
        return cls(value) if isinstance(value, Double) else cls(Double.of(value))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.mantissa.shape

    @property
    def sign(self) -> int:
        return self.mantissa.sign

    @property
    def nearest(self) -> Array:
        """The nearest doubles, to one rounding."""
        nearest: Array = np.ldexp(self.mantissa.hi, clipped(self.exponent, -2200, 1200))
        return nearest

    # -- ring operations ---------------------------------------------------------------------------

    def __neg__(self) -> Wide:
        return as_is(-self.mantissa, self.exponent)

    def __add__(self, other: Any) -> Wide:
        other = Wide.of(other)
        sign = self.sign if self.sign == other.sign else 0
        return Wide._from(ring.add(*self._parts(), *other._parts()), sign)

    def aligned(self, top: Exponents) -> Double:
        """The mantissas as they are in units of 2**top, which no exponent but that of a 0 exceeds."""
        shift = self.exponent - top
        least, most = (shift.min(), shift.max()) if shift.size else (0, 0)
        if least == most == 0:
            return self.mantissa
        if least >= -_LOSSY and most <= FARTHEST:
            return _scaled(self.mantissa, shift)
        value = _scaled(self.mantissa, clipped(shift, -FARTHEST, FARTHEST))
        beyond = shift < -FARTHEST
        hi = np.where(beyond, 0.0, value.hi)
        lo = None if value.lo is None else np.where(beyond, 0.0, value.lo)
        lost = np.where(beyond, 2.0 ** (FREE + 1 - FARTHEST), np.where(shift < -_LOSSY, 2 * TINY, 0.0))
        lost = np.where((self.mantissa.hi == 0.0) & (or_zero(value.err) == 0.0), 0.0, lost)
        if value.err is not None:
            lost = np.where((shift > FARTHEST) & (value.err > 0.0), np.inf, value.err + lost)
        return Double(hi, lo, value.rel, lost, value.sign)

    def __sub__(self, other: Any) -> Wide:
        return self + -Wide.of(other)

    def __mul__(self, other: Any) -> Wide:
        other = Wide.of(other)
        sign = 1 if self is other else self.sign * other.sign
        return Wide._from(ring.multiply(*self._parts(), *other._parts()), sign)

    def __truediv__(self, other: Any) -> Wide:
        other = Wide.of(other)
        return Wide._from(ring.divide(*self._parts(), *other._parts()), self.sign * other.sign)

    def __pow__(self, exponent: int) -> Wide:
        return power(self, exponent)

    # -- choices -----------------------------------------------------------------------------------

    def compare(self, op: str, other: Wide) -> Condition:
        """Where the comparison holds, and where the error bounds leave it open."""
        return (self - other).mantissa.compare(op, Double(ZERO))

    @classmethod
    def select(cls, condition: Condition, then: Wide, otherwise: Wide) -> Wide:
        mantissa = Double.select(condition, then.mantissa, otherwise.mantissa)
        return as_is(mantissa, np.where(condition[0], then.exponent, otherwise.exponent))

    def replaced(self, other: Wide, where: NDArray[np.bool_]) -> Wide:
        return Wide.select((where, None), other, self)

    @classmethod
    def largest(cls, first: Wide, second: Wide) -> Wide:
        """The larger one; where both are equal the second."""
        holds, unsure = first.compare(">", second)
        chosen = cls.select((holds, None), first, second)
        if unsure is not None and unsure.any():
            # either may be the larger: the maximum is as well known as the less well known
            either = (
                or_zero(first.aligned(top := chosen.exponent).error()),
                or_zero(second.aligned(top).error()),
            )
            chosen.mantissa.err = np.where(unsure, np.maximum(*either), or_zero(chosen.mantissa.err))
        return chosen

    # -- along the last axis -----------------------------------------------------------------------

    def sum(self) -> Wide:
        """The sum over the last axis, which stays with length 1."""
        top = self.top()
        return Wide(self.aligned(top).sum(), top)

    def top(self) -> Exponents:
        """The largest exponent along the last axis, that of zeros aside."""
        exponent = np.broadcast_to(self.exponent, self.shape)
        top: Exponents = np.where(self.mantissa.hi == 0.0, _LOWEST, exponent).max(-1, keepdims=True)
        return np.where(top == _LOWEST, exponent.max(-1, keepdims=True), top)

    def max(self) -> Wide:
        """The largest entry along the last axis, which stays with length 1; of exact values only."""
        return Wide.exact(self.nearest.max(-1, keepdims=True))

    def __getitem__(self, index: Any) -> Wide:
        return as_is(self.mantissa[index], np.broadcast_to(self.exponent, self.shape)[index])

    def flat(self) -> Wide:
        """The last two axes joined."""
        return as_is(self.mantissa.flat(), self.exponent.reshape(*self.exponent.shape[:-2], -1))

    @classmethod
    def concatenate(cls, parts: Sequence[Wide]) -> Wide:
        """Joined along the last axis."""
        exponents = [np.broadcast_to(part.exponent, part.shape) for part in parts]
        return as_is(Double.concatenate([part.mantissa for part in parts]), np.concatenate(exponents, -1))

    def enough(self, ulps: float) -> NDArray[np.bool_]:
        """Where the nearest double is that good, and its sign certain."""
        error, size = or_zero(self.mantissa.error()), np.abs(self.mantissa.hi)
        # an ulp, or half of one, and below normal numbers the last subnormal
        ulp = np.maximum(U * size, power_of_two(clipped(-1074 - self.exponent, -1000, 1000)))
        good: NDArray[np.bool_] = (error + ulp <= (ulps - 0.5) * ulp) & (error < size)
        return good & (np.abs(self.nearest) < _FINITE)

    # -- ends --------------------------------------------------------------------------------------

    def ends(self) -> tuple[End, End]:
        """Both ends of what the bound allows: the nearest double, and what it leaves, times 2**REST_BITS."""
        error = self.mantissa.error()
        if error is None:
            end = self._end(np.zeros_like(self.mantissa.hi))
            return end, end
        # what the roundings of the ends themselves add; nothing where the value is exact
        rest = np.abs(or_zero(self.mantissa.lo)) + error
        margin = error * (1 + 2.0**-40) + np.where(error == 0.0, 0.0, 4 * U * rest)
        return self._end(-margin), self._end(margin)

    def _end(self, margin: Array) -> End:
        hi, sign = self.mantissa.hi, self.mantissa.sign
        s, rest = two_sum(hi, or_zero(self.mantissa.lo) + margin)
        if sign and (beyond := (s * sign <= 0.0) & (hi != 0.0)).any():
            s, rest = np.where(beyond, 0.0, s), np.where(beyond, sign * TINY, rest)
        return _in_doubles(s, rest, self.exponent)


def _parts(mantissa: Double) -> tuple[Any, Any, Any]:
    err = mantissa.error()
    return mantissa.hi, 0.0 if mantissa.lo is None else mantissa.lo, 0.0 if err is None else err


def as_is(mantissa: Double, exponent: Exponents) -> Wide:
    """A value whose mantissas are within their bounds already."""
    value = Wide.__new__(Wide)
    value.mantissa, value.exponent = mantissa, exponent
    return value


def power_of_two(k: Exponents) -> Array:
    """2**k as doubles, for k from -1022 to 1023."""
    return ((k + 1023) << 52).view(np.float64)


def _scaled(value: Double, octaves: Exponents) -> Double:
    """The value times 2**octaves, which may be up to 1000 on either side of 0."""
    scale = power_of_two(octaves)
    lo, err = value.lo, value.err
    if err is not None:
        err = np.where(err == 0.0, 0.0, err * scale + TINY)  # a bound must not underflow to none
    return Double(value.hi * scale, None if lo is None else lo * scale, value.rel, err, value.sign)


def _in_doubles(s: Array, rest: Array, exponent: Exponents) -> End:
    """The doubles nearest to (s + rest) * 2**exponent, where s is fl(s + rest), and what they leave."""
    if exponent.size and np.max(exponent) < _NOTHING and np.isfinite(s).all():
        return np.zeros_like(s), np.copysign(np.where(s == 0.0, 0.0, TINY), s)
    shift = np.frexp(s)[1].astype(np.int64)
    if shift.any():
        scale = power_of_two(-shift)
        s, rest, exponent = s * scale, rest * scale, exponent + shift
    # in two steps, since 2**exponent may be beyond a double where the result is not
    octaves = clipped(exponent, _SUBNORMAL, 1100)
    half = octaves >> 1
    first, second = power_of_two(half), power_of_two(octaves - half)
    nearest, left = s * first * second, rest * first * (second * 2.0**REST_BITS)
    side = rest
    below = (exponent < _SUBNORMAL) & (s != 0.0)
    if below.any():
        # in units of the last subnormal, rounded once, to even if nothing is left on either side of the tie
        scale = power_of_two(clipped(exponent, _NOTHING, _SUBNORMAL) + 1074)
        units = s * scale
        whole = np.rint(units)
        fraction = units - whole
        crossed = (np.abs(fraction) == 0.5) & (np.sign(fraction) == np.sign(rest))
        whole = np.where(crossed, whole + 2.0 * fraction, whole)
        fraction = units - whole
        nearest = np.where(below, whole * TINY, nearest)
        left = np.where(below, (fraction + rest * scale) * 2.0 ** (REST_BITS - 1074), left)
        side = np.where(below & (fraction != 0.0), fraction, rest)
    return nearest, np.where(left == 0.0, np.copysign(np.where(side == 0.0, 0.0, TINY), side), left)


def clipped(exponent: Exponents, low: int, high: int) -> Exponents:
    """The exponents, none beyond those; faster than np.clip."""
    return np.minimum(np.maximum(exponent, low), high)
