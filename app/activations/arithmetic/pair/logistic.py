"""Functions made of exp and log by the operations of pairs, which carry the error bounds along."""

from __future__ import annotations

from app.activations.arithmetic.double import Double
from app.activations.arithmetic.pair.exponential import exp, expm1, log, log1p
from app.activations.arithmetic.pair.kernel import (
    NOTHING,
    Value,
    about,
    beyond,
    magnitude,
    nearest,
    not_negative,
    one,
    root,
    through_zero,
    very_small,
)

_FAR = 16.0
"""From here on exp(-2|t|) is beyond a pair's last bit."""


def tanh(t: Value) -> Value:
    """e/(2 - e) with e = 1 - exp(-2|t|), or of a large wide t (1 - e)/(1 + e) with e = exp(-2|t|)."""
    value = through_zero(t, _tanh, lambda t: t * t * t / -3.0)
    far = beyond(t, _FAR)
    if far.any():
        e = exp(magnitude(t) * -2.0)
        rest = (one(t) - e) / (one(t) + e)
        value = value.replaced(type(t).select(not_negative(t), rest, -rest), far)
    return value


def _tanh(t: Double) -> Double:
    e = magnitude(expm1(magnitude(t) * -2.0))
    value = e / (Double.of(2.0) - e)
    return Double.select(not_negative(t), value, -value)


def sech(t: Value) -> Value:
    """2e/(1 + e**2) with e = exp(-|t|)."""
    e = exp(-magnitude(t))
    return e * 2.0 / (e * e + one(t))


def sech2(t: Value) -> Value:
    """4e/(1 + e)**2 with e = exp(-2|t|)."""
    e = exp(magnitude(t) * -2.0)
    return e * 4.0 / (e + one(t)) ** 2


def sigmoid(t: Value) -> Value:
    """1/(1 + e) on the right, e/(1 + e) on the left, with e = exp(-|t|); 1/2 + t/4 where t is very small."""
    e = exp(-magnitude(t))
    value = type(t).select(not_negative(t), one(t), e) / (e + one(t))
    small = very_small(t)
    return value.replaced(one(t) * 0.5 + about(t * 0.25), small) if small.any() else value


def sigmoid_prime(t: Value) -> Value:
    """e/(1 + e)**2 with e = exp(-|t|)."""
    e = exp(-magnitude(t))
    return e / (e + one(t)) ** 2


def softplus(t: Value) -> Value:
    """max(t, 0) + log1p(exp(-|t|))."""
    bend = magnitude(log1p(exp(-magnitude(t))))
    return magnitude(type(t).select(not_negative(t), t, type(t).of(NOTHING))) + bend


def log_sigmoid(t: Value) -> Value:
    """-softplus(-t)."""
    return -softplus(-t)


def logit(t: Value) -> Value:
    """log(t/(1 - t)), which near 1/2 is log1p((2t - 1)/(1 - t))."""
    rest, at = one(t) - t, nearest(t)
    return log1p((t * 2.0 - one(t)) / rest).replaced(log(t / rest), (at < 0.25) | (at > 0.75))


def log_expm1(t: Value) -> Value:
    """log(expm1(t)) near 0, t + log1p(-exp(-t)) from 1 on, and about its zero log1p(expm1(t) - 1)."""
    far = t + log1p(-exp(-t))
    inside = type(t).select((nearest(t) < 1.0, None), t, one(t))
    grown = expm1(inside)
    near = log1p(grown - one(t)).replaced(log(grown), nearest(inside) < 0.5)
    return near.replaced(far, nearest(t) >= 1.0)


def asinh(t: Value) -> Value:
    """log1p(s + s**2/(1 + sqrt(1 + s**2))) with s = |t|."""
    s = magnitude(t)
    square = s * s
    value = log1p(s + square / (root(square + one(t)) + one(t)))
    return type(t).select(not_negative(t), value, -value)
