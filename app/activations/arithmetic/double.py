"""Double: blocks of float64, each with a running bound on its error.

A value is hi + lo, and the exact result is within ``rel * |hi| + err`` of it. `rel` is one number for
the block and costs nothing to carry; `err` is an array, made only where a cancellation, an underflow or
an ill-conditioned function needs it; `lo` holds what the roundings of sums, products and quotients
lost, as long as all their operands are known that well. So polynomials in x, the arguments of the
exponentials among them, are as good as exact, and piecewise-linear functions are exact.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.activations.arithmetic.choice import where
from app.activations.arithmetic.doubledouble import SAFE_HIGH, SAFE_LOW, product, quotient, total
from app.activations.arithmetic.errorfree import PAIR, Array, U, is_power_of_two
from app.activations.arithmetic.last_axis import LastAxis, or_zero, plus
from app.activations.arithmetic.powers import power

PAIRED = 2.0**-60
"""Values at least this well known keep their low parts."""
TINY = 2.0**-1074
NORMAL = 2.0**-1022
ZERO: Array = np.zeros(())
"""The constant 0 of formulas, which is +0."""
_HOLDS = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal}


class Double(LastAxis):
    """A block of values with its error bound; `sign` is +1 or -1 where no value has the other sign."""

    __slots__ = ()
    __array_ufunc__ = None

    @classmethod
    def exact(cls, value: Any, sign: int = 0) -> Double:
        return cls(np.asarray(value, dtype=np.float64), sign=sign)

    @classmethod
    def constant(cls, value: Fraction) -> Double:
        if not value:
            return cls(ZERO)
        hi, lo = _nearest(value)
        sign = 1 if hi > 0.0 else -1
        return cls(hi, lo or None, PAIR if lo else 0.0, None, sign)  # type: ignore[arg-type]

    @classmethod
    def pi(cls) -> Double:
        return cls(np.float64(np.pi), np.float64(1.2246467991473532e-16), PAIR, None, 1)  # type: ignore[arg-type]

    @classmethod
    def of(cls, value: Any) -> Double:
        if isinstance(value, Double):
            return value
        return cls.constant(value) if isinstance(value, Fraction) else cls.exact(value)

    @property
    def paired(self) -> bool:
        return self.rel <= PAIRED

    def error(self) -> Array | None:
        """The bound as an array, or None where the value is exact."""
        if self.rel == 0.0:
            return self.err
        bound = self.rel * np.abs(self.hi)
        return bound if self.err is None else bound + self.err

    # -- ring operations ---------------------------------------------------------------------------

    def __neg__(self) -> Double:
        return self._like(-self.hi, None if self.lo is None else -self.lo, self.rel, self.err, -self.sign)

    def __add__(self, other: Any) -> Double:
        other = Double.of(other)
        if other.hi.ndim == 0 and other.hi == 0.0 and other.error() is None:
            return self  # a hyperparameter of 0 costs nothing
        same = self.sign * other.sign == 1
        if self.paired and other.paired:
            hi, lo = total(self.hi, or_zero(self.lo), other.hi, or_zero(other.lo))
            rel = PAIR if self.lo is not None or other.lo is not None else 0.0
        else:
            hi, lo, rel = self.hi + other.hi, None, U
        err = plus(self.err, other.err)
        # beside a plain double the low part of a pair is dropped
        bounds = [term.rel + (U if lo is None and term.lo is not None else 0.0) for term in (self, other)]
        if same:
            rel += max(bounds)
        else:
            for term, bound in zip((self, other), bounds, strict=True):
                if bound:
                    err = plus(err, bound * np.abs(term.hi))
        return self._like(hi, lo, rel, err, self.sign if same else 0)

    def __sub__(self, other: Any) -> Double:
        return self + -Double.of(other)

    def __mul__(self, other: Any) -> Double:
        other = Double.of(other)
        if other.hi.ndim == 0 and other.hi == 1.0 and other.lo is None and other.error() is None:
            return self  # nor does one of 1
        rel, err, covered = self.rel + other.rel, None, False
        if is_power_of_two(other.hi) and other.lo is None:
            hi = self.hi * other.hi
            lo = None if self.lo is None else self.lo * other.hi
        elif is_power_of_two(self.hi) and self.lo is None:
            hi = self.hi * other.hi
            lo = None if other.lo is None else other.lo * self.hi
        elif self.paired and other.paired:
            hi, lo, lost = product(self.hi, or_zero(self.lo), other.hi, or_zero(other.lo))
            if self.lo is not None or other.lo is not None:
                rel += PAIR
            err, covered = lost if lost.any() else None, True
        else:
            hi, lo = self.hi * other.hi, None
            rel += U + U * ((self.lo is not None) + (other.lo is not None)) + 4 * U * U
        for a, b in ((self, other), (other, self)):
            if b.err is not None:
                # a bound must not underflow to none
                grown = np.abs(a.hi) * b.err * (1 + 2**-40) + np.where((b.err > 0) & (a.hi != 0), TINY, 0.0)
                err = plus(err, grown)
        if self.err is not None and other.err is not None:
            err = plus(err, self.err * other.err)
        sign = 1 if self is other else self.sign * other.sign
        return self._like(hi, lo, rel, err, sign)._checked(() if covered else (self, other))

    def __truediv__(self, other: Any) -> Double:
        other = Double.of(other)
        if is_power_of_two(other.hi) and other.lo is None and other.rel == 0.0 and other.err is None:
            return self * Double(1.0 / other.hi, sign=other.sign)
        rel, err = self.rel + other.rel, None
        covered = self.paired and other.paired
        if covered:
            hi, lo, lost, inexact = quotient(self.hi, or_zero(self.lo), other.hi, or_zero(other.lo))
            err = lost if lost.any() else None
            if rel == 0.0 and not inexact.all():
                # a quotient that is one double may lie on a midpoint, which no bound but 0 can settle
                err = plus(err, inexact * PAIR * np.abs(hi))
            else:
                rel += PAIR
        else:
            hi, lo = self.hi / other.hi, None
            rel += U + U * ((self.lo is not None) + (other.lo is not None)) + 4 * U * U
        own = None
        if self.err is not None:
            own = self.err / np.abs(other.hi) * (1 + 2**-40) + np.where(self.err > 0, TINY, 0.0)
            err = plus(err, own)
        if other.err is not None:
            # |1/(d + e) - 1/d| <= 2e/d**2 while e is at most half of d
            share = other.err / np.abs(other.hi)
            err = plus(err, np.where(share <= 0.5, 2 * share * (np.abs(hi) + or_zero(own)), np.inf))
        if np.isinf(other.hi).any():  # which may be the overflow of something finite
            err = plus(err, np.where(np.isinf(other.hi), np.inf, 0.0))
        return self._like(hi, lo, rel, err, self.sign * other.sign)._checked(() if covered else (self,))

    def _checked(self, operands: tuple[Double, ...]) -> Double:
        """Of these, with an error where it underflowed or its low part can't be trusted."""
        if self.err is not None and not _finite(self.err):
            self.err = np.where(np.isnan(self.err), np.inf, self.err)  # 0 times a bound that is infinite
        if not operands:
            return self
        magnitude = np.abs(self.hi)
        ordinary = not magnitude.size or (
            np.min(magnitude) >= NORMAL
            if self.lo is None
            else np.min(magnitude) >= SAFE_LOW and np.max(magnitude) <= SAFE_HIGH
        )
        if ordinary and (self.lo is None or _finite(self.lo)):
            return self
        # what comes of 0 or of an infinity is exact
        inexact = reduce(np.logical_and, ((o.hi != 0.0) & np.isfinite(o.hi) for o in operands))
        if self.lo is None:
            lost = np.where(inexact & (magnitude < NORMAL), TINY, 0.0)
            lo = None
        else:
            trusted = (magnitude >= SAFE_LOW) & (magnitude <= SAFE_HIGH) & np.isfinite(self.lo)
            lost = np.where(trusted | ~inexact, 0.0, 4 * U * magnitude + TINY)
            lo = np.where(trusted, self.lo, 0.0)
        return self._like(self.hi, lo, self.rel, plus(self.err, lost if lost.any() else None), self.sign)

    def __pow__(self, exponent: int) -> Double:
        return power(self, exponent)

    # -- choices -----------------------------------------------------------------------------------

    def compare(self, op: str, other: Double) -> tuple[NDArray[np.bool_], NDArray[np.bool_] | None]:
        """Where the comparison holds, and where the error bounds leave it open."""
        if _known(self) and _known(other) and (self.rel == other.rel == 0.0 or other.hi is ZERO):
            # a relative error moves nothing across 0
            lost = np.isnan(self.hi) | np.isnan(other.hi)
            return _HOLDS[op](self.hi, other.hi), lost if lost.any() else None
        difference = self - other
        holds = _HOLDS[op](difference.hi, 0.0)
        error = difference.error()
        # a difference known to be 0 is no open question; one of two infinities is
        open_ = None if error is None else (np.abs(difference.hi) <= error) & (error > 0.0)
        lost = np.isnan(difference.hi)
        if lost.any():
            open_ = lost if open_ is None else open_ | lost
        return holds, open_

    @staticmethod
    def decided(condition: Any) -> None:
        """Always open: its bound covers both branches, or an element's would depend on its neighbours."""

    @classmethod
    def select(
        cls, condition: tuple[NDArray[np.bool_], NDArray[np.bool_] | None], then: Double, otherwise: Double
    ) -> Double:
        holds, unsure = condition
        lo = err = None
        if then.lo is not None or otherwise.lo is not None:
            lo = where(holds, or_zero(then.lo), or_zero(otherwise.lo))
        if then.err is not None or otherwise.err is not None:
            err = where(holds, or_zero(then.err), or_zero(otherwise.err))
        hi = where(holds, then.hi, otherwise.hi)
        if unsure is not None and unsure.any():
            err = where(unsure, np.inf, or_zero(err))
        rel = max(then.rel, otherwise.rel)
        return cls(hi, lo, rel, err, then.sign if then.sign == otherwise.sign else 0)

    def patched(self, where: NDArray[np.bool_], other: Double) -> Double:
        """The value with `other`, which is as long as `where` is true, in those places."""
        hi, lo, err = (
            np.array(np.broadcast_to(or_zero(part), where.shape)) for part in (self.hi, self.lo, self.error())
        )
        hi[where], lo[where], err[where] = other.hi, or_zero(other.lo), or_zero(other.error())
        return Double(hi, lo, 0.0, err)

    def replaced(self, other: Double, where: NDArray[np.bool_]) -> Double:
        return Double.select((where, None), other, self)

    @classmethod
    def largest(cls, first: Double, second: Double) -> Double:
        """The larger one; where both are equal the second, so that signed zeros are as written last."""
        if (
            _known(first)
            and _known(second)
            and second.hi.ndim == 0
            and (second.hi != 0.0 or second.hi is ZERO)
        ):
            # an error moves the maximum by no more than itself, and relatively too
            hi = np.maximum(first.hi, second.hi)
            rel = max(first.rel, second.rel) * (1 + 2.0**-40)
            sign = 1 if 1 in (first.sign, second.sign) else -1 if first.sign == second.sign == -1 else 0
            return first._like(hi + 0.0 if second.hi is ZERO else hi, None, rel, None, sign)
        holds, unsure = first.compare(">", second)
        chosen = cls.select((holds, None), first, second)
        if unsure is not None and unsure.any():
            # either may be the larger: the maximum is as well known as the less well known
            errors = np.maximum(*(or_zero(term.error()) for term in (first, second)))
            chosen.err = where(unsure, errors, or_zero(chosen.err))
        lost = np.isnan(first.hi)
        return chosen.replaced(first, lost) if lost.any() else chosen


@lru_cache(maxsize=4096)
def _nearest(value: Fraction) -> tuple[np.float64, np.float64]:
    """The double nearest to a constant of a formula, and to what it leaves."""
    hi = float(value)
    return np.float64(hi), np.float64(float(value - Fraction(hi)))


def _known(value: Double) -> bool:
    """Whether there is nothing but a relative error."""
    return value.lo is None and value.err is None


def _finite(a: Array) -> bool:
    """Whether all entries are finite, at the price of one sum; it may be wrong about huge ones."""
    return bool(np.isfinite(np.add.reduce(a, axis=None)))
