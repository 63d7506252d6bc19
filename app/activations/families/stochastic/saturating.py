"""Saturating functions with noise where they saturate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.activations.base import Properties, Reference
from app.activations.families.stochastic.noise import Stochastic
from app.activations.hyperparameters import LEARNABLE

GULCEHRE = Reference(
    "Gulcehre, Moczulski, Denil, Bengio", 2016, "Noisy activation functions", "ICML, arXiv:1603.00391"
)


def _not_one(value: float) -> float:
    if value == 1:
        raise PydanticCustomError("not_one", "Input should not be 1")
    return value


class Noisy(Stochastic):
    """A hard function h and its linear part u, blended, with noise where h saturates (Algorithm 1)."""

    hard: ClassVar[str]
    linear: ClassVar[str]

    # named in the formula beside the class's own hyperparameters
    p: Annotated[float, LEARNABLE] = 1.0
    """Learned scale of the difference between h and u."""
    noise: Literal["half_normal", "normal"] = "half_normal"
    """'half_normal' (NAH) or 'normal' (NAN)."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.formula = cls.text("sqrt(2/pi)")

    @classmethod
    def text(cls, noise: str) -> str:
        # sigmoid(t) - 1/2 is tanh(t/2)/2, which keeps its digits where h and u meet
        scale = f"c*(tanh(p*(({cls.hard}) - ({cls.linear}))/2)/2)**2"
        # alpha h + (1 - alpha) u, in the order that keeps the sign of a zero
        blend = f"({cls.linear}) - alpha*(({cls.linear}) - ({cls.hard}))"
        return f"{blend} - sign(x)*sign(1 - alpha)*{scale}*{noise}"

    @property
    def expression_text(self) -> str:
        if self.training:
            return self.text("epsilon")
        return self.formula if self.noise == "half_normal" else self.text("0")

    def noise_of(
        self, generator: np.random.Generator, count: int, shape: Sequence[int]
    ) -> Mapping[str, NDArray[np.float64]]:
        draws = generator.standard_normal(count).reshape(shape)
        return {"epsilon": np.abs(draws) if self.noise == "half_normal" else draws}


class NoisyHardTanh(Noisy):
    """Hard tanh that leaks, with noise where it saturates."""

    name: ClassVar = "noisy_hard_tanh"
    aliases: ClassVar = ("NAH",)
    hard: ClassVar = "min(max(x, -1), 1)"
    linear: ClassVar = "x"
    formula: ClassVar = ""
    properties: ClassVar = Properties(None, "odd", zero_centred=True, smoothness="C0")
    kinks: ClassVar = ("-1", "1")
    reference: ClassVar = GULCEHRE

    alpha: Annotated[float, AfterValidator(_not_one)] = 1.15
    """Share of the hard function, not 1."""
    c: Annotated[float, Field(gt=0)] = 0.5
    """Scale of the noise."""


class NoisyHardSigmoid(Noisy):
    """Hard logistic function that leaks, with noise where it saturates."""

    name: ClassVar = "noisy_hard_sigmoid"
    hard: ClassVar = "min(max(0.25*x + 0.5, 0), 1)"
    linear: ClassVar = "0.25*x + 0.5"
    formula: ClassVar = ""
    properties: ClassVar = Properties(smoothness="C0")
    kinks: ClassVar = ("-2", "2")
    reference: ClassVar = GULCEHRE

    alpha: Annotated[float, AfterValidator(_not_one)] = 1.1
    """Share of the hard function, not 1."""
    c: Annotated[float, Field(gt=0)] = 0.15
    """Scale of the noise."""
