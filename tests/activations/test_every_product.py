"""Laws: with an upstream, an elementwise derivative is multiplied by it, and summed for hyperparameters."""

import math

import numpy as np
import pytest
from grids import hard
from measure import (
    SLOPE,
    Inputs,
    Quantity,
    Weighted,
    errors,
    example,
    formula,
    kinks,
    misrounded,
    quantities,
    symbols,
)
from mpmath import mp, mpf
from ulp import FLOAT64, FORMATS, Format, rounded, ulp

from app.activations import CATALOG
from app.activations.elementwise import Elementwise

FUNCTIONS = {name: cls for name, cls in CATALOG.items() if issubclass(cls, Elementwise)}
PARAMETERS = [
    (name, quantity)
    for name, cls in FUNCTIONS.items()
    for quantity in quantities(cls)
    if quantity.wrt != "x" and getattr(example(cls), quantity.wrt) is not None
]
WEIGHTS = (1.0, -0.375, 2.0**-20, 3.0, -1.625, 0.0, 1000.0)
every_format = pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda fmt: fmt.name)


def weighted(f: Elementwise, quantity: Quantity, x: Inputs, u: Inputs, fmt: Format) -> list[mpf | None]:
    """The exact products; 0 times an infinite slope is NaN, as IEEE arithmetic has it."""
    text = formula(f.expression_text)
    found = []
    for each, w, given in zip(x, u, symbols(f, text, (len(x),)), strict=True):
        slope = quantity.at(text, each, given, fmt) if quantity.wrt in text.names else mpf(0)
        if slope is None or w == 0:
            found.append(slope if slope is None else mp.nan if not mp.isfinite(slope) else mpf(0))
        else:
            found.append(quantity.at(Weighted(text, w), each, given, fmt) if slope != 0 else mpf(0))
    return found


@every_format
@pytest.mark.parametrize("name", FUNCTIONS)
def test_products_are_rounded_once(name: str, fmt: Format) -> None:
    """Tiny slopes times large weights are no smaller for it: nothing is rounded in between."""
    f = example(FUNCTIONS[name])
    x = hard(fmt, kinks(f), thin=3)
    u = np.resize(WEIGHTS, len(x)).tolist()
    kind, values = f.derivative(np.array(x), upstream=np.array(u), dtype=fmt.name)
    assert kind == "vjp"
    got, truth = values.astype(float).tolist(), weighted(f, SLOPE, x, u, fmt)
    if f.accuracy[fmt.name] <= 0.5:
        assert not misrounded(x, got, truth, fmt)
    else:
        worst = errors(x, got, truth, fmt)
        assert worst[0][0] <= f.accuracy[fmt.name], worst[:5]


@every_format
@pytest.mark.parametrize(("name", "quantity"), PARAMETERS, ids=str)
def test_sums_for_hyperparameters(name: str, quantity: Quantity, fmt: Format) -> None:
    """Terms may cancel: within 4 ulp of float64 of the sum of their magnitudes, besides the last rounding."""
    f = example(FUNCTIONS[name])
    x = [each for each in hard(fmt, kinks(f), thin=3) if abs(each) < 1e4]
    u = np.resize(WEIGHTS, len(x)).tolist()
    shaped = np.array(x).reshape(1, -1, 1)
    kind, total = f.derivative(shaped, quantity.wrt, upstream=np.reshape(u, shaped.shape), dtype=fmt.name)
    assert kind == "vjp"
    assert total.shape == np.shape(getattr(f, quantity.wrt))
    with mp.workprec(3000):
        terms = [mpf(t) for t in weighted(f, quantity, x, u, fmt)]  # None would be a kink without a slope
        exact, size = sum(terms, mpf(0)), sum(map(abs, terms), mpf(0))
        if math.isinf(rounded(exact, fmt)):
            assert float(total) == rounded(exact, fmt)
        else:
            assert abs(mpf(float(total)) - exact) <= 4 * ulp(size, FLOAT64) + ulp(exact, fmt) / 2


@pytest.mark.parametrize(("name", "quantity"), PARAMETERS, ids=str)
def test_a_value_per_channel(name: str, quantity: Quantity) -> None:
    """Where a hyperparameter may differ by channel: each channel is the function with that value."""
    cls = FUNCTIONS[name]
    if not isinstance(getattr(example(cls), quantity.wrt), np.ndarray):
        return
    channels = [0.125, 1.5, 0.75]
    x = np.resize([each for each in hard(FLOAT64, thin=5) if abs(each) < 1e9], (4, 3, 5))
    u = np.resize(WEIGHTS, x.shape)
    f = cls.model_validate({**cls.example_params, quantity.wrt: channels, "axis": 1})
    slope = f.derivative(x, quantity.wrt, exact=True).values
    vjp = f.derivative(x, quantity.wrt, upstream=u).values
    assert vjp.shape == (3,)
    for i, channel in enumerate(channels):
        alone = cls.model_validate({**cls.example_params, quantity.wrt: channel})
        own = x[:, i]
        np.testing.assert_array_equal(f(x, exact=True)[:, i], alone(own, exact=True))
        np.testing.assert_array_equal(
            f.derivative(x, exact=True).values[:, i], alone.derivative(own, exact=True).values
        )
        np.testing.assert_array_equal(slope[:, i], alone.derivative(own, quantity.wrt, exact=True).values)
        assert vjp[i] == pytest.approx(math.fsum((slope[:, i] * u[:, i]).reshape(-1)), rel=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_infinite_weight_is_ieee_arithmetic(name: str) -> None:
    f = example(FUNCTIONS[name])
    x = np.array([0.3, 0.3, 0.3, 0.3])
    u = np.array([math.inf, -math.inf, math.nan, 0.0])
    slope = float(f.derivative(x).values[0])
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(f.derivative(x, upstream=u).values, slope * u)
    assert rounded(mpf(slope), FLOAT64) == slope
