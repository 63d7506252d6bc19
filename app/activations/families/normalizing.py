"""Functions that turn the elements along an axis into shares of a whole."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from app.activations.arithmetic import Arithmetic
from app.activations.axiswise import Axiswise
from app.activations.base import Equivalent, Interval, Properties, Reference


class Softmax(Axiswise):
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
        Equivalent("keras", "activations.softmax"),
        Equivalent("keras", "layers.Softmax"),
        Equivalent("jax", "jax.nn.softmax"),
        Equivalent("onnx", "Softmax", note="before opset 13, axis was 1 and all axes behind it were joined"),
        Equivalent("tensorflow", "tf.nn.softmax"),
        Equivalent("paddle", "F.softmax"),
        Equivalent("mindspore", "nn.Softmax"),
    )
    reference: ClassVar = Reference(
        "Bridle",
        1990,
        "Probabilistic interpretation of feedforward classification network outputs, with relationships to "
        "statistical pattern recognition",
        "Neurocomputing, Springer",
    )

    axis: int = -1
    """The axis along which the results add up to 1."""
    temperature: Annotated[float, Field(gt=0)] = 1.0
    """Divides x: towards 0 all goes to the largest, towards infinity all are equal."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ("temperature",)

    def _scaled(self, x: Any) -> Any:
        return (x - x.max()) / self.temperature

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        e = on.apply("exp", self._scaled(x))
        return e / e.sum()

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        y = self.forward(on, x)
        return y * (upstream - (y * upstream).sum()) / self.temperature

    def tangent(self, wrt: str, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        y, z = self.forward(on, x), self._scaled(x)
        return y * ((y * z).sum() - z) / self.temperature
