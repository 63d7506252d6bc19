"""What values do along their last axis: sums without rounding error, choices, layouts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numba import float64

from app.activations.arithmetic.errorfree import PAIR, Array, U, fast_two_sum
from app.activations.arithmetic.ring import two_sum
from app.compiled import compiled, readable


class LastAxis:
    """A block of values hi + lo, each within ``rel * |hi| + err`` of the exact one."""

    __slots__ = ("err", "hi", "lo", "rel", "sign")

    def __init__(
        self, hi: Array, lo: Array | None = None, rel: float = 0.0, err: Array | None = None, sign: int = 0
    ) -> None:
        self.hi, self.lo, self.rel, self.err, self.sign = hi, lo, rel, err, sign

    def _like(self, hi: Array, lo: Array | None, rel: float, err: Array | None = None, sign: int = 0) -> Self:
        return type(self)(hi, lo, rel, err, sign)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.hi.shape

    def sum(self) -> Self:
        """The sum over the last axis, which stays with length 1, folded in halves without rounding error."""
        hi, lo = _folded(self.hi, self.lo)
        hi, lo = fast_two_sum(hi, np.where(np.isfinite(lo), lo, 0.0))
        # the low parts, added plainly, err by 2U of their own sum, below U * magnitude per fold
        rel, err = self.rel, None if self.err is None else self.err.sum(-1, keepdims=True) * (1 + 2**-30)
        folds = max(self.hi.shape[-1] - 1, 0).bit_length()
        lost = 4 * folds * (folds + 1) * U * U
        if self.sign:
            return self._like(hi, lo, rel + lost, err, self.sign)
        magnitude = np.abs(self.hi).sum(-1, keepdims=True)
        return self._like(hi, lo, PAIR, plus(err, (rel + lost) * magnitude * (1 + 2**-30)), 0)

    def max(self) -> Self:
        """The largest entry along the last axis, which stays with length 1; of exact values only."""
        return self._like(self.hi.max(-1, keepdims=True), None, 0.0)

    def __getitem__(self, index: Any) -> Self:
        lo, err = (None if part is None else part[index] for part in (self.lo, self.err))
        return self._like(self.hi[index], lo, self.rel, err, self.sign)

    def flat(self) -> Self:
        """The last two axes joined."""
        hi, lo, err = (
            None if part is None else part.reshape(*part.shape[:-2], -1)
            for part in (self.hi, self.lo, self.err)
        )
        assert hi is not None
        return self._like(hi, lo, self.rel, err, self.sign)

    def rows(self, size: int) -> Self:
        """Laid out as `size` rows, of which each value goes to the next in turn."""
        lo, err = (None if part is None else part.reshape(-1, size).T for part in (self.lo, self.err))
        return self._like(self.hi.reshape(-1, size).T, lo, self.rel, err, self.sign)

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """Joined along the last axis."""

        def joined(arrays: list[Array | None]) -> Array | None:
            if all(array is None for array in arrays):
                return None
            full = [np.broadcast_to(or_zero(a), part.shape) for a, part in zip(arrays, parts, strict=True)]
            return np.concatenate(full, -1)

        hi = np.concatenate([part.hi for part in parts], -1)
        lo, err = joined([part.lo for part in parts]), joined([part.err for part in parts])
        return cls(hi, lo, max(part.rel for part in parts), err)


def _folded(hi: Array, lo: Array | None) -> tuple[Array, Array]:
    """The sums of both parts over the last axis, folded in halves; the second with what the first lost."""
    *outer, n = hi.shape
    rows = np.ascontiguousarray(hi).reshape(-1, n)
    low = _NONE if lo is None else np.ascontiguousarray(np.broadcast_to(lo, hi.shape)).reshape(-1, n)
    sums, rests = np.empty((2, len(rows)))
    _fold(rows, low, sums, rests)
    return sums.reshape(*outer, 1), rests.reshape(*outer, 1)


@compiled((readable(float64, 2), readable(float64, 2), float64[::1], float64[::1]))
def _fold(hi: Array, lo: Array, sums: Array, rests: Array) -> None:
    count, n = hi.shape
    folded, rest = np.empty(n), np.empty(n)
    for i in range(count):
        folded[:] = hi[i]
        if lo.size:
            rest[:] = lo[i]
        else:
            rest[:] = 0.0
        left = n
        while left > 1:
            half = (left + 1) // 2
            for j in range(left - half):
                folded[j], lost = two_sum(folded[j], folded[j + half])
                rest[j] = rest[j] + rest[j + half] + lost
            left = half
        sums[i], rests[i] = (folded[0], rest[0]) if n else (0.0, 0.0)


_NONE = np.empty((0, 0))


def plus(a: Array | None, b: Array | None) -> Array | None:
    """The sum, where None is nothing."""
    if a is None or b is None:
        return b if a is None else a
    return a + b


def or_zero(a: Array | None) -> Any:
    """The array, or the number 0."""
    return 0.0 if a is None else a
