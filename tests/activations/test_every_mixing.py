"""Laws: functions that mix elements, against their published definitions in multiple precision.

Values, Jacobians and products with them are the exact ones, rounded. The cases give hyperparameters and
inputs; what is computed from them is the same for every function.
"""

import math
from typing import Any

import numpy as np
import pytest
from drawn import few, scalars
from hypothesis import given
from hypothesis import strategies as st
from measure import right
from mpmath import mp, mpf
from numpy.typing import NDArray
from published_mixing import MIXING, Exact
from pydantic import ValidationError
from tensors import Tensor
from ulp import FLOAT64, FORMATS, Format, error_in_ulp, rounded, ulp

from app.activations import CATALOG, InvalidInput
from app.activations.axiswise import Axiswise

FUNCTIONS = {name: cls for name, cls in CATALOG.items() if issubclass(cls, Axiswise)}

Floats = NDArray[Any]

NEAR_TIES = [[1.0, 1.0 + 2.0**-52, 1.0 - 2.0**-53], [0.0, 5e-324, -5e-324], [-30.0, -30.0, -30.0]]
APART = [[700.0, -700.0, 0.0], [1e300, -1e300, 3.0], [1e-300, 0.0, -1e-8], [20.0, 19.5, -104.0]]
PLAIN = [[0.5, -1.25, 2.0, 0.0], [3.0, -0.3, -2.0, 1e-5], [-7.0, 0.7, 12.0, 1.5]]
DEEP = [[[0.5, -1.0, 2.5], [3.0, 0.0, -2.0]], [[-1.0, 4.0, 0.1], [0.25, 0.3, -0.75]]]
UNIT = [[1.0, 0.0, -1.0, 0.5], [0.3, 0.5, 1.0, -2.0], [0.1, 0.2, 0.3, 0.4]]
LAYER = [UNIT[:2], [[0.0, 1.0, 0.0, 0.0], [0.7, -0.7, 0.1, 1.0]]]
W, V = [[0.5, -1.0], [0.25, 0.3], [1.5, -0.1], [0.0, 2.0]], [[1.0, 0.1], [-0.2, 0.3], [0.7, 1.1], [2.0, -1.0]]

CASES: list[tuple[str, dict[str, Any], Any]] = [
    ("softmax", {}, NEAR_TIES),
    ("softmax", {}, APART),
    ("softmax", {"temperature": 0.1}, PLAIN),
    ("softmax", {"axis": 0}, PLAIN),
    ("softmax", {"axis": 1, "temperature": 3.0}, DEEP),
    ("softmax", {}, [[-3.0], [1e5]]),
    ("softmax", {}, [1.0, 2.0, -40.0, -800.0]),
    ("softmax", {"axis": [0, -1]}, DEEP),
    ("softmin", {}, NEAR_TIES),
    ("softmin", {}, APART),
    ("softmin", {"axis": [2, 0]}, DEEP),
    ("log_softmax", {}, NEAR_TIES),
    ("log_softmax", {}, APART),
    ("log_softmax", {"temperature": 0.3, "axis": 0}, PLAIN),
    ("log_softmax", {"axis": [1, 2]}, DEEP),
    ("log_softmax", {}, [[-3.0], [1e5]]),
    ("log_softmax", {}, [1.0, 2.0, -40.0, -800.0]),
    ("ssmax", {}, PLAIN),
    ("ssmax", {"s": -1.5, "axis": 0}, APART),
    ("ssmax", {}, [[-3.0], [1e5]]),
    ("sigsoftmax", {}, PLAIN),
    ("sigsoftmax", {}, APART),
    ("sigsoftmax", {}, [[-700.0, -701.0, -699.5]]),
    ("softmax_one", {}, PLAIN),
    ("softmax_one", {}, APART),
    ("softmax_one", {}, [[-700.0, -701.0, -30.0]]),
    ("solu", {}, PLAIN),
    ("solu", {}, APART),
    ("spherical_softmax", {}, PLAIN),
    ("spherical_softmax", {"eps": 0.5}, NEAR_TIES),
    ("taylor_softmax", {}, PLAIN),
    ("taylor_softmax", {"order": 6}, [[-8.0, -3.5, 2.0], [30.0, 0.0, 1.0]]),
    ("squash", {}, PLAIN),
    ("squash", {"axis": 1}, DEEP),
    ("squash", {}, [[1e-3, 2e-4], [300.0, 4e5]]),
    ("hardmax", {}, PLAIN),
    ("hardmax", {}, NEAR_TIES),
    ("sparsemax", {}, PLAIN),
    ("sparsemax", {}, NEAR_TIES),
    ("sparsemax", {}, APART),
    ("sparsemax", {"axis": 0}, DEEP),
    ("sparsemax", {}, [[0.3, 0.1, -0.25, 0.05], [1.0, 0.0, 0.0, 1.0]]),
    ("entmax", {}, PLAIN),
    ("entmax", {"alpha": 2.0}, PLAIN),
    ("entmax", {}, [[0.3, 0.1, -0.25, 0.05], [0.5, 0.5, 0.5, -3.0]]),
    ("entmax", {"axis": 1}, DEEP),
    ("gumbel_softmax", {"seed": 3}, PLAIN),
    ("gumbel_softmax", {"seed": 2**60, "tau": 0.5, "axis": 1}, DEEP),
    ("gumbel_softmax", {"seed": 0, "hard": True}, PLAIN),
    ("glu", {}, PLAIN),
    ("glu", {"gate": "first", "axis": 0}, APART[:2]),
    ("geglu", {}, PLAIN),
    ("geglu", {"approximate": "tanh", "axis": 1}, DEEP),
    ("reglu", {}, PLAIN),
    ("reglu", {"gate": "first"}, PLAIN),
    ("gtu", {}, PLAIN),
    ("bilinear", {}, PLAIN),
    ("swiglu_clamped", {}, PLAIN),
    ("swiglu_clamped", {"limit": 1.25, "alpha": 0.5}, PLAIN),
    ("concat_elu", {}, PLAIN),
    ("concat_elu", {"axis": 1}, DEEP),
    ("group_sort", {}, PLAIN),
    ("group_sort", {"group_size": 3}, APART[:3]),
    ("maxmin", {}, PLAIN),
    ("maxmin", {"axis": 1}, DEEP),
    ("max_feature_map", {}, PLAIN),
    ("lwta", {}, PLAIN),
    ("lwta", {"block_size": 3}, NEAR_TIES),
    ("crelu", {}, PLAIN),
    ("crelu", {"axis": 0}, APART),
    ("crelu", {"axis": 1}, DEEP),
    ("maxout", {"w": UNIT}, PLAIN),
    ("maxout", {"w": UNIT, "b": [0.0, 0.1, -1.0]}, PLAIN),
    ("maxout", {"w": LAYER, "b": [[0.0, 0.1], [1.0, 0.0]]}, PLAIN),
    ("maxout", {"w": LAYER}, PLAIN[0]),
    ("maxout", {"pool_size": 2}, PLAIN),
    ("maxout", {"pool_size": 4}, PLAIN),
    ("maxout", {"pool_size": 1}, NEAR_TIES),
    ("swiglu", {}, PLAIN),
    ("swiglu", {"gate": "second", "beta": 1.7}, PLAIN),
    ("swiglu", {"axis": 1}, DEEP),
    ("swiglu", {"w": W, "v": V}, PLAIN),
    ("swiglu", {"w": W, "v": V, "b": [0.1, -0.2], "c": [0.0, 0.3], "beta": 0.5}, PLAIN[:2]),
    ("dice", {}, PLAIN),
    ("dice", {"alpha": 0.25, "axis": -1}, PLAIN),
    ("dice", {"alpha": [0.1, -0.2, 0.3, 1.0]}, PLAIN),
    ("dice", {"alpha": [0.1, -0.2, 0.3], "eps": 1e-3}, DEEP),
    ("dice", {"mean": 0.5, "alpha": 0.1}, PLAIN),
    ("dice", {"var": [1.0, 2.0, 0.5, 4.0], "alpha": 0.1}, PLAIN),
    ("dice", {"mean": [0.1, 0.2, 0.3, 0.4], "var": [1.0, 2.0, 0.5, 4.0], "alpha": 0.1}, PLAIN),
    ("dice", {"eps": 1e-9, "alpha": 0.5}, [[1.0, 1e-5], [1.0, -1e-5]]),
]
IN_FORMATS = [  # all in float64 and float32, every third in the others
    pytest.param(*case, fmt, id=f"{case[0]}-{i}-{fmt.name}")
    for i, case in enumerate(CASES)
    for place, fmt in enumerate(FORMATS.values())
    if place < 2 or i % 3 == place - 2
]


def prepared(name: str, params: dict[str, Any], x: Any, fmt: Format) -> tuple[Axiswise, Floats, Exact]:
    """The function, x rounded to the format and clipped to its range, and the exact results."""
    f = FUNCTIONS[name].model_validate(params)
    clipped = np.clip(np.asarray(x, dtype=float), -fmt.huge, fmt.huge)
    inputs = np.vectorize(lambda each: rounded(mpf(each), fmt))(clipped)
    return f, inputs, Exact(name, inputs, {key: getattr(f, key) for key in type(f).model_fields}, fmt)


def agree(got: Floats, truth: Tensor, fmt: Format, ulps: float) -> None:
    """Same shape, and within `ulps` of the exact results; 0.5 asks for the exact results' roundings."""
    assert got.shape == truth.shape
    assert got.dtype.name == fmt.name
    pairs = [(float(y), t) for y, t in zip(got.reshape(-1), truth.reshape(-1), strict=True)]
    if ulps <= 0.5:
        assert not [(y, rounded(t, fmt)) for y, t in pairs if not right(y, t, fmt)]
    else:
        assert max((error_in_ulp(y, t, fmt) for y, t in pairs), default=0.0) <= ulps


def upstream_for(shape: tuple[int, ...]) -> NDArray[Any]:
    """Numbers of both signs and of different sizes, members of every format."""
    count = math.prod(shape)
    return (np.resize([1.0, -0.5, 2.25, 0.0, -3.0, 0.125, 7.0], count) * 1.0).reshape(shape)


@pytest.mark.parametrize(("name", "params", "x", "fmt"), IN_FORMATS)
def test_values(name: str, params: dict[str, Any], x: Any, fmt: Format) -> None:
    f, inputs, exact = prepared(name, params, x, fmt)
    truth = exact.value()
    agree(f(inputs, fmt.name), truth, fmt, f.accuracy[fmt.name])
    agree(f(inputs, fmt.name, exact=True), truth, fmt, 0.5)


@pytest.mark.parametrize(("name", "params", "x", "fmt"), IN_FORMATS)
def test_derivatives_in_x(name: str, params: dict[str, Any], x: Any, fmt: Format) -> None:
    f, inputs, exact = prepared(name, params, x, fmt)
    axis = f.mixed_axis()
    if not isinstance(axis, int):
        with pytest.raises(InvalidInput, match="upstream"):
            f.derivative(inputs, dtype=fmt.name)
        return
    kind, values = f.derivative(inputs, dtype=fmt.name)
    truth = exact.slope() if kind == "elementwise" else exact.jacobian(axis)
    agree(values, truth, fmt, f.accuracy[fmt.name])


@pytest.mark.parametrize(("name", "params", "x", "fmt"), IN_FORMATS)
def test_products_with_the_jacobian(name: str, params: dict[str, Any], x: Any, fmt: Format) -> None:
    f, inputs, exact = prepared(name, params, x, fmt)
    upstream = upstream_for(exact.shape)
    kind, values = f.derivative(inputs, upstream=upstream, dtype=fmt.name)
    assert kind == "vjp"
    agree(values, exact.vjp(upstream, "x"), fmt, f.accuracy[fmt.name])


@pytest.mark.parametrize(("name", "params", "x", "fmt"), IN_FORMATS)
def test_derivatives_in_hyperparameters(name: str, params: dict[str, Any], x: Any, fmt: Format) -> None:
    f, inputs, exact = prepared(name, params, x, fmt)
    upstream = upstream_for(exact.shape)
    axis = f.mixed_axis()
    for wrt in f.differentiable():
        if getattr(f, wrt) is None:
            continue
        kind, values = f.derivative(inputs, wrt, upstream=upstream, dtype=fmt.name)
        assert kind == "vjp"
        check_sums(values, exact.vjp(upstream, wrt), exact, upstream, wrt, fmt)
        shaped = np.ndim(getattr(f, wrt)) > 0
        if not isinstance(axis, int) or (shaped and f.derivative(inputs, dtype=fmt.name).kind == "jacobian"):
            with pytest.raises(InvalidInput, match="upstream"):
                f.derivative(inputs, wrt, dtype=fmt.name)
        elif not shaped:
            kind, slope = f.derivative(inputs, wrt, dtype=fmt.name)
            terms = exact.partials(wrt)
            moved = kind == "jacobian" and terms.ndim == inputs.ndim
            laid_out = np.moveaxis(terms, axis, -1) if moved else terms
            agree(slope, laid_out, fmt, f.accuracy[fmt.name])


def check_sums(got: Floats, truth: Tensor, exact: Exact, upstream: Floats, wrt: str, fmt: Format) -> None:
    """A sum over the batch may cancel: its error is 4 ulp of float64 of its terms, besides its rounding."""
    assert got.shape == truth.shape
    assert got.dtype.name == fmt.name
    over_y = tuple(range(upstream.ndim))
    weights = upstream.reshape(upstream.shape + (1,) * truth.ndim)
    sizes = np.asarray(np.abs(exact.partials(wrt) * weights).sum(axis=over_y))
    with mp.workprec(2000):
        for y, t, size in zip(got.reshape(-1), truth.reshape(-1), sizes.reshape(-1), strict=True):
            bound = ulp(t, fmt) / 2 + 4 * ulp(size, FLOAT64)
            assert right(float(y), t, fmt) or abs(mpf(float(y)) - t) <= bound


@pytest.mark.parametrize("name", FUNCTIONS)
def test_drawn_inputs_and_hyperparameters(name: str) -> None:
    cases = [(params, np.shape(x)) for case, params, x in CASES if case == name]
    numbers = st.floats(-40, 40) | st.sampled_from([0.0, 1.0, -1.0, 1e-8, 700.0, -700.0])

    @few
    @given(
        case=st.sampled_from(cases),
        more=scalars(FUNCTIONS[name]),
        values=st.lists(numbers, min_size=12, max_size=12),
        fmt=st.sampled_from(list(FORMATS.values())),
    )
    def law(
        case: tuple[dict[str, Any], tuple[int, ...]], more: Any, values: list[float], fmt: Format
    ) -> None:
        params, shape = case
        try:
            f, inputs, exact = prepared(name, {**params, **more}, np.resize(values, shape), fmt)
        except ValidationError:  # not every number will do
            return
        agree(f(inputs, fmt.name), exact.value(), fmt, f.accuracy[fmt.name])
        upstream = upstream_for(exact.shape)
        product = f.derivative(inputs, upstream=upstream, dtype=fmt.name).values
        agree(product, exact.vjp(upstream, "x"), fmt, f.accuracy[fmt.name])

    law()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_jacobian_is_the_derivative_of_the_values(name: str) -> None:
    """Of every function, with or without a definition here: difference quotients of its own exact values."""
    body = FUNCTIONS[name].example_body()
    f = FUNCTIONS[name].model_validate(body.get("params", {}))
    x = np.asarray(body["x"], dtype=float) + 0.01 * np.sin(np.arange(np.size(body["x"]))).reshape(
        np.shape(body["x"])
    )
    y = f(x)
    weights = upstream_for(y.shape)
    product = f.derivative(x, upstream=weights).values
    step = 2.0**-20
    for index in np.ndindex(x.shape):
        beside = np.zeros(x.shape)
        beside[index] = step
        change = (f(x + beside, exact=True) - f(x - beside, exact=True)) / (2 * step)
        assert (change * weights).sum() == pytest.approx(product[index], rel=1e-7, abs=1e-8)
    kind, jacobian = f.derivative(x)
    if kind == "jacobian":
        outputs = np.moveaxis(weights, f.mixed_axis(), -1) if weights.ndim == x.ndim else weights[..., None]
        rows = jacobian if weights.ndim == x.ndim else jacobian[..., None, :]
        moved = np.moveaxis(product, f.mixed_axis(), -1)
        assert np.einsum("...o,...oi->...i", outputs, rows) == pytest.approx(moved, rel=1e-13, abs=1e-14)


def test_the_cases_cover_every_published_definition() -> None:
    assert {name for name, _, _ in CASES} == set(MIXING) <= set(FUNCTIONS)
