"""The normal distribution in doubles: its density, its tail and the error function.

NumPy has none of them, and SciPy's lose up to 1,859 ulp in the tails. The tail 1 - Phi(s) is
exp(-s**2/2) times what varies slowly: that times s + 1 is a polynomial of degree 25 in (s - 4)/(s + 4)
to 2**-57. The coefficients are computed from the definition at import.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from flint import arb, ctx

from app.activations.arithmetic.errorfree import Array, two_product

_FARTHEST = 64.0
"""Beyond it the density underflows: exp(-64**2 / 2) < 2**-2900."""
_NEAR = 0.625
_DENSITY_AT_0 = 0.3989422804014327
_SQRT2 = 1.4142135623730951


def _polynomial(function: Callable[[arb], arb], degree: int) -> tuple[float, ...]:
    """The coefficients of t**0, t**1, ... of the interpolant at the Chebyshev nodes of [-1, 1]."""
    previous, ctx.prec = ctx.prec, 300
    try:
        count = degree + 1
        angles = [(arb(2 * k + 1) / (2 * count)) * arb.pi() for k in range(count)]
        values = [function(angle.cos()) for angle in angles]
        total = [arb(0)] * count
        lower, upper = [arb(1)], [arb(0), arb(1)]  # the Chebyshev polynomials T_0 and T_1
        for j in range(count):
            weight = sum((v * (j * a).cos() for v, a in zip(values, angles, strict=True)), arb(0))
            weight *= arb(1 if j == 0 else 2) / count
            for i, c in enumerate(lower):
                total[i] += weight * c
            doubled = [arb(0), *(2 * c for c in upper)]
            lower, upper = (
                upper,
                [c - (lower[i] if i < len(lower) else arb(0)) for i, c in enumerate(doubled)],
            )
        return tuple(map(float, total))
    finally:
        ctx.prec = previous


def _horner(coefficients: tuple[float, ...], t: Array) -> Array:
    result = np.full_like(t, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        result *= t
        result += coefficient
    return result


@lru_cache(maxsize=1)
def _tail() -> tuple[float, ...]:
    def scaled(q: arb) -> arb:
        s = 4 * (1 + q) / (1 - q)
        return (s + 1) * (s * s / 2).exp() * (s / arb(2).sqrt()).erfc() / 2

    return _polynomial(scaled, 27)


@lru_cache(maxsize=1)
def _erf_near_0() -> tuple[float, ...]:
    def quotient(r: arb) -> arb:
        t = ((r + 1) / 2).sqrt()
        return t.erf() / t

    return _polynomial(quotient, 14)


@lru_cache(maxsize=1)
def _Phi_near_0() -> tuple[float, ...]:  # noqa: N802 - the standard name
    def quotient(r: arb) -> arb:
        t = _NEAR * ((r + 1) / 2).sqrt()
        return (t / arb(2).sqrt()).erf() / (2 * t)

    return _polynomial(quotient, 11)


def phi(t: Array) -> Array:
    """The standard normal density; the square of t is taken exactly, or the tail would lose t**2 / 2 ulp."""
    s = np.minimum(np.abs(t), _FARTHEST)
    square, rest = two_product(s, s)
    density = np.exp(-0.5 * square) * _DENSITY_AT_0
    return density - density * (0.5 * rest)


def tail(s: Array) -> Array:
    """1 - Phi(s) for s >= 0."""
    s = np.minimum(s, _FARTHEST)
    square, rest = two_product(s, s)
    value = np.exp(-0.5 * square) * (_horner(_tail(), (s - 4.0) / (s + 4.0)) / (s + 1.0))
    return value - value * (0.5 * rest)


def Phi(t: Array) -> Array:  # noqa: N802 - the standard name
    """The standard normal distribution: near 0, 1/2 and a polynomial, of half the error; else the tail."""
    s = np.abs(t)
    outer = tail(s)
    outer = np.where(t > 0, 1.0 - outer, outer)
    near = np.minimum(s, _NEAR) / _NEAR
    inner = 0.5 + t * _horner(_Phi_near_0(), 2.0 * near * near - 1.0)
    return np.where(s < _NEAR, inner, outer)


def erf(t: Array) -> Array:
    """The error function: a polynomial up to 1, from there the tail."""
    s = np.abs(t)
    near = np.minimum(s, 1.0)
    inner = near * _horner(_erf_near_0(), 2.0 * near * near - 1.0)
    outer = 1.0 - 2.0 * tail(_SQRT2 * s)
    return np.copysign(np.where(s < 1.0, inner, outer), t)
