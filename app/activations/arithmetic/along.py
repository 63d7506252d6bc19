"""Orders, choices and running sums along the last axis, for the values of any arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from app.activations.arithmetic.ball import Ball, precision
from app.activations.arithmetic.double import Double
from app.activations.arithmetic.errorfree import PAIR, U, two_sum
from app.activations.arithmetic.last_axis import or_zero
from app.activations.arithmetic.wide import Wide, as_is

Indices = NDArray[np.intp]

_nearest = np.frompyfunc(float, 1, 1)
_rest = np.frompyfunc(lambda ball, nearest: float(ball - nearest), 2, 1)
_is_nan = np.frompyfunc(arb.is_nan, 1, 1)
_NAN = np.array(arb("nan"), dtype=object)
_NOTHING = 2.0**-80
"""Beside 1, sums of pairs know little of it."""


def _floats(value: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The nearest doubles and what is beyond them: all there is to a number from x or a sum of two."""
    if isinstance(value, Double):
        return value.hi, np.zeros_like(value.hi) if value.lo is None else value.lo
    if isinstance(value, Wide):
        hi, lo = _floats(value.mantissa)
        return np.ldexp(hi, value.exponent), np.ldexp(lo, value.exponent)
    nearest = _nearest(value.balls)
    rest = _rest(value.balls, nearest)
    return np.asarray(nearest, dtype=np.float64), np.asarray(rest, dtype=np.float64)


def descending(x: Any) -> Indices:
    """The order of x, an argument of the program, from the largest on; of equal ones the first is first."""
    return np.argsort(-_floats(x)[0], axis=-1, kind="stable")


def ascending(x: Any) -> Indices:
    """The order of x, an argument of the program, from the smallest on; of equal ones the first is first."""
    return np.argsort(_floats(x)[0], axis=-1, kind="stable")


def first_largest(x: Any) -> Indices:
    """Where the largest entry is, in an axis of length 1; of an argument, or of a sum of two."""
    nearest, rest = _floats(x)
    largest = nearest == nearest.max(-1, keepdims=True)
    where: Indices = np.argmax(np.where(largest, rest, -np.inf), axis=-1, keepdims=True)
    return where


def close(x: Any) -> NDArray[np.bool_]:
    """The lanes of x, an argument of the program, whose entries differ by nothing beside 1."""
    nearest, _ = _floats(x)
    with np.errstate(all="ignore"):  # infinities
        spread = nearest.max(-1, keepdims=True) - nearest.min(-1, keepdims=True)
    near: NDArray[np.bool_] = spread < _NOTHING
    return near


def taken(value: Any, index: Indices) -> Any:
    """The entries at the indices of each lane."""
    if isinstance(value, Ball):
        return Ball(np.take_along_axis(value.balls, index, -1))
    if isinstance(value, Wide):
        parts = (np.broadcast_to(part, value.shape) for part in (value.exponent, or_zero(value.rest)))
        return as_is(taken(value.mantissa, index), *(np.take_along_axis(part, index, -1) for part in parts))
    lo, err = (
        None if part is None else np.take_along_axis(part, index, -1) for part in (value.lo, value.err)
    )
    return Double(np.take_along_axis(value.hi, index, -1), lo, value.rel, err, value.sign)


def replaced(value: Any, other: Any, where: NDArray[np.bool_]) -> Any:
    """The other value where that is asked for."""
    if isinstance(value, Ball):
        return Ball(np.where(where, other.balls, value.balls))
    return value.replaced(other, where)


def without(value: Any, index: Indices) -> Any:
    """The value with 0 at the indices."""
    zero = type(value).exact(0.0, sign=getattr(value, "sign", 0))
    return replaced(value, zero, index == np.arange(value.shape[-1]))


def marked(on: type[Any], shape: tuple[int, ...], index: Indices) -> Any:
    """1 at the indices, 0 elsewhere."""
    marks = np.zeros(shape)
    np.put_along_axis(marks, index, 1.0, -1)
    return on.exact(marks, sign=1)


def signed(value: Any, sign: int) -> Any:
    """The value, known to have that sign wherever it is not 0."""
    if isinstance(value, Ball):
        return value
    if isinstance(value, Wide):
        return as_is(signed(value.mantissa, sign), value.exponent, value.rest)
    return Double(value.hi, value.lo, value.rel, value.err, sign)


def spoilt(value: Any, by: Any) -> Any:
    """The value, but NaN wherever `by` is, which is broadcast."""
    if isinstance(value, Ball):
        where = _is_nan(by.balls).astype(bool)
        return Ball(np.where(where, _NAN, value.balls)) if where.any() else value
    where = np.isnan((by.mantissa if isinstance(by, Wide) else by).hi)
    return value.replaced(type(value).exact(np.nan), where) if where.any() else value


def logarithm(on: type[Any], n: int) -> Any:
    """log(n), to all digits of a pair."""
    if on is Ball:
        return Ball(arb(n).log())
    with precision(200):
        value = arb(n).log()
        hi = float(value)
        return on.of(Double(np.float64(hi), np.float64(float(value - hi)), PAIR, None, 0))  # type: ignore[arg-type]


def cumulative(value: Any) -> Any:
    """Running sums, with the error bound of `Double.sum`."""
    if isinstance(value, Ball):
        return Ball(np.add.accumulate(value.balls, axis=-1))
    if isinstance(value, Wide):
        top = value.top()
        return Wide(cumulative(value.aligned(top)), top)
    hi, lo = value.hi.copy(), np.zeros_like(value.hi) if value.lo is None else value.lo.copy()
    step = 1
    while step < hi.shape[-1]:
        s, rest = two_sum(hi[..., :-step], hi[..., step:])
        lo[..., step:] = lo[..., step:] + lo[..., :-step] + np.where(np.isfinite(rest), rest, 0.0)
        hi[..., step:] = s
        step *= 2
    hi, lo = two_sum(hi, lo)
    folds = max(hi.shape[-1] - 1, 0).bit_length()
    lost = 4 * folds * (folds + 1) * U * U + PAIR + value.rel
    bound = lost * np.cumsum(np.abs(value.hi), -1) * (1 + 2.0**-30)
    return Double(hi, lo, PAIR, bound if value.err is None else bound + 1.01 * np.cumsum(value.err, -1))
