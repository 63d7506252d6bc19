"""Laws: every arithmetic's error bound holds, for each function of the vocabulary and for each formula.

What is wrong with a bound seldom shows in a rounded result: the ladder has margins, and few results lie
near a rounding boundary. So the bounds themselves are measured, against the oracle.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from grids import hard
from measure import SLOPE, VALUE, Inputs, Quantity, formula, kinks, misrounded, symbols
from mpmath import mp, mpf
from oracle import exact
from ulp import FLOAT64, FORMATS, Format, near_midpoint

from app.activations import CATALOG
from app.activations.arithmetic import BALL, DOUBLE, PAIR, WIDE, Arithmetic
from app.activations.arithmetic.ball import precision
from app.activations.arithmetic.wide import Wide, as_is
from app.activations.elementwise import Elementwise
from app.activations.formula import Expression, differentiate, parse, run
from app.activations.formula.expression import UNARY
from app.activations.rounding import DTYPES, certify

FUNCTIONS = {name: cls for name, cls in CATALOG.items() if issubclass(cls, Elementwise)}
FLOATS = [pytest.param(DOUBLE, id="double"), pytest.param(PAIR, id="pair"), pytest.param(WIDE, id="wide")]
CROSSED = [0.5, 1.0, math.log(2), math.pi, -math.pi / 2, 7.0, 26.0, 40.0, 1000 * math.pi]
"""Where a function of the vocabulary vanishes, or its kernel may change over."""
DEEP = [
    *(0.0027, 2.0**-14, 5e4, 2.0**16, 2.0**30, 2.0**44, 2.0**-200, 2.0**201, 2.0**-600),
    *(1e-310, 1e4, 1e11, 1e300),
]
"""Where Wide values change over besides, and what overflows or underflows on the way."""


MOST = mpf(2) ** 2**30
"""Beyond it, one exponential is as good as any other."""


def inputs(special: Sequence[float] = ()) -> list[float]:
    """The hard grid, and numbers of every size with full mantissas."""
    drawn = np.random.default_rng(20250101)
    spread = drawn.standard_normal(60) * np.exp(drawn.uniform(-8.0, 4.0, 60))
    grid = [x for x in hard(FLOAT64, [*CROSSED, *special], thin=2) if math.isfinite(x)]
    deep = [side * each for each in DEEP for side in (1 - 2**-40, -1.1)]
    return [*grid, *deep, *spread.tolist(), *drawn.uniform(0.0, 1.0, 30).tolist()]


def computed(arithmetic: Arithmetic, expression: Expression, numbers: Mapping[str, Any], x: Inputs) -> Any:
    values = {name: arithmetic.value.of(value) for name, value in numbers.items()}
    with np.errstate(all="ignore"):
        return run(expression, {**values, "x": arithmetic.value.exact(np.array(x))}, arithmetic)


def breaches(
    value: Any, truth: Sequence[mpf | None], x: Inputs, least: int = -1080
) -> list[tuple[float, float, float]]:
    """(x, error, bound) wherever the error is the larger one, and larger than 2**least."""
    wide = isinstance(value, Wide)
    exponent, value = (value.exponent, value.mantissa) if wide else (0, value)
    with np.errstate(all="ignore"):
        bound = value.error()
    parts = (value.hi, 0.0 if value.lo is None else value.lo, 0.0 if bound is None else bound, exponent)
    columns = (np.broadcast_to(part, np.shape(x)).tolist() for part in parts)
    found = []
    with mp.workprec(1200):
        for each, t, hi, lo, limit, octaves in zip(x, truth, *columns, strict=True):
            if t is None or not (mp.isfinite(t) and math.isfinite(hi) and math.isfinite(limit)):
                continue
            unit = mpf(2) ** octaves
            error = abs((mpf(hi) + mpf(lo)) * unit - t)
            known = limit * unit + abs(t) * mpf(2) ** -150  # the oracle's own
            if error > max(known, mpf(2) ** least) and abs(t) < MOST:
                found.append((each, float(error), limit))
    return found


def miscertified(
    value: Any, truth: Sequence[mpf | None], x: Inputs, settled_for: Format | None = None
) -> list[str]:
    """Where a result that is called certain is not the exact one rounded.

    A truth that is settled for one format says nothing beside the midpoints of others.
    """
    found = []
    for fmt in FORMATS.values():
        with np.errstate(all="ignore"):
            rounded, doubt = certify(value, DTYPES[fmt.name], exact=True)
        got, certain = np.broadcast_to(rounded, np.shape(x)).tolist(), np.broadcast_to(~doubt, np.shape(x))
        open_ = settled_for not in (None, fmt)
        settled = [
            t
            if each and t is not None and not mp.isnan(t) and not (open_ and near_midpoint(t, fmt, 100))
            else None
            for t, each in zip(truth, certain, strict=True)
        ]
        found += misrounded(x, got, settled, fmt)
    return found


@pytest.mark.parametrize("arithmetic", FLOATS)
@pytest.mark.parametrize("argument", ["x", "0.7*x"], ids=["exact", "inexact"])
@pytest.mark.parametrize("name", sorted(UNARY))
def test_bounds_of_the_vocabulary(name: str, argument: str, arithmetic: Arithmetic) -> None:
    """An argument that is not exact matters most where the function crosses 0."""
    text = f"{name}({argument})"
    x = inputs([] if argument == "x" else [each / 0.7 for each in CROSSED])
    truth = [exact(formula(text), each, {}) for each in x]
    least = -(2**40) if arithmetic is WIDE else -1080
    assert not breaches(computed(arithmetic, parse(text), {}, x), truth, x, least)


def test_wide_results_are_rounded_once() -> None:
    """Subnormal and overflowing ones too; about the last places of subnormals there are ties of all kinds."""
    drawn = np.random.default_rng(20250102)
    a = drawn.integers(-(2**54), 2**54, 3000) | 1
    octaves = np.concatenate([drawn.integers(-1140, -1060, 2400), drawn.integers(960, 980, 600)])
    rest = drawn.choice([-1.0, 0.0, 1.0], 3000) * 2.0**-900
    a = (a >> drawn.integers(0, 54, 3000)).astype(np.float64)
    total = WIDE.value.exact(a) + WIDE.value.exact(rest)
    value = as_is(total.mantissa, total.exponent + octaves)
    with mp.workprec(3000):
        each = zip(a.tolist(), rest.tolist(), octaves.tolist(), strict=True)
        truth = [(mpf(x) + mpf(y)) * mpf(2) ** k for x, y, k in each]
        assert not miscertified(value, truth, a.tolist())
    for fmt in FORMATS.values():
        with np.errstate(all="ignore"):
            _, doubt = certify(value, DTYPES[fmt.name], exact=True)
        assert not doubt.any(), fmt.name


@pytest.mark.parametrize("quantity", [VALUE, SLOPE], ids=str)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_bounds_of_formulas(name: str, quantity: Quantity) -> None:
    """In doubles and pairs the bound, in balls the ball: none may miss the exact result."""
    cls = FUNCTIONS[name]
    f = cls.model_validate(cls.example_body().get("params", {}))
    x = inputs(kinks(f))[:: 2 + 2 * quantity.order]
    truth = quantity.exactly(f, x, FLOAT64)
    text = formula(f.expression_text)
    numbers = symbols(f, text, (1,))[0]
    expression = parse(f.expression_text)
    expression = differentiate(expression, "x") if quantity.order else expression
    for arithmetic in (DOUBLE, PAIR, WIDE):
        value = computed(arithmetic, expression, numbers, x)
        assert not breaches(value, truth, x), arithmetic
        assert not miscertified(value, truth, x, FLOAT64), arithmetic
    with precision(128):
        balls = computed(BALL, expression, numbers, x).balls
        for each, t, ball in zip(x, truth, np.broadcast_to(balls, np.shape(x)), strict=True):
            if t is not None and mpf(2) ** -1080 < abs(t) < MOST and ball.is_finite():
                low, high = (mpf(end.str(60, radius=False)) for end in (ball.lower(), ball.upper()))
                assert low - abs(t) * 2**-50 <= t <= high + abs(t) * 2**-50, each  # mpmath's double rounding
