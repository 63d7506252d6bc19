"""Looking up in tables: to the bit what the definition gives, one element at a time in exact arithmetic."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.activations.lookup import CELLS, DEGREE, REACH, ZERO, doubles, singles

Numbers = NDArray[Any]

SAFE, NORMAL = 2.0**-1000, 2.0**-1022
DOUBT = 72
"""In units of the last bit of a double."""
WHOLE = np.arange(-REACH * CELLS, REACH * CELLS + 1)


def fused(a: float, b: float, c: float) -> float:
    if not all(map(math.isfinite, (a, b, c))):
        return a * b + c
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    try:
        return float(exact) if exact else a * b + c
    except OverflowError:
        return math.copysign(math.inf, exact)


def polynomial(rows: Numbers, x: float) -> float:
    place = x * CELLS
    if not abs(place) < ZERO:
        return math.nan
    cell = round(place)  # half to even
    value, *others = map(float, rows[cell + ZERO, ::-1])
    for coefficient in others:
        value = fused(value, place - cell, coefficient)
    return value


def known(rows: Numbers, x: float, weight: float | None) -> bool:
    value = polynomial(rows, x)
    if weight is None:
        return math.isfinite(value)
    product = value * weight
    if abs(value) >= SAFE and NORMAL <= abs(product) < math.inf:
        return True
    if product != 0.0:
        return False
    if abs(value) >= SAFE:
        return weight == 0.0
    return value == 0.0 and (x == 0.0 or not rows[round(x * CELLS) + ZERO].any())


def certain(value: float) -> bool:
    if value == 0.0 or not math.isfinite(value):
        return value == 0.0
    exponent = math.frexp(value)[1] - 1
    if -126 <= exponent < 127:
        # in units of the last bit of a double, above the next float32 towards 0
        rest = int(math.ldexp(abs(value), 52 - exponent)) % 2**29
        return abs(rest - 2**28) > DOUBT
    margin = abs(value) * 2.0**-46
    with np.errstate(over="ignore", under="ignore"):
        return bool(np.float32(value - margin) == np.float32(value + margin))


def table() -> Numbers:
    """Rows of all sizes, of values beside midpoints between float32, of zeros and of nothing known."""
    generator = np.random.default_rng(8)
    rows = generator.normal(size=(WHOLE.size, DEGREE + 1)) * 2.0 ** generator.integers(-3, 3, (WHOLE.size, 1))
    sizes = np.arange(600, 1000)
    rows[sizes] = np.ldexp(rows[sizes], np.linspace(-1085, 1015, sizes.size).astype(int)[:, None])
    exponents = np.repeat([-130.0, -127.0, -126.0, 126.0, 127.0], 200)
    halves = 2.0 ** (np.maximum(exponents, -126) - 24)
    rows[1030:2030] = 0.0
    rows[1030:2030, 0] = 2.0**exponents + halves + np.tile(np.arange(-100, 100), 5) * 2.0 ** (exponents - 52)
    rows[100:120] = 0.0
    rows[110:120] = -0.0
    rows[120:130, 0] = np.inf
    rows[ZERO] = 0.0, 1.0, *generator.normal(size=DEGREE - 1)
    rows[[0, -1, 150], 0] = np.nan
    return rows


ROWS = table()

EDGES = [math.nextafter(REACH, side) for side in (-math.inf, math.inf)]
SPECIAL = [0.0, 5e-324, 2.0**-1022, 2.0**-149, 2.0**-126, *EDGES, REACH, 2 * REACH, 1e300, math.inf, math.nan]
POINTS = (
    st.sampled_from([*SPECIAL, *(-x for x in SPECIAL)])
    | st.floats(-REACH, REACH)
    | st.integers(-2 * ZERO, 2 * ZERO).map(lambda half: half / (2 * CELLS))
)
WEIGHTS = st.sampled_from([0.0, -0.0, 1.0, math.inf, math.nan, 5e-324, 2.0**1023]) | st.floats()
LENGTHS = [*range(18), 127, 128, 129, 260]


def read_only(array: Numbers) -> Numbers:
    array.flags.writeable = False
    return array


def looked_up(
    loop: Any, rows: Numbers, x: Numbers, weights: Numbers | None
) -> tuple[Numbers, NDArray[np.int64]]:
    y, doubtful = np.full_like(x, 7.0), np.empty(x.size, np.int64)
    count = loop(rows, read_only(x), read_only(np.empty(0) if weights is None else weights), y, doubtful)
    return y, doubtful[:count]


def assert_as_defined(dtype: type[Any], x: Numbers, weights: Numbers | None) -> None:
    rows, x = ROWS, x.astype(dtype)
    y, doubtful = looked_up(doubles if dtype is np.float64 else singles, rows, x, weights)
    factors = [None] * x.size if weights is None else [float(weight) for weight in weights]
    points = [float(point) for point in x]
    values = [polynomial(rows, point) for point in points]
    products = [
        value if factor is None else value * factor for value, factor in zip(values, factors, strict=True)
    ]
    with np.errstate(over="ignore", under="ignore"):
        expected = np.array(products, np.float64).astype(dtype)
    np.testing.assert_array_equal(y, expected)  # NaN is equal to NaN
    numbers = ~np.isnan(expected)
    assert (np.signbit(y) == np.signbit(expected))[numbers].all()
    if dtype is np.float64:
        settled = [known(rows, point, factor) for point, factor in zip(points, factors, strict=True)]
    else:
        settled = [certain(product) for product in products]
    assert doubtful.tolist() == [i for i, each in enumerate(settled) if not each]


KINDS = [np.float32, np.float64]


@pytest.mark.parametrize("dtype", KINDS)
@given(st.data())
def test_every_element_is_as_defined(dtype: type[Any], data: st.DataObject) -> None:
    x = np.array(data.draw(st.lists(POINTS, max_size=17)), np.float64)
    weights = data.draw(st.none() | st.lists(WEIGHTS, min_size=x.size, max_size=x.size).map(np.array))
    with np.errstate(over="ignore", under="ignore"):
        assert_as_defined(dtype, x, None if weights is None else weights.astype(np.float64))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", KINDS)
def test_every_cell(dtype: type[Any], weighted: bool) -> None:
    generator = np.random.default_rng(0)
    for place in (0.0, -0.5, 0.25):
        x = generator.permutation(WHOLE + place) / CELLS
        weights = generator.choice([0.0, -1.5, 3.0, 2.0**-500, 2.0**-1022], x.size) if weighted else None
        assert_as_defined(dtype, x, weights)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("dtype", KINDS)
def test_every_length(dtype: type[Any], length: int) -> None:
    x = np.random.default_rng(length).normal(0, 6, length)
    assert_as_defined(dtype, x, None)
    assert_as_defined(dtype, x, np.ones(length))


def test_the_table_has_every_case() -> None:
    """Results certain and doubtful, be they normal or not; and of 0."""
    values = np.array([polynomial(ROWS, cell / CELLS) for cell in WHOLE])
    settled = np.array([certain(value) for value in values])
    finite, nonzero = np.isfinite(values), values != 0
    for kind in (nonzero & (np.abs(values) < 2.0**-126), finite & (np.abs(values) >= 2.0**-126)):
        assert (settled & kind).any()
        assert (~settled & kind).any()
    assert (nonzero & (np.abs(values) < NORMAL)).any()
    assert (~nonzero).sum() > 10
