"""Error-free transformations: a sum, product or quotient of doubles and what its rounding lost.

Ogita, Rump & Oishi (2005), Accurate sum and dot product; Dekker (1971) for the splitting.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

U = 2.0**-53
"""Half an ulp: the largest relative error of one rounding."""
PAIR = 2.0**-100
"""Bounds the relative error of one operation on pairs (proven: 5 * 2**-106, Joldes et al. 2017)."""
REST_BITS = 53
"""log2 of what the rest of a double is multiplied by, to be of the double's own magnitude."""

_SPLITTER = 2.0**27 + 1.0


def two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """s + e = a + b exactly, s = fl(a + b)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def fast_two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """The same where |a| >= |b| or a is 0."""
    s = a + b
    return s, b - (s - a)


def split(a: Array) -> tuple[Array, Array]:
    """a as two numbers of 26 bits; overflows beyond 2**996."""
    t = _SPLITTER * a
    high = t - (t - a)
    return high, a - high


def two_product(a: Array, b: Array) -> tuple[Array, Array]:
    """p + e = a * b exactly, p = fl(a * b), where nothing overflows or underflows."""
    p = a * b
    a_high, a_low = split(a)
    b_high, b_low = (a_high, a_low) if a is b else split(b)
    return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low


def is_power_of_two(a: Array) -> bool:
    """Whether `a` is one number whose product with any other is exact."""
    return a.ndim == 0 and abs(float(np.frexp(a)[0].item())) == 0.5
