"""Smooth relatives of ReLU, and their inverses."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise


def _not_zero(value: float) -> float:
    if value == 0:
        raise PydanticCustomError("not_zero", "Input should not be 0")
    return value


class Softplus(Elementwise):
    """A smooth ReLU: the integral of the logistic function."""

    name: ClassVar = "softplus"
    aliases: ClassVar = ("smooth_relu", "softrelu")
    formula: ClassVar = "softplus(beta*x)/beta"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = Properties("increasing", left_saturation="soft")
    equivalents: ClassVar = (
        Equivalent("torch", "nn.Softplus", {"beta": 1.0}, "beyond its threshold of 20 it returns x"),
        Equivalent("keras", "activations.softplus"),
        Equivalent("jax", "jax.nn.softplus"),
        Equivalent("onnx", "Softplus"),
        Equivalent("tensorflow", "tf.nn.softplus"),
        Equivalent("paddle", "F.softplus", {"beta": 1.0}, "beyond its threshold of 20 it returns x"),
        Equivalent("mindspore", "ops.softplus", {"beta": 1.0}, "beyond its threshold of 20 it returns x"),
    )
    reference: ClassVar = Reference(
        "Dugas, Bengio, Bélisle, Nadeau, Garcia",
        2001,
        "Incorporating second-order functional knowledge for better option pricing",
        "NIPS 13",
    )

    beta: Annotated[float, AfterValidator(_not_zero)] = 1.0
    """Sharpness, not 0; towards infinity ReLU."""


class SoftplusInverse(Elementwise):
    """The inverse of softplus, for x > 0."""

    name: ClassVar = "softplus_inverse"
    aliases: ClassVar = ("inverse_softplus",)
    formula: ClassVar = "log_expm1(x)"
    domain: ClassVar = Interval(0, np.inf)
    example_x: ClassVar = [0.1, 0.5, 1.0, 2.0, 30.0]
    properties: ClassVar = Properties("increasing")
    equivalents: ClassVar = (Equivalent("tensorflow", "tfp.math.softplus_inverse"),)
