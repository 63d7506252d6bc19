"""Wide values against fractions: what operations claim holds, and results beside midpoints are known."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from measure import formula, misrounded, symbols
from mpmath import mp, mpf
from oracle import exact
from ulp import FORMATS, neighbours

from app.activations import CATALOG, evaluation
from app.activations.arithmetic import WIDE, ring
from app.activations.axiswise import Axiswise
from app.activations.elementwise import Elementwise
from app.activations.rounding import DTYPES, certify

COUNT = 1500
CLOSE = Fraction(1 - 2.0**-32)
"""How much of a rest its bound has room for."""
Number = tuple[float, float, float, float, int]


def odd(drawn: np.random.Generator) -> float:
    """A number about 1 of few bits or of many."""
    bits = int(drawn.choice([1, 2, 3, 10, 26, 52, 53]))
    count = int(drawn.integers(0, 2**bits)) | 1
    return count * 2.0**-bits * float(drawn.choice([0.25, 1.0, 1.0, 4.0, 64.0]) * drawn.choice([-1.0, 1.0]))


def operand(drawn: np.random.Generator) -> tuple[Number, Fraction]:
    """Its parts, and a value that is as far from them as their bound allows, or nearer."""
    hi = odd(drawn)
    lo = (
        0.0 if drawn.random() < 0.25 else odd(drawn) * abs(hi) * 2.0 ** -int(drawn.choice([66, 80, 200, 930]))
    )
    least = abs(lo) or abs(hi)
    rest = 0.0 if drawn.random() < 0.5 else odd(drawn) * least * 2.0 ** -int(drawn.choice([66, 70, 150, 300]))
    beyond = abs(odd(drawn)) * least * 2.0 ** -int(drawn.choice([60, 70, 160, 400])) * (drawn.random() < 0.6)
    err = math.nextafter(beyond + abs(rest) * (1 + 2.0**-35), math.inf) if beyond or rest else 0.0
    room = Fraction(err) - CLOSE * abs(Fraction(rest))
    value = sum(map(Fraction, (hi, lo, rest))) + room * Fraction(
        float(drawn.choice([-1.0, -0.9, 0.0, 0.5, 1.0]))
    )
    most = Fraction(hi) + Fraction(lo) + Fraction(err)
    value = max(min(value, most), most - 2 * Fraction(err))
    octaves = int(drawn.choice([-600, -200, -30, -1, 0, 1, 5, 100, 300]))
    return (hi, lo, rest, err, octaves), value * Fraction(2) ** octaves


def root(value: Fraction) -> Fraction:
    """To 4000 bits after the point."""
    count = math.isqrt(value.numerator * value.denominator << 8000)
    return Fraction(count, value.denominator << 4000)


OPERATIONS: dict[str, tuple[Callable[..., Any], Callable[..., Fraction]]] = {
    "sum": (ring.add, lambda a, b: a + b),
    "product": (ring.multiply, lambda a, b: a * b),
    "quotient": (ring.divide, lambda a, b: a / b),
    "root": (ring.root, root),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_results_are_within_their_bounds(name: str) -> None:
    """With the rest and without it, whatever the operands' own bounds allow."""
    operation, truly = OPERATIONS[name]
    drawn = np.random.default_rng(20250103)
    known = 0
    for _ in range(COUNT):
        numbers = [operand(drawn) for _ in range(1 if name == "root" else 2)]
        if name == "sum" and drawn.random() < 0.1:  # which cancel
            (hi, *_, octaves), _ = numbers[0]
            lo = odd(drawn) * abs(hi) * 2.0**-60
            numbers[1] = (-hi, lo, 0.0, 0.0, octaves), (Fraction(lo) - Fraction(hi)) * Fraction(2) ** octaves
        values = [value for _, value in numbers]
        if (name == "root" and values[0] <= 0) or (name == "quotient" and not values[1]):
            continue
        parts = [np.asarray(part) for number, _ in numbers for part in number]
        hi, lo, rest, err, octaves = (part.item() for part in operation(*parts))
        if not math.isfinite(err):
            continue
        truth = truly(*values) / Fraction(2) ** octaves
        known += 1
        from_pair = truth - Fraction(hi) - Fraction(lo)
        assert abs(from_pair) <= Fraction(err), numbers
        assert abs(from_pair - Fraction(rest)) <= Fraction(err) - CLOSE * abs(Fraction(rest)), numbers
    assert known > 0.9 * COUNT * (0.5 if name == "root" else 1)


def test_what_lies_beside_a_midpoint_is_rounded_to_its_side() -> None:
    """A product that is a midpoint, and something far beyond its last bit, or beyond any double."""
    drawn = np.random.default_rng(20250104)
    for fmt in FORMATS.values():
        count = 2.0 ** (fmt.precision - 1)
        x = (count + drawn.integers(0, int(count), 300).astype(np.float64)) * 2.0
        midpoint = WIDE.value.exact(x) * WIDE.value.exact(3.0) + WIDE.value.exact(3.0)
        side = drawn.choice([-1.0, 1.0], 300)
        for tiny in (2.0**-120, 2.0**-800, 0.0):
            small = WIDE.value.exact(side * (tiny or 2.0**-1000))
            value = midpoint + (small if tiny else small * WIDE.value.exact(2.0**-1000))
            with np.errstate(all="ignore"):
                rounded, doubt = certify(value, DTYPES[fmt.name], exact=True)
            assert not doubt.any(), (fmt.name, tiny)
            with mp.workprec(4000):
                rest = mpf(tiny) if tiny else mpf(2) ** -2000
                truth = [3 * (mpf(a) + 1) + b * rest for a, b in zip(x.tolist(), side.tolist(), strict=True)]
                assert not misrounded(x.tolist(), rounded.tolist(), truth, fmt)


def odd_numbers(exponent: int) -> list[float]:
    """Numbers of that binade which end in 1: times 3, or halved as subnormals, they are beside midpoints."""
    drawn = np.random.default_rng(20250105)
    count = drawn.integers(2**22, 2**23, 40) * 2 + 1
    return [math.ldexp(int(each), exponent - 23) for each in count]


NUMBERS: list[tuple[str, int, str, list[float]]] = [
    ("e_swish", 0, "float64", odd_numbers(-516)),
    ("e_swish", 0, "float64", [x * (1 + 2**-52) for x in odd_numbers(-516)]),
    ("smu", 0, "float64", [-x * (1 + 2**-52) for x in odd_numbers(-943)]),
    ("smu", 0, "float32", [-x for x in odd_numbers(-106)]),
    ("acon_b", 0, "float64", [-x * (1 + 2**-52) for x in odd_numbers(-943)]),
    ("shifted_softplus", 0, "float64", [k * 5e-324 for k in (1, 3, 5, -1, -3, 2**40 + 1)]),
    ("mexican_hat", 1, "float64", [-x * (1 + 2**-52) for x in odd_numbers(-821)]),
    ("bent_identity", 0, "float32", odd_numbers(126)),
    ("bent_identity", 0, "float64", [x * (1 + 2**-52) for x in odd_numbers(887)]),
    ("bent_identity", 0, "float64", [x * (1 + 2**-52) for x in odd_numbers(1010)]),
    ("softplus_inverse", 0, "float64", neighbours(math.log(2), FORMATS["float64"], 20)),
]


@pytest.fixture
def without_balls(monkeypatch: pytest.MonkeyPatch) -> None:
    def climb(*arguments: Any) -> None:
        pytest.fail("elements are left to balls")

    monkeypatch.setattr(evaluation, "_in_balls", climb)


@pytest.mark.usefixtures("without_balls")
@pytest.mark.parametrize(("name", "order", "dtype", "x"), NUMBERS)
def test_numbers_that_something_tiny_decides_need_no_balls(
    name: str, order: int, dtype: str, x: list[float]
) -> None:
    cls = CATALOG[name]
    assert issubclass(cls, Elementwise)
    f = cls.model_validate(cls.example_params)
    values = np.array(x)
    y = f.derivative(values, dtype=dtype, exact=True).values if order else f(values, dtype, exact=True)
    text = formula(f.expression_text)
    numbers = symbols(f, text, (1,))[0]
    truth = [exact(text, each, numbers, order=order, fmt=FORMATS[dtype]) for each in x]
    assert not misrounded(x, y.astype(np.float64).tolist(), truth, FORMATS[dtype])


ROWS: list[tuple[str, np.ndarray]] = [
    ("log_softmax", np.random.default_rng(8).normal(0, 1e4, (20, 64))),
    ("gumbel_softmax", np.random.default_rng(8).normal(0, 1e300, (20, 64))),
    ("softmax", np.where(np.arange(640) % 3 > 0, np.linspace(-9, 9, 640), -math.inf).reshape(10, 64)),
    ("solu", np.arange(1.0, 641.0).reshape(10, 64) * np.tile([5e-324, -5e-324], 32)),
]


@pytest.mark.parametrize(("name", "x"), ROWS)
def test_rows_that_something_tiny_decides_need_no_balls(
    name: str, x: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The results are those of balls, to the bit."""
    cls = CATALOG[name]
    assert issubclass(cls, Axiswise)
    f = cls.model_validate(cls.example_params)
    monkeypatch.setattr(evaluation, "climb", _left_to_balls)
    expected = f(x, exact=True)
    monkeypatch.undo()
    monkeypatch.setattr(evaluation, "_in_balls", lambda *_: pytest.fail("rows are left to balls"))
    got = f(x, exact=True)
    assert got.tolist() == expected.tolist()


def _left_to_balls(rungs: Any, lanes: Any, dtype: Any, *_: Any) -> tuple[Any, Any]:
    x = lanes["x"]
    return np.copysign(np.zeros(x.shape, dtype), x), np.arange(len(x))


def test_noise_does_not_hide_what_is_not_finite() -> None:
    """The leader's difference with itself is 0 only where it is a number."""
    f = CATALOG["gumbel_softmax"].model_validate({"seed": 7})
    rows = np.array([[math.inf, 0.0], [0.0, math.nan], [math.nan, 0.0], [math.inf, math.inf]])
    assert np.isnan(f(rows)).all()
    assert np.isnan(f(np.array([[math.nan], [math.inf], [-math.inf]]))).all()
    assert f(np.array([[-math.inf, 0.0]])).tolist() == [[0.0, 1.0]]
    assert f(np.array([[-1e300]])).tolist() == [[1.0]]
