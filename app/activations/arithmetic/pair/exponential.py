"""exp and log in pairs: the kernels that most of the vocabulary is built from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from app.activations.arithmetic.ball import precision
from app.activations.arithmetic.double import TINY, Double
from app.activations.arithmetic.doubledouble import plus, times
from app.activations.arithmetic.errorfree import Array, U
from app.activations.arithmetic.last_axis import or_zero
from app.activations.arithmetic.pair.kernel import (
    Value,
    about,
    below,
    chosen,
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
_DEEP, _HIGH = -700.0, 40.0
"""Between them exp(t) - 1 is computed as a pair."""
LOST = 4 * TINY
"""What underflows."""
_MOST = 750.0
"""Above the logarithm of any double."""
_LOWEST = 1074
_POWERS = np.ldexp(1.0, np.arange(-_LOWEST, 1024))
"""Those of 2: the library's ldexp takes longer."""
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


@inlined
def _raised(k: float, p: float, p_rest: float) -> tuple[float, float, int]:
    """2**octaves times a number from 1 to 2: the table's entry for k times 1 + p."""
    one, rest = two_sum(1.0, p)
    octaves = np.floor(k / _STEPS)
    index = int(k - octaves * _STEPS)
    v, v_rest = times(one, rest + p_rest, _TABLE[index], _TABLE_LOW[index])
    return v, v_rest, int(octaves)


@ufunc("dd", "ddl")
def _exponential(hi: float, lo: float, value: Out, value_lo: Out, octaves: Out) -> None:
    """exp(hi + lo) as a number from 1 to 2 times 2**octaves."""
    if not LEAST <= hi <= LARGEST:
        lo = 0.0
    k, p, p_rest = _reduced(min(max(hi, LEAST), LARGEST) if hi == hi else 0.0, lo)
    v, v_rest, power = _raised(k, p, p_rest)
    value[0] = v if hi == hi else np.nan
    value_lo[0] = v_rest
    octaves[0] = power


@inlined
def less_1(hi: float, lo: float) -> tuple[float, float, float]:
    """exp(hi + lo) - 1, and its error: exp's; where no table is needed, EXPM1."""
    k, p, p_rest = _reduced(hi, lo)
    if k == 0.0:
        return p, p_rest, EXPM1 * abs(p)
    v, v_rest, octaves = _raised(k, p, p_rest)
    scale = _POWERS[octaves + _LOWEST]
    p, p_rest = plus(v * scale, v_rest * scale, -1.0, 0.0)
    return p, p_rest, EXP * v * scale + 2.0 * U * min(v * scale, U)


@ufunc("dd", "ddd")
def _exponential_less_1(hi: float, lo: float, value: Out, value_lo: Out, error: Out) -> None:
    """exp(hi + lo) - 1 up to _HIGH; below _DEEP it is -1 to any power of 2."""
    p, p_rest, bound = less_1(min(max(hi, _DEEP), _HIGH) if hi == hi else 0.0, lo)
    if hi < _DEEP:
        bound = p_rest
    value[0] = p if hi == hi else np.nan
    value_lo[0] = p_rest
    error[0] = bound + LOST if hi != 0.0 else 0.0


@ufunc("dd", "ddd")
def _logarithm(hi: float, lo: float, value: Out, value_lo: Out, error: Out) -> None:
    """log(1 + t) of t = hi + lo, by Newton's step from the library's value y.

    That is y + r - r**2/2, where r = (1 + t) exp(-y) - 1 = t exp(-y) + (exp(-y) - 1), which is below 2**-50 y
    but near -1, where lo matters.
    """
    y = np.log1p(hi)
    if not abs(y) <= _MOST:
        value[0], value_lo[0], error[0] = np.nan, 0.0, 0.0
        return
    k, p, p_rest = _reduced(-y, 0.0)
    v, v_rest, octaves = _raised(k, p, p_rest)
    scale = _POWERS[octaves + _LOWEST]
    a, a_rest = times(hi, lo, v, v_rest)
    b, b_rest, bound = less_1(-y, 0.0)
    r, r_rest = plus(a * scale, a_rest * scale, b, b_rest)
    left_out = abs(r) ** 3 if abs(r) < 0.5 else np.inf
    r += r_rest - 0.5 * r * r
    value[0], value_lo[0] = two_sum(y, r)
    bound += EXP * abs(a) * scale + 2.0**-100 * (abs(y) + abs(b)) + left_out
    error[0] = bound + LOST if hi != 0.0 else 0.0


def exp(t: Value) -> Value:
    """The kernel's, times a power of 2; 1 + t + t**2/2 where t is very small."""
    return chosen(very_small(t), lambda: one(t) + (t + about(t * t * 0.5, t)), lambda: _exp(t))


def _exp(t: Value) -> Value:
    plain = in_doubles(t)
    hi, lo, octaves = _exponential(plain.hi, or_zero(plain.lo))
    err = None
    if plain.hi.size and not np.max(np.abs(plain.hi)) <= _EXACT:
        size = np.minimum(np.abs(plain.hi), -LEAST)
        err = np.where(size > _EXACT, 2.0**-50 * size * hi, 0.0)
    value = times_power(t, with_argument(Double(hi, lo, EXP, err, 1), _cut(plain), hi), octaves)
    nothing = plain.hi == -np.inf
    return value.replaced(type(t).exact(0.0, sign=1), nothing) if nothing.any() else value


def _cut(t: Double) -> Double:
    """The argument without its error where all that this allows is taken as one number."""
    if not t.hi.size or np.max(np.abs(t.hi)) <= LARGEST or (error := t.error()) is None:
        return t
    beyond = (t.hi - error > LARGEST) | (t.hi + error < LEAST)
    return Double(t.hi, t.lo, 0.0, np.where(beyond, 0.0, error), t.sign)


def expm1(t: Value) -> Value:
    """The kernel's, and exp(t) - 1 far out, where one of these is far below the other."""
    far = (nearest(t) > _HIGH) | below(t, _DEEP)
    return chosen(
        far, lambda: exp(t) - one(t), lambda: through_zero(t, _expm1, lambda t: t * t * 0.5, odd=False)
    )


def _expm1(t: Double) -> Double:
    p, p_rest, error = _exponential_less_1(t.hi, or_zero(t.lo))
    return with_argument(Double(p, p_rest, 0.0, error), t, p + 1.0)


def log1p(t: Value) -> Value:
    """The kernel's, and the logarithm of a wide t far away."""
    value = through_zero(t, _log1p, lambda t: t * t * -0.5, odd=False)
    if isinstance(t, Wide):
        far = t.exponent > FAR
        if far.any():
            value = value.replaced(log(Wide.select((far, None), t, one(t))), far)
    return value


def _log1p(t: Double) -> Double:
    hi, lo, error = _logarithm(t.hi, or_zero(t.lo))
    grown = 1.0 + t.hi
    return with_argument(Double(hi, lo, 0.0, error), t, 1.0 / grown, crosses=True, scale=grown)


def log(t: Value) -> Value:
    """That of a mantissa between the roots of 1/2 and 2, and the octaves' share."""
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
    return type(t).of(_log1p(mantissa - 1.0) + _LN2 * octaves.astype(np.float64))


with precision(300):
    _LN2 = constant(arb(2).log())
