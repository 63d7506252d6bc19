"""Pairs: blocks of unevaluated sums hi + lo of two doubles, good for 65 bits or more.

The values are those of the double arithmetic, whose sums, products and quotients already keep their low
parts; what is added here is the functions. They are built from two kernels, exp and Mills' ratio, by
the operations of pairs, which carry the error bounds along. A function without an entry here is as
good as in doubles.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

import numpy as np
from flint import arb
from numpy.typing import NDArray

from app.activations.arithmetic import functions
from app.activations.arithmetic.ball import precision
from app.activations.arithmetic.double import TINY, Double
from app.activations.arithmetic.errorfree import Array, fast_two_sum, two_product, two_sum

EXP = 2.0**-76
"""Relative error of exp."""
EXPM1 = 2.0**-67
"""Relative error of expm1: exp's, where it is largest beside exp(t) - 1."""
MILLS = 2.0**-70
"""Relative error of Mills' ratio."""
_STEPS = 128  # of exp's table, to the octave
_SPACING = 1.0 / 64.0  # of Mills' table
_FARTHEST = 40.0  # exp(-40**2 / 2) underflows
_ONE = Double(np.float64(1.0), sign=1)  # type: ignore[arg-type]  # a number is an array of rank 0


def _split(value: arb, bits: int) -> tuple[float, arb]:
    """The first `bits` bits of a number, and the rest."""
    with precision(bits):
        head = float(+value.mid())
    return head, value - head


def _pair(value: arb) -> tuple[float, float]:
    hi = float(value)
    return hi, float(value - hi)


@lru_cache(maxsize=1)
def _exp_tables() -> tuple[float, float, float, Array, Array]:
    """ln 2 / 128 in three parts, of which the first two times 2**18 are exact, and 2**(j/128) as pairs."""
    with precision(300):
        step = arb(2).log() / _STEPS
        first, rest = _split(step, 34)
        second, rest = _split(rest, 34)
        pairs = [_pair((step * j).exp()) for j in range(_STEPS)]
    high, low = np.array(pairs).T
    return first, second, float(rest), np.ascontiguousarray(high), np.ascontiguousarray(low)


def _reduced(t: Double) -> tuple[Array, Array, Array]:
    """k, and exp(r) - 1 as a pair for t = k ln 2 / 128 + r."""
    first, second, third, _, _ = _exp_tables()
    hi = np.fmin(np.fmax(t.hi, -746.0), 710.0)  # no NaN, which has no place in a table
    k = np.rint(hi * (_STEPS / math.log(2.0)))
    r, rest = two_sum(hi - k * first, -k * second)
    low = 0.0 if t.lo is None else np.where(hi == t.hi, t.lo, 0.0)
    r, rest = fast_two_sum(r, rest - k * third + low)
    square, square_rest = two_product(r, r)
    tail = 1 / 5040 + r * (1 / 40320)
    for coefficient in (1 / 720, 1 / 120, 1 / 24, 1 / 6):
        tail = coefficient + r * tail
    p, p_rest = fast_two_sum(r, 0.5 * square)
    return k, *fast_two_sum(p, p_rest + (rest + (0.5 * square_rest + r * rest + square * r * tail)))


def exp(t: Double) -> Double:
    """2**octaves times an entry of the table times 1 + (exp(r) - 1)."""
    _, _, _, table, table_low = _exp_tables()
    k, p, p_rest = _reduced(t)
    one, rest = fast_two_sum(np.float64(1.0), p)  # type: ignore[arg-type]  # as above
    rest = rest + p_rest
    octaves = np.floor(k / _STEPS)
    index = (k - octaves * _STEPS).astype(np.intp)
    high = table[index]
    v, e = two_product(one, high)
    hi, lo = fast_two_sum(v, e + (one * table_low[index] + rest * high))
    # in two steps, since 2**octaves itself may be subnormal
    half = np.floor(octaves / 2)
    for power in (half, octaves - half):
        scale = ((power.astype(np.int64) + 1023) << 52).view(np.float64)
        hi, lo = hi * scale, lo * scale
    hi = np.where(t.hi > 709.79, np.inf, np.where(t.hi < -745.2, 0.0, hi))
    hi = np.where(np.isnan(t.hi), np.nan, hi)
    lo = np.where(np.isfinite(hi) & (hi != 0.0), lo, 0.0)
    err = None
    if hi.size and not np.min(hi) >= 2.0**-960:
        err = np.where(hi < 2.0**-960, 4 * TINY, 0.0)
    return _with_argument(Double(hi, lo, EXP, err, 1), t, hi)


def _with_argument(value: Double, t: Double, slope: Array) -> Double:
    """The value with the argument's error carried over, element by element."""
    argument = t.err
    if t.rel <= 2.0**-90:
        value.rel += 1024 * t.rel
    else:
        argument = t.error()
    if argument is None:
        return value
    change = 1.02 * np.abs(slope) * argument
    change = np.where((argument < 2.0**-10) | (change == 0.0), change, np.inf)
    value.err = change if value.err is None else value.err + change
    return value


def expm1(t: Double) -> Double:
    """The kernel's own exp(r) - 1 near 0, exp(t) - 1 elsewhere, where that is at least 2**-9."""
    k, p, p_rest = _reduced(t)
    near = Double(np.where(np.isnan(t.hi), np.nan, p), p_rest)
    value = Double.select((k == 0, None), near, exp(Double(t.hi, t.lo)) - 1.0)
    return _with_argument(Double(value.hi, value.lo, EXPM1), t, value.hi + 1.0)


def log1p(t: Double) -> Double:
    """Newton's step from NumPy's value y: y + r - r**2/2, where r = (1 + t) exp(-y) - 1 is below 2**-50."""
    y = Double(np.log1p(t.hi))
    r = t * exp(-y) + expm1(-y)
    return y + (r - r * r * 0.5)


def log(t: Double) -> Double:
    """Newton's step, from log1p near 1."""
    y = Double(np.log(t.hi))
    r = t * exp(-y) - 1.0
    far = y + (r - r * r * 0.5)
    near = (t.hi > 0.5) & (t.hi < 2.0)
    if not near.any():
        return far
    inside = Double.select((near, None), t, _ONE)
    return Double.select((near, None), log1p(inside - 1.0), far)


def _not_negative(t: Double) -> tuple[NDArray[np.bool_], None]:
    return t.hi >= 0, None


def _magnitude(t: Double) -> Double:
    return functions.apply("abs", t)


def tanh(t: Double) -> Double:
    """e/(2 - e) with e = 1 - exp(-2|t|)."""
    e = _magnitude(expm1(_magnitude(t) * -2.0))
    value = e / (Double(np.float64(2.0)) - e)  # type: ignore[arg-type]  # as above
    return Double.select(_not_negative(t), value, -value)


def sech(t: Double) -> Double:
    """2e/(1 + e**2) with e = exp(-|t|)."""
    e = exp(-_magnitude(t))
    return e * 2.0 / (e * e + _ONE)


def sech2(t: Double) -> Double:
    """4e/(1 + e)**2 with e = exp(-2|t|)."""
    e = exp(_magnitude(t) * -2.0)
    return e * 4.0 / (e + _ONE) ** 2


def sigmoid(t: Double) -> Double:
    """1/(1 + e) on the right, e/(1 + e) on the left, with e = exp(-|t|)."""
    e = exp(-_magnitude(t))
    return Double.select(_not_negative(t), _ONE, e) / (e + _ONE)


def sigmoid_prime(t: Double) -> Double:
    """e/(1 + e)**2 with e = exp(-|t|)."""
    e = exp(-_magnitude(t))
    return e / (e + _ONE) ** 2


def softplus(t: Double) -> Double:
    """max(t, 0) + log1p(exp(-|t|))."""
    bend = _magnitude(log1p(exp(-_magnitude(t))))
    ramp = Double.select(_not_negative(t), t, Double(np.float64(0.0)))  # type: ignore[arg-type]  # as above
    ramp.sign = 1
    return ramp + bend


def logit(t: Double) -> Double:
    """log(t/(1 - t)), which near 1/2 is log1p((2t - 1)/(1 - t))."""
    rest = -t + 1.0
    return log1p((t * 2.0 - 1.0) / rest).replaced(log(t / rest), (t.hi < 0.25) | (t.hi > 0.75))


def log_expm1(t: Double) -> Double:
    """log(expm1(t)) near 0, t + log1p(-exp(-t)) from 1 on, and about its zero log1p(expm1(t) - 1)."""
    far = t + log1p(-exp(-t))
    inside = Double.select((t.hi < 1.0, None), t, _ONE)
    grown = expm1(inside)
    near = log1p(grown - 1.0).replaced(log(grown), inside.hi < 0.5)
    return near.replaced(far, t.hi >= 1.0)


def asinh(t: Double) -> Double:
    """log1p(s + s**2/(1 + sqrt(1 + s**2))) with s = |t|."""
    s = _magnitude(t)
    square = s * s
    value = log1p(s + square / (functions.apply("sqrt", square + _ONE) + _ONE))
    return Double.select(_not_negative(t), value, -value)


def erf(t: Double) -> Double:
    """Twice the tail less than 1 from 1/2 on; below, the Taylor series to 2**-70."""
    s = _magnitude(t)
    far = _ONE - Phi(s * -_SQRT2) * 2.0
    near = s.hi < 0.5
    if not near.any():
        return Double.select(_not_negative(t), far, -far)
    inside = Double.select((near, None), s, Double(np.float64(0.0)))  # type: ignore[arg-type]  # as above
    square = inside * inside
    value = Double.constant(Fraction((-1) ** 19, math.factorial(19) * 39))
    for n in range(18, -1, -1):
        value = value * square + Double.constant(Fraction((-1) ** n, math.factorial(n) * (2 * n + 1)))
    value = (value * inside * _ERF_SLOPE).replaced(far, ~near)
    return Double.select(_not_negative(t), value, -value)


def phi(t: Double) -> Double:
    """exp(-t**2/2)/sqrt(2 pi)."""
    return exp(t * t * -0.5) * _DENSITY


@lru_cache(maxsize=1)
def _mills_table() -> tuple[Array, Array]:
    """Taylor coefficients of Mills' ratio M at multiples of 1/64, from M' = tM - 1: high and low parts."""
    count, degree = int(_FARTHEST / _SPACING) + 1, 8
    rows = []
    with precision(300):
        for k in range(count):
            s = arb(k) * _SPACING
            m = [(s * s / 2).exp() * (s / arb(2).sqrt()).erfc() * (arb.pi() / 2).sqrt()]
            m.append(s * m[0] - 1)
            for n in range(1, degree):
                m.append(s * m[n] + n * m[n - 1])
            rows.append([_pair(value / math.factorial(n)) for n, value in enumerate(m)])
    table = np.array(rows)
    return np.ascontiguousarray(table[:, :, 0].T), np.ascontiguousarray(table[:, :3, 1].T)


def mills_ratio(s: Double) -> Double:
    """(1 - Phi(s)) / phi(s) for s >= 0: three terms of the Taylor series in pairs, the others plainly."""
    high, low = _mills_table()
    hi = np.fmin(s.hi, _FARTHEST)
    index = np.rint(hi / _SPACING).astype(np.intp)
    d = Double(hi, None if s.lo is None else np.where(s.hi < _FARTHEST, s.lo, 0.0)) - index * _SPACING
    tail = high[8][index]
    for n in range(7, 2, -1):
        tail = high[n][index] + d.hi * tail
    value = Double(tail)
    for n in (2, 1, 0):
        value = value * d + Double(high[n][index], low[n][index])
    slope = np.minimum(value.hi, 1.0 / (1.0 + hi * hi))  # |M'| = 1 - sM lies below both
    return _with_argument(Double(value.hi, value.lo, MILLS, None, 1), s, slope)


def Phi(t: Double) -> Double:  # noqa: N802 - the standard name
    """The density times Mills' ratio on the left, 1 less that on the right."""
    tail = phi(t) * mills_ratio(_magnitude(t))
    return tail.replaced(-tail + 1.0, t.hi > 0)


def _number(value: arb) -> Double:
    hi, lo = _pair(value)
    return Double(np.float64(hi), np.float64(lo), 2.0**-100, None, 1)  # type: ignore[arg-type]  # as above


with precision(300):
    _DENSITY = _number(1 / (2 * arb.pi()).sqrt())
    _SQRT2 = _number(arb(2).sqrt())
    _ERF_SLOPE = _number(2 / arb.pi().sqrt())

FUNCTIONS: dict[str, Callable[[Double], Double]] = {
    "exp": exp,
    "expm1": expm1,
    "log": log,
    "log1p": log1p,
    "tanh": tanh,
    "sech": sech,
    "sech2": sech2,
    "sigmoid": sigmoid,
    "sigmoid_prime": sigmoid_prime,
    "softplus": softplus,
    "log_sigmoid": lambda t: -softplus(-t),
    "logit": logit,
    "log_expm1": log_expm1,
    "Phi": Phi,
    "erf": erf,
    "asinh": asinh,
    "phi": phi,
}


_THROUGH_ZERO = frozenset(["asinh", "atan", "erf", "expm1", "log1p", "sin", "tanh"])
"""Functions with f(0) = 0 and f'(0) = 1."""


def apply(name: str, t: Double) -> Double:
    """The function `name` of VOCABULARY at `t`, with its error."""
    function = FUNCTIONS.get(name)
    if function is None:
        return functions.apply(name, t)
    value = function(t)
    if name in _THROUGH_ZERO and not np.all(t.hi):
        value.hi = np.where(t.hi == 0.0, t.hi, value.hi)  # with its sign
    return value
