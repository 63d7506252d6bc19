"""Numbers as compiled loops read and write them, held against Python's float and repr, and against orjson."""

import itertools
import math
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.wire import json
from app.wire.json import decimals, long, writing
from app.wire.json.decimals import nearest, shortest
from app.wire.json.printing import most_bytes, write

DOUBLES = st.floats(0, allow_infinity=False, exclude_min=True)
DRAWN = np.random.default_rng(5)
POWERS_OF_TEN = [float(f"1e{exponent}") for exponent in range(-323, 309)]
POWERS_OF_TWO = [2.0**exponent for exponent in range(-1074, 1024)]
SINGLES = st.integers(1, 0x7F7FFFFF)
"""Bits of the finite float32."""


def neighbours(numbers: Iterable[float]) -> list[float]:
    found = [x for y in numbers for x in (math.nextafter(y, 0), y, math.nextafter(y, math.inf))]
    return [x for x in found if 0 < x < math.inf]


SPECIAL = [
    *neighbours(POWERS_OF_TEN),
    *neighbours(POWERS_OF_TWO),
    *(5e-324 * n for n in range(1, 2000)),
    *map(float, range(1, 2000)),
]


def as_float(bits: np.uint64) -> float:
    return float(np.uint64(bits).view(np.float64))


def read(text: str) -> float:
    """The number that the reader of long messages makes of a text."""
    message = long.decode(f'{{"x":[{text}]}}'.encode(), ("x",), (), 10)
    assert message is not None
    return float(message["x"][0])


def parts(x: float) -> tuple[np.uint64, int, bool]:
    """The arguments of `shortest`."""
    biased, fraction = divmod(int(np.float64(x).view(np.uint64)), 2**52)
    significand = np.uint64(fraction + 2**52 if biased else fraction)
    return significand, max(biased, 1) - 1075, fraction == 0 and biased > 1


def digits(x: float) -> tuple[int, int]:
    """The digits of the shortest decimal, as an integer without trailing zeros, and its exponent."""
    significand, exponent = shortest(*parts(x))
    number = Decimal(int(significand)).scaleb(exponent).normalize().as_tuple()
    assert isinstance(number.exponent, int)
    return int("".join(map(str, number.digits))), number.exponent


def written(array: NDArray[Any]) -> bytes:
    """The array as the compiled loops write it."""
    return b"".join(writing._blocks(array))  # noqa: SLF001 -- otherwise short arrays are orjson's


@given(st.integers(0, 10**19), st.integers(-400, 400))
@example(10**19, -343)
@example(9007199254740993, 0)
@example(9007199254740993, 23)
@example(17976931348623157, 292)
@example(17976931348623159, 292)
@example(22250738585072011, -324)
@example(24703282292062327, -340)
@example(1, 10**12)
@example(0, 10**12)
@example(1, -(10**12))
def test_the_nearest_double_of_a_decimal(significand: int, exponent: int) -> None:
    assert as_float(nearest(np.uint64(significand), exponent)) == float(f"{significand}e{exponent}")


@given(DOUBLES, st.integers(-1, 1))
def test_decimals_about_midpoints(x: float, distance: int) -> None:
    """The first 19 digits of the midpoint of two doubles, and the decimals beside them."""
    middle = (Fraction(x) + Fraction(math.nextafter(x, math.inf) if x < 1e308 else x)) / 2
    exponent = math.floor(math.log10(x)) - 17
    significand = int(middle / Fraction(10) ** exponent) + distance
    assert 0 < significand < 2**64
    assert as_float(nearest(np.uint64(significand), exponent)) == float(f"{significand}e{exponent}")


def test_special_doubles_are_nearest_to_their_decimals() -> None:
    for x in SPECIAL:
        number = Decimal(repr(x)).as_tuple()
        assert isinstance(number.exponent, int)
        significand = int("".join(map(str, number.digits)))
        assert as_float(nearest(np.uint64(significand), number.exponent)) == x


@given(DOUBLES)
def test_decimals_of_hundreds_of_digits(x: float) -> None:
    """Doubles and midpoints written out in full, and what differs from them in the last digit."""
    following = math.nextafter(x, math.inf)
    middle = Decimal(x) if following == math.inf else (Decimal(x) + Decimal(following)) / 2
    for exact in Decimal(x), middle:
        text = format(exact, "f" if 1e-30 < x < 1e30 else "e")
        point = "" if "." in text.split("e")[0] else "."
        mantissa, e, exponent = text.partition("e")
        for number in text, f"{mantissa}{point}00000000000000000001{e}{exponent}":
            assert read(number) == float(number)


@pytest.mark.parametrize(
    "x", ["0." + "0" * 500 + "1e501", "1" + "0" * 500 + "e-500", "-0", "-0.0e-5", "1E+2"]
)
def test_numbers_of_any_form(x: str) -> None:
    assert math.copysign(1, read(x)) == math.copysign(1, float(x))
    assert read(x) == float(x)


@pytest.mark.parametrize(
    "text",
    """01 -01 00.5 1. 1.e5 .5 - -- --1 +1 1e 1e+ 1e- 1e5.0 0x1 1_0 1f 1d -NaN "-NaN" "1" "NaN "Infinity
    nan Infinit Infinityx "Inf" "+Infinity" +Infinity 1e400 -1e400 1.7976931348623159e308""".split(),
)
def test_what_is_no_number_is_left_to_the_careful_reader(text: str) -> None:
    for tensor in f"[{text}]", f"[1,{text},2]", f"[[1],[{text}]]":
        assert long.decode(f'{{"x":{tensor}}}'.encode(), ("x",), (), 10) is None


@given(DOUBLES)
def test_the_shortest_decimal_of_a_double(x: float) -> None:
    number = Decimal(repr(x)).normalize().as_tuple()
    assert digits(x) == (int("".join(map(str, number.digits))), number.exponent)


@given(DOUBLES)
def test_schubfach_agrees_with_its_short_cut(x: float) -> None:
    significand, exponent = decimals._schubfach(*parts(x))  # noqa: SLF001 -- few numbers come to it
    short = shortest(*parts(x))
    assert Decimal(int(significand)).scaleb(exponent) == Decimal(int(short[0])).scaleb(short[1])


def test_the_powers_of_the_table_are_truncated() -> None:
    table = decimals._POWERS  # noqa: SLF001
    for exponent, (high, low) in enumerate(table.tolist(), -342):
        exact = Fraction(10) ** exponent
        bits = (10 ** abs(exponent)).bit_length()
        scale = Fraction(2) ** (128 - bits if exponent >= 0 else 127 + bits)
        assert 2**127 <= high * 2**64 + low < 2**128
        assert low < 2**64 - 1  # one may be added
        error = exact * scale - (high * 2**64 + low)
        assert -1 < error < 0 if -27 <= exponent < 0 else error == 0 if 0 <= exponent <= 55 else 0 < error < 1


def test_special_doubles_are_written_as_orjson_writes_them() -> None:
    array = np.array([*SPECIAL, 0.0])
    assert written(array) == orjson.dumps(array.tolist())
    assert written(-array) == orjson.dumps((-array).tolist())


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_any_bits_are_written_as_orjson_writes_them(dtype: type[np.floating[Any]]) -> None:
    size = np.dtype(dtype).itemsize
    array = np.frombuffer(DRAWN.bytes(100_000 * size), dtype)
    array = array[np.isfinite(array)]
    assert written(array) == orjson.dumps(array, option=orjson.OPT_SERIALIZE_NUMPY)
    assert np.array_equal(np.array(orjson.loads(written(array)), dtype), array)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("digits", [1, 3, 6, 9])
def test_round_numbers_are_written_as_orjson_writes_them(dtype: type[np.floating[Any]], digits: int) -> None:
    """Of few digits and any magnitude: in both notations, on either side of where they change."""
    decimal = [f"{m}e{e}" for m, e in itertools.product(DRAWN.integers(1, 10**digits, 200), range(-30, 30))]
    array = np.array(decimal, dtype)
    assert written(array) == orjson.dumps(array, option=orjson.OPT_SERIALIZE_NUMPY)


@given(st.lists(SINGLES, min_size=1))
def test_the_shortest_decimal_of_a_float32(bits: list[int]) -> None:
    array = np.array(bits, np.uint32).view(np.float32)
    assert written(array) == orjson.dumps(array, option=orjson.OPT_SERIALIZE_NUMPY)


@pytest.mark.parametrize(
    "number", [-1.2345678901234567e-308, -0.000012345678901234567, -1234567890123456.8, -5e-324]
)
@pytest.mark.parametrize("shape", [(100,), (100, 1), (50, 2), (4,) + (1,) * 31])
def test_nothing_is_written_beyond_the_room_for_it(number: float, shape: tuple[int, ...]) -> None:
    array = np.full(shape, number)
    lengths = np.cumprod(shape[:0:-1] or shape)
    room = most_bytes(array.size, lengths)
    text = np.full(room + 1000, 255, np.uint8)
    write(array.ravel().view(np.uint64), False, 0, lengths, text)
    assert (text[room:] == 255).all()


def test_a_long_array_goes_out_and_comes_back() -> None:
    array = np.frombuffer(DRAWN.bytes(8 * 60_000)).copy()
    array[DRAWN.integers(0, array.size, 1000)] = DRAWN.choice([np.nan, np.inf, -np.inf, -0.0], 1000)
    array = array.reshape(30, 2, 1000)
    for order in array, array.T, np.asfortranarray(array):
        message = long.decode(json.encode({"x": order}), ("x",), (), array.size)
        assert message is not None
        assert np.array_equal(message["x"], order, equal_nan=True)
        assert np.array_equal(np.signbit(message["x"]), np.signbit(order) & ~np.isnan(order))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 10**6,
        "[" + "," * 10**6 + "]",
        "[" + "1," * 10**6 + "]",
        "[1" + "]" * 10**6,
    ],
)
def test_long_texts_of_no_tensor_are_given_up(text: str) -> None:
    assert long.decode(f'{{"x":{text}}}'.encode(), ("x",), (), 10**7) is None


@pytest.mark.parametrize(
    "number", ["9" * 10**6 + "e-999990", "0." + "0" * 10**6 + "1e1000000", "1e" + "0" * 10**6 + "1"]
)
def test_a_number_of_a_million_digits(number: str) -> None:
    assert read(number) == float(number)
