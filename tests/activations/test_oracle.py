"""The measuring instruments, measured: against constants, NumPy's own conversions and each other."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from grids import ZERO_CROSSINGS, sign_changes
from hypothesis import given
from hypothesis import strategies as st
from language import Formula
from mpmath import mp, mpf
from oracle import Undefined, exact
from published import ELEMENTWISE
from published_mixing import Exact
from ulp import FLOAT64, FORMATS, Format, error_in_ulp, following, near_midpoint, rounded, same

FLOAT32 = FORMATS["float32"]
NUMPY: dict[str, Any] = {
    "float64": np.float64,
    "float32": np.float32,
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
}


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda fmt: fmt.name)
@given(x=(st.floats(allow_nan=False, width=32) | st.floats(allow_nan=False)).filter(bool))
def test_rounding_agrees_with_one_conversion(fmt: Format, x: float) -> None:
    if fmt.name == "bfloat16":  # ml_dtypes converts through float32, so only float32 is converted once
        x = float(np.float32(np.clip(x, -FLOAT32.huge, FLOAT32.huge))) or 1.0
    with np.errstate(all="ignore"):
        assert same(rounded(mpf(x), fmt), float(np.float64(x).astype(NUMPY[fmt.name])))


def test_rounding_once() -> None:
    assert rounded(mpf(1 + 2**-8 + 2**-40), FORMATS["bfloat16"]) == 1.0078125
    assert rounded(mpf(1 + 2**-8), FORMATS["bfloat16"]) == 1.0
    with mp.workprec(2000):
        beyond_midpoint = mpf(2) ** -1075 * (1 + mpf(2) ** -800)
        last = mpf(2) ** 1024 * (1 - mpf(2) ** -54)
    assert rounded(beyond_midpoint, FLOAT64) == 5e-324
    assert same(rounded(mpf(2) ** -1075 * -1, FLOAT64), -0.0)
    assert rounded(last, FLOAT64) == math.inf
    with mp.workprec(2000):
        assert rounded(last - 1, FLOAT64) == FLOAT64.huge


def test_following_enumerates_a_format() -> None:
    members = np.arange(0x7C00, dtype=np.uint16).view(np.float16).astype(float)  # 0 to the largest
    fmt = FORMATS["float16"]
    assert [following(x, fmt) for x in members] == [*members[1:], math.inf]
    assert [following(-x, fmt) for x in members[1:]] == [*-members[:-1]]


def test_errors_are_fractional_ulps_of_the_exact_value() -> None:
    with mp.workprec(400):
        assert error_in_ulp(1.0, 1 + mpf(2) ** -53, FLOAT64) == 0.5
        assert error_in_ulp(1.0, 1 - mpf(2) ** -54, FLOAT64) == 0.5  # the ulp below 1 is half as wide
        assert error_in_ulp(5e-324, mpf(2) ** -1076, FLOAT64) == 0.75
        assert error_in_ulp(-5e-324, mpf(2) ** -5000, FLOAT64) == 1.0
        assert error_in_ulp(math.inf, mpf(2) ** 1024 - mpf(2) ** 970, FLOAT64) == 0.5
    assert error_in_ulp(math.inf, mpf(2) ** 3000, FLOAT64) == 0.0
    assert error_in_ulp(FLOAT64.huge, mpf(2) ** 3000, FLOAT64) == 1.0
    assert error_in_ulp(3e-45, mpf(0), FLOAT32) == pytest.approx(2.0, rel=0.1)
    assert error_in_ulp(math.nan, mpf(1), FLOAT64) == math.inf == error_in_ulp(1.0, mp.nan, FLOAT64)
    assert error_in_ulp(1.0, mpf(-1), FLOAT64) == 2.0**53


@given(x=st.floats(1e-300, 1e300), bits=st.integers(4, 40))
def test_midpoints_are_seen(x: float, bits: int) -> None:
    with mp.workprec(200):
        x = float(np.float32(x)) if 1e-37 < x < 1e38 else 1.0
        middle = (mpf(x) + mpf(following(x, FLOAT32))) / 2
        ulp = mpf(following(x, FLOAT32)) - mpf(x)
        assert near_midpoint(middle, FLOAT32, bits)
        assert near_midpoint(middle + ulp * mpf(2) ** -(bits + 1), FLOAT32, bits)
        assert not near_midpoint(middle + ulp * mpf(2) ** -(bits - 2) * 0.99, FLOAT32, bits)


# To 40 digits, from Mathematica, the OEIS and the tables in DLMF 7 and Abramowitz & Stegun 26.
CONSTANTS = [
    ("sigmoid(x)", 1.0, 0, "0.7310585786300048792511592418218362743651"),
    ("sigmoid(x)", 0.0, 1, "0.25"),
    ("tanh(x)", 1.0, 0, "0.7615941559557648881194582826047935904128"),
    ("tanh(x)", 1.0, 1, "0.4199743416140260693944967390417014449171"),
    ("softplus(x)", 0.0, 0, "0.6931471805599453094172321214581765680755"),
    ("Phi(x)", 1.0, 0, "0.8413447460685429485852325456320379224779"),
    ("Phi(x)", 0.0, 1, "0.3989422804014326779399460599343818684759"),
    ("erf(x)", 1.0, 0, "0.8427007929497148693412206350826092592961"),
    ("atan(x)", 1.0, 0, "0.7853981633974483096156608458198757210493"),
    ("asinh(x)", 1.0, 0, "0.8813735870195430252326093249797923090282"),
    ("exp(x)", 1.0, 2, "2.718281828459045235360287471352662497757"),
    ("0.1 * x", 1.0, 0, "0.1"),
    ("pi", 1.0, 0, "3.141592653589793238462643383279502884197"),
    ("2 / 3 * x ** 3", 1.0, 2, "4"),
]


@pytest.mark.parametrize(("text", "x", "order", "digits"), CONSTANTS)
def test_known_constants(text: str, x: float, order: int, digits: str) -> None:
    with mp.workprec(300):
        assert abs(exact(Formula(text), x, {}, order=order) - mp.mpf(digits)) < mpf(10) ** -38


@given(x=st.floats(-600, 600))
def test_difference_quotients_are_the_derivative(x: float) -> None:
    """Where the derivative is known in closed form, tails included."""
    with mp.workprec(1200):
        e = mp.exp(-abs(mpf(x)))
        slope = e / (1 + e) ** 2
        assert abs(exact(Formula("sigmoid(x)"), x, {}, order=1) / slope - 1) < mpf(2) ** -60
        curvature = -mp.sign(x) * slope * (1 - e) / (1 + e)
        assert abs(exact(Formula("sigmoid(x)"), x, {}, order=2) - curvature) <= abs(curvature) * mpf(2) ** -60


def test_conventions_of_the_formula_language() -> None:
    assert exact(Formula("max(0, x)"), 0.0, {}, order=1) == 1
    assert exact(Formula("max(x, 0)"), 0.0, {}, order=1) == 0
    assert exact(Formula("min(x, 1)"), 1.0, {}, order=1) == 0
    assert exact(Formula("abs(x)"), 0.0, {}, order=1) == 0
    assert exact(Formula("x if x > 0 else 3 * x"), 0.0, {}, order=1) == 3
    assert exact(Formula("x if x > 0 else 3 * x"), 5e-324, {}, order=1) == 1
    assert exact(Formula("x if x > 0 else a * x"), -2.0, {"a": 0.1}, wrt="a", order=1) == -2


def test_ties_are_told_from_near_ties() -> None:
    """x/2 of a subnormal is a tie; the next term of x * Phi(x), 2**-1074 times smaller, breaks it."""
    tiny = 5e-324
    assert rounded(exact(Formula("x / 2"), tiny, {}), FLOAT64) == 0.0
    assert rounded(exact(Formula("x * Phi(x)"), tiny, {}), FLOAT64) == tiny
    assert rounded(exact(Formula("x * Phi(x)"), -tiny, {}), FLOAT64) == 0.0


def test_limits_and_poles() -> None:
    inf = math.inf
    assert exact(Formula("x * sigmoid(x)"), inf, {}) == inf
    assert rounded(exact(Formula("x * sigmoid(x)"), -inf, {}), FLOAT64) == 0
    assert rounded(exact(Formula("x / (1 + abs(x))"), -inf, {}), FLOAT64) == -1
    assert mp.isnan(exact(Formula("sin(x)"), inf, {}))
    assert exact(Formula("asinh(x)"), -inf, {}) == -inf
    assert exact(Formula("log1p(x**2)*erf(x)"), -inf, {}, order=1) == 0
    assert exact(Formula("1/sqrt(sqrt(x))"), inf, {}) == 0
    assert exact(Formula("x * sigmoid(b * x)"), inf, {"b": 0.0}, wrt="b", order=1) == inf
    assert exact(Formula("logit(x)"), 1.0, {}, order=1) == inf
    assert exact(Formula("logit(x)"), 0.0, {}) == -inf
    assert mp.isnan(exact(Formula("logit(x)"), 1.5, {}, order=1))
    assert exact(Formula("log_expm1(x)"), inf, {}, order=1) == 1
    with pytest.raises(Undefined):
        exact(lambda path, v: abs(v["x"]), 0.0, {}, order=2)


def _rounded(slope: Callable[[float], mpf], x: float) -> float:
    return rounded(slope(x), FLOAT64)


def test_zero_crossings_are_where_the_literature_has_them() -> None:
    crossings = {"x * sigmoid(x)": ZERO_CROSSINGS[0], "x * Phi(x)": ZERO_CROSSINGS[1]}
    for text, at in {**crossings, "x * tanh(softplus(x))": ZERO_CROSSINGS[2]}.items():
        slope = partial(exact, Formula(text), parameters={}, order=1)
        found = sign_changes(partial(_rounded, slope))
        assert len(found) == 2
        assert at == pytest.approx(found[0], abs=5e-16)


def elementwise(name: str, **parameters: Any) -> Any:
    return lambda path, v: ELEMENTWISE[name](v["x"], **parameters)


# From torch 2.13's documentation and tests, and the papers.
PUBLISHED_VALUES = [
    ("selu", 1.0, {"scale": 1.0507009873554805, "alpha": 1.6732632423543772}, 1.0507009873554805),
    ("selu", -1.0, {"scale": 1.0507009873554805, "alpha": 1.6732632423543772}, -1.1113307378125625),
    ("mish", 1.0, {}, 0.8650983882673103),
    ("gelu_tanh", 1.0, {}, 0.8411919906082768),
    ("quick_gelu", 1.0, {}, 0.8457957659328212),
    ("swish", -1.0, {"beta": 1.0}, -0.2689414213699951),
    ("softplus", 0.0, {"beta": 2.0}, 0.34657359027997264),
    ("logit", 0.75, {"eps": None}, 1.0986122886681098),
    ("hard_sigmoid", 1.0, {"slope": 0.25, "offset": 0.5}, 0.75),
]


@pytest.mark.parametrize(("name", "x", "parameters", "value"), PUBLISHED_VALUES)
def test_published_definitions(name: str, x: float, parameters: dict[str, Any], value: float) -> None:
    assert error_in_ulp(value, exact(elementwise(name, **parameters), x, {}), FLOAT64) <= 1


def test_published_mixing_definitions() -> None:
    """softmax's Jacobian is y_i (delta_ij - y_j), its VJP y (u - <y, u>)."""
    x = np.array([[0.5, -1.0, 3.0]])
    softmax = Exact("softmax", x, {"axis": -1, "temperature": 2.0}, FLOAT64)
    y = np.exp(x[0] / 2) / np.exp(x[0] / 2).sum()
    jacobian = (np.diag(y) - np.outer(y, y)) / 2
    assert softmax.value().astype(float)[0] == pytest.approx(y)
    assert softmax.jacobian(-1).astype(float)[0] == pytest.approx(jacobian)
    upstream = np.array([[1.0, -2.0, 0.25]])
    assert softmax.vjp(upstream, "x").astype(float)[0] == pytest.approx(upstream[0] @ jacobian)
    moved = Exact("softmax", x.T.copy(), {"axis": 0, "temperature": 2.0}, FLOAT64)
    assert moved.jacobian(0).shape == (1, 3, 3)
    assert moved.vjp(upstream.T, "temperature").shape == ()


def test_mixing_shapes() -> None:
    x = np.array([[0.5, -1.0, 3.0, 2.0]])
    w = [[[1.0, 0, 0, 0], [0, 1.0, 0, 0]], [[0, 0, 1.0, 0], [0, 0, 0, 1.0]], [[1.0, 1, 0, 0], [0, 0, 0, 0.0]]]
    layer = Exact("maxout", x, {"w": w, "b": None, "pool_size": None}, FLOAT64)
    assert layer.value().tolist() == [[0.5, 3.0, 0.0]]
    assert layer.jacobian(-1).shape == (1, 3, 4)
    unit = Exact("maxout", x, {"w": w[0], "b": [0.0, 4.0], "pool_size": None}, FLOAT64)
    assert unit.value().tolist() == [3.0]
    assert unit.jacobian(-1).tolist() == [[0, 1, 0, 0]]
    assert unit.vjp(np.array([2.0]), "w").tolist() == [[0, 0, 0, 0], [1, -2, 6, 4]]
    crelu = Exact("crelu", x, {"axis": -1}, FLOAT64)
    assert crelu.value().tolist() == [[0.5, 0, 3, 2, 0, 1, 0, 0]]
    assert crelu.jacobian(-1)[0, 5].tolist() == [0, -1, 0, 0]
    dice = Exact("dice", x.T, {"alpha": 0.1, "eps": 1e-9, "mean": None, "var": None, "axis": 0}, FLOAT64)
    assert dice.jacobian(0).shape == (1, 4, 4)
    gated = {"axis": -1, "gate": "second", "beta": 1.0, "w": None, "v": None, "b": None, "c": None}
    swiglu = Exact("swiglu", x, gated, FLOAT64)
    expected = [0.5 * 3 / (1 + math.exp(-3)), -2 / (1 + math.exp(-2))]
    assert swiglu.value().astype(float)[0] == pytest.approx(expected)
