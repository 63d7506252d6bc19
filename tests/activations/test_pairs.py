"""Pairs against fractions, and their kernels at arguments with low parts, against mpmath."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf
from numpy.typing import NDArray

from app.activations.arithmetic import PAIR, WIDE
from app.activations.arithmetic.double import Double
from app.activations.arithmetic.doubledouble import product, quotient, total
from app.activations.formula.expression import UNARY

COUNT = 600
INF, NAN = np.inf, np.nan
Floats = NDArray[np.float64]


def drawn_pairs(seed: int, octaves: int) -> tuple[Floats, Floats]:
    """Numbers within so many octaves of 1, many with few bits, and low parts, many of them 0."""
    drawn = np.random.default_rng(seed)
    hi = drawn.choice([-1.0, 1.0], COUNT) * drawn.uniform(1.0, 2.0, COUNT)
    hi = np.where(drawn.random(COUNT) < 0.3, np.rint(hi * 8) / 8, hi)
    hi = np.ldexp(hi, drawn.integers(-octaves, octaves + 1, COUNT))
    lo = hi * drawn.uniform(-1.0, 1.0, COUNT) * 2.0**-54 * (drawn.random(COUNT) < 0.6)
    return hi, lo


def exactly(hi: float, lo: float) -> Fraction:
    return Fraction(hi) + Fraction(lo)


@pytest.mark.parametrize("octaves", [0, 40, 440])
def test_operations_on_pairs_lose_next_to_nothing(octaves: int) -> None:
    """Beside the larger term of a sum; and what has no trusted low part says how much it lost."""
    (a, a_lo), (b, b_lo) = drawn_pairs(1, octaves), drawn_pairs(2, octaves)
    b[:100], b_lo[:100] = -a[:100], a_lo[:100] / 2  # what cancels
    sums, products, quotients = (f(a, a_lo, b, b_lo) for f in (total, product, quotient))
    for i in range(COUNT):
        first, second = exactly(a[i], a_lo[i]), exactly(b[i], b_lo[i])
        error = abs(exactly(sums[0][i], sums[1][i]) - (first + second))
        assert error <= max(abs(first), abs(second)) / 2**100
        for found, truth in ((products, first * second), (quotients, first / second)):
            error = abs(exactly(found[0][i], found[1][i]) - truth)
            assert error <= abs(truth) / 2**100 + Fraction(found[2][i])
        assert (quotients[3][i] == 0.0) <= (Fraction(quotients[0][i]) == first / second)
    if octaves < 400:
        assert not products[2].any()
        assert not quotients[2].any()
        assert not quotients[3].all()


def test_what_is_lost_at_the_ends_of_the_range_is_told() -> None:
    drawn = np.random.default_rng(3)
    a, b = (drawn.uniform(1.0, 2.0, COUNT) * 2.0 ** drawn.integers(-1060, 1000, COUNT) for _ in range(2))
    none = np.zeros(COUNT)
    with np.errstate(all="ignore"):
        found = (product(a, none, b, none), quotient(a, none, b, none))
    for i in range(COUNT):
        first, second = Fraction(a[i]), Fraction(b[i])
        for (hi, lo, lost, *_), truth in zip(found, (first * second, first / second), strict=True):
            if np.isfinite(hi[i]) and np.isfinite(lost[i]):
                assert abs(exactly(hi[i], lo[i]) - truth) <= abs(truth) / 2**100 + Fraction(lost[i])
            else:
                assert lost[i] == INF


@pytest.mark.parametrize(
    ("operation", "a", "b", "expected"),
    [
        (total, -0.0, -0.0, -0.0),
        (total, 1.0, -1.0, 0.0),
        (total, INF, 1.0, INF),
        (total, INF, -INF, NAN),
        (total, 1.7e308, 1.7e308, INF),
        (product, -0.0, 3.0, -0.0),
        (product, INF, -2.0, -INF),
        (product, INF, 0.0, NAN),
        (quotient, 0.0, -2.0, -0.0),
        (quotient, 1.0, 0.0, INF),
        (quotient, 3.0, -INF, -0.0),
        (quotient, INF, INF, NAN),
    ],
)
def test_zeros_and_infinities_are_those_of_doubles(
    operation: Callable[..., tuple[Floats, ...]], a: float, b: float, expected: float
) -> None:
    with np.errstate(all="ignore"):
        hi, lo, *_ = operation(a, 0.0, b, 0.0)
    assert repr(float(hi)) == repr(expected)
    assert lo == 0.0


Draw = Callable[[np.random.Generator], Floats]


def near_minus_1(drawn: np.random.Generator) -> Floats:
    return -1.0 + np.exp(drawn.uniform(-36.0, -1.0, COUNT))


def beside_0(drawn: np.random.Generator) -> Floats:
    return drawn.choice([-1.0, 1.0], COUNT) * np.exp(drawn.uniform(-60.0, 0.0, COUNT))


def evenly(name: str, low: float, high: float) -> Any:
    return pytest.param(name, lambda drawn: drawn.uniform(low, high, COUNT), id=f"{name}-{low:g}-{high:g}")


ARGUMENTS = [
    *((name, beside_0) for name in ("exp", "expm1", "log1p", "tanh", "sin", "cos", "erf", "sigmoid")),
    ("log1p", near_minus_1),
    evenly("exp", -600.0, 700.0),
    evenly("expm1", -720.0, -30.0),
    evenly("expm1", -30.0, 60.0),
    evenly("log1p", 0.0, 1e6),
    evenly("log", 0.0, 4.0),
    evenly("tanh", 10.0, 30.0),
    evenly("tanh", -400.0, -30.0),
    evenly("sin", -7e4, 7e4),
    evenly("cos", -100.0, 100.0),
    evenly("erf", -7.0, 7.0),
    evenly("sech2", -300.0, 300.0),
    evenly("sigmoid", -600.0, 600.0),
    evenly("softplus", -600.0, 600.0),
]
TRUTHS: dict[str, Callable[[mpf], mpf]] = {
    "sech2": lambda t: mp.sech(t) ** 2,
    "sigmoid": lambda t: 1 / (1 + mp.exp(-t)),
    "softplus": lambda t: mp.log1p(mp.exp(t)),
}


@pytest.mark.parametrize(("name", "draw"), ARGUMENTS)
def test_bounds_at_pairs(name: str, draw: Draw) -> None:
    """The low part of an argument counts; beside the zeros of a logarithm it is all there is."""
    drawn = np.random.default_rng(4)
    x = draw(drawn)
    lo = x * drawn.uniform(-1.0, 1.0, COUNT) * 2.0**-54
    with np.errstate(all="ignore"):
        value = PAIR.apply(name, Double(x, lo))
        bound = np.broadcast_to(np.asarray(value.error()), x.shape)
    assert np.isfinite(bound).mean() > 0.9
    assert (bound <= 2.0**-50 * np.abs(value.hi)).mean() > 0.5
    columns = (each.tolist() for each in (x, lo, value.hi, value.lo, bound))
    with mp.workprec(2300):
        function = TRUTHS[name] if name in TRUTHS else getattr(mp, name)
        for t, t_lo, hi, low, limit in zip(*columns, strict=True):
            truth = function(mpf(t) + mpf(t_lo))
            assert abs(mpf(hi) + mpf(low) - truth) <= limit, t


@pytest.mark.parametrize("name", sorted(UNARY - {"abs", "sign"}))
def test_nan_stays_nan(name: str) -> None:
    """Also where an argument is beyond all that a reduction knows: WIDE alone has such."""
    far = WIDE.value.exact(np.array([NAN, 2.0**700])) ** 2
    with np.errstate(all="ignore"):
        assert np.isnan(PAIR.apply(name, Double.exact(np.array([NAN, 1.0]))).hi[0])
        value = WIDE.apply(name, far)
        assert np.isnan(value.mantissa.hi[0])
    if name in ("sin", "cos"):
        assert np.isnan(value.mantissa.hi[1])
