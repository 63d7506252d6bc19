"""One corner at 0: ReLU, its bounded forms, and what is mirrored from it."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise
from app.activations.hyperparameters import LEARNABLE

_RAMP = Properties("nondecreasing", zero_centred=True, smoothness="C0", left_saturation="hard")
_BOUNDED_RAMP = Properties(
    "nondecreasing", zero_centred=True, smoothness="C0", left_saturation="hard", right_saturation="hard"
)
_POSITIVE = Interval(0, np.inf)


class ReLU(Elementwise):
    """The positive part of x; optionally with a slope below a threshold and an upper bound."""

    name: ClassVar = "relu"
    aliases: ClassVar = ("positive_part", "ramp", "rectified_linear_unit", "rectifier")
    formula: ClassVar = "max(x, 0)"
    general: ClassVar = "min(x, max_value) if x > threshold else negative_slope*(x - threshold)"
    range: ClassVar = _POSITIVE
    properties: ClassVar = _RAMP
    kinks: ClassVar = ("0",)
    equivalents: ClassVar = (
        Equivalent("torch", "nn.ReLU"),
        Equivalent("keras", "activations.relu"),
        Equivalent("keras", "layers.ReLU"),
        Equivalent("jax", "jax.nn.relu"),
        Equivalent("onnx", "Relu"),
        Equivalent("tensorflow", "tf.nn.relu"),
        Equivalent("paddle", "F.relu"),
        Equivalent("mindspore", "nn.ReLU"),
        Equivalent("timm", "relu"),
        Equivalent("huggingface", "relu"),
        Equivalent("mlx", "nn.ReLU"),
    )
    reference: ClassVar = Reference(
        "Nair, Hinton", 2010, "Rectified linear units improve restricted Boltzmann machines", "ICML"
    )

    max_value: Annotated[float, Field(ge=0)] | None = None
    """Upper bound of the part above the threshold, as in Keras; null for none."""
    negative_slope: float = 0.0
    """Slope below the threshold."""
    threshold: float = 0.0
    """Below it, y is negative_slope*(x - threshold); from it on, x."""

    @property
    def expression_text(self) -> str:
        right = "x" if self.max_value is None else "min(x, max_value)"
        if self.negative_slope == 0 and self.threshold == 0:
            return f"max({right}, 0)"
        # PyTorch knows the corner at 0, with the slope of the left side; Keras alone knows others
        relation = ">" if self.threshold == 0 else ">="
        return f"{right} if x {relation} threshold else negative_slope*(x - threshold)"


class ReLU6(Elementwise):
    """ReLU clipped at 6."""

    name: ClassVar = "relu6"
    formula: ClassVar = "min(max(x, 0), 6)"
    range: ClassVar = Interval(0, 6)
    properties: ClassVar = _BOUNDED_RAMP
    kinks: ClassVar = ("0", "6")
    equivalents: ClassVar = (
        Equivalent("torch", "nn.ReLU6"),
        Equivalent("keras", "activations.relu6"),
        Equivalent("jax", "jax.nn.relu6"),
        Equivalent("onnx", "Clip", note="with bounds 0 and 6, which are inputs"),
        Equivalent("tensorflow", "tf.nn.relu6"),
        Equivalent("paddle", "F.relu6"),
        Equivalent("mindspore", "nn.ReLU6"),
        Equivalent("timm", "relu6"),
        Equivalent("huggingface", "relu6"),
        Equivalent("mlx", "nn.ReLU6"),
    )
    reference: ClassVar = Reference(
        "Krizhevsky", 2010, "Convolutional deep belief networks on CIFAR-10", "unpublished manuscript"
    )


class ClippedReLU(Elementwise):
    """ReLU with an upper bound."""

    name: ClassVar = "clipped_relu"
    aliases: ClassVar = ("bounded_relu", "brelu", "relu_max", "relu_n")
    formula: ClassVar = "min(max(x, 0), max_value)"
    range: ClassVar = Interval(0, 20)
    properties: ClassVar = _BOUNDED_RAMP
    kinks: ClassVar = ("0", "max_value")
    equivalents: ClassVar = (
        Equivalent(
            "keras",
            "activations.relu(max_value=20)",
            {"max_value": 20.0},
            "its gradient at max_value is 1 on PyTorch, 1/2 on JAX",
        ),
    )
    reference: ClassVar = Reference(
        "Hannun et al.", 2014, "Deep Speech: scaling up end-to-end speech recognition", "arXiv:1412.5567"
    )

    max_value: Annotated[float, Field(gt=0)] = 20.0
    """Upper bound."""


class PACT(Elementwise):
    """ReLU with a learned upper bound, for quantisation."""

    name: ClassVar = "pact"
    formula: ClassVar = "min(max(x, 0), alpha)"
    range: ClassVar = Interval(0, 10)
    properties: ClassVar = _BOUNDED_RAMP
    kinks: ClassVar = ("0", "alpha")
    reference: ClassVar = Reference(
        "Choi, Wang, Venkataramani, Chuang, Srinivasan, Gopalakrishnan",
        2018,
        "PACT: parameterized clipping activation for quantized neural networks",
        "arXiv:1805.06085",
    )

    alpha: Annotated[float, Field(gt=0), LEARNABLE] = 10.0
    """Upper bound."""


class NegativePart(Elementwise):
    """The negative part of x, which is not negative: x is its positive part less its negative part."""

    name: ClassVar = "negative_part"
    aliases: ClassVar = ("x_minus",)
    formula: ClassVar = "max(-x, 0)"
    range: ClassVar = _POSITIVE
    properties: ClassVar = Properties(
        "nonincreasing", zero_centred=True, smoothness="C0", right_saturation="hard"
    )
    kinks: ClassVar = ("0",)


class Abs(Elementwise):
    """The absolute value of x."""

    name: ClassVar = "abs"
    aliases: ClassVar = ("absolute", "modulus", "vrelu")
    formula: ClassVar = "abs(x)"
    range: ClassVar = _POSITIVE
    properties: ClassVar = Properties(parity="even", zero_centred=True, smoothness="C0")
    kinks: ClassVar = ("0",)
    equivalents: ClassVar = (
        Equivalent("torch", "torch.abs"),
        Equivalent("keras", "ops.abs", note="its gradient at 0 is 1 on JAX"),
        Equivalent("jax", "jnp.abs", note="its gradient at 0 is 1"),
        Equivalent("onnx", "Abs"),
        Equivalent("tensorflow", "tf.abs"),
    )
