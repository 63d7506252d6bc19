"""Sigmoids of straight and parabolic pieces, and steps."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise

_HARD = Properties("nondecreasing", smoothness="C0", left_saturation="hard", right_saturation="hard")


class HardTanh(Elementwise):
    """The identity clipped to an interval."""

    name: ClassVar = "hard_tanh"
    aliases: ClassVar = ("clip",)
    formula: ClassVar = "min(max(x, min_value), max_value)"
    range: ClassVar = Interval(-1, 1)
    properties: ClassVar = Properties(
        "nondecreasing",
        "odd",
        zero_centred=True,
        smoothness="C0",
        left_saturation="hard",
        right_saturation="hard",
    )
    kinks: ClassVar = ("min_value", "max_value")
    equivalents: ClassVar = (
        Equivalent("torch", "nn.Hardtanh"),
        Equivalent(
            "keras", "activations.hard_tanh", note="its gradient at the ends is 1 on TensorFlow and JAX"
        ),
        Equivalent("jax", "jax.nn.hard_tanh", note="its gradient at the ends is 1"),
        Equivalent("onnx", "Clip", note="its bounds are inputs"),
        Equivalent("paddle", "F.hardtanh"),
        Equivalent("mindspore", "nn.Hardtanh"),
        Equivalent("mlx", "nn.HardTanh"),
    )
    reference: ClassVar = Reference(
        "Collobert", 2004, "Large scale machine learning", "Université de Paris VI"
    )

    min_value: float = -1.0
    """Lower bound."""
    max_value: float = 1.0
    """Upper bound, above min_value."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.min_value < self.max_value:
            raise PydanticCustomError("order", "max_value should be greater than min_value")
        return self


class HardSigmoid(Elementwise):
    """A straight line clipped to [0, 1]."""

    name: ClassVar = "hard_sigmoid"
    aliases: ClassVar[tuple[str, ...]] = ("hsigmoid",)
    formula: ClassVar = "min(max(slope*x + offset, 0), 1)"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = _HARD
    kinks: ClassVar = ("-offset/slope", "(1 - offset)/slope")
    equivalents: ClassVar[tuple[Equivalent, ...]] = (
        Equivalent("torch", "nn.Hardsigmoid", {"slope": 1 / 6}, "its gradient at the ends is 0"),
        Equivalent("keras", "activations.hard_sigmoid", {"slope": 1 / 6}, "its gradient at the ends is 0"),
        Equivalent("jax", "jax.nn.hard_sigmoid", {"slope": 1 / 6}, "its gradient at the ends is 0"),
        Equivalent("onnx", "HardSigmoid", {"slope": 0.2, "offset": 0.5}),
        Equivalent("paddle", "F.hardsigmoid", {"slope": 0.1666667}),
        Equivalent("mindspore", "nn.HSigmoid", {"slope": 1 / 6}),
        Equivalent("timm", "hard_sigmoid", {"slope": 1 / 6}),
    )
    reference: ClassVar = Reference(
        "Courbariaux, Bengio, David",
        2015,
        "BinaryConnect: training deep neural networks with binary weights during propagations",
        "NeurIPS, arXiv:1511.00363",
    )

    slope: Annotated[float, Field(gt=0)] = 0.2
    """Slope of the middle part; 1/6 gives PyTorch's, Keras 3's, JAX's and Paddle's."""
    offset: float = 0.5
    """Value at 0."""


class HardLogistic(HardSigmoid):
    """The logistic function's tangent at 0, clipped to [0, 1]."""

    name: ClassVar = "hard_logistic"
    aliases: ClassVar = ()
    reference: ClassVar = Reference(
        "Gulcehre, Moczulski, Denil, Bengio", 2016, "Noisy activation functions", "ICML, arXiv:1603.00391"
    )

    slope: Annotated[float, Field(gt=0)] = 0.25
    """Slope of the middle part; 1/4 is the logistic function's own at 0."""


class SparseSigmoid(Elementwise):
    """A straight line from 0 at -1 to 1 at 1: sparsemax of two classes."""

    name: ClassVar = "sparse_sigmoid"
    formula: ClassVar = "min(max(x + 1, 0), 2)/2"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = _HARD
    kinks: ClassVar = ("-1", "1")
    equivalents: ClassVar = (
        Equivalent("keras", "activations.sparse_sigmoid", note="its gradient at the ends is 1/4 on JAX"),
        Equivalent("jax", "jax.nn.sparse_sigmoid", note="its gradient at the ends is 1/4"),
    )


class SQNL(Elementwise):
    """A sigmoid of two parabolas, from -1 to 1."""

    name: ClassVar = "sqnl"
    formula: ClassVar = "1 if x > 2 else -1 if x < -2 else x*(1 - abs(x)/4)"
    range: ClassVar = Interval(-1, 1)
    properties: ClassVar = Properties(
        "nondecreasing",
        "odd",
        zero_centred=True,
        smoothness="C1",
        left_saturation="hard",
        right_saturation="hard",
    )
    kinks: ClassVar = ("-2", "0", "2")
    reference: ClassVar = Reference(
        "Wuraola, Patel", 2018, "SQNL: a new computationally efficient activation function", "IJCNN"
    )


class Heaviside(Elementwise):
    """The unit step."""

    name: ClassVar = "heaviside"
    aliases: ClassVar = ("binary_step", "step", "threshold_unit")
    formula: ClassVar = "1 if x > 0 else h0 if x == 0 else 0"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = Properties(
        "nondecreasing", smoothness="discontinuous", left_saturation="hard", right_saturation="hard"
    )
    kinks: ClassVar = ("0",)
    equivalents: ClassVar = (
        Equivalent("torch", "torch.heaviside", note="h0 is its second argument; it has no gradient"),
        Equivalent("jax", "jnp.heaviside", note="h0 is its second argument"),
        Equivalent("mlx", "nn.Step", {"h0": 0.0}),
    )

    h0: float = 0.5
    """Value at 0; usually 0, 1/2 or 1."""


class Sign(Elementwise):
    """The sign of x: -1, 0 or 1."""

    name: ClassVar = "sign"
    aliases: ClassVar = ("bipolar_step", "sgn")
    formula: ClassVar = "sign(x)"
    range: ClassVar = Interval(-1, 1)
    properties: ClassVar = Properties(
        "nondecreasing",
        "odd",
        zero_centred=True,
        smoothness="discontinuous",
        left_saturation="hard",
        right_saturation="hard",
    )
    kinks: ClassVar = ("0",)
    equivalents: ClassVar = (
        Equivalent("torch", "torch.sign"),
        Equivalent("keras", "ops.sign"),
        Equivalent("jax", "jnp.sign"),
        Equivalent("onnx", "Sign"),
        Equivalent("tensorflow", "tf.sign"),
    )
