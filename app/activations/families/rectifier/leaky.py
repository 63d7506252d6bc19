"""Straight lines of several slopes, none of them 0: leaky ReLU and its relatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from app.activations.base import Equivalent, Properties, Reference
from app.activations.channels import along_axis
from app.activations.elementwise import Elementwise
from app.activations.hyperparameters import LEARNABLE, Numbers
from app.activations.per_channel import PerChannel

_BENT = Properties("increasing", zero_centred=True, smoothness="C0")


class LeakyReLU(Elementwise):
    """Identity on the right, a small slope on the left; optionally with an upper bound."""

    name: ClassVar = "leaky_relu"
    aliases: ClassVar = ("leaky_rectifier", "lrelu")
    formula: ClassVar = "x if x > 0 else alpha*x"
    general: ClassVar = "min(x, max_value) if x > 0 else alpha*x"
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
        Equivalent("mindspore", "ops.leaky_relu_ext", {"alpha": 0.01}),
        Equivalent("timm", "leaky_relu", {"alpha": 0.01}),
        Equivalent("huggingface", "leaky_relu", {"alpha": 0.01}),
        Equivalent("mlx", "nn.LeakyReLU", {"alpha": 0.01}),
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
    """Upper bound of the right part; null for none."""

    @property
    def expression_text(self) -> str:
        return self.formula if self.max_value is None else self.general


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
        Equivalent("jax", "flax.nnx.PReLU", {"alpha": 0.01}, "alpha starts at 0.01; its gradient at 0 is 1"),
        Equivalent("onnx", "PRelu", note="slope is an input"),
        Equivalent("paddle", "nn.PReLU", {"alpha": 0.25}),
        Equivalent("mindspore", "nn.PReLU", {"alpha": 0.25}),
        Equivalent("timm", "prelu", {"alpha": 0.25}),
        Equivalent("huggingface", "prelu", {"alpha": 0.25}),
        Equivalent("mlx", "nn.PReLU", {"alpha": 0.25}),
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


class AReLU(Elementwise):
    """Leaky ReLU with both slopes learned: 1 to 2 on the right, 0.01 to 0.99 on the left."""

    name: ClassVar = "arelu"
    aliases: ClassVar = ("attention_relu",)
    formula: ClassVar = "(1 + sigmoid(beta))*x if x >= 0 else min(max(alpha, 0.01), 0.99)*x"
    properties: ClassVar = _BENT
    kinks: ClassVar = ("0",)
    reference: ClassVar = Reference(
        "Chen, Li, Xu", 2020, "AReLU: attention-based rectified linear unit", "arXiv:2006.13858"
    )

    alpha: Annotated[float, LEARNABLE] = 0.9
    """Slope on the left, clamped to [0.01, 0.99]."""
    beta: Annotated[float, LEARNABLE] = 2.0
    """Its sigmoid is what the slope on the right exceeds 1 by."""


class PLU(Elementwise):
    """Identity in the middle, a small slope beyond c on either side: tanh in straight lines."""

    name: ClassVar = "plu"
    aliases: ClassVar = ("piecewise_linear_unit",)
    formula: ClassVar = "alpha*(x - c) + c if x >= c else alpha*(x + c) - c if x <= -c else x"
    properties: ClassVar = Properties("increasing", "odd", zero_centred=True, smoothness="C0")
    kinks: ClassVar = ("-c", "c")
    reference: ClassVar = Reference(
        "Nicolae", 2018, "PLU: the piecewise linear unit activation function", "arXiv:1809.09534"
    )

    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Slope beyond c."""
    c: Annotated[float, Field(gt=0)] = 1.0
    """Where the slope changes."""


class SReLU(PerChannel):
    """Identity between two learned thresholds, learned slopes beyond: numbers, or one per channel."""

    name: ClassVar = "srelu"
    aliases: ClassVar = ("s_shaped_relu",)
    formula: ClassVar = "tr + ar*(x - tr) if x >= tr else x if x > tl else al*(x - tl) + tl"
    properties: ClassVar = _BENT
    kinks: ClassVar = ("tl", "tr")
    reference: ClassVar = Reference(
        "Jin et al.",
        2016,
        "Deep learning with S-shaped rectified linear activation units",
        "AAAI, arXiv:1512.07030",
    )

    example_params: ClassVar = {"al": 0.2, "tr": 0.4}

    tl: Annotated[Numbers, LEARNABLE] = 0.0  # type: ignore[assignment]  # validated on the way in
    """Left threshold, to be below the right one."""
    al: Annotated[Numbers, LEARNABLE]
    """Slope on the left of it."""
    tr: Annotated[Numbers, LEARNABLE]
    """Right threshold."""
    ar: Annotated[Numbers, LEARNABLE] = 1.0  # type: ignore[assignment]  # as above
    """Slope on the right of it."""
