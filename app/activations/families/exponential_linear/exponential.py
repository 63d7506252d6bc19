"""The exponential, and what lies between it and the logarithm."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Annotated, ClassVar

import numpy as np

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise
from app.activations.hyperparameters import LEARNABLE


class Exponential(Elementwise):
    """The exponential function."""

    name: ClassVar = "exponential"
    aliases: ClassVar = ("exp",)
    formula: ClassVar = "exp(x)"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = Properties("increasing", left_saturation="soft")
    equivalents: ClassVar = (
        Equivalent("torch", "torch.exp"),
        Equivalent("keras", "activations.exponential"),
        Equivalent("jax", "jnp.exp"),
        Equivalent("onnx", "Exp"),
        Equivalent("tensorflow", "tf.exp"),
    )


class SoftExponential(Elementwise):
    """From a logarithm (alpha = -1) over the identity (0) to the exponential (1)."""

    name: ClassVar = "soft_exponential"
    formula: ClassVar = (
        "-log(1 - alpha*(x + alpha))/alpha if alpha < 0"
        " else (exp(alpha*x) - 1)/alpha + alpha if alpha > 0 else x"
    )
    properties: ClassVar = Properties("increasing", "odd", zero_centred=True)
    reference: ClassVar = Reference(
        "Godfrey, Gashler",
        2015,
        "A continuum among logarithmic, linear, and exponential functions, and its potential to improve"
        " generalization in neural networks",
        "KDIR, arXiv:1602.01321",
    )

    alpha: Annotated[float, LEARNABLE] = 0.0
    """Where between logarithm and exponential; below 0, y is defined for x > 1/alpha - alpha."""

    @property
    def expression_text(self) -> str:
        if self.alpha < 0:
            return "-log1p(-alpha*(x + alpha))/alpha"
        if self.alpha > 0:
            return "expm1(alpha*x)/alpha + alpha"
        # the limit, with its series in alpha from the right, for the derivatives with respect to it
        return "x*(1 + alpha*x/2 + alpha**2*x**2/6) + alpha"

    def support(self) -> Interval:
        if self.alpha >= 0:
            return self.domain
        exact = 1 / Fraction(self.alpha) - Fraction(self.alpha)
        try:
            end = float(exact)
        except OverflowError:
            return self.domain
        # the last double that is not beyond the end, which itself may be none
        return Interval(end if Fraction(end) <= exact else math.nextafter(end, -math.inf), np.inf)
