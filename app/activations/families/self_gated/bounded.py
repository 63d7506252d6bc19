"""Gates of tanh and sech, and functions that stay bounded."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise
from app.activations.hyperparameters import LEARNABLE, Numbers
from app.activations.per_channel import PerChannel


class LiSHT(Elementwise):
    """x times its tanh: even, near |x| far out."""

    name: ClassVar = "lisht"
    formula: ClassVar = "x*tanh(x)"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = Properties(None, "even", zero_centred=True)
    equivalents: ClassVar = (Equivalent("tensorflow", "tfa.activations.lisht"),)
    reference: ClassVar = Reference(
        "Roy, Manna, Dubey, Chaudhuri",
        2019,
        "LiSHT: non-parametric linearly scaled hyperbolic tangent activation function for neural networks",
        "arXiv:1901.05894",
    )


class ReSech(Elementwise):
    """x times its hyperbolic secant."""

    name: ClassVar = "resech"
    aliases: ClassVar = ("rectified_hyperbolic_secant",)
    formula: ClassVar = "x*sech(x)"
    range: ClassVar = Interval(-0.662743419349181581, 0.662743419349181581)
    properties: ClassVar = Properties(
        None, "odd", zero_centred=True, left_saturation="soft", right_saturation="soft"
    )
    reference: ClassVar = Reference(
        "Njikam, Zhao",
        2016,
        "A novel activation function for multilayer feed-forward neural networks",
        "Applied Intelligence 45",
    )


class SRS(Elementwise):
    """Soft root sign: x over the sum of x over alpha and a decaying exponential."""

    name: ClassVar = "srs"
    aliases: ClassVar = ("soft_root_sign",)
    formula: ClassVar = "x/(x/alpha + exp(-x/beta))"
    range: ClassVar = Interval(-2.46248440214738906, 2)
    properties: ClassVar = Properties(zero_centred=True, left_saturation="soft", right_saturation="soft")
    reference: ClassVar = Reference(
        "Zhou, Li, Huo, Kung", 2020, "Soft-root-sign activation function", "arXiv:2003.00547"
    )

    alpha: Annotated[float, Field(gt=0), LEARNABLE] = 2.0
    """Level on the right; the function has no pole as long as beta is below e times alpha."""
    beta: Annotated[float, Field(gt=0), LEARNABLE] = 3.0
    """Inverse rate of the exponential; the minimum is at -beta."""


class DyT(PerChannel):
    """Dynamic tanh: a scaled tanh and an affine map, in the place of layer normalisation."""

    name: ClassVar = "dyt"
    aliases: ClassVar = ("dynamic_tanh",)
    formula: ClassVar = "gamma*tanh(alpha*x) + beta"
    range: ClassVar = Interval(-1, 1)
    properties: ClassVar = Properties(
        "increasing", "odd", zero_centred=True, left_saturation="soft", right_saturation="soft"
    )
    reference: ClassVar = Reference(
        "Zhu, Chen, He, LeCun, Liu", 2025, "Transformers without normalization", "CVPR, arXiv:2503.10622"
    )

    alpha: Annotated[float, LEARNABLE] = 0.5
    """Scale of x."""
    gamma: Annotated[Numbers, LEARNABLE] = 1.0  # type: ignore[assignment]  # validated on the way in
    """Scale of y: a number, or one per channel."""
    beta: Annotated[Numbers, LEARNABLE] = 0.0  # type: ignore[assignment]  # as above
    """Added to y: a number, or one per channel."""
