"""Functions that draw random numbers while training: Philox keyed by the seed, one draw an element."""

from __future__ import annotations

import math
import secrets
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise
from app.activations.hyperparameters import LEARNABLE

_GULCEHRE = Reference(
    "Gulcehre, Moczulski, Denil, Bengio", 2016, "Noisy activation functions", "ICML, arXiv:1603.00391"
)


class Stochastic(Elementwise):
    """A formula with a random symbol, which stands for its expectation unless `training`."""

    training: bool = False
    """Whether to draw the noise; else its expectation takes its place."""
    seed: Annotated[int, Field(ge=0, lt=2**64)] | None = None
    """Key of the random numbers; without one it is drawn and returned."""

    def settled(self) -> Self:
        if not self.training or self.seed is not None:
            return self
        # 53 bits: exact in every JSON reader
        return self.model_copy(update={"seed": secrets.randbits(53)})

    def draws(self, shape: Sequence[int]) -> Mapping[str, NDArray[np.float64] | float]:
        if not self.training:
            return {}
        if self.seed is None:
            raise ValueError("a seed must be drawn first: call settled()")
        generator = np.random.Generator(np.random.Philox(key=self.seed))
        return self.noise_of(generator, math.prod(shape), shape)

    @abstractmethod
    def noise_of(
        self, generator: np.random.Generator, count: int, shape: Sequence[int]
    ) -> Mapping[str, NDArray[np.float64]]:
        """The random symbols of the formula, one draw an element in C order."""


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
        blend = f"alpha*({cls.hard}) + (1 - alpha)*({cls.linear})"
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
    reference: ClassVar = _GULCEHRE

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
    reference: ClassVar = _GULCEHRE

    alpha: Annotated[float, AfterValidator(_not_one)] = 1.1
    """Share of the hard function, not 1."""
    c: Annotated[float, Field(gt=0)] = 0.15
    """Scale of the noise."""


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
    reference: ClassVar = _GULCEHRE

    c: Annotated[float, Field(gt=0)] = 0.05
    """Standard deviation of the noise."""

    @property
    def expression_text(self) -> str:
        return self.general if self.training else self.formula

    def noise_of(
        self, generator: np.random.Generator, count: int, shape: Sequence[int]
    ) -> Mapping[str, NDArray[np.float64]]:
        return {"xi": generator.standard_normal(count).reshape(shape)}
