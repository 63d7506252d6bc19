"""Polynomials."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise


class Square(Elementwise):
    """The square of x."""

    name: ClassVar = "square"
    aliases: ClassVar = ("quadratic",)
    formula: ClassVar = "x**2"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = Properties(parity="even", zero_centred=True)
    equivalents: ClassVar = (
        Equivalent("torch", "torch.square"),
        Equivalent("keras", "ops.square"),
        Equivalent("jax", "jnp.square"),
        Equivalent("tensorflow", "tf.square"),
    )


class Cube(Elementwise):
    """The third power of x."""

    name: ClassVar = "cube"
    formula: ClassVar = "x**3"
    properties: ClassVar = Properties("increasing", "odd", zero_centred=True)
    equivalents: ClassVar = (Equivalent("deeplearning4j", "CUBE"),)
    reference: ClassVar = Reference(
        "Chen, Manning", 2014, "A fast and accurate dependency parser using neural networks", "EMNLP"
    )
