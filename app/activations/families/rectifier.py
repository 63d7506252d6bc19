"""Piecewise-linear functions with a corner: ReLU and its relatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.channels import along_axis
from app.activations.elementwise import Elementwise
from app.activations.hyperparameters import LEARNABLE, Numbers

_RAMP = Properties("nondecreasing", zero_centred=True, smoothness="C0", left_saturation="hard")
_BOUNDED_RAMP = Properties(
    "nondecreasing", zero_centred=True, smoothness="C0", left_saturation="hard", right_saturation="hard"
)
_BENT = Properties("increasing", zero_centred=True, smoothness="C0")
_POSITIVE = Interval(0, np.inf)


class ReLU(Elementwise):
    """The positive part of x; optionally with a slope below a threshold and an upper bound."""

    name: ClassVar = "relu"
    aliases: ClassVar = ("positive_part", "ramp", "rectifier")
    formula: ClassVar = "max(x, 0)"
    general: ClassVar = "min(x if x > threshold else negative_slope*(x - threshold), max_value)"
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
    )
    reference: ClassVar = Reference(
        "Nair, Hinton", 2010, "Rectified linear units improve restricted Boltzmann machines", "ICML"
    )

    max_value: Annotated[float, Field(ge=0)] | None = None
    """Upper bound; null for none."""
    negative_slope: float = 0.0
    """Slope below the threshold."""
    threshold: float = 0.0
    """Below it, y is negative_slope*(x - threshold); from it on, x."""

    @property
    def expression_text(self) -> str:
        if self.negative_slope == 0 and self.threshold == 0:
            text = self.formula
        else:
            # PyTorch knows the corner at 0, with the slope of the left side; Keras alone knows others
            relation = ">" if self.threshold == 0 else ">="
            text = f"(x if x {relation} threshold else negative_slope*(x - threshold))"
        return text if self.max_value is None else f"min({text}, max_value)"


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
    equivalents: ClassVar = (Equivalent("keras", "activations.relu", {"max_value": 20.0}),)
    reference: ClassVar = Reference(
        "Hannun et al.", 2014, "Deep Speech: scaling up end-to-end speech recognition", "arXiv:1412.5567"
    )

    max_value: Annotated[float, Field(gt=0)] = 20.0
    """Upper bound."""


class LeakyReLU(Elementwise):
    """Identity on the right, a small slope on the left; optionally with an upper bound."""

    name: ClassVar = "leaky_relu"
    aliases: ClassVar = ("leaky_rectifier", "lrelu")
    formula: ClassVar = "x if x > 0 else alpha*x"
    general: ClassVar = "min(x if x > 0 else alpha*x, max_value)"
    properties: ClassVar = _BENT
    kinks: ClassVar = ("0",)
    equivalents: ClassVar = (
        Equivalent("torch", "nn.LeakyReLU", {"alpha": 0.01}),
        Equivalent("keras", "activations.leaky_relu", {"alpha": 0.2}, "its gradient at 0 is 1 on JAX"),
        Equivalent("keras", "layers.LeakyReLU", {"alpha": 0.3}, "its gradient at 0 is 1 on JAX"),
        Equivalent("jax", "jax.nn.leaky_relu", {"alpha": 0.01}, "its gradient at 0 is 1"),
        Equivalent("onnx", "LeakyRelu", {"alpha": 0.01}),
        Equivalent("tensorflow", "tf.nn.leaky_relu", {"alpha": 0.2}),
        Equivalent("paddle", "F.leaky_relu", {"alpha": 0.01}, "its gradient at 0 is 1"),
        Equivalent("mindspore", "nn.LeakyReLU", {"alpha": 0.2}),
        Equivalent("timm", "leaky_relu", {"alpha": 0.01}),
        Equivalent("huggingface", "leaky_relu", {"alpha": 0.01}),
    )
    reference: ClassVar = Reference(
        "Maas, Hannun, Ng",
        2013,
        "Rectifier nonlinearities improve neural network acoustic models",
        "ICML workshop on deep learning for audio, speech and language processing",
    )

    alpha: float = 0.01
    """Slope on the left."""
    max_value: Annotated[float, Field(gt=0)] | None = None
    """Upper bound; null for none."""

    @property
    def expression_text(self) -> str:
        return self.formula if self.max_value is None else f"min({self.formula}, max_value)"


class PReLU(Elementwise):
    """Leaky ReLU whose slope is learned: one number, or one per channel."""

    name: ClassVar = "prelu"
    aliases: ClassVar = ("parametric_relu",)
    formula: ClassVar = "x if x > 0 else alpha*x"
    properties: ClassVar = _BENT
    kinks: ClassVar = ("0",)
    equivalents: ClassVar = (
        Equivalent("torch", "nn.PReLU", {"alpha": 0.25}),
        Equivalent("keras", "layers.PReLU", {"alpha": 0.0}, "alpha starts at 0, with one slope per element"),
        Equivalent(
            "jax", "flax.linen.PReLU", {"alpha": 0.01}, "alpha starts at 0.01; its gradient at 0 is 1"
        ),
        Equivalent("onnx", "PRelu", note="slope is an input"),
        Equivalent("paddle", "nn.PReLU", {"alpha": 0.25}),
        Equivalent("mindspore", "nn.PReLU", {"alpha": 0.25}),
        Equivalent("timm", "prelu", {"alpha": 0.25}),
        Equivalent("huggingface", "prelu", {"alpha": 0.25}),
    )
    reference: ClassVar = Reference(
        "He, Zhang, Ren, Sun",
        2015,
        "Delving deep into rectifiers: surpassing human-level performance on ImageNet classification",
        "ICCV, arXiv:1502.01852",
    )

    alpha: Annotated[Numbers, LEARNABLE] = 0.25  # type: ignore[assignment]  # validated on the way in
    """Slope on the left: a number, or one per channel."""
    axis: int = -1
    """The channel axis of x."""

    def channels(
        self, parameter: NDArray[np.float64], name: str, shape: Sequence[int]
    ) -> NDArray[np.float64]:
        return along_axis(parameter, name, shape, self.axis)


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


class ThresholdedReLU(Elementwise):
    """Identity above a threshold, 0 elsewhere."""

    name: ClassVar = "thresholded_relu"
    aliases: ClassVar = ("trec",)
    formula: ClassVar = "x if x > theta else 0"
    range: ClassVar = _POSITIVE
    properties: ClassVar = Properties(
        "nondecreasing", zero_centred=True, smoothness="discontinuous", left_saturation="hard"
    )
    kinks: ClassVar = ("theta",)
    equivalents: ClassVar = (
        Equivalent("onnx", "ThresholdedRelu", {"theta": 1.0}),
        Equivalent("paddle", "F.thresholded_relu", {"theta": 1.0}),
        Equivalent("keras", "layers.ThresholdedReLU", {"theta": 1.0}, "Keras 2 only"),
    )
    reference: ClassVar = Reference(
        "Konda, Memisevic, Krueger",
        2014,
        "Zero-bias autoencoders and the benefits of co-adapting features",
        "ICLR 2015, arXiv:1402.3337",
    )

    theta: float = 1.0
    """The threshold."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ()  # y jumps at the threshold: elsewhere the derivative is 0, there it is none
