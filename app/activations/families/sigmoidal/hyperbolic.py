"""The hyperbolic tangent and its relatives."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise

_ODD = Properties("increasing", "odd", zero_centred=True, left_saturation="soft", right_saturation="soft")


class Tanh(Elementwise):
    """The hyperbolic tangent, from -1 to 1."""

    name: ClassVar = "tanh"
    formula: ClassVar = "tanh(x)"
    range: ClassVar = Interval(-1, 1)
    properties: ClassVar = Properties(
        "increasing", "odd", zero_centred=True, left_saturation="soft", right_saturation="soft"
    )
    equivalents: ClassVar = (
        Equivalent("torch", "nn.Tanh"),
        Equivalent("torch", "F.tanh"),
        Equivalent("keras", "activations.tanh"),
        Equivalent("jax", "jax.nn.tanh"),
        Equivalent("onnx", "Tanh"),
        Equivalent("tensorflow", "tf.nn.tanh"),
        Equivalent("paddle", "F.tanh"),
        Equivalent("mindspore", "nn.Tanh"),
        Equivalent("timm", "tanh"),
        Equivalent("huggingface", "tanh"),
        Equivalent("mlx", "nn.Tanh"),
    )


class LeCunTanh(Elementwise):
    """The hyperbolic tangent scaled so that 1 and -1 are mapped to themselves."""

    name: ClassVar = "lecun_tanh"
    aliases: ClassVar = ("scaled_tanh", "stanh")
    formula: ClassVar = "b*tanh(a*x)"
    range: ClassVar = Interval(-1.7159, 1.7159)
    properties: ClassVar = _ODD
    equivalents: ClassVar = (Equivalent("paddle", "paddle.stanh", {"a": 0.67, "b": 1.7159}),)
    reference: ClassVar = Reference("LeCun, Bottou, Orr, Müller", 1998, "Efficient BackProp", "Springer")

    a: Annotated[float, Field(gt=0)] = 0.6666666666666666
    """Scale of x."""
    b: float = 1.7159
    """Scale of y."""


class Softcap(Elementwise):
    """The identity bent to stay within -c and c, as logits are in Gemma 2."""

    name: ClassVar = "softcap"
    aliases: ClassVar = ("logit_softcapping",)
    formula: ClassVar = "c*tanh(x/c)"
    range: ClassVar = Interval(-30, 30)
    properties: ClassVar = _ODD
    equivalents: ClassVar = (
        Equivalent("huggingface", "final_logit_softcapping", {"c": 30.0}, "in Gemma 2"),
        Equivalent("huggingface", "attn_logit_softcapping", {"c": 50.0}, "in Gemma 2"),
    )
    reference: ClassVar = Reference(
        "Gemma Team", 2024, "Gemma 2: improving open language models at a practical size", "arXiv:2408.00118"
    )

    c: Annotated[float, Field(gt=0)] = 30.0
    """The cap."""


class PenalizedTanh(Elementwise):
    """The hyperbolic tangent with its left half scaled down."""

    name: ClassVar = "penalized_tanh"
    formula: ClassVar = "tanh(x) if x > 0 else alpha*tanh(x)"
    range: ClassVar = Interval(-0.25, 1)
    properties: ClassVar = Properties(
        "increasing", zero_centred=True, smoothness="C0", left_saturation="soft", right_saturation="soft"
    )
    kinks: ClassVar = ("0",)
    reference: ClassVar = Reference(
        "Xu, Huang, Li", 2016, "Revise saturated activation functions", "arXiv:1602.05980"
    )

    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.25
    """Scale of the left half."""


class RationalTanh(Elementwise):
    """LeCun's scaled hyperbolic tangent with tanh replaced by a rational function."""

    name: ClassVar = "rational_tanh"
    # sign(t)*(1 - 1/(1 + |t| + t**2 + 1.41645*t**4)) with t = 2x/3, over one denominator
    formula: ClassVar = (
        "1.7159*(2*x/3)*(1 + abs(2*x/3) + 1.41645*abs(2*x/3)**3)"
        "/(1 + abs(2*x/3) + (2*x/3)**2 + 1.41645*(2*x/3)**4)"
    )
    equivalents: ClassVar = (Equivalent("deeplearning4j", "RATIONALTANH"),)
    range: ClassVar = Interval(-1.7159, 1.7159)
    properties: ClassVar = Properties(
        "increasing",
        "odd",
        zero_centred=True,
        smoothness="C2",
        left_saturation="soft",
        right_saturation="soft",
    )


class Gudermannian(Elementwise):
    """The integral of the hyperbolic secant, from -pi/2 to pi/2."""

    name: ClassVar = "gudermannian"
    formula: ClassVar = "2*atan(tanh(x/2))"
    range: ClassVar = Interval(-np.pi / 2, np.pi / 2)
    properties: ClassVar = _ODD


class Asinh(Elementwise):
    """The inverse hyperbolic sine: the identity near 0, a logarithm far out."""

    name: ClassVar = "asinh"
    aliases: ClassVar = ("arcsinh",)
    formula: ClassVar = "asinh(x)"
    properties: ClassVar = _ODD
    equivalents: ClassVar = (
        Equivalent("torch", "torch.asinh"),
        Equivalent("keras", "ops.arcsinh"),
        Equivalent("jax", "jnp.arcsinh"),
        Equivalent("onnx", "Asinh"),
        Equivalent("tensorflow", "tf.asinh"),
    )
