"""Gated linear units: one half of the input, or one projection of it, opens and shuts the other."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.activations.arithmetic import Arithmetic
from app.activations.axiswise import Axiswise, Floats, Lanes
from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.channels import checked_axes
from app.activations.errors import InvalidInput
from app.activations.gated import Gated, Half, Halves
from app.activations.hyperparameters import LEARNABLE, Numbers

_SHAZEER = Reference("Shazeer", 2020, "GLU variants improve transformer", "arXiv:2002.05202")


class GLU(Gated):
    """A value times the sigmoid of a gate: the halves of x along an axis."""

    name: ClassVar = "glu"
    aliases: ClassVar = ("gated_linear_unit",)
    formula: ClassVar = "a*sigmoid(b)"
    properties: ClassVar = Properties(zero_centred=True)
    equivalents: ClassVar = (
        Equivalent("torch", "nn.GLU"),
        Equivalent("torch", "F.glu"),
        Equivalent("keras", "activations.glu"),
        Equivalent("jax", "jax.nn.glu"),
        Equivalent("paddle", "F.glu"),
        Equivalent("mindspore", "nn.GLU"),
        Equivalent("timm", "GluMlp", note="a layer, with projections"),
        Equivalent("mlx", "nn.GLU"),
    )
    reference: ClassVar = Reference(
        "Dauphin, Fan, Auli, Grangier",
        2017,
        "Language modeling with gated convolutional networks",
        "ICML, arXiv:1612.08083",
    )


class GeGLU(Gated):
    """A value times the GELU of a gate: the halves of x along an axis."""

    name: ClassVar = "geglu"
    formula: ClassVar = "a*b*Phi(b)"
    properties: ClassVar = Properties(zero_centred=True)
    equivalents: ClassVar = (
        Equivalent("timm", "GeGluMlp", {"gate": "first"}, "a layer, with projections"),
        Equivalent("timm", "GluMlp(act_layer=nn.GELU)", note="a layer, with projections"),
    )
    reference: ClassVar = _SHAZEER

    approximate: Literal["none", "tanh"] = "none"
    """'tanh' approximates the normal distribution's function as gelu does."""

    @property
    def expression_text(self) -> str:
        if self.approximate == "none":
            return self.formula
        # 1 + tanh(t) is 2 sigmoid(2t), which keeps its digits on the left
        return "a*b*sigmoid(2*sqrt(2/pi)*(b + 0.044715*b**3))"


class ReGLU(Gated):
    """A value times the ReLU of a gate: the halves of x along an axis."""

    name: ClassVar = "reglu"
    formula: ClassVar = "a*max(b, 0)"
    properties: ClassVar = Properties(zero_centred=True, smoothness="C0")
    reference: ClassVar = _SHAZEER


class GTU(Gated):
    """The tanh of a value times the sigmoid of a gate: the halves of x along an axis."""

    name: ClassVar = "gtu"
    aliases: ClassVar = ("gated_tanh_unit",)
    formula: ClassVar = "tanh(a)*sigmoid(b)"
    range: ClassVar = Interval(-1, 1)
    properties: ClassVar = Properties(zero_centred=True)
    reference: ClassVar = Reference(
        "van den Oord, Kalchbrenner, Vinyals, Espeholt, Graves, Kavukcuoglu",
        2016,
        "Conditional image generation with PixelCNN decoders",
        "NeurIPS, arXiv:1606.05328",
    )


class Bilinear(Gated):
    """The product of the halves of x along an axis: a gated linear unit without a nonlinearity."""

    name: ClassVar = "bilinear"
    formula: ClassVar = "a*b"
    properties: ClassVar = Properties(zero_centred=True)
    reference: ClassVar = _SHAZEER


class ClampedSwiGLU(Gated):
    """The swish of a gate times 1 plus a value, both kept within a limit: the halves of x along an axis."""

    name: ClassVar = "swiglu_clamped"
    aliases: ClassVar = ("swigluoai",)
    # at the limits the derivative is that of what is inside, as torch.clamp has it
    formula: ClassVar = "(min(limit, max(-limit, a)) + 1)*min(limit, b)*sigmoid(alpha*min(limit, b))"
    properties: ClassVar = Properties(zero_centred=True, smoothness="C0")
    equivalents: ClassVar = (
        Equivalent("huggingface", "GptOssExperts", note="gate and value alternate, the gate first"),
    )

    alpha: float = 1.702
    """Sharpness of the gate."""
    limit: Annotated[float, Field(gt=0)] = 7.0
    """Bounds the gate from above, the value from both sides."""


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
        Equivalent("timm", "SwiGLUPacked", note="a layer, with projections"),
        Equivalent("huggingface", "LlamaMLP", note="a layer, with projections; other models have the like"),
    )
    reference: ClassVar = _SHAZEER

    axis: int = -1
    """The axis whose halves are gate and value."""
    gate: Half = "first"
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

    def _lanes(self, x: Floats) -> Lanes:
        return Halves(self, x, checked_axes(self.axis, x.shape)) if self.w is None else super()._lanes(x)

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
