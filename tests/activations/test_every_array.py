"""Laws: whatever array comes in, the same numbers give the same bits, and the array is left alone."""

import math
from typing import Any

import numpy as np
import pytest
from grids import hard
from measure import bits
from mpmath import mpf
from numpy.typing import NDArray
from ulp import FORMATS, rounded

from app.activations import CATALOG, DTYPES, Activation, evaluation
from app.activations.elementwise import Elementwise

every_function = pytest.mark.parametrize("name", CATALOG)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)
ELEMENTWISE = [name for name, kind in CATALOG.items() if issubclass(kind, Elementwise)]


def example(name: str) -> tuple[Activation, NDArray[Any]]:
    """The function of the catalog's example, and inputs of shape (7, 6, n) with n as in the example."""
    body = CATALOG[name].describe()["example"]
    f = CATALOG[name].model_validate(body.get("params", {})).settled()
    grid = [x for x in hard(FORMATS["float32"], thin=2) if abs(x) < 6e4]
    return f, np.resize(grid, (7, 6, np.shape(body["x"])[-1]))


def learned(f: Activation) -> list[str]:
    """What the function can be differentiated by, besides x."""
    return [wrt for wrt in f.differentiable() if getattr(f, wrt) is not None]


def answers(f: Activation, x: NDArray[Any], dtype: str) -> list[NDArray[Any]]:
    """Values, derivatives, and products with an upstream."""
    y = f(x, dtype)
    upstream = np.resize([1.0, -2.0, 0.5], y.shape)
    products = [f.derivative(x, wrt, upstream=upstream, dtype=dtype).values for wrt in ("x", *learned(f))]
    alone = ("x", *learned(f)) if isinstance(f, Elementwise) else ("x",)
    return [y, *(f.derivative(x, wrt, dtype=dtype).values for wrt in alone), *products]


def assert_same_bits(got: NDArray[Any], expected: NDArray[Any]) -> None:
    assert got.shape == expected.shape
    assert got.dtype == expected.dtype
    if bits(got) != bits(expected):
        pairs = zip(got.astype(float).reshape(-1), expected.astype(float).reshape(-1), strict=True)
        differing = [(i, y, e) for i, (y, e) in enumerate(pairs) if bits(np.array(y)) != bits(np.array(e))]
        pytest.fail(f"{len(differing)} differ (index, got, expected): {differing[:5]}")


@every_dtype
@every_function
def test_input_is_not_written_to(name: str, dtype: str) -> None:
    f, x = example(name)
    x = x.astype(DTYPES[dtype])
    before = bits(x)
    x.setflags(write=False)
    for y in answers(f, x, dtype):
        assert bits(x) == before
        assert not np.shares_memory(x, y)
        assert y.dtype == DTYPES[dtype]
        y[...] = 0  # the caller may do with it what he likes


@pytest.mark.parametrize(
    ("block", "dtype"),
    [(1, "float64"), (7, "float64"), (100, "float64"), (7, "float32"), (1, "float16"), (100, "bfloat16")],
)
@every_function
def test_block_size_does_not_show(name: str, dtype: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    f, x = example(name)
    x = x[:3] if block == 1 else x
    expected = answers(f, x, dtype)
    monkeypatch.setattr(evaluation, "BLOCK", block)
    for got, whole in zip(answers(f, x, dtype), expected, strict=True):
        assert_same_bits(got, whole)


@every_function
def test_layout_does_not_show(name: str) -> None:
    """Strides, byte order and Fortran order; the numbers count."""
    f, x = example(name)
    wide = np.zeros((*x.shape, 3))
    wide[..., 1] = x
    padded = np.zeros((x.shape[0] * 2, *x.shape[1:]))
    padded[::2] = x
    layouts = [
        wide[..., 1],
        padded[::2],
        np.asfortranarray(x),
        x[::-1].copy()[::-1],
        x.astype(">f8"),
        np.broadcast_to(x, (1, *x.shape))[0],
    ]
    plain = answers(f, x, "float32")
    for layout in layouts:
        np.testing.assert_array_equal(layout, x)
        for got, expected in zip(answers(f, layout, "float32"), plain, strict=True):
            assert_same_bits(got, expected)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@every_function
def test_narrower_inputs_are_the_numbers_that_they_hold(name: str, dtype: str) -> None:
    f, x = example(name)
    narrow = x.astype(DTYPES[dtype])
    wide = narrow.astype(np.float64)
    for got, expected in zip(answers(f, narrow, "float32"), answers(f, wide, "float32"), strict=True):
        assert_same_bits(got, expected)


@every_dtype
@every_function
def test_inputs_are_rounded_first(name: str, dtype: str) -> None:
    """Once, to nearest: 1 + 2**-8 + 2**-40 is not a tie in bfloat16, whatever float32 makes of it."""
    f, x = example(name)
    fmt = FORMATS[dtype]
    x = (1 + np.abs(np.sin(x))) * (1 + 2.0**-8 + 2.0**-40)
    inputs = np.vectorize(lambda each: rounded(mpf(each), fmt))(x)
    assert_same_bits(f(x, dtype), f(inputs, dtype))


@every_function
def test_any_rank(name: str) -> None:
    f, x = example(name)
    y = f(x)
    if getattr(f, "axis", -1) < 0:
        assert_same_bits(f(x[np.newaxis, :, np.newaxis])[0, :, 0], y)
    if isinstance(f, Elementwise):
        for each, expected in zip(x.reshape(-1), y.reshape(-1), strict=True):
            assert_same_bits(f(np.array(each)), np.asarray(expected))
            assert_same_bits(f(np.full((1, 1, 1, 1, 1), each)).reshape(()), np.asarray(expected))
        assert f.derivative(np.array(0.3)).values.shape == ()


@every_dtype
@every_function
def test_empty_arrays(name: str, dtype: str) -> None:
    f, x = example(name)
    y = f(x[:0], dtype)
    assert y.shape == (0, *f(x, dtype).shape[1:])
    _, values = f.derivative(x[:0], dtype=dtype)
    assert values.size == 0
    assert values.dtype == DTYPES[dtype]
    _, products = f.derivative(x[:0], upstream=y.astype(float), dtype=dtype)
    assert products.shape == x[:0].shape
    for wrt in learned(f):
        total = f.derivative(x[:0], wrt, upstream=y.astype(float), dtype=dtype).values
        assert total.shape == np.shape(getattr(f, wrt))
        assert not total.any()


@every_dtype
@every_function
def test_nan_in_nan_out(name: str, dtype: str) -> None:
    """A NaN spoils its own element of an elementwise function, and something of a mixing one."""
    f, x = example(name)
    x = np.where(np.isfinite(x), x, 1.0)
    plain = f(x, dtype).astype(float)
    sound = np.isfinite(plain)
    at = tuple(np.argwhere(sound)[sound.sum() // 2])[: plain.ndim] + (0,) * (x.ndim - plain.ndim)
    spoilt = x.copy()
    spoilt[at] = math.nan
    got = f(spoilt, dtype).astype(float)
    slope = f.derivative(spoilt, dtype=dtype).values.astype(float)
    assert np.isnan(got).sum() > np.isnan(plain).sum()
    assert np.isnan(slope).any()
    if isinstance(f, Elementwise):
        assert np.isnan([got[at], slope[at]]).all()
        got[at] = plain[at]
        assert_same_bits(got, plain)


@every_function
def test_output_size_is_told_beforehand(name: str) -> None:
    f, x = example(name)
    upstream = np.ones(f(x).shape)
    assert f.output_size(x.shape) == f(x).size
    assert f.output_size(x.shape, derivative=True) == f.derivative(x).values.size
    product = f.derivative(x, upstream=upstream).values
    assert f.output_size(x.shape, derivative=True, upstream=True) == product.size
    for wrt in learned(f):
        total = f.derivative(x, wrt, upstream=upstream).values
        assert f.output_size(x.shape, derivative=True, wrt=wrt, upstream=True) == total.size


PLACELESS = [name for name in ELEMENTWISE if not example(name)[0].draws((1,))]  # type: ignore[attr-defined]  # of Elementwise
"""Those that draw no random numbers, which depend on the place."""


@every_dtype
@pytest.mark.parametrize("name", PLACELESS)
def test_neighbours_do_not_show(name: str, dtype: str) -> None:
    """Extreme ones above all, which overflow and underflow where the others do not."""
    f, _ = example(name)
    x = np.random.default_rng(3).normal(0, 3, 200)
    extremes = [0.0, -0.0, 5e-324, -1e-300, 1e-160, 1e160, -1e300, math.inf, math.nan]
    for order in (0, 1, 2):

        def values(x: NDArray[Any], order: int = order) -> NDArray[Any]:
            return f(x, dtype) if order == 0 else f.derivative(x, order=order, dtype=dtype).values

        together = values(np.concatenate([x, extremes]))
        assert_same_bits(together[: x.size], values(x))
        assert_same_bits(together[x.size :], np.concatenate([values(np.array([each])) for each in extremes]))


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_exact_changes_no_sign(name: str) -> None:
    f, _ = example(name)
    zeros = np.array([0.0, -0.0])
    for got, exact in (
        (f(zeros), f(zeros, exact=True)),
        *(
            (f.derivative(zeros, order=n).values, f.derivative(zeros, order=n, exact=True).values)
            for n in (1, 2)
        ),
    ):
        assert np.signbit(got).tolist() == np.signbit(exact).tolist()


def test_hyperparameters_of_0_and_minus_0_are_told_apart() -> None:
    kind = CATALOG["leaky_relu"]
    for alpha in (0.0, -0.0, 0.0):
        y = kind.model_validate({"alpha": alpha})(np.array([-1.0]))
        assert np.signbit(y).tolist() == [not math.copysign(1.0, alpha) < 0]
