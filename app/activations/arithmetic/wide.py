"""Wide: pairs of doubles, each with an exponent of its own, which never overflow or underflow.

A value is a mantissa times 2**exponent. The mantissas are a block of `Double`, 0 or between 2**-FREE and
2**FREE, with low parts and error bounds in units of 2**exponent. So results that overflow, underflow or are
subnormal can be certified, and squares of huge numbers cost nothing. Beside a mantissa there may be a rest,
for which its error bound has room: it says on which side of a midpoint between two floats a result lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.activations.arithmetic import ends, ring
from app.activations.arithmetic.double import TINY, ZERO, Double
from app.activations.arithmetic.errorfree import Array, U
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
_FINITE = np.finfo(np.float64).max * (1 - 2.0**-40)
"""Below it, what is some ulps more does not overflow."""


class Wide:
    """A block of values with their error bounds, with the operations of `Double`."""

    __slots__ = ("exponent", "mantissa", "rest")
    __array_ufunc__ = None

    rest: Array | None
    """Beside the mantissa; its error bound is as if this was not known."""

    def __init__(self, mantissa: Double, exponent: Exponents | int = 0) -> None:
        parts = ring.brought_back(*_parts(mantissa, None), np.asarray(exponent))
        hi, lo, self.rest, err, self.exponent = parts
        self.mantissa = Double(hi, lo, 0.0, err, mantissa.sign)

    @classmethod
    def _from(cls, parts: tuple[Any, ...], sign: int) -> Wide:
        hi, lo, rest, err, exponent = parts
        return as_is(Double(hi, lo, 0.0, err, sign), exponent, rest)

    def _parts(self) -> tuple[Any, ...]:
        return *_parts(self.mantissa, self.rest), self.exponent

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
        return as_is(-self.mantissa, self.exponent, None if self.rest is None else -self.rest)

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

    def root(self) -> Wide:
        """The square root."""
        return Wide._from(tuple(map(np.asarray, ring.root(*self._parts()))), 1)

    # -- choices -----------------------------------------------------------------------------------

    def compare(self, op: str, other: Wide) -> Condition:
        """Where the comparison holds, and where the error bounds leave it open."""
        return (self - other).mantissa.compare(op, Double(ZERO))

    @staticmethod
    def decided(condition: Condition) -> bool | None:
        """Whether it holds everywhere, or fails so; None: both branches are needed."""
        holds, unsure = condition
        if unsure is not None and unsure.any():
            return None
        return True if holds.all() else None if holds.any() else False

    @classmethod
    def select(cls, condition: Condition, then: Wide, otherwise: Wide) -> Wide:
        mantissa = Double.select(condition, then.mantissa, otherwise.mantissa)
        rest = None
        if then.rest is not None or otherwise.rest is not None:
            rest = np.where(condition[0], or_zero(then.rest), or_zero(otherwise.rest))
        return as_is(mantissa, np.where(condition[0], then.exponent, otherwise.exponent), rest)

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
        exponent = np.broadcast_to(self.exponent, self.shape)[index]
        return as_is(self.mantissa[index], exponent, None if self.rest is None else self.rest[index])

    def flat(self) -> Wide:
        """The last two axes joined."""
        rest = None if self.rest is None else self.rest.reshape(*self.rest.shape[:-2], -1)
        return as_is(self.mantissa.flat(), self.exponent.reshape(*self.exponent.shape[:-2], -1), rest)

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
        low, low_rest, high, high_rest = ends.ends(*self._parts(), sign=self.sign)
        return (low, low_rest), (high, high_rest)


def _parts(mantissa: Double, rest: Array | None) -> tuple[Any, ...]:
    others = (mantissa.lo, rest, mantissa.error())
    return mantissa.hi, *(ZERO if part is None else part for part in others)


def as_is(mantissa: Double, exponent: Exponents, rest: Array | None = None) -> Wide:
    """A value whose mantissas are within their bounds already."""
    value = Wide.__new__(Wide)
    value.mantissa, value.exponent, value.rest = mantissa, exponent, rest
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


def clipped(exponent: Exponents, low: int, high: int) -> Exponents:
    """The exponents, none beyond those; faster than np.clip."""
    return np.minimum(np.maximum(exponent, low), high)
