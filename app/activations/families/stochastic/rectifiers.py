"""Rectifiers with noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.families.stochastic.noise import Stochastic
from app.activations.families.stochastic.saturating import GULCEHRE
from app.activations.hyperparameters import LEARNABLE


class RReLU(Stochastic):
    """Leaky ReLU with a slope drawn for every element while training, and the mean slope else."""

    name: ClassVar = "rrelu"
    formula: ClassVar = "x if x > 0 else (lower + upper)/2*x"
    properties: ClassVar = Properties("increasing", zero_centred=True, smoothness="C0")
    kinks: ClassVar = ("0",)
    equivalents: ClassVar = (
        Equivalent("torch", "nn.RReLU"),
        Equivalent("tensorflow", "tfa.activations.rrelu"),
        Equivalent("paddle", "F.rrelu", {"training": True}, "its gradient at 0 is 1"),
        Equivalent("mindspore", "nn.RReLU"),
    )
    reference: ClassVar = Reference(
        "Xu, Wang, Chen, Li",
        2015,
        "Empirical evaluation of rectified activations in convolutional network",
        "arXiv:1505.00853",
    )

    lower: float = 0.125
    """Smallest slope."""
    upper: float = 0.3333333333333333
    """Largest slope, not below lower."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.upper < self.lower:
            raise PydanticCustomError("order", "upper should not be less than lower")
        return self

    @property
    def expression_text(self) -> str:
        if self.training:
            return "x if x > 0 else (lower + uniform*(upper - lower))*x"
        return self.formula

    def noise_of(
        self, generator: np.random.Generator, count: int, shape: Sequence[int]
    ) -> Mapping[str, NDArray[np.float64]]:
        return {"uniform": generator.random(count).reshape(shape)}


class NoisyReLU(Stochastic):
    """ReLU of x with normal noise added."""

    name: ClassVar = "noisy_relu"
    aliases: ClassVar = ("NANI", "NANIL", "NANIS")
    formula: ClassVar = "max(x, 0)"
    general: ClassVar = "max(x + c*xi, 0)"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = Properties(
        "nondecreasing", zero_centred=True, smoothness="C0", left_saturation="hard"
    )
    kinks: ClassVar = ("0",)
    reference: ClassVar = GULCEHRE

    c: Annotated[float, Field(gt=0)] = 0.05
    """Standard deviation of the noise."""

    @property
    def expression_text(self) -> str:
        return self.general if self.training else self.formula

    def noise_of(
        self, generator: np.random.Generator, count: int, shape: Sequence[int]
    ) -> Mapping[str, NDArray[np.float64]]:
        return {"xi": generator.standard_normal(count).reshape(shape)}


class NReLU(Stochastic):
    """ReLU of x with normal noise added, whose variance is the sigmoid of x."""

    name: ClassVar = "nrelu"
    formula: ClassVar = "max(x, 0)"
    # the standard deviation, the root of a sigmoid, neither underflows nor loses digits this way
    general: ClassVar = "max(x + exp(log_sigmoid(x)/2)*xi, 0)"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = Properties(
        "nondecreasing", zero_centred=True, smoothness="C0", left_saturation="hard"
    )
    kinks: ClassVar = ("0",)
    reference: ClassVar = Reference(
        "Nair, Hinton", 2010, "Rectified linear units improve restricted Boltzmann machines", "ICML"
    )

    @property
    def expression_text(self) -> str:
        return self.general if self.training else self.formula

    def noise_of(
        self, generator: np.random.Generator, count: int, shape: Sequence[int]
    ) -> Mapping[str, NDArray[np.float64]]:
        return {"xi": generator.standard_normal(count).reshape(shape)}


class ProbAct(Stochastic):
    """A normal variable whose mean is the ReLU of x."""

    name: ClassVar = "probact"
    formula: ClassVar = "max(x, 0)"
    general: ClassVar = "max(x, 0) + sigma*xi"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = Properties(
        "nondecreasing", zero_centred=True, smoothness="C0", left_saturation="hard"
    )
    kinks: ClassVar = ("0",)
    reference: ClassVar = Reference(
        "Shridhar et al.",
        2019,
        "ProbAct: A probabilistic activation function for deep neural networks",
        "arXiv:1905.10761",
    )

    sigma: Annotated[float, Field(ge=0), LEARNABLE] = 1.0
    """Standard deviation of the noise."""

    @property
    def expression_text(self) -> str:
        return self.general if self.training else self.formula

    def noise_of(
        self, generator: np.random.Generator, count: int, shape: Sequence[int]
    ) -> Mapping[str, NDArray[np.float64]]:
        return {"xi": generator.standard_normal(count).reshape(shape)}
