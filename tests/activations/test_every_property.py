"""Laws: what a class declares about its function is so, and nothing that is so is left undeclared."""

import math
from itertools import pairwise

import numpy as np
import pytest
from grids import hard
from measure import SLOPE, VALUE, Quantity, example, kinks
from mpmath import mp, mpf
from ulp import FLOAT64, FORMATS, Format, rounded

from app.activations import CATALOG
from app.activations.elementwise import Elementwise
from app.activations.formula import parse

FUNCTIONS = {name: cls for name, cls in CATALOG.items() if issubclass(cls, Elementwise)}
every_function = pytest.mark.parametrize("name", FUNCTIONS)
NARROW = [FORMATS["float32"], FORMATS["float16"]]


def inside(f: Elementwise, low: float = -9.0, high: float = 9.0, count: int = 145) -> list[float]:
    """Points evenly spread over the middle of the domain, few of them special."""
    low, high = max(low, f.domain.low), min(high, f.domain.high)
    return [low + (high - low) * (i + 0.371) / count for i in range(count)]


def exactly(f: Elementwise, x: list[float], quantity: Quantity = VALUE) -> list[mpf]:
    return [t for t in quantity.exactly(f, x, FLOAT64) if t is not None]


@every_function
@pytest.mark.parametrize("fmt", [FLOAT64, *NARROW], ids=lambda fmt: fmt.name)
def test_results_stay_in_the_declared_range(name: str, fmt: Format) -> None:
    f = example(FUNCTIONS[name])
    dense = [rounded(mpf(x), fmt) for x in inside(f, -9.0, 9.0, 500)]
    y = f(np.array([*hard(fmt, kinks(f)), *dense]), fmt.name, exact=True).astype(float)
    y = y[~np.isnan(y)]
    low, high = (rounded(mpf(end), fmt) for end in f.range)
    assert low <= y.min()
    assert y.max() <= high


@every_function
def test_the_declared_range_is_no_wider_than_the_function(name: str) -> None:
    f = example(FUNCTIONS[name])
    y = f(np.array([*hard(FLOAT64), *inside(f, -9.0, 9.0, 5000)]))
    y = y[~np.isnan(y)]
    for end, nearest in zip(f.range, (y.min(), y.max()), strict=True):
        if math.isinf(end):  # which an oscillation tends to only now and then
            assert math.copysign(nearest, end) == nearest
            assert abs(nearest) > 1e100
        else:
            assert end == pytest.approx(nearest, rel=1e-5, abs=1e-300)


@every_function
def test_monotonicity(name: str) -> None:
    """Strictly, weakly or neither, as declared: of the exact values.

    Where a function tends to a level, the exact values too become equal at last: no step is asked for there.
    """
    f = example(FUNCTIONS[name])
    tends = {-1: f.properties.left_saturation == "soft", 1: f.properties.right_saturation == "soft"}
    steps = [
        b - a
        for x, (a, b) in zip(inside(f), pairwise(exactly(f, inside(f))), strict=False)
        if a != b or abs(x) < 2.5 or not tends[1 if x > 0 else -1]
    ]
    found = {
        (True, False, False): "increasing",
        (True, True, False): "nondecreasing",
        (False, False, True): "decreasing",
        (False, True, True): "nonincreasing",
    }.get((any(s > 0 for s in steps), any(s == 0 for s in steps), any(s < 0 for s in steps)))
    assert f.properties.monotonic == found


@every_function
@pytest.mark.parametrize("fmt", [FLOAT64, *NARROW], ids=lambda fmt: fmt.name)
def test_rounded_results_of_a_monotonic_function_are_monotonic(name: str, fmt: Format) -> None:
    f = example(FUNCTIONS[name])
    if f.properties.monotonic is None:
        return
    x = np.array(sorted(each for each in hard(fmt, kinks(f)) if f.domain.low <= each <= f.domain.high))
    y = f(x, fmt.name, exact=True).astype(float)
    rising = f.properties.monotonic in ("increasing", "nondecreasing")
    assert (y[1:] >= y[:-1] if rising else y[1:] <= y[:-1]).all()


@every_function
def test_parity(name: str) -> None:
    f = example(FUNCTIONS[name])
    if f.domain.low != -f.domain.high:
        assert f.properties.parity is None
        return
    x = inside(f)
    pairs = list(zip(exactly(f, x), exactly(f, [-each for each in x]), strict=True))
    with mp.workprec(100):
        odd, even = (
            all(abs(a + sign * b) < abs(a) * 2**-60 or a == b == 0 for a, b in pairs) for sign in (1, -1)
        )
    assert f.properties.parity == ("odd" if odd else "even" if even else None)
    for fmt in FORMATS.values() if odd or even else ():
        grid = np.array([x for x in hard(fmt) if not math.isnan(x)])
        left, right = (f(side, fmt.name, exact=True).astype(float) for side in (-grid, grid))
        expected = -right if odd else right
        for y in (left, expected):  # where f oscillates at infinity
            y[np.isnan(y)] = np.nan
        # zeros too, except where f is flat: a constant 0 has one sign
        flat = (left == 0) & (right == 0) & (f.derivative(grid, dtype=fmt.name).values == 0)
        assert left[~flat].tobytes() == expected[~flat].tobytes()


@every_function
def test_zero_centred(name: str) -> None:
    f = example(FUNCTIONS[name])
    assert f.properties.zero_centred == (f(np.array(0.0)) == 0)


@every_function
@pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda fmt: fmt.name)
def test_zeros_have_the_sign_of_their_neighbours(name: str, fmt: Format) -> None:
    """f(-0.0) and f(0.0), where they are 0, are of the sign that f has just beside.

    Except that a sum of zeros of both signs is +0 (IEEE 754), whatever it is beside them.
    """
    f = example(FUNCTIONS[name])
    summed = parse(f.expression_text).op == "+"
    zeros = f(np.array([-0.0, 0.0]), fmt.name).astype(float)
    for y, t in zip(zeros.tolist(), exactly(f, [-5e-324, 5e-324]), strict=True):
        if y == 0 != t and not mp.isnan(t):
            assert summed or math.copysign(1.0, y) == mp.sign(t)


@every_function
def test_saturation(name: str) -> None:
    """Hard: the derivative is 0 beyond the last kink. Soft: it only tends to 0. None: it does not."""
    f = example(FUNCTIONS[name])
    for side, declared in ((-1, f.properties.left_saturation), (1, f.properties.right_saturation)):
        last = max([side * at for at in kinks(f)], default=0.0)
        limit, beyond = SLOPE.exactly(f, [side * math.inf, side * (last + 0.5)], FLOAT64)
        if limit is None or mp.isnan(limit) or rounded(limit, FLOAT64) != 0:
            assert declared == "none"
        else:
            assert declared == ("hard" if beyond == 0 else "soft")
