"""Samples of distributions over categories, and their relaxations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from app.activations.arithmetic import Arithmetic
from app.activations.arithmetic.along import Indices, first_largest, marked, spoilt, taken, without
from app.activations.axiswise import Floats, Shape
from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.families.normalizing.shares import Shares, centred
from app.activations.families.stochastic.noise import Seed, Stochastic, drawn_seed, generator_of

_CONCRETE = Reference(
    "Maddison, Mnih, Teh",
    2017,
    "The Concrete distribution: A continuous relaxation of discrete random variables",
    "ICLR, arXiv:1611.00712",
)


class BinaryConcrete(Stochastic):
    """Sigmoid of x with logistic noise added: a relaxed coin that shows 1 with probability sigmoid(x)."""

    name: ClassVar = "binary_concrete"
    aliases: ClassVar = ("gumbel_sigmoid", "relaxed_bernoulli")
    formula: ClassVar = "sigmoid(x/tau)"
    general: ClassVar = "sigmoid((x + logistic)/tau)"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = Properties("increasing", left_saturation="soft", right_saturation="soft")
    reference: ClassVar = _CONCRETE

    tau: Annotated[float, Field(gt=0)] = 0.6666666666666666
    """Temperature: towards 0 the results are 0 or 1."""

    @property
    def expression_text(self) -> str:
        return self.general if self.training else self.formula

    def noise_of(
        self, generator: np.random.Generator, count: int, shape: Sequence[int]
    ) -> Mapping[str, NDArray[np.float64]]:
        return {"logistic": generator.logistic(size=count).reshape(shape)}


class StochasticBinary(Stochastic):
    """While training 1 with probability sigmoid(x), else 0, a step of slope 0; otherwise the probability."""

    name: ClassVar = "stochastic_binary"
    aliases: ClassVar = ("bernoulli_unit",)
    formula: ClassVar = "sigmoid(x)"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = Properties("increasing", left_saturation="soft", right_saturation="soft")
    reference: ClassVar = Reference(
        "Bengio, Léonard, Courville",
        2013,
        "Estimating or propagating gradients through stochastic neurons for conditional computation",
        "arXiv:1308.3432",
    )

    @property
    def expression_text(self) -> str:
        return "1 if uniform < sigmoid(x) else 0" if self.training else self.formula

    def noise_of(
        self, generator: np.random.Generator, count: int, shape: Sequence[int]
    ) -> Mapping[str, NDArray[np.float64]]:
        return {"uniform": generator.random(count).reshape(shape)}


class GumbelSoftmax(Shares):
    """Softmax of x with Gumbel noise added: a relaxed draw of one element, with softmax's probabilities."""

    name: ClassVar = "gumbel_softmax"
    formula_latex: ClassVar = (
        r"\frac{e^{(x_i + g_i)/\tau}}{\sum_k e^{(x_k + g_k)/\tau}},"
        r"\quad g_i = -\ln\left(-\ln u_i\right),\ u_i \sim U(0, 1)"
    )
    derivative_latex: ClassVar = (
        r"\frac{\partial y_i}{\partial x_j} = \frac{y_i \left(\delta_{ij} - y_j\right)}{\tau}"
    )
    parameters_latex: ClassVar = {
        "tau": r"\frac{y_i}{\tau^2} \left(\sum_k y_k (x_k + g_k) - x_i - g_i\right)"
    }
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = Properties()
    equivalents: ClassVar = (
        Equivalent("torch", "F.gumbel_softmax", note="draws other numbers"),
        Equivalent("paddle", "F.gumbel_softmax", note="draws other numbers"),
    )
    reference: ClassVar = Reference(
        "Jang, Gu, Poole",
        2017,
        "Categorical reparameterization with Gumbel-softmax",
        "ICLR, arXiv:1611.01144",
    )
    example_params: ClassVar = {"seed": 7}

    axis: int = -1
    """The axis along which the results add up to 1."""
    tau: Annotated[float, Field(gt=0)] = 1.0
    """Temperature: towards 0 one element gets all."""
    hard: bool = False
    """Whether the largest gets 1 and the others 0; derivatives are those of the shares (straight-through)."""
    seed: Seed = None
    """Key of the random numbers; without one it is drawn and returned."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ("tau",)

    def settled(self) -> Self:
        return self if self.seed is not None else self.model_copy(update={"seed": drawn_seed()})

    def draws(self, shape: Shape) -> Mapping[str, Floats]:
        return {"noise": generator_of(self.seed).gumbel(size=int(np.prod(shape))).reshape(shape)}

    def leader(self, x: Any, **lanes: Any) -> Indices:
        return first_largest(x + lanes["noise"])

    def _noisy(self, x: Any, lanes: Mapping[str, Any]) -> Any:
        """The noisy elements less the largest, by tau."""
        noisy = x + lanes["noise"]
        leader = first_largest(noisy)
        beneath = noisy - taken(noisy, leader)
        # the leader's is 0, however little is known of the sum of a large x and its noise
        return spoilt(without(beneath, leader), beneath) / self.tau

    def weights(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return on.apply("exp", self._noisy(x, lanes))

    def growth(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return on.value.of(1.0) / self.tau

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        if not self.hard:
            return self.shares(on, x, **lanes)
        return spoilt(marked(on.value, x.shape, self.leader(x, **lanes)), x.max() * 0.0)

    def tangent(self, wrt: str, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        shares, z = self.shares(on, x, **lanes), self._noisy(x, lanes)
        return -(shares * centred(shares, z, self.leader(x, **lanes))) / self.tau
