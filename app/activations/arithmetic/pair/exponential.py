"""exp and log in pairs: the kernels that most of the vocabulary is built from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from app.activations.arithmetic.ball import precision
from app.activations.arithmetic.double import Double
from app.activations.arithmetic.errorfree import Array
from app.activations.arithmetic.last_axis import or_zero
from app.activations.arithmetic.pair.kernel import (
    Value,
    about,
    constant,
    in_doubles,
    in_parts,
    nearest,
    one,
    pairs,
    through_zero,
    times_power,
    very_small,
    with_argument,
)
from app.activations.arithmetic.ring import two_sum
from app.activations.arithmetic.wide import Wide, as_is
from app.compiled import fma, inlined, ufunc

Out = NDArray[Any]

EXP = 2.0**-76
"""Relative error of exp."""
EXPM1 = 2.0**-67
"""Relative error of expm1: exp's, where it is largest beside exp(t) - 1."""
LARGEST, LEAST = 2.0**30, -(2.0**44)
"""exp(t) is taken as exp(LARGEST) above it and as exp(LEAST) below it, as balls do farther out.

Beside anything but another such, all that matters is that it overflows or underflows, with all powers of x;
and exp(-exp(t)) is less than any power of 1/exp(t).
"""
_STEPS = 128  # of exp's table, to the octave
_NEAR = 0.0027
"""Just below half a step of the table: as much of the kernel as is used for expm1."""
FAR = 200
"""log(1 + t) is log(t) from 2**200 on."""
_TO_STEPS = _STEPS / math.log(2.0)
_EXACT = 50_000.0
"""Its multiples of ln 2 / 128 have 24 bits, which times one of 28 is exact."""


def _tables() -> tuple[list[float], Array, Array]:
    """ln 2 / 128 in three parts, and 2**(j/128) as pairs."""
    with precision(300):
        step = arb(2).log() / _STEPS
        return in_parts(step, (28, 28)), *pairs((step * j).exp() for j in range(_STEPS))


(_FIRST, _SECOND, _THIRD), _TABLE, _TABLE_LOW = _tables()


@inlined
def _reduced(hi: float, lo: float) -> tuple[float, float, float]:
    """k, and exp(r) - 1 as a pair for hi + lo = k ln 2 / 128 + r."""
    k = np.rint(hi * _TO_STEPS)
    r, rest = two_sum(hi - k * _FIRST, -k * _SECOND)
    r, rest = two_sum(r, rest - k * _THIRD + lo)
    square = r * r
    square_rest = fma(r, r, -square)
    tail = 1 / 5040 + r * (1 / 40320)
    tail = 1 / 720 + r * tail
    tail = 1 / 120 + r * tail
    tail = 1 / 24 + r * tail
    tail = 1 / 6 + r * tail
    p, p_rest = two_sum(r, 0.5 * square)
    p, p_rest = two_sum(p, p_rest + (rest + (0.5 * square_rest + r * rest + square * r * tail)))
    return k, p, p_rest


@ufunc("dd", "ddl")
def _exponential(hi: float, lo: float, value: Out, value_lo: Out, octaves: Out) -> None:
    """2**octaves times an entry of the table times 1 + (exp(r) - 1)."""
    if not LEAST <= hi <= LARGEST:
        lo = 0.0
    k, p, p_rest = _reduced(min(max(hi, LEAST), LARGEST) if hi == hi else 0.0, lo)
    one, rest = two_sum(1.0, p)
    rest += p_rest
    power = np.floor(k / _STEPS)
    index = int(k - power * _STEPS)
    high = _TABLE[index]
    v = one * high
    v, v_rest = two_sum(v, fma(one, high, -v) + (one * _TABLE_LOW[index] + rest * high))
    value[0] = v if hi == hi else np.nan
    value_lo[0] = v_rest
    octaves[0] = int(power)


@ufunc("dd", "dd")
def _exponential_less_1(hi: float, lo: float, value: Out, value_lo: Out) -> None:
    """exp(hi + lo) - 1 for as much of the kernel as needs no table."""
    _, p, p_rest = _reduced(min(max(hi, -_NEAR), _NEAR) if hi == hi else 0.0, lo)
    value[0] = p if hi == hi else np.nan
    value_lo[0] = p_rest


def exp(t: Value) -> Value:
    """The kernel's, times a power of 2; 1 + t + t**2/2 where t is very small."""
    value = _exp(t)
    small = very_small(t)
    return value.replaced(one(t) + (t + about(t * t * 0.5)), small) if small.any() else value


def _exp(t: Value) -> Value:
    plain = in_doubles(t)
    hi, lo, octaves = _exponential(plain.hi, or_zero(plain.lo))
    err = None
    if plain.hi.size and not np.max(np.abs(plain.hi)) <= _EXACT:
        size = np.minimum(np.abs(plain.hi), -LEAST)
        err = np.where(size > _EXACT, 2.0**-50 * size * hi, 0.0)
    value = with_argument(Double(hi, lo, EXP, err, 1), _cut(plain), hi)
    return times_power(t, value, octaves)


def _cut(t: Double) -> Double:
    """The argument without its error where all that this allows is taken as one number."""
    if not t.hi.size or np.max(np.abs(t.hi)) <= LARGEST or (error := t.error()) is None:
        return t
    beyond = (t.hi - error > LARGEST) | (t.hi + error < LEAST)
    return Double(t.hi, t.lo, 0.0, np.where(beyond, 0.0, error), t.sign)


def expm1(t: Value) -> Value:
    """The kernel's own exp(r) - 1 near 0, exp(t) - 1 elsewhere, where that is at least 2**-9."""
    value = through_zero(t, _expm1, lambda t: t * t * 0.5)
    far = np.abs(nearest(t)) > _NEAR
    return value.replaced(exp(t) - one(t), far) if far.any() else value


def _expm1(t: Double) -> Double:
    p, p_rest = _exponential_less_1(t.hi, or_zero(t.lo))
    return with_argument(Double(p, p_rest, EXPM1), t, p + 1.0)


def log1p(t: Value) -> Value:
    """Newton's step near 0, the logarithm of a wide t far away."""
    value = through_zero(t, _log1p, lambda t: t * t * -0.5)
    if isinstance(t, Wide):
        far = t.exponent > FAR
        if far.any():
            value = value.replaced(log(Wide.select((far, None), t, one(t))), far)
    return value


def _log1p(t: Double) -> Double:
    """Newton's step from NumPy's value y: y + r - r**2/2, where r = (1 + t) exp(-y) - 1 is below 2**-50."""
    y = Double(np.log1p(t.hi))
    r = t * exp(-y) + expm1(-y)
    return y + (r - r * r * 0.5)


def log(t: Value) -> Value:
    """That of a mantissa about 1, and the octaves' share."""
    if isinstance(t, Wide):
        _, shift = np.frexp(t.mantissa.hi)
        octaves = t.exponent + shift
        mantissa = in_doubles(as_is(t.mantissa, np.negative(shift, dtype=np.int64)))
    else:
        octaves = np.frexp(t.hi)[1].astype(np.int64)
        mantissa = times_power(t, t, -octaves)
    low = mantissa.hi < math.sqrt(0.5)
    mantissa = (mantissa * 2.0).replaced(mantissa, ~low)
    octaves = octaves - low
    return type(t).of(_log(mantissa) + _LN2 * octaves.astype(np.float64))


def _log(t: Double) -> Double:
    """Newton's step for t between 1/2 and 2, from log1p near 1."""
    y = Double(np.log(t.hi))
    r = t * exp(-y) - 1.0
    far = y + (r - r * r * 0.5)
    near = np.abs(t.hi - 1.0) < 2.0**-4
    if not near.any():
        return far
    inside = Double.select((near, None), t, Double.of(1.0))
    return Double.select((near, None), log1p(inside - 1.0), far)


with precision(300):
    _LN2 = constant(arb(2).log())
