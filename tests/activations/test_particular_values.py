"""What no law can say: constants of the literature, conventions, and the errors that others make.

Expected numbers are from the papers, from PyTorch 2.13's documentation and behaviour, or computed to 25
digits and rounded here by Python's own parser.
"""

import math
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from app.activations import find

INF, NAN = math.inf, math.nan


def value(name: str, x: float, dtype: str = "float64", **params: Any) -> float:
    return float(find(name).model_validate(params)(np.array(x), dtype, exact=True))


def slope(
    name: str, x: float, dtype: str = "float64", wrt: str = "x", order: int = 1, **params: Any
) -> float:
    f = find(name).model_validate(params)
    return float(f.derivative(np.array(x), wrt, order, None, dtype, exact=True).values)


VALUES: list[tuple[str, float, dict[str, Any], float]] = [
    # gelu's left tail, where 1 + erf cancels (pytorch#187806)
    ("gelu", -12.0, {}, -2.131778534493214797235405e-32),
    ("gelu", -10.0, {}, -7.619853024160526065973343e-23),
    ("gelu", -6.0, {}, -5.919525870226188844205185e-9),
    ("gelu", 1.0, {}, 0.8413447460685429485852325),
    ("gelu", 1.0, {"mean": 0.5, "std": 2.0}, 0.5987063256829237242408538),
    ("gelu", 1.0, {"approximate": "tanh"}, 0.8411919906082767047819958),
    ("gelu", 1.0, {"approximate": "sigmoid"}, 0.8457957659328212),
    ("gelu_tanh", -8.0, {}, -3.107782937501111218031581e-21),
    ("gelu_tanh", 1.0, {}, 0.8411919906082767047819958),
    ("quick_gelu", 1.0, {}, 0.8457957659328212),
    # subnormal exponentials
    ("swish", -745.0, {}, -2.102651294201593121883313e-321),
    ("swish", -90.0, {}, -7.374611361591463887324997e-38),
    ("mish", -90.0, {}, -7.374611361591463887324997e-38),
    ("mish", 1.0, {}, 0.8650983882673103461162334),
    ("sigmoid", 0.0, {}, 0.5),
    ("tanh", 1.0, {}, 0.7615941559557648881194582),
    ("log_sigmoid", 40.0, {}, -4.248354255291588986304978e-18),
    ("log_sigmoid", -800.0, {}, -800.0),
    # no threshold of 20
    ("softplus", 20.5, {}, 20.5000000012501528656053),
    ("softplus", 0.0, {}, math.log(2)),
    ("softplus_inverse", 1e-20, {}, -46.05170185988091373520156),
    ("softplus_inverse", 0.5, {}, -0.432752129567188571894641),
    # logit at 1/2 and of a subnormal
    ("logit", 0.5 + 2.0**-52, {}, 8.881784197001252323389053e-16),
    ("logit", 1e-310, {}, -713.8013788281541651006446),
    ("logit", 0.9, {"eps": 0.25}, math.log(3)),
    ("selu", 1.0, {}, 1.0507009873554805),
    ("selu", -1.0, {}, -1.111330737812562648840808),
    ("elu", -1.0, {"alpha": 2.0}, -1.264241117657115356808952),
    # the three hard sigmoids, each with its own slope
    ("hard_sigmoid", 1.0, {}, 0.7),
    ("hard_sigmoid", 1.0, {"slope": 1 / 6}, 0.6666666666666666296592325),
    ("hard_logistic", 1.0, {}, 0.75),
    ("hard_logistic", -2.0, {}, 0.0),
    ("hard_sigmoid", 2.5, {}, 1.0),
    # He et al. start at 0.25, Maas et al. fix 0.01; both are 0 at 0
    ("prelu", -2.0, {}, -0.5),
    ("leaky_relu", -2.0, {}, -0.02),
    ("prelu", 0.0, {}, 0.0),
    ("rrelu", -1.0, {}, -11 / 48),
    ("relu", 3.0, {"max_value": 2.5}, 2.5),
    # Keras 3.15: max_value leaves what is below the threshold as it is
    ("relu", -5.0, {"negative_slope": -0.5, "max_value": 1.0}, 2.5),
    ("relu", -5.0, {"negative_slope": -1.0, "threshold": 2.0, "max_value": 4.0}, 7.0),
    ("relu", 1.5, {"negative_slope": 0.5, "threshold": 2.0, "max_value": 1.0}, -0.25),
    ("relu", 8.0, {"negative_slope": -1.0, "threshold": 2.0, "max_value": 4.0}, 4.0),
    ("leaky_relu", -5.0, {"alpha": -0.5, "max_value": 1.0}, 2.5),
    ("leaky_relu", 8.0, {"alpha": -0.5, "max_value": 1.0}, 1.0),
    ("relu", 0.5, {"threshold": 1.0, "negative_slope": 0.5}, -0.25),
    ("clipped_relu", 25.0, {}, 20.0),
    ("thresholded_relu", 1.0, {}, 0.0),
    ("negative_part", -3.0, {}, 3.0),
    # Gulcehre et al., algorithm 1, with the noise's expectation
    ("noisy_hard_tanh", 3.0, {}, 0.7578491897119608809397047),
    ("noisy_hard_tanh", 3.0, {"noise": "normal"}, 0.7000000000000001776356839),
    ("noisy_hard_tanh", 0.5, {}, 0.5),
    ("noisy_hard_sigmoid", -4.0, {}, 0.04820520402444442201574297),
    # limits at infinity, where PyTorch and JAX return NaN
    ("softsign", INF, {}, 1.0),
    ("softsign", -INF, {}, -1.0),
    ("swish", -INF, {}, 0.0),
    ("mish", -INF, {}, 0.0),
    ("gelu", -INF, {}, 0.0),
    ("gelu_tanh", INF, {}, INF),
    ("logit", 0.0, {}, -INF),
    ("logit", 1.0, {}, INF),
    ("logit", 2.0, {}, NAN),
    ("softplus_inverse", 0.0, {}, -INF),
    ("softplus_inverse", -1.0, {}, NAN),
]


@pytest.mark.parametrize(("name", "x", "params", "expected"), VALUES)
def test_values(name: str, x: float, params: dict[str, Any], expected: float) -> None:
    got = value(name, x, **params)
    assert got == expected or (math.isnan(got) and math.isnan(expected))


SLOPES: list[tuple[str, float, dict[str, Any], float]] = [
    # 1 - tanh^2, not (1 - tanh)^2, which is 0.289; and no 1 - y*y, which is 0 from 19.1
    ("tanh", 0.5, {}, 0.7864477329659274101496989),
    ("tanh", 10.0, {}, 8.244614455767397374609178e-9),
    ("sigmoid", 0.0, {}, 0.25),
    ("sigmoid", 20.0, {}, 2.061153613941849343652295e-9),
    ("swish", -745.0, {}, -2.099828943471121184806959e-321),
    ("mish", -90.0, {}, -7.292671235351558733021386e-38),
    ("elu", -40.0, {}, 4.248354255291588995329235e-18),
    ("softsign", 1e10, {}, 9.9999999980000000003e-21),
    ("softplus", 20.5, {}, 0.9999999987498471351761396),
    ("gelu", 0.0, {}, 0.5),
    # x**2 overflows on the way, the derivative does not
    ("gelu_tanh", 1e155, {}, 1.0),
    ("gelu_tanh", -1e155, {}, 0.0),
    ("logit", 0.0, {}, INF),
    ("logit", 2.0, {}, NAN),
    # PyTorch at kinks
    ("relu", 0.0, {}, 0.0),
    ("relu6", 0.0, {}, 0.0),
    ("relu6", 6.0, {}, 0.0),
    ("hard_tanh", -1.0, {}, 0.0),
    ("hard_tanh", 1.0, {}, 0.0),
    ("leaky_relu", 0.0, {}, 0.01),
    ("leaky_relu", 0.0, {"alpha": 0.3}, 0.3),
    ("prelu", 0.0, {}, 0.25),
    ("rrelu", 0.0, {}, 11 / 48),
    ("elu", 0.0, {"alpha": 0.5}, 0.5),
    ("selu", 0.0, {}, 1.0507009873554805 * 1.6732632423543772),
    ("hard_sigmoid", 2.5, {}, 0.0),
    ("hard_sigmoid", -2.5, {}, 0.0),
    # the double next to 1/6 is smaller: its line reaches 1 just beyond 3
    ("hard_sigmoid", 3.0, {"slope": 1 / 6}, 1 / 6),
    ("hard_sigmoid", 3.0000000000000004, {"slope": 1 / 6}, 0.0),
    ("hard_logistic", 2.0, {}, 0.0),
    ("hard_logistic", -2.0, {}, 0.0),
    # and by the branch that includes the point, or the flat side, where PyTorch has no such function
    ("mpelu", 0.0, {"alpha": 2.0, "beta": 0.5}, 1.0),
    ("thresholded_relu", 1.0, {}, 0.0),
    ("negative_part", 0.0, {}, 0.0),
    ("clipped_relu", 0.0, {}, 0.0),
    ("clipped_relu", 20.0, {}, 0.0),
    ("logit", 0.25, {"eps": 0.25}, 1 / (0.25 * 0.75)),
    ("logit", 0.1, {"eps": 0.25}, 0.0),
]


@pytest.mark.parametrize(("name", "x", "params", "expected"), SLOPES)
def test_slopes(name: str, x: float, params: dict[str, Any], expected: float) -> None:
    got = slope(name, x, **params)
    assert got == expected or (math.isnan(got) and math.isnan(expected))


FLOAT32: list[tuple[str, float, float]] = [
    # PyTorch returns 0 for all of these, or has the wrong sign (mish)
    ("sigmoid", 20.0, 2.061153613941849e-09),
    ("tanh", 10.0, 8.244614455767397e-09),
    ("softsign", 2.0e7, 2.4999997500000187e-15),
    ("elu", -20.0, 2.061153622438558e-09),
    ("mish", -90.0, -7.292671235351559e-38),
    ("swish", -90.0, -7.292671235351559e-38),
]


@pytest.mark.parametrize(("name", "x", "expected"), FLOAT32)
def test_disasters_of_others_in_float32(name: str, x: float, expected: float) -> None:
    assert slope(name, x, "float32") == float(np.float32(expected))


def test_gelu_in_float32() -> None:
    """PyTorch: 0 from -5.6 on, and NaN for the derivative of the tanh form where x**2 overflows."""
    assert value("gelu", -6.0, "float32") == float(np.float32(-5.919525870226188844205185e-9))
    assert value("gelu", -8.0, "float32") == float(np.float32(-4.976768459417427298812796e-15))
    assert slope("gelu_tanh", 2e19, "float32") == 1.0


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
@pytest.mark.parametrize("name", ["relu", "elu", "selu", "leaky_relu", "relu6", "hard_tanh", "hard_sigmoid"])
def test_the_gradient_at_nan_is_nan(name: str, dtype: str) -> None:
    """PyTorch's is 1, 1.05, 0.01 or 0."""
    assert math.isnan(slope(name, NAN, dtype))


def test_the_slope_of_sigmoid_is_at_most_a_quarter() -> None:
    """Not less than a quarter: it reaches it, at 0 alone."""
    x = np.linspace(-1, 1, 2001)
    slopes = find("sigmoid")().derivative(x).values
    assert slopes.max() == 0.25
    assert x[slopes == 0.25].tolist() == [0.0]


def test_gelu_is_not_monotonic() -> None:
    """It is no differentiable ReLU: to the left of -0.7518 it falls."""
    assert value("gelu", -3.0) > value("gelu", -0.7517915246935645) < value("gelu", 0.0)
    assert abs(slope("gelu", -0.7517915246935645)) < 1e-16


def test_second_derivatives() -> None:
    assert slope("gelu", 0.0, order=2) == 0.7978845608028653558798921
    assert slope("sigmoid", 0.0, order=2) == 0.0
    assert slope("relu", 0.5, order=2) == 0.0
    assert slope("softplus", 0.0, order=2) == 0.25


def test_approximations_of_gelu_are_for_the_standard_normal_only() -> None:
    for approximate in ("tanh", "sigmoid"):
        with pytest.raises(ValidationError):
            find("gelu").model_validate({"approximate": approximate, "mean": 0.5})


def test_mpelu_includes_relu_prelu_and_elu() -> None:
    """With beta small and alpha*beta kept, not with beta small alone."""
    assert value("mpelu", -2.0, alpha=2.0**20, beta=2.0**-22) == pytest.approx(value("prelu", -2.0), rel=1e-6)
    assert value("mpelu", -2.0, alpha=1.0, beta=0.0) == value("relu", -2.0) == 0
    assert value("mpelu", -2.0) == value("elu", -2.0)


def test_defaults_of_the_literature() -> None:
    defaults = {
        ("prelu", "alpha"): 0.25,
        ("leaky_relu", "alpha"): 0.01,
        ("hard_sigmoid", "slope"): 0.2,
        ("hard_logistic", "slope"): 0.25,
        ("selu", "scale"): 1.0507009873554805,
        ("selu", "alpha"): 1.6732632423543772,
        ("dice", "alpha"): 0.0,
        ("dice", "eps"): 1e-9,
        ("rrelu", "lower"): 1 / 8,
        ("rrelu", "upper"): 1 / 3,
        ("rrelu", "training"): False,
        ("clipped_relu", "max_value"): 20.0,
        ("thresholded_relu", "theta"): 1.0,
        ("noisy_hard_tanh", "alpha"): 1.15,
        ("noisy_hard_tanh", "c"): 0.5,
        ("noisy_hard_sigmoid", "alpha"): 1.1,
        ("noisy_hard_sigmoid", "c"): 0.15,
        ("noisy_relu", "c"): 0.05,
        ("gelu", "approximate"): "none",
        ("swiglu", "gate"): "first",
    }
    for (name, field), default in defaults.items():
        assert getattr(find(name)(), field) == default
