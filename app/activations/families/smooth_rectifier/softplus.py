"""Softplus and what is made from it."""

from __future__ import annotations

import math
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
        Equivalent("mlx", "nn.Softplus"),
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


class ShiftedSoftplus(Elementwise):
    """Softplus lowered to be 0 at 0."""

    name: ClassVar = "shifted_softplus"
    aliases: ClassVar = ("ssp",)
    formula: ClassVar = "softplus(x) - log(2)"
    range: ClassVar = Interval(-math.log(2), np.inf)
    properties: ClassVar = Properties("increasing", zero_centred=True, left_saturation="soft")
    reference: ClassVar = Reference(
        "Schütt, Kindermans, Sauceda, Chmiela, Tkatchenko, Müller",
        2017,
        "SchNet: a continuous-filter convolutional neural network for modeling quantum interactions",
        "NIPS 30, arXiv:1706.08566",
    )

    @property
    def expression_text(self) -> str:
        # beside 0, where the difference would cancel, x/2 + log(cosh(x/2))
        return "x/2 - log1p(-tanh(x/2)**2)/2 if abs(x) < 1 else softplus(x) - log(2)"


class SqrtSoftplus(Elementwise):
    """The square root of softplus."""

    name: ClassVar = "sqrt_softplus"
    formula: ClassVar = "sqrt(softplus(x))"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = Properties("increasing", left_saturation="soft", right_saturation="soft")
    equivalents: ClassVar = (Equivalent("huggingface", "sqrtsoftplus"),)

    @property
    def expression_text(self) -> str:
        # far out balls know of softplus only that it is tiny; there sqrt(exp(x)) is the same to e**-2000
        return "sqrt(softplus(x)) if x > -2000 else exp(x/2)"
