"""Double: blocks of float64, each with a running bound on its error.

A value is hi + lo, and the exact result is within ``rel * |hi| + err`` of it. `rel` is one number for
the block and costs nothing to carry; `err` is an array, made only where a cancellation, an underflow or
an ill-conditioned function needs it; `lo` holds what the roundings of sums, products and quotients
lost, as long as all their operands are known that well. So polynomials in x, the arguments of the
exponentials among them, are as good as exact, and piecewise-linear functions are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.activations.arithmetic.errorfree import Array, fast_two_sum, is_power_of_two, two_product, two_sum

U = 2.0**-53
"""Half an ulp: the largest relative error of one rounding."""
PAIR = 2.0**-100
"""Bounds the relative error of one operation on pairs (proven: 5 * 2**-106, Joldes et al. 2017)."""
PAIRED = 2.0**-60
"""Values at least this well known keep their low parts."""
TINY = 2.0**-1074
NORMAL = 2.0**-1022
SAFE_LOW, SAFE_HIGH = 2.0**-900, 2.0**900
"""Between these, the error of a product is itself a double."""


class Double:
    """A block of values with its error bound; `sign` is +1 or -1 where no value has the other sign."""

    __slots__ = ("err", "hi", "lo", "rel", "sign")
    __array_ufunc__ = None

    def __init__(
        self, hi: Array, lo: Array | None = None, rel: float = 0.0, err: Array | None = None, sign: int = 0
    ) -> None:
        self.hi, self.lo, self.rel, self.err, self.sign = hi, lo, rel, err, sign

    @classmethod
    def exact(cls, value: Any, sign: int = 0) -> Double:
        return cls(np.asarray(value, dtype=np.float64), sign=sign)

    @classmethod
    def constant(cls, value: Fraction) -> Double:
        hi = float(value)
        lo = float(value - Fraction(hi))
        sign = (value > 0) - (value < 0)
        return cls(np.float64(hi), np.float64(lo) if lo else None, PAIR if lo else 0.0, None, sign)  # type: ignore[arg-type]

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

    @property
    def shape(self) -> tuple[int, ...]:
        return self.hi.shape

    def error(self) -> Array | None:
        """The bound as an array, or None where the value is exact."""
        if self.rel == 0.0:
            return self.err
        bound = self.rel * np.abs(self.hi)
        return bound if self.err is None else bound + self.err

    # -- ring operations ---------------------------------------------------------------------------

    def __neg__(self) -> Double:
        return Double(-self.hi, None if self.lo is None else -self.lo, self.rel, self.err, -self.sign)

    def __add__(self, other: Any) -> Double:
        other = Double.of(other)
        if other.hi.ndim == 0 and other.hi == 0.0 and other.error() is None:
            return self  # a hyperparameter of 0 costs nothing
        same = self.sign * other.sign == 1
        lows = [part for part in (self.lo, other.lo) if part is not None]
        if self.paired and other.paired:
            hi, lo = two_sum(self.hi, other.hi)
            for part in lows:
                lo = lo + part
            if lows:
                hi, lo = _joined(hi, lo)
            rel = PAIR if lows else 0.0
            if not _finite(lo):  # an infinity leaves NaN in the low part
                lo = np.where(np.isfinite(lo), lo, 0.0)
        else:
            hi, lo, rel = self.hi + other.hi, None, U
        err = _plus(self.err, other.err)
        # beside a plain double the low part of a pair is dropped
        bounds = [term.rel + (U if lo is None and term.lo is not None else 0.0) for term in (self, other)]
        if same:
            rel += max(bounds)
        else:
            for term, bound in zip((self, other), bounds, strict=True):
                if bound:
                    err = _plus(err, bound * np.abs(term.hi))
        return Double(hi, lo, rel, err, self.sign if same else 0)

    def __sub__(self, other: Any) -> Double:
        return self + -Double.of(other)

    def __mul__(self, other: Any) -> Double:
        other = Double.of(other)
        rel = self.rel + other.rel
        if is_power_of_two(other.hi) and other.lo is None:
            hi = self.hi * other.hi
            lo = None if self.lo is None else self.lo * other.hi
        elif is_power_of_two(self.hi) and self.lo is None:
            hi = self.hi * other.hi
            lo = None if other.lo is None else other.lo * self.hi
        elif self.paired and other.paired:
            hi, lo = two_product(self.hi, other.hi)
            if self.lo is not None or other.lo is not None:
                lo = lo + sum(a.hi * b.lo for a, b in ((self, other), (other, self)) if b.lo is not None)
                hi, lo = _joined(hi, lo)
                rel += PAIR
        else:
            hi, lo = self.hi * other.hi, None
            rel += U + U * ((self.lo is not None) + (other.lo is not None)) + 4 * U * U
        err = None
        for a, b in ((self, other), (other, self)):
            if b.err is not None:
                # a bound must not underflow to none
                grown = np.abs(a.hi) * b.err * (1 + 2**-40) + np.where((b.err > 0) & (a.hi != 0), TINY, 0.0)
                err = _plus(err, grown)
        sign = 1 if self is other else self.sign * other.sign
        return Double(hi, lo, rel, err, sign)._checked((self, other))

    def __truediv__(self, other: Any) -> Double:
        other = Double.of(other)
        if is_power_of_two(other.hi) and other.lo is None and other.rel == 0.0 and other.err is None:
            return self * Double(1.0 / other.hi, sign=other.sign)
        hi = self.hi / other.hi
        lo, rel = None, self.rel + other.rel
        if self.paired and other.paired:
            product, remainder = two_product(hi, other.hi)
            rest = (self.hi - product) - remainder
            rest = rest if self.lo is None else rest + self.lo
            rest = rest if other.lo is None else rest - hi * other.lo
            hi, lo = _joined(hi, rest / other.hi)
            rel += PAIR
        else:
            rel += U + U * ((self.lo is not None) + (other.lo is not None)) + 4 * U * U
        err = None
        if self.err is not None:
            err = self.err / np.abs(other.hi) * (1 + 2**-40) + np.where(self.err > 0, TINY, 0.0)
        if other.err is not None:
            # |1/(d + e) - 1/d| <= 2e/d**2 while e is at most half of d
            share = other.err / np.abs(other.hi)
            err = _plus(err, np.where(share <= 0.5, 2 * share * np.abs(hi), np.inf))
        return Double(hi, lo, rel, err, self.sign * other.sign)._checked((self,))

    def _checked(self, operands: tuple[Double, ...]) -> Double:
        """A product or quotient, with an error where it underflowed or its low part can't be trusted."""
        magnitude = np.abs(self.hi)
        least = NORMAL if self.lo is None else SAFE_LOW
        ordinary = not magnitude.size or (np.min(magnitude) >= least and np.max(magnitude) <= SAFE_HIGH)
        if ordinary and (self.lo is None or _finite(self.lo)):
            return self
        # what comes of 0 or of an infinity is exact
        inexact = reduce(np.logical_and, ((o.hi != 0.0) & np.isfinite(o.hi) for o in operands))
        if self.lo is None:
            lost = np.where(inexact & (magnitude < NORMAL), TINY, 0.0)
            return Double(self.hi, None, self.rel, _plus(self.err, lost), self.sign)
        trusted = (magnitude >= SAFE_LOW) & (magnitude <= SAFE_HIGH) & np.isfinite(self.lo)
        lost = np.where(trusted | ~inexact, 0.0, 4 * U * magnitude + TINY)
        return Double(self.hi, np.where(trusted, self.lo, 0.0), self.rel, _plus(self.err, lost), self.sign)

    def __pow__(self, exponent: int) -> Double:
        result = self
        for bit in bin(exponent)[3:]:
            result = result * result
            if bit == "1":
                result = result * self
        return result

    # -- choices -----------------------------------------------------------------------------------

    def compare(self, op: str, other: Double) -> tuple[NDArray[np.bool_], NDArray[np.bool_] | None]:
        """Where the comparison holds, and where the error bounds leave it open."""
        difference = self - other
        sign = np.sign(difference.hi)
        holds = {"<": sign < 0, "<=": sign <= 0, ">": sign > 0, ">=": sign >= 0, "==": sign == 0}[op]
        error = difference.error()
        # a difference known to be 0 is no open question; one of two infinities is
        open_ = None if error is None else (np.abs(difference.hi) <= error) & (error > 0.0)
        lost = np.isnan(difference.hi)
        if lost.any():
            open_ = lost if open_ is None else open_ | lost
        return holds, open_

    @classmethod
    def select(
        cls, condition: tuple[NDArray[np.bool_], NDArray[np.bool_] | None], then: Double, otherwise: Double
    ) -> Double:
        holds, unsure = condition
        lo = err = None
        if then.lo is not None or otherwise.lo is not None:
            lo = np.where(holds, _or_zero(then.lo), _or_zero(otherwise.lo))
        if then.err is not None or otherwise.err is not None:
            err = np.where(holds, _or_zero(then.err), _or_zero(otherwise.err))
        hi = np.where(holds, then.hi, otherwise.hi)
        if unsure is not None and unsure.any():
            err = np.where(unsure, np.inf, _or_zero(err))
        rel = max(then.rel, otherwise.rel)
        return cls(hi, lo, rel, err, then.sign if then.sign == otherwise.sign else 0)

    def replaced(self, other: Double, where: NDArray[np.bool_]) -> Double:
        return Double.select((where, None), other, self)

    @classmethod
    def largest(cls, first: Double, second: Double) -> Double:
        """The larger one; where both are equal the second, so that signed zeros are as written last."""
        holds, unsure = first.compare(">", second)
        chosen = cls.select((holds, None), first, second)
        if unsure is not None and unsure.any():
            # either may be the larger: the maximum is as well known as the less well known
            errors = np.maximum(*(_or_zero(term.error()) for term in (first, second)))
            chosen.err = np.where(unsure, errors, _or_zero(chosen.err))
        lost = np.isnan(first.hi)
        return chosen.replaced(first, lost) if lost.any() else chosen

    # -- along the last axis -----------------------------------------------------------------------

    def sum(self) -> Double:
        """The sum over the last axis, which stays with length 1, folded in halves without rounding error."""
        hi, lo = self.hi, _or_zero(self.lo) + np.zeros_like(self.hi)
        magnitude = np.abs(hi).sum(-1, keepdims=True)
        while hi.shape[-1] > 1:
            if hi.shape[-1] % 2:
                hi, lo = (np.concatenate([part, np.zeros_like(part[..., :1])], -1) for part in (hi, lo))
            half = hi.shape[-1] // 2
            hi, rest = two_sum(hi[..., :half], hi[..., half:])
            lo = lo[..., :half] + lo[..., half:] + rest
        hi, lo = fast_two_sum(hi, np.where(np.isfinite(lo), lo, 0.0))
        # the low parts, added plainly, err by 2U of their own sum, below U * magnitude per fold
        rel, err = self.rel, None if self.err is None else self.err.sum(-1, keepdims=True) * (1 + 2**-30)
        folds = max(self.hi.shape[-1] - 1, 0).bit_length()
        lost = 4 * folds * (folds + 1) * U * U
        if self.sign:
            return Double(hi, lo, rel + lost, err, self.sign)
        return Double(hi, lo, PAIR, _plus(err, (rel + lost) * magnitude * (1 + 2**-30)), 0)

    def max(self) -> Double:
        """The largest entry along the last axis, which stays with length 1; of exact values only."""
        return Double(self.hi.max(-1, keepdims=True))

    def __getitem__(self, index: Any) -> Double:
        lo, err = (None if part is None else part[index] for part in (self.lo, self.err))
        return Double(self.hi[index], lo, self.rel, err, self.sign)

    def flat(self) -> Double:
        """The last two axes joined."""
        hi, lo, err = (
            None if part is None else part.reshape(*part.shape[:-2], -1)
            for part in (self.hi, self.lo, self.err)
        )
        assert hi is not None
        return Double(hi, lo, self.rel, err, self.sign)

    def rows(self, size: int) -> Double:
        """Laid out as `size` rows, of which each value goes to the next in turn."""
        lo, err = (None if part is None else part.reshape(-1, size).T for part in (self.lo, self.err))
        return Double(self.hi.reshape(-1, size).T, lo, self.rel, err, self.sign)

    @classmethod
    def concatenate(cls, parts: Sequence[Double]) -> Double:
        """Joined along the last axis."""

        def joined(arrays: list[Array | None]) -> Array | None:
            if all(array is None for array in arrays):
                return None
            full = [np.broadcast_to(_or_zero(a), part.shape) for a, part in zip(arrays, parts, strict=True)]
            return np.concatenate(full, -1)

        hi = np.concatenate([part.hi for part in parts], -1)
        lo, err = joined([part.lo for part in parts]), joined([part.err for part in parts])
        return cls(hi, lo, max(part.rel for part in parts), err)


def _finite(a: Array) -> bool:
    """Whether all entries are finite, at the price of one sum; it may be wrong about huge ones."""
    return bool(np.isfinite(np.add.reduce(a, axis=None)))


def _joined(hi: Array, lo: Array) -> tuple[Array, Array]:
    """hi + lo with hi the nearest double; a low part lost to an overflow stays NaN beside its hi."""
    s, e = two_sum(hi, lo)
    if not np.all(s):
        s = np.where(s == 0.0, hi, s)  # -0 + 0 is +0
    if _finite(lo):
        return s, e
    return np.where(np.isfinite(lo), s, hi), e


def _plus(a: Array | None, b: Array | None) -> Array | None:
    if a is None or b is None:
        return b if a is None else a
    return a + b


def _or_zero(a: Array | None) -> Any:
    return 0.0 if a is None else a
