"""Functions made of exp and log by the operations of pairs, which carry the error bounds along."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from app.activations.arithmetic.ball import precision
from app.activations.arithmetic.double import Double
from app.activations.arithmetic.doubledouble import plus
from app.activations.arithmetic.errorfree import U
from app.activations.arithmetic.last_axis import or_zero
from app.activations.arithmetic.pair.exponential import LOST, exp, expm1, less_1, log, log1p
from app.activations.arithmetic.pair.kernel import (
    ONE,
    Value,
    about,
    beyond,
    chosen,
    in_parts,
    magnitude,
    nearest,
    not_negative,
    one,
    root,
    slowly,
    through_zero,
    very_small,
    with_argument,
)
from app.activations.arithmetic.ring import two_sum
from app.compiled import fma, ufunc

Out = NDArray[Any]

_TWO, _FOUR = Double.exact(2.0, sign=1), Double.exact(4.0, sign=1)
_FAR, _DEEP = 16.0, 350.0
"""From these on exp(-2|t|) is beyond the last bit of a double, and below any."""


@ufunc("dd", "ddd")
def _tangent(hi: float, lo: float, value: Out, value_lo: Out, error: Out) -> None:
    """-b/(2 + b) with b = exp(-2|t|) - 1; from _FAR on 1 - 2e/(1 + e) with e = exp(-2|t|)."""
    s = min(abs(hi), _DEEP) if hi == hi else 0.0
    b, b_rest, bound = less_1(-2.0 * s, -2.0 * (lo if hi > 0.0 else -lo))
    if s > _FAR:
        e = (1.0 + b) + b_rest
        q, rest = 1.0, -2.0 * e / (1.0 + e)
        bound = e * (2.0**-48 if abs(hi) <= _DEEP else 2.0)
    else:
        d, d_rest = plus(2.0, 0.0, b, b_rest)
        q = -b / d
        rest = (fma(-q, d, -b) - (b_rest + q * d_rest)) / d
        bound = 2.0 * bound / (d * d) + 2.0**-100 * q
    q, rest = two_sum(q, rest)
    value[0] = np.copysign(q, hi) if hi == hi else np.nan
    value_lo[0] = rest if hi > 0.0 else -rest
    error[0] = bound + LOST if hi != 0.0 else 0.0


def tanh(t: Value) -> Value:
    """The kernel's, or of a large wide t 1 - 2e + 2e**2... with e = exp(-2|t|)."""

    def far() -> Value:
        e = exp(magnitude(t) * -2.0)
        rest = one(t) - about(e * 2.0, e)
        return chosen(not_negative(t), lambda: rest, lambda: -rest)

    return chosen(beyond(t, _DEEP), far, lambda: through_zero(t, _tanh, lambda t: t * t * t / -3.0))


def _tanh(t: Double) -> Double:
    hi, lo, error = _tangent(t.hi, or_zero(t.lo))
    slope = np.minimum(4.0 * np.exp(-2.0 * np.abs(t.hi)), 1.0)
    return with_argument(Double(hi, lo, 0.0, error), t, slope)


def sech(t: Value) -> Value:
    """2e/(1 + e**2) with e = exp(-|t|)."""
    e = exp(-magnitude(t))
    return e * slowly(e, lambda e: _TWO / (e * e + 1.0))


def sech2(t: Value) -> Value:
    """4e/(1 + e)**2 with e = exp(-2|t|)."""
    e = exp(magnitude(t) * -2.0)
    return e * slowly(e, lambda e: _FOUR / (e + 1.0) ** 2)


def sigmoid(t: Value) -> Value:
    """1/(1 + e) on the right, e/(1 + e) on the left, with e = exp(-|t|); 1/2 + t/4 where t is very small."""

    def either() -> Value:
        e = exp(-magnitude(t))
        return chosen(
            not_negative(t), lambda: one(t) / (e + one(t)), lambda: e * slowly(e, lambda e: ONE / (e + 1.0))
        )

    return chosen(very_small(t), lambda: one(t) * 0.5 + about(t * 0.25, t * t), either)


def sigmoid_prime(t: Value) -> Value:
    """e/(1 + e)**2 with e = exp(-|t|)."""
    e = exp(-magnitude(t))
    return e * slowly(e, lambda e: ONE / (e + 1.0) ** 2)


def softplus(t: Value) -> Value:
    """max(t, 0) + log1p(exp(-|t|))."""
    bend = magnitude(log1p(exp(-magnitude(t))))
    return chosen(not_negative(t), lambda: magnitude(t) + bend, lambda: bend)


def log_sigmoid(t: Value) -> Value:
    """-softplus(-t)."""
    return -softplus(-t)


def logit(t: Value) -> Value:
    """log(t/(1 - t)), which near 1/2 is log1p((2t - 1)/(1 - t))."""
    rest, at = one(t) - t, nearest(t)
    return log1p((t * 2.0 - one(t)) / rest).replaced(log(t / rest), (at < 0.25) | (at > 0.75))


def log_expm1(t: Value) -> Value:
    """log(expm1(t)) near 0, t + log1p(-exp(-t)) from 1 on, and about its zero log1p(2 expm1(t - log(2)))."""
    far = t + log1p(-exp(-t))
    below = nearest(t) < 1.0
    inside = type(t).select((below, None), t, one(t))
    above = inside
    for part in _LOG_2:
        above = above - type(t).of(part)
    near = log1p(expm1(above) * 2.0).replaced(log(expm1(inside)), nearest(inside) < 0.5)
    return near.replaced(far, ~below)  # NaN too


def asinh(t: Value) -> Value:
    """log1p(s + s**2/(1 + sqrt(1 + s**2))) with s = |t|."""
    s = magnitude(t)
    square = s * s
    value = log1p(s + square / (root(square + one(t)) + one(t)))
    return chosen(not_negative(t), lambda: value, lambda: -value)


with precision(300):
    _FIRST, _SECOND, _THIRD = map(np.asarray, in_parts(arb(2).log(), (53, 53)))
    _LOG_2 = (Double(_FIRST), Double(_SECOND), Double(_THIRD, err=np.abs(_THIRD) * U))
    """Three parts: one by one taken from a number next to it, they leave all its digits."""
