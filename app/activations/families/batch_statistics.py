"""Functions that look at a whole batch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.activations.arithmetic import Arithmetic
from app.activations.axiswise import Axiswise, Floats, Shape
from app.activations.base import Derivative, Properties, Reference
from app.activations.channels import checked_axis
from app.activations.elementwise import Elementwise
from app.activations.errors import InvalidInput
from app.activations.hyperparameters import LEARNABLE, Numbers


def _not_negative(array: NDArray[np.float64]) -> NDArray[np.float64]:
    if (array < 0).any():
        raise PydanticCustomError("greater_than_equal", "Input should be greater than or equal to 0")
    return array


class Dice(Axiswise):
    """PReLU whose corner is a sigmoid of x, standardised with the batch's mean and variance or given ones."""

    name: ClassVar = "dice"
    formula_latex: ClassVar = (
        r"p\,x + (1 - p)\,\alpha x,"
        r"\quad p = \sigma\left(\frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \epsilon}}\right)"
    )
    derivative_latex: ClassVar = (
        r"p + (1 - p)\,\alpha + (1 - \alpha)\,x\,p(1 - p)\,\frac{\partial z}{\partial x},"
        r"\quad \frac{\partial z_i}{\partial x_j} = \frac{\delta_{ij} - \frac{1}{n} - \frac{z_i z_j}{n}}"
        r"{\sqrt{\mathrm{Var}[x] + \epsilon}}\ \text{on batch statistics},"
        r"\quad \frac{\delta_{ij}}{\sqrt{\mathrm{Var}[x] + \epsilon}}\ \text{on given ones}"
    )
    parameters_latex: ClassVar = {
        "alpha": r"(1 - p)\,x",
        "mean": r"-\frac{(1 - \alpha)\,x\,p(1 - p)}{\sqrt{\mathrm{Var}[x] + \epsilon}}",
        "var": r"-\frac{(1 - \alpha)\,x\,p(1 - p)\,z}{2 (\mathrm{Var}[x] + \epsilon)}",
    }
    properties: ClassVar = Properties()
    reference: ClassVar = Reference(
        "Zhou et al.",
        2018,
        "Deep interest network for click-through rate prediction",
        "KDD, arXiv:1706.06978",
    )

    alpha: Annotated[Numbers, LEARNABLE] = 0.0  # type: ignore[assignment]  # validated on the way in
    """Slope where p is 0: a number, or one per feature."""
    eps: Annotated[float, Field(gt=0)] = 1e-9
    """Added to the variance."""
    mean: Numbers | None = None
    """Mean per feature; if not given, the batch's."""
    var: Annotated[Numbers, AfterValidator(_not_negative)] | None = None
    """Population variance per feature; if not given, the batch's."""
    axis: int = 0
    """The batch axis of x; the last of the other axes counts the features."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ("alpha", "mean", "var")

    # -- on given statistics, every element for itself ---------------------------------------------

    def _inference(self) -> DiceInference | None:
        if self.mean is None or self.var is None:
            return None
        return DiceInference(alpha=self.alpha, eps=self.eps, mean=self.mean, var=self.var, axis=self.axis)

    def __call__(self, x: NDArray[Any], dtype: str = "float64", *, exact: bool = False) -> NDArray[Any]:
        function = self._inference()
        return function(x, dtype, exact=exact) if function else super().__call__(x, dtype, exact=exact)

    def derivative(
        self,
        x: NDArray[Any],
        wrt: str = "x",
        order: int = 1,
        upstream: NDArray[Any] | None = None,
        dtype: str = "float64",
        *,
        exact: bool = False,
    ) -> Derivative:
        self._checked_wrt(wrt, order)
        function = self._inference()
        derivative = function.derivative if function else super().derivative
        return derivative(x, wrt, order, upstream, dtype, exact=exact)

    def output_size(
        self, shape: Sequence[int], *, derivative: bool = False, wrt: str = "x", upstream: bool = False
    ) -> int:
        if self._inference():
            return math.prod(shape)
        return super().output_size(shape, derivative=derivative, wrt=wrt, upstream=upstream)

    # -- on batch statistics, every feature a lane -------------------------------------------------

    def per_lane(self, shape: Shape) -> Mapping[str, Floats]:
        given = {"alpha": self.alpha, "mean": self.mean, "var": self.var}
        return {
            name: _by_feature(array, name, shape)[..., None]
            for name, array in given.items()
            if array is not None
        }

    def _standardised(self, on: Arithmetic, x: Any, lanes: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
        """z, its scale, the batch's own centre and p."""
        n = float(x.shape[-1])
        own = x.sum() / n
        deviation = x - own
        variance = lanes["var"] if "var" in lanes else (deviation * deviation).sum() / n
        scale = on.apply("sqrt", variance + self.eps)
        z = (x - lanes["mean"] if "mean" in lanes else deviation) / scale
        return z, scale, deviation, on.apply("sigmoid", z)

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        z, _, _, p = self._standardised(on, x, lanes)
        return x * p + x * lanes["alpha"] * on.apply("sigmoid", -z)

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        n = float(x.shape[-1])
        z, scale, deviation, p = self._standardised(on, x, lanes)
        q = on.apply("sigmoid", -z)
        alpha = lanes["alpha"]
        direct = upstream * (p + alpha * q)
        inner = upstream * (-alpha + 1.0) * x * p * q
        through = inner
        if "mean" not in lanes:
            through = through - inner.sum() / n
        if "var" not in lanes:
            through = through - deviation / scale * ((inner * z).sum() / n)
        return direct + through / scale

    def tangent(self, wrt: str, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        z, scale, _, p = self._standardised(on, x, lanes)
        q = on.apply("sigmoid", -z)
        if wrt == "alpha":
            return x * q
        slope = (-lanes["alpha"] + 1.0) * x * p * q / scale
        return -slope if wrt == "mean" else -(slope * z) / (scale * 2.0)


class DiceInference(Elementwise):
    """Dice with its statistics given: what Dice turns into when both are."""

    formula: ClassVar = "x*sigmoid((x - mean)/sqrt(var + eps)) + alpha*x*sigmoid(-(x - mean)/sqrt(var + eps))"

    alpha: Numbers
    eps: float
    mean: Numbers
    var: Numbers
    axis: int

    def channels(self, parameter: Floats, name: str, shape: Sequence[int]) -> Floats:
        axis = checked_axis(self.axis, shape)
        outer = tuple(s for i, s in enumerate(shape) if i != axis)
        laid = _by_feature(parameter, name, outer)
        return np.expand_dims(laid.reshape((1,) * (len(outer) - laid.ndim) + laid.shape), axis)


def _by_feature(array: Floats, name: str, shape: Shape) -> Floats:
    """One number, or one for each entry of the last of the axes given."""
    if array.ndim == 0 or array.size == 1:
        return array.reshape(())
    if array.ndim != 1 or not shape or array.size != shape[-1]:
        features = shape[-1] if shape else 1
        message = (
            f"{name} must be a number or hold one for each of the {features} features; "
            f"it has shape {list(array.shape)}."
        )
        raise InvalidInput(message, ("params", name))
    return array
