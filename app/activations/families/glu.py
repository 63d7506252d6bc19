"""Gated linear units: one half of the input, or one projection of it, opens and shuts the other."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from app.activations.arithmetic import Arithmetic
from app.activations.axiswise import Axiswise
from app.activations.base import Equivalent, Properties, Reference
from app.activations.errors import InvalidInput
from app.activations.hyperparameters import LEARNABLE, Numbers


class SwiGLU(Axiswise):
    """The swish of a gate times a value: halves of x along an axis, or projections of its last axis."""

    name: ClassVar = "swiglu"
    formula_latex: ClassVar = (
        r"g\,\sigma(\beta g) \odot h,\quad g = x_{\mathrm{gate}}\ \text{or}\ x W + b,"
        r"\quad h = x_{\mathrm{value}}\ \text{or}\ x V + c"
    )
    derivative_latex: ClassVar = (
        r"\frac{\partial y}{\partial g} = h\left(s + \beta g\,s(1 - s)\right),"
        r"\quad \frac{\partial y}{\partial h} = g\,s,\quad s = \sigma(\beta g)"
    )
    parameters_latex: ClassVar = {
        "beta": r"h\,g^2 s(1 - s)",
        "w": r"x^{\mathsf T}\frac{\partial y}{\partial g}",
        "v": r"x^{\mathsf T}\frac{\partial y}{\partial h}",
        "b": r"\frac{\partial y}{\partial g}",
        "c": r"\frac{\partial y}{\partial h}",
    }
    properties: ClassVar = Properties(zero_centred=True)
    equivalents: ClassVar = (
        Equivalent("onnx", "SwiGLU", note="gate and value are two inputs, the gate first"),
        Equivalent("paddle", "F.swiglu"),
        Equivalent("mindspore", "ops.swiglu"),
        Equivalent("timm", "SwiGLU", note="a layer, with projections"),
    )
    reference: ClassVar = Reference("Shazeer", 2020, "GLU variants improve transformer", "arXiv:2002.05202")

    axis: int = -1
    """The axis whose halves are gate and value."""
    gate: Literal["first", "second"] = "first"
    """Which half is the gate."""
    beta: Annotated[float, LEARNABLE] = 1.0
    """Sharpness of the gate."""
    w: Annotated[Numbers, LEARNABLE] | None = None
    """Projection for the gate, of shape (features, units); goes with v."""
    v: Annotated[Numbers, LEARNABLE] | None = None
    """Projection for the value, of shape (features, units); goes with w."""
    b: Annotated[Numbers, LEARNABLE] | None = None
    """Added to the gate's projection, of shape (units,)."""
    c: Annotated[Numbers, LEARNABLE] | None = None
    """Added to the value's projection, of shape (units,)."""

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if (self.w is None) != (self.v is None):
            raise PydanticCustomError("projections", "w and v go together")
        if self.w is None or self.v is None:
            if self.b is not None or self.c is not None:
                raise PydanticCustomError("projections", "b and c go with w and v")
        elif self.w.ndim != 2 or self.w.shape != self.v.shape:
            raise PydanticCustomError("projections", "w and v should have one shape (features, units)")
        elif any(bias is not None and bias.shape != self.w.shape[1:] for bias in (self.b, self.c)):
            raise PydanticCustomError(
                "projections", "b and c should have the shape (units,) of w's second axis"
            )
        return self

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ("beta", "w", "v", "b", "c")

    def mixed_axis(self) -> int:
        return self.axis if self.w is None else -1

    def width(self, n: int) -> int:
        if self.w is None:
            if n % 2:
                raise InvalidInput(f"The axis to halve has {n} elements, which must be an even number.")
            return n // 2
        if n != self.w.shape[0]:
            raise InvalidInput(f"x has {n} features, but w and v take {self.w.shape[0]}.")
        return int(self.w.shape[1])

    def work(self, n: int) -> int:
        return n if self.w is None else n * self.width(n)

    def _gate_and_value(self, x: Any) -> tuple[Any, Any]:
        if self.w is None or self.v is None:
            half = x.shape[-1] // 2
            first, second = x[..., :half], x[..., half:]
            return (first, second) if self.gate == "first" else (second, first)
        gate, value = ((x[:, None, :] * matrix.T).sum()[..., 0] for matrix in (self.w, self.v))
        return (
            gate if self.b is None else gate + self.b,
            value if self.c is None else value + self.c,
        )

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        gate, value = self._gate_and_value(x)
        return gate * on.apply("sigmoid", gate * self.beta) * value

    def _cotangents(self, on: Arithmetic, x: Any, upstream: Any) -> tuple[Any, Any]:
        """Upstream carried to gate and value."""
        gate, value = self._gate_and_value(x)
        t = gate * self.beta
        s = on.apply("sigmoid", t)
        slope = s * (t * on.apply("sigmoid", -t) + 1.0)
        return upstream * value * slope, upstream * gate * s

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        gate, value = self._cotangents(on, x, upstream)
        if self.w is None or self.v is None:
            return on.value.concatenate([gate, value] if self.gate == "first" else [value, gate])
        return ((gate[:, None, :] * self.w) + (value[:, None, :] * self.v)).sum()[..., 0]

    def tangent(self, wrt: str, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        gate, value = self._gate_and_value(x)
        t = gate * self.beta
        return gate * gate * value * on.apply("sigmoid", t) * on.apply("sigmoid", -t)

    def parameter_vjp(self, wrt: str, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        if wrt == "beta":
            return super().parameter_vjp(wrt, on, x, upstream)
        gate, value = self._cotangents(on, x, upstream)
        carried = gate if wrt in ("w", "b") else value
        return carried if wrt in ("b", "c") else x[:, :, None] * carried[:, None, :]
