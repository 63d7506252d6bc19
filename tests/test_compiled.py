"""Compiled loops: IEEE arithmetic, operation by operation."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.compiled import compiled, fma, four_polynomials, inlined, leading_zeros, load8, store8, umulh

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Indices = np.ndarray[tuple[int], np.dtype[np.uint64]]


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


@inlined
def half(x: float) -> float:
    return x / 2


@compiled("f8(f8)")
def quarter(x: float) -> float:
    return half(half(x))


@compiled("u8(u8, u8)")
def upper_half(a: np.uint64, b: np.uint64) -> np.uint64:
    return umulh(a, b)


@compiled("i8(u8)")
def zeros(a: np.uint64) -> int:
    return leading_zeros(a)


@compiled("u8(u1[::1], i8, i8)")
def copied(text: np.ndarray[tuple[int], np.dtype[np.uint8]], source: int, target: int) -> np.uint64:
    word = load8(text, source)
    store8(text, target, word)
    return word


WORDS = st.integers(0, 2**64 - 1)


def test_parts_are_inlined() -> None:
    assert quarter(3.0) == 0.75


@given(WORDS, WORDS)
def test_the_upper_half_of_a_product(a: int, b: int) -> None:
    assert upper_half(np.uint64(a), np.uint64(b)) == a * b >> 64


@given(WORDS | st.integers(0, 63).map(lambda bit: 1 << bit))
def test_zeros_above_the_first_bit(a: int) -> None:
    assert zeros(np.uint64(a)) == 64 - a.bit_length()


@given(st.integers(0, 8), st.integers(0, 8))
def test_eight_bytes_anywhere(source: int, target: int) -> None:
    text = np.arange(16, dtype=np.uint8)
    expected = bytearray(text.tobytes())
    word = bytes(expected[source : source + 8])
    expected[target : target + 8] = word
    assert copied(text, source, target) == int.from_bytes(word, "little")
    assert text.tobytes() == expected


@compiled("void(f8[:,::1], u8[::1], f8[::1], i8)")
def replaced(rows: Array, indices: Indices, points: Array, first: int) -> None:
    four_polynomials(rows, indices, points, first)


def test_four_polynomials_at_once() -> None:
    generator = np.random.default_rng(7)
    rows = generator.normal(size=(9, 8))
    indices, points = generator.permutation(9).astype(np.uint64), generator.normal(size=9)
    values = points.copy()
    replaced(rows, indices, values, 3)
    for i in range(3, 7):
        expected, *others = rows[indices[i], ::-1]
        for coefficient in others:
            expected = fused(expected, points[i], coefficient)
        assert values[i] == expected
    assert (np.delete(values, range(3, 7)) == np.delete(points, range(3, 7))).all()
