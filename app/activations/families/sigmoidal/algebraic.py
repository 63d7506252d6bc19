"""Sigmoids with heavy tails: powers, the arctangent, a logarithm."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise
from app.activations.hyperparameters import LEARNABLE

_ODD = Properties("increasing", "odd", zero_centred=True, left_saturation="soft", right_saturation="soft")


class Softsign(Elementwise):
    """A sigmoid with polynomial tails, from -1 to 1."""

    name: ClassVar = "softsign"
    aliases: ClassVar = ("elliott_symmetric",)
    formula: ClassVar = "x/(1 + abs(x))"
    range: ClassVar = Interval(-1, 1)
    properties: ClassVar = Properties(
        "increasing",
        "odd",
        zero_centred=True,
        smoothness="C1",
        left_saturation="soft",
        right_saturation="soft",
    )
    equivalents: ClassVar = (
        Equivalent("torch", "nn.Softsign"),
        Equivalent("torch", "F.softsign"),
        Equivalent("keras", "activations.softsign"),
        Equivalent("jax", "jax.nn.soft_sign"),
        Equivalent("onnx", "Softsign"),
        Equivalent("tensorflow", "tf.nn.softsign"),
        Equivalent("paddle", "F.softsign"),
        Equivalent("mindspore", "nn.Softsign"),
        Equivalent("mlx", "nn.Softsign"),
    )
    reference: ClassVar = Reference(
        "Turian, Bergstra, Bengio", 2009, "Quadratic features and deep architectures for chunking", "NAACL"
    )


class ISRU(Elementwise):
    """An algebraic sigmoid: x over the root of 1 + alpha x squared."""

    name: ClassVar = "isru"
    aliases: ClassVar = ("algebraic_sigmoid",)
    formula: ClassVar = "x/sqrt(1 + alpha*x**2)"
    range: ClassVar = Interval(-1, 1)
    properties: ClassVar = _ODD
    reference: ClassVar = Reference(
        "Carlile, Delamarter, Kinney, Marti, Whitney",
        2017,
        "Improving deep learning by inverse square root linear units (ISRLUs)",
        "arXiv:1710.09967",
    )

    alpha: Annotated[float, Field(ge=0), LEARNABLE] = 1.0
    """Its inverse root is the level far out; 0 gives the identity."""


class Arctan(Elementwise):
    """The inverse tangent, from -pi/2 to pi/2."""

    name: ClassVar = "arctan"
    aliases: ClassVar = ("atan",)
    formula: ClassVar = "atan(x)"
    range: ClassVar = Interval(-np.pi / 2, np.pi / 2)
    properties: ClassVar = _ODD
    equivalents: ClassVar = (
        Equivalent("torch", "torch.atan"),
        Equivalent("keras", "ops.arctan"),
        Equivalent("jax", "jnp.arctan"),
        Equivalent("onnx", "Atan"),
        Equivalent("tensorflow", "tf.atan"),
    )


class Symlog(Elementwise):
    """A logarithm on either side, joined at 0 where its slope is 1."""

    name: ClassVar = "symlog"
    aliases: ClassVar = ("logsign", "symmetric_log")
    formula: ClassVar = "log1p(x) if x >= 0 else -log1p(-x)"
    properties: ClassVar = Properties(
        "increasing",
        "odd",
        zero_centred=True,
        smoothness="C1",
        left_saturation="soft",
        right_saturation="soft",
    )
    reference: ClassVar = Reference(
        "Hafner, Pasukonis, Ba, Lillicrap",
        2023,
        "Mastering diverse domains through world models",
        "arXiv:2301.04104",
    )
