"""Shares by exponentials: softmax and its relatives."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from app.activations.arithmetic import Arithmetic
from app.activations.arithmetic.along import (
    Indices,
    close,
    first_largest,
    replaced,
    signed,
    spoilt,
    taken,
    without,
)
from app.activations.axiswise import Axiswise
from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.families.normalizing.shares import Shares, beneath, centred
from app.activations.hyperparameters import Axes


class Softmax(Shares):
    """Exponentials divided by their sum: positive numbers that add up to 1 along an axis."""

    name: ClassVar = "softmax"
    aliases: ClassVar = ("softargmax",)
    formula_latex: ClassVar = r"\frac{e^{x_i / T}}{\sum_k e^{x_k / T}},\quad T = \mathrm{temperature}"
    derivative_latex: ClassVar = (
        r"\frac{\partial y_i}{\partial x_j} = \frac{y_i \left(\delta_{ij} - y_j\right)}{T}"
    )
    parameters_latex: ClassVar = {"temperature": r"\frac{y_i}{T^2} \left(\sum_k y_k x_k - x_i\right)"}
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = Properties()
    equivalents: ClassVar = (
        Equivalent("torch", "nn.Softmax"),
        Equivalent("torch", "F.softmax"),
        Equivalent("torch", "nn.Softmax2d", {"axis": -3}),
        Equivalent("keras", "activations.softmax"),
        Equivalent("keras", "layers.Softmax"),
        Equivalent("jax", "jax.nn.softmax"),
        Equivalent("onnx", "Softmax", note="before opset 13, axis was 1 and all axes behind it were joined"),
        Equivalent("tensorflow", "tf.nn.softmax"),
        Equivalent("paddle", "F.softmax"),
        Equivalent("paddle", "nn.Softmax2D", {"axis": -3}),
        Equivalent("mindspore", "nn.Softmax"),
        Equivalent("mindspore", "nn.Softmax2d", {"axis": -3}),
        Equivalent("mlx", "nn.Softmax"),
    )
    reference: ClassVar = Reference(
        "Bridle",
        1990,
        "Probabilistic interpretation of feedforward classification network outputs, with relationships to "
        "statistical pattern recognition",
        "Neurocomputing, Springer",
    )

    axis: Axes = -1
    """The axis, or the axes together, along which the results add up to 1."""
    temperature: Annotated[float, Field(gt=0)] = 1.0
    """Divides x: towards 0 all goes to the largest, towards infinity all are equal."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ("temperature",)

    def leader(self, x: Any, **lanes: Any) -> Indices:
        return first_largest(x)

    def weights(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return on.apply("exp", beneath(x) / self.temperature)

    def growth(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return on.value.of(1.0) / self.temperature

    def tangent(self, wrt: str, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        shares, z = self.forward(on, x), beneath(x) / self.temperature
        return -(shares * centred(shares, z, self.leader(x))) / self.temperature


class Softmin(Shares):
    """Softmax of -x: the smallest elements get the largest shares."""

    name: ClassVar = "softmin"
    formula_latex: ClassVar = r"\frac{e^{-x_i}}{\sum_k e^{-x_k}}"
    derivative_latex: ClassVar = r"\frac{\partial y_i}{\partial x_j} = -y_i \left(\delta_{ij} - y_j\right)"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = Properties()
    equivalents: ClassVar = (
        Equivalent("torch", "nn.Softmin"),
        Equivalent("torch", "F.softmin"),
        Equivalent("mindspore", "nn.Softmin"),
        Equivalent("mlx", "nn.softmin"),
    )

    axis: Axes = -1
    """The axis, or the axes together, along which the results add up to 1."""

    def leader(self, x: Any, **lanes: Any) -> Indices:
        return first_largest(-x)

    def weights(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return on.apply("exp", beneath(-x))

    def growth(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return on.value.of(-1.0)


class LogSoftmax(Axiswise):
    """Logarithm of softmax: the largest element's is -log1p of what the others add."""

    name: ClassVar = "log_softmax"
    formula_latex: ClassVar = r"\frac{x_i}{T} - \ln \sum_k e^{x_k / T},\quad T = \mathrm{temperature}"
    derivative_latex: ClassVar = r"\frac{\partial y_i}{\partial x_j} = \frac{\delta_{ij} - e^{y_j}}{T}"
    parameters_latex: ClassVar = {"temperature": r"\frac{1}{T^2} \left(\sum_k e^{y_k} x_k - x_i\right)"}
    range: ClassVar = Interval(-np.inf, 0)
    properties: ClassVar = Properties()
    equivalents: ClassVar = (
        Equivalent("torch", "nn.LogSoftmax"),
        Equivalent("torch", "F.log_softmax"),
        Equivalent("keras", "activations.log_softmax"),
        Equivalent("jax", "jax.nn.log_softmax"),
        Equivalent("onnx", "LogSoftmax"),
        Equivalent("tensorflow", "tf.nn.log_softmax"),
        Equivalent("paddle", "F.log_softmax"),
        Equivalent("mindspore", "nn.LogSoftmax"),
        Equivalent("mlx", "nn.LogSoftmax"),
    )

    axis: Axes = -1
    """The axis, or the axes together, along which the exponentials of the results add up to 1."""
    temperature: Annotated[float, Field(gt=0)] = 1.0
    """Divides x."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ("temperature",)

    def _weights(self, on: Arithmetic, x: Any) -> tuple[Any, Any, Any]:
        """The scaled x, its exponentials, and the sum of these but the leader's, which is 1."""
        z = beneath(x) / on.value.exact(self.temperature, sign=1)
        weights = on.apply("exp", z)
        return z, weights, spoilt(without(weights, first_largest(x)).sum(), weights.max())

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        z, _, others = self._weights(on, x)
        return z - signed(on.apply("log1p", others), 1)

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        _, weights, others = self._weights(on, x)
        total = others + on.value.exact(1.0, sign=1)
        # 1 - y, of which the leader's is what the others have
        leading = first_largest(x) == np.arange(x.shape[-1])
        rest = replaced(total - weights, others, leading) / total
        elsewhere = upstream.sum() - upstream
        return (upstream * rest - weights / total * elsewhere) / self.temperature

    def tangent(self, wrt: str, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        z, weights, others = self._weights(on, x)
        shares = weights / (others + on.value.exact(1.0, sign=1))
        return -centred(shares, z, first_largest(x)) / self.temperature


class SigSoftmax(Shares):
    """Exponentials times sigmoids, divided by their sum: a softmax of higher rank."""

    name: ClassVar = "sigsoftmax"
    formula_latex: ClassVar = r"\frac{e^{x_i} \sigma(x_i)}{\sum_k e^{x_k} \sigma(x_k)}"
    derivative_latex: ClassVar = (
        r"\frac{\partial y_i}{\partial x_j}"
        r" = y_i \left(\delta_{ij} - y_j\right) \left(2 - \sigma(x_j)\right)"
    )
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = Properties()
    reference: ClassVar = Reference(
        "Kanai, Fujiwara, Yamanaka, Adachi",
        2018,
        "Sigsoftmax: Reanalysis of the softmax bottleneck",
        "NeurIPS, arXiv:1805.10829",
    )

    axis: int = -1
    """The axis along which the results add up to 1."""

    def leader(self, x: Any, **lanes: Any) -> Indices:
        return first_largest(x)

    def weights(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        # exp(x) sigmoid(x) is exp(2x) sigmoid(-x) as well: the sigmoid of |x| is never small
        exponent = on.value.select(x.compare(">=", on.value.of(np.zeros(x.shape))), x, x * 2.0)
        exponent = exponent - taken(exponent, self.leader(x))
        return on.apply("exp", exponent) * on.apply("sigmoid", on.apply("abs", x))

    def growth(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return on.apply("sigmoid", -x) + on.value.exact(1.0, sign=1)


class SoLU(Axiswise):
    """x times its softmax: large elements stay, small ones beside them vanish."""

    name: ClassVar = "solu"
    formula_latex: ClassVar = r"x_i\, p_i,\quad p_i = \frac{e^{x_i}}{\sum_k e^{x_k}}"
    derivative_latex: ClassVar = (
        r"\frac{\partial y_i}{\partial x_j} = \delta_{ij}\, p_i + x_i p_i \left(\delta_{ij} - p_j\right)"
    )
    properties: ClassVar = Properties(zero_centred=True)
    reference: ClassVar = Reference(
        "Elhage et al.", 2022, "Softmax linear units", "Transformer Circuits Thread, transformer-circuits.pub"
    )

    axis: int = -1
    """The axis of the softmax."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ()

    def _shares(self, on: Arithmetic, x: Any) -> Any:
        weights = on.apply("exp", beneath(x))
        return weights / weights.sum()

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        y = x * self._shares(on, x)
        even = close(x)
        if not even.any():
            return y
        # where all shares are next to 1/n, by as much as is left of expm1 less its mean
        excess = on.apply("expm1", beneath(x))
        mean = excess.sum() / on.value.of(float(x.shape[-1]))
        share = (excess - mean) / (mean + on.value.of(1.0))
        return replaced(y, (x + x * share) / on.value.of(float(x.shape[-1])), even)

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        shares = self._shares(on, x)
        return shares * (upstream + centred(shares, upstream * x, first_largest(x)))
