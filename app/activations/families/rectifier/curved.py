"""0 on the left, curved on the right: powers, logarithm and tanh of ReLU."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise
from app.activations.hyperparameters import LEARNABLE

_POSITIVE = Interval(0, np.inf)


class ReLUSquared(Elementwise):
    """The square of ReLU."""

    name: ClassVar = "relu_squared"
    aliases: ClassVar = ("relu2", "squared_relu")
    formula: ClassVar = "max(x, 0)**2"
    range: ClassVar = _POSITIVE
    properties: ClassVar = Properties(
        "nondecreasing", zero_centred=True, smoothness="C1", left_saturation="hard"
    )
    equivalents: ClassVar = (
        Equivalent("timm", "models.metaformer.SquaredReLU"),
        Equivalent("huggingface", "relu2"),
        Equivalent("mlx", "nn.relu2"),
    )
    reference: ClassVar = Reference(
        "So et al.",
        2021,
        "Primer: searching for efficient transformers for language modeling",
        "NeurIPS, arXiv:2109.08668",
    )


class StarReLU(Elementwise):
    """The square of ReLU with a learned scale and bias."""

    name: ClassVar = "star_relu"
    formula: ClassVar = "scale*max(x, 0)**2 + bias"
    range: ClassVar = _POSITIVE
    properties: ClassVar = Properties(
        "nondecreasing", zero_centred=True, smoothness="C1", left_saturation="hard"
    )
    equivalents: ClassVar = (Equivalent("timm", "models.metaformer.StarReLU", {"scale": 1.0, "bias": 0.0}),)
    reference: ClassVar = Reference("Yu et al.", 2022, "MetaFormer baselines for vision", "arXiv:2210.13452")

    scale: Annotated[float, LEARNABLE] = 1.0
    """Scale of the square; 0.8944 gives variance 1 for a standard normal x."""
    bias: Annotated[float, LEARNABLE] = 0.0
    """What is added; -0.4472 gives mean 0 with that scale."""


class RePU(Elementwise):
    """An integer power of ReLU."""

    name: ClassVar = "repu"
    aliases: ClassVar = ("rectified_power_unit", "relu3")
    formula: ClassVar = "max(x, 0)**3"
    range: ClassVar = _POSITIVE
    properties: ClassVar = Properties(
        "nondecreasing", zero_centred=True, smoothness="C2", left_saturation="hard"
    )
    reference: ClassVar = Reference(
        "Li, Tang, Yu",
        2020,
        "Better approximations of high dimensional smooth functions by deep neural networks with rectified"
        " power units",
        "Communications in Computational Physics 27, arXiv:1903.05858",
    )

    s: Annotated[int, Field(ge=1, le=100)] = 3
    """The power; 1 is ReLU, 2 its square."""

    @property
    def expression_text(self) -> str:
        return f"max(x, 0)**{self.s}"


class NLReLU(Elementwise):
    """The logarithm of 1 plus ReLU."""

    name: ClassVar = "nlrelu"
    aliases: ClassVar = ("natural_log_relu",)
    formula: ClassVar = "log1p(beta*max(x, 0))"
    range: ClassVar = _POSITIVE
    properties: ClassVar = Properties(
        "nondecreasing",
        zero_centred=True,
        smoothness="C0",
        left_saturation="hard",
        right_saturation="soft",
    )
    kinks: ClassVar = ("0",)
    reference: ClassVar = Reference(
        "Liu, Zhang, Gao, Qu, Ji",
        2019,
        "Natural-logarithm-rectified activation function in convolutional neural networks",
        "ICCC, arXiv:1908.03682",
    )

    beta: Annotated[float, Field(gt=0)] = 1.0
    """Slope on the right of 0."""


class RectifiedTanh(Elementwise):
    """tanh on the right, 0 on the left."""

    name: ClassVar = "rectified_tanh"
    formula: ClassVar = "max(tanh(x), 0)"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = Properties(
        "nondecreasing",
        zero_centred=True,
        smoothness="C0",
        left_saturation="hard",
        right_saturation="soft",
    )
    kinks: ClassVar = ("0",)
    equivalents: ClassVar = (Equivalent("deeplearning4j", "RECTIFIEDTANH"),)
