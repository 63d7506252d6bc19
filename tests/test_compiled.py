"""Compiled loops: IEEE arithmetic, operation by operation."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.compiled import compiled, fma


@compiled("f8(f8, f8, f8)")
def fused(a: float, b: float, c: float) -> float:
    return fma(a, b, c)


@compiled("f8(f8, f8, f8)")
def separate(a: float, b: float, c: float) -> float:
    return a * b + c


@compiled("f8(f8[::1])")
def summed(x: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    total = 0.0
    for i in range(x.size):
        total += x[i]
    return total


NUMBERS = st.floats(2.0**-300, 2.0**300) | st.floats(-(2.0**300), -(2.0**-300))


@given(NUMBERS, NUMBERS, NUMBERS)
def test_fma_rounds_once(a: float, b: float, c: float) -> None:
    assert fused(a, b, c) == float(Fraction(a) * Fraction(b) + Fraction(c))


def test_a_product_and_a_sum_stay_two_roundings() -> None:
    a, b = 1 + 2.0**-30, 1 - 2.0**-30
    assert fused(a, b, -1.0) == -(2.0**-60)
    assert separate(a, b, -1.0) == 0.0


def test_sums_are_not_reordered() -> None:
    assert summed(np.array([1e16, 1.0, 1.0, -1e16])) == 0.0
    assert summed(np.array([1.0, 1.0, 1e16, -1e16])) == 2.0
