"""The catalog's torch, JAX and Keras equivalents, values and derivatives, against those frameworks.

Not named test_*, so that only `make test-peers` collects it; KERAS_BACKEND says what Keras runs on.
"""

import ast
import inspect
import os
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from fractions import Fraction
from functools import partial, reduce
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
import pytest
from numpy.typing import NDArray

from app.activations import CATALOG
from app.activations.arithmetic import DOUBLE
from app.activations.base import Activation, Equivalent
from app.activations.elementwise import Elementwise
from app.activations.formula import parse, run

os.environ.setdefault("KERAS_BACKEND", "torch")

import jax
import keras
import torch
from jax import numpy as jnp

jax.config.update("jax_enable_x64", True)
keras.config.set_floatx("float64")
torch.set_default_dtype(torch.float64)

Floats = NDArray[np.float64]
Peer = Callable[[Any], Any]

RELATIVE = {"float64": 1e-12, "float32": 1e-5}
ABSOLUTE = {"float64": 1e-13, "float32": 1e-6}
"""Where a peer cancels, as 1 + tanh(x) does for x far below 0, a few last places of 1 are all it has."""


def torch_vjp(f: Peer, x: Floats, upstream: Floats) -> tuple[Floats, Floats]:
    leaf = torch.tensor(x, requires_grad=True)
    y = f(leaf)
    (dx,) = torch.autograd.grad(y, leaf, torch.tensor(upstream))
    return y.detach().numpy(), dx.numpy()


def jax_vjp(f: Peer, x: Floats, upstream: Floats) -> tuple[Floats, Floats]:
    y, pullback = jax.vjp(f, jnp.asarray(x))
    (dx,) = pullback(jnp.asarray(upstream, y.dtype))
    return np.asarray(y), np.asarray(dx)


VJPS = {"torch": torch_vjp, "jax": jax_vjp}


def keras_vjp(f: Peer, x: Floats, upstream: Floats) -> tuple[Floats, Floats]:
    f(keras.ops.convert_to_tensor(x))  # a layer makes its weights when it is first called
    return VJPS[keras.backend.backend()](f, x, upstream)


class Framework(NamedTuple):
    """What the names of its rows start with, and how a vector-Jacobian product is taken."""

    namespaces: Mapping[str, Any]
    vjp: Callable[[Peer, Floats, Floats], tuple[Floats, Floats]]
    backend: str


FRAMEWORKS = {
    "torch": Framework({"torch": torch, "nn": torch.nn, "F": torch.nn.functional}, torch_vjp, "torch"),
    "jax": Framework({"jax": jax, "jnp": jnp}, jax_vjp, "jax"),
    "keras": Framework(
        {"activations": keras.activations, "layers": keras.layers, "ops": keras.ops},
        keras_vjp,
        keras.backend.backend(),
    ),
}

REQUIRED: Mapping[str, dict[str, Any]] = {
    "nn.Softmax": {"dim": -1},
    "nn.LogSoftmax": {"dim": -1},
    "nn.Softmin": {"dim": -1},
    "F.softmax": {"dim": -1},
    "F.log_softmax": {"dim": -1},
    "F.softmin": {"dim": -1},
    "nn.Threshold": {"threshold": 0.5, "value": 0.25},
    "activations.threshold": {"threshold": 0.5, "default_value": 0.25},
}
"""Arguments without a default."""

MODES: Mapping[str, Callable[[Any], Any]] = {"nn.RReLU": lambda layer: layer.eval()}
"""Layers that are made for training, which the catalog's default is not."""

SPELLED_OUT: Mapping[str, Peer] = {
    "torch.heaviside": lambda x: torch.heaviside(x, torch.tensor(0.5)),
    "jnp.heaviside": lambda x: jnp.heaviside(x, 0.5),
    # Flax and Keras 2 are not installed. This is what their sources say:
    # flax/linen/activation.py and flax/nnx/nn/activations.py, with negative_slope_init
    "flax.linen.PReLU": lambda x: jnp.where(x >= 0, x, 0.01 * x),
    "flax.nnx.PReLU": lambda x: jnp.where(x >= 0, x, 0.01 * x),
    # keras 2, layers/activation/thresholded_relu.py, with theta
    "layers.ThresholdedReLU": lambda x: x * keras.ops.cast(keras.ops.greater(x, 1.0), x.dtype),
}
"""Functions of more than one array, and what is not installed."""

CLOSED_FORMS: Mapping[str, Callable[[Floats], NDArray[Any]]] = {
    "nn.CELU": lambda x: np.where(x > 0, 1.0, np.exp(np.minimum(x, 0))),
    "nn.Hardsigmoid": lambda x: np.where(np.abs(x) < 3, 1 / 6, 0.0),
    "activations.hard_sigmoid": lambda x: np.where(np.abs(x) < 3, 1 / 6, 0.0),
}
"""Derivatives where torch's own, in float64, have the accuracy of float32."""

FAULTY: Mapping[str, Callable[[Floats], NDArray[Any]]] = {
    # where several elements share, keras 3.15.1 sums their running sums instead of taking the last
    "activations.sparsemax": lambda x: 10.0 * np.argsort(x)
}
"""Peers that are wrong, as their notes say, and inputs for which they are right."""

NO_GRADIENT = "it has no gradient"
GRADIENT_DIFFERS = re.compile(r"its gradient at (?P<kink>.+?) is (?P<slopes>[^;]+)")


class Row(NamedTuple):
    """A function with the hyperparameters that reproduce a peer."""

    function: Activation
    equivalent: Equivalent

    def __str__(self) -> str:
        return f"{self.function.name}: {self.equivalent.framework} {self.equivalent.name}"

    @property
    def framework(self) -> Framework:
        return FRAMEWORKS[self.equivalent.framework]


def rows() -> list[Row]:
    return [
        Row(kind.model_validate({**settled(kind), **equivalent.params}), equivalent)
        for kind in CATALOG.values()
        for equivalent in kind.equivalents
        if equivalent.framework in FRAMEWORKS
    ]


def settled(kind: type[Activation]) -> dict[str, Any]:
    """A seed for a function that always draws."""
    return {"seed": 7} if "seed" in kind.example_params else {}


ROWS = rows()


def resolve(row: Row) -> Any:
    """`nn.GELU('tanh')`, `jax.nn.gelu(approximate=False)`, `F.silu`: what a row names, ready to be called."""
    if row.equivalent.name in SPELLED_OUT:
        return SPELLED_OUT[row.equivalent.name]
    tree = ast.parse(row.equivalent.name, mode="eval").body
    call = tree if isinstance(tree, ast.Call) else ast.Call(tree, [], [])
    name = ast.unparse(call.func)
    first, *rest = name.split(".")
    found = reduce(getattr, rest, row.framework.namespaces[first])
    arguments = [ast.literal_eval(each) for each in call.args]
    keywords = {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}
    keywords = {**REQUIRED.get(name, {}), **keywords}
    if inspect.isclass(found):
        return MODES.get(name, lambda layer: layer)(found(*arguments, **keywords))
    return partial(found, *arguments, **keywords)


def same_draws(function: Activation, shape: tuple[int, ...]) -> AbstractContextManager[Any]:
    """Torch's Gumbel noise is -log of an exponential variable: makes that the function's own noise."""
    draws: Mapping[str, Floats] = getattr(function, "draws", lambda shape: {})(shape)
    if "noise" not in draws:
        return nullcontext()
    sample = torch.tensor(np.exp(-draws["noise"]))
    return patch.object(torch.Tensor, "exponential_", lambda self: self.copy_(sample))


def agree(got: Floats, ours: Floats, precision: str = "float64") -> None:
    np.testing.assert_allclose(got, ours, rtol=RELATIVE[precision], atol=ABSOLUTE[precision])


def inputs(function: Activation, shape: tuple[int, ...] = (2, 4, 6)) -> Floats:
    """Moderate numbers of the domain; none is a kink, which would take a coincidence."""
    low, high = max(function.domain.low, -8.0), min(function.domain.high, 8.0)
    return np.random.default_rng(0).uniform(low, high, shape)


def kinks(function: Elementwise) -> Floats:
    numbers = {
        name: DOUBLE.value.of(float(value))
        for name, value in function
        if np.size(value) == 1 and not isinstance(value, str | None)
    }
    return np.array([float(run(parse(text), numbers, DOUBLE).hi) for text in function.kinks])


def slopes_at_kinks(row: Row, function: Elementwise, x: Floats) -> Floats:
    """The function's, save where the note says that at this kink, or at all, the peer's is another."""
    expected: Floats = function.derivative(x).values
    if found := GRADIENT_DIFFERS.search(row.equivalent.note):
        noted = [found["kink"] in (text, "the ends") for text in function.kinks]
        assert any(noted)
        for clause in found["slopes"].split(", "):
            slope, _, backends = clause.partition(" on ")
            if row.framework.backend in (backends.lower() or row.framework.backend):
                expected[noted] = float(Fraction(slope))
    return expected


def has_gradient(row: Row) -> bool:
    return NO_GRADIENT not in row.equivalent.note


def has_kinks(row: Row) -> bool:
    return isinstance(row.function, Elementwise) and bool(row.function.kinks)


@pytest.mark.parametrize("row", [row for row in ROWS if has_gradient(row)], ids=str)
def test_values_and_derivatives(row: Row) -> None:
    x = inputs(row.function)
    if row.equivalent.name in FAULTY:
        with pytest.raises(AssertionError, match="Not equal to tolerance"):
            compare(row, x)
        x = FAULTY[row.equivalent.name](x)
    compare(row, x)


def compare(row: Row, x: Floats) -> None:
    y = row.function(x)
    upstream = np.random.default_rng(1).uniform(0.5, 2, y.shape)
    with same_draws(row.function, x.shape):
        got, dx = row.framework.vjp(resolve(row), x, upstream)
    precision = str(got.dtype)
    # on JAX, Keras computes some functions in float32 whatever it is given
    assert precision == "float64" or row.equivalent.framework == "keras"
    agree(got, y, precision)
    ours = row.function.derivative(x, upstream=upstream).values
    if row.equivalent.name in CLOSED_FORMS:
        agree(dx, ours, "float32")
        dx = upstream * CLOSED_FORMS[row.equivalent.name](x)
    agree(dx, ours, precision)


@pytest.mark.parametrize("row", [row for row in ROWS if not has_gradient(row)], ids=str)
def test_values_without_gradient(row: Row) -> None:
    x = inputs(row.function)
    agree(resolve(row)(torch.tensor(x)).numpy(), row.function(x))
    with pytest.raises(RuntimeError):
        row.framework.vjp(resolve(row), x, np.ones_like(x))


@pytest.mark.parametrize("row", [row for row in ROWS if has_gradient(row) and has_kinks(row)], ids=str)
def test_derivative_at_kinks(row: Row) -> None:
    assert isinstance(row.function, Elementwise)
    x = kinks(row.function)
    _, (slopes,) = row.framework.vjp(resolve(row), x[None], np.ones((1, x.size)))
    expected = slopes_at_kinks(row, row.function, x)
    agree(slopes, expected, "float32" if row.equivalent.name in CLOSED_FORMS else "float64")
