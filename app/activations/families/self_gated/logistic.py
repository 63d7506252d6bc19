"""Gates made of the logistic function, and their piecewise linear likenesses."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise
from app.activations.hyperparameters import LEARNABLE, Numbers
from app.activations.per_channel import PerChannel

_GATED = Properties(zero_centred=True, left_saturation="soft")
_ACON = Reference(
    "Ma, Zhang, Liu, Sun", 2021, "Activate or not: learning customized activation", "CVPR, arXiv:2009.04759"
)


class Swish(Elementwise):
    """x gated by its own sigmoid."""

    name: ClassVar = "swish"
    aliases: ClassVar = ("sigmoid_linear_unit", "silu")
    formula: ClassVar = "x*sigmoid(beta*x)"
    range: ClassVar = Interval(-0.2784645427610738, np.inf)
    properties: ClassVar = _GATED
    equivalents: ClassVar = (
        Equivalent("torch", "nn.SiLU"),
        Equivalent("torch", "F.silu"),
        Equivalent("keras", "activations.silu"),
        Equivalent("keras", "activations.swish"),
        Equivalent("jax", "jax.nn.silu"),
        Equivalent("jax", "jax.nn.swish"),
        Equivalent("onnx", "Swish", {"beta": 1.0}),
        Equivalent("tensorflow", "tf.nn.silu", {"beta": 1.0}),
        Equivalent("tensorflow", "tf.nn.swish", {"beta": 1.0}),
        Equivalent("paddle", "F.silu"),
        Equivalent("paddle", "F.swish"),
        Equivalent("mindspore", "nn.SiLU"),
        Equivalent("timm", "silu"),
        Equivalent("timm", "swish"),
        Equivalent("huggingface", "silu"),
        Equivalent("huggingface", "swish"),
        Equivalent("mlx", "nn.SiLU"),
    )
    reference: ClassVar = Reference(
        "Ramachandran, Zoph, Le", 2017, "Searching for activation functions", "arXiv:1710.05941"
    )

    beta: Annotated[float, LEARNABLE] = 1.0
    """Sharpness of the gate; towards infinity ReLU, at 0 half of x."""


class ESwish(Elementwise):
    """Swish times a constant."""

    name: ClassVar = "e_swish"
    formula: ClassVar = "beta*x*sigmoid(x)"
    range: ClassVar = Interval(-0.417696814141610693, np.inf)
    properties: ClassVar = _GATED
    reference: ClassVar = Reference(
        "Alcaide", 2018, "E-swish: adjusting activations to different network depths", "arXiv:1801.07145"
    )

    beta: Annotated[float, Field(gt=0)] = 1.5
    """Scale; the paper recommends values from 1 to 2."""


class HardSwish(Elementwise):
    """Swish with the gate a straight line clipped to [0, 1]."""

    name: ClassVar = "hard_swish"
    aliases: ClassVar = ("h_swish", "hard_silu")
    formula: ClassVar = "x*min(max(x + 3, 0), 6)/6"
    range: ClassVar = Interval(-0.375, np.inf)
    properties: ClassVar = Properties(zero_centred=True, smoothness="C0", left_saturation="hard")
    kinks: ClassVar = ("-3", "3")
    equivalents: ClassVar = (
        Equivalent("torch", "nn.Hardswish"),
        Equivalent("keras", "activations.hard_silu"),
        Equivalent("keras", "activations.hard_swish"),
        Equivalent("jax", "jax.nn.hard_silu"),
        Equivalent("jax", "jax.nn.hard_swish"),
        Equivalent("onnx", "HardSwish"),
        Equivalent("paddle", "F.hardswish"),
        Equivalent("mindspore", "nn.HSwish"),
        Equivalent("timm", "hard_swish"),
        Equivalent("huggingface", "hardswish"),
        Equivalent("mlx", "nn.Hardswish"),
    )
    reference: ClassVar = Reference(
        "Howard et al.", 2019, "Searching for MobileNetV3", "ICCV, arXiv:1905.02244"
    )


class ACONB(PerChannel):
    """The smooth maximum of x and q x."""

    name: ClassVar = "acon_b"
    formula: ClassVar = "(1 - q)*x*sigmoid(beta*(1 - q)*x) + q*x"
    properties: ClassVar = Properties("increasing", zero_centred=True)
    reference: ClassVar = _ACON

    q: Annotated[Numbers, LEARNABLE] = 0.25  # type: ignore[assignment]  # validated on the way in
    """Slope on the left: a number, or one per channel."""
    beta: Annotated[Numbers, LEARNABLE] = 1.0  # type: ignore[assignment]  # as above
    """Sharpness of the switch, which 0 turns off: a number, or one per channel."""


class ACONC(PerChannel):
    """The smooth maximum of two multiples of x; includes swish."""

    name: ClassVar = "acon_c"
    aliases: ClassVar = ("acon",)
    formula: ClassVar = "(p1 - p2)*x*sigmoid(beta*(p1 - p2)*x) + p2*x"
    range: ClassVar = Interval(-0.2784645427610738, np.inf)
    properties: ClassVar = _GATED
    reference: ClassVar = _ACON

    p1: Annotated[Numbers, LEARNABLE] = 1.0  # type: ignore[assignment]  # validated on the way in
    """One of the slopes: a number, or one per channel."""
    p2: Annotated[Numbers, LEARNABLE] = 0.0  # type: ignore[assignment]  # as above
    """The other slope: a number, or one per channel."""
    beta: Annotated[Numbers, LEARNABLE] = 1.0  # type: ignore[assignment]  # as above
    """Sharpness of the switch, which 0 turns off: a number, or one per channel."""


class Logish(Elementwise):
    """x gated by the logarithm of 1 plus its sigmoid."""

    name: ClassVar = "logish"
    formula: ClassVar = "x*log1p(sigmoid(x))"
    range: ClassVar = Interval(-0.252768816789440353, np.inf)
    properties: ClassVar = _GATED
    reference: ClassVar = Reference(
        "Zhu, Zeng, Liu, Zhang",
        2021,
        "Logish: a new nonlinear nonmonotonic activation function for convolutional neural network",
        "Neurocomputing",
    )


class Smish(Elementwise):
    """x gated by the tanh of the logarithm of 1 plus its sigmoid."""

    name: ClassVar = "smish"
    formula: ClassVar = "x*tanh(log1p(sigmoid(x)))"
    range: ClassVar = Interval(-0.249993663660129495, np.inf)
    properties: ClassVar = _GATED
    reference: ClassVar = Reference(
        "Wang, Ren, Wang",
        2022,
        "Smish: a novel activation function for deep learning methods",
        "Electronics 11(4)",
    )
