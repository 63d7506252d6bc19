"""Softmaxes for attention over many elements."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np

from app.activations.arithmetic import Arithmetic
from app.activations.arithmetic.along import Indices, first_largest, logarithm, taken
from app.activations.axiswise import Axiswise
from app.activations.base import Interval, Properties, Reference
from app.activations.families.normalizing.shares import Shares, beneath, centred
from app.activations.hyperparameters import LEARNABLE


class SSMax(Shares):
    """Softmax whose temperature falls with the number of elements, so that attention does not fade."""

    name: ClassVar = "ssmax"
    aliases: ClassVar = ("scalable_softmax",)
    formula_latex: ClassVar = r"\frac{n^{s x_i}}{\sum_{k=1}^{n} n^{s x_k}}"
    derivative_latex: ClassVar = (
        r"\frac{\partial y_i}{\partial x_j} = s \ln n\; y_i \left(\delta_{ij} - y_j\right)"
    )
    parameters_latex: ClassVar = {"s": r"\ln n\; y_i \left(x_i - \sum_k y_k x_k\right)"}
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = Properties()
    reference: ClassVar = Reference(
        "Nakanishi", 2025, "Scalable-softmax is superior for attention", "arXiv:2501.19399"
    )

    axis: int = -1
    """The axis along which the results add up to 1."""
    s: Annotated[float, LEARNABLE] = 0.43
    """Scale of the logarithm of the number of elements."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ("s",)

    def leader(self, x: Any, **lanes: Any) -> Indices:
        return first_largest(x if self.s >= 0 else -x)

    def weights(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return on.apply("exp", (x - taken(x, self.leader(x))) * self.growth(on, x))

    def growth(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return logarithm(on.value, x.shape[-1]) * self.s

    def tangent(self, wrt: str, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        shares = self.forward(on, x)
        return shares * centred(shares, x, self.leader(x)) * logarithm(on.value, x.shape[-1])


class SoftmaxOne(Axiswise):
    """Softmax with a 1 added to the sum, so that all results may be small."""

    name: ClassVar = "softmax_one"
    aliases: ClassVar = ("off_by_one", "quiet_softmax", "softmax1")
    formula_latex: ClassVar = r"\frac{e^{x_i}}{1 + \sum_k e^{x_k}}"
    derivative_latex: ClassVar = r"\frac{\partial y_i}{\partial x_j} = y_i \left(\delta_{ij} - y_j\right)"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = Properties()
    reference: ClassVar = Reference("Miller", 2023, "Attention is off by one", "evanmiller.org")

    axis: int = -1
    """The axis along which the results add up to less than 1."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ()

    def _joined(self, on: Arithmetic, x: Any) -> Any:
        """x and the 0 whose exponential is the 1."""
        return on.value.concatenate([x, on.value.of(np.zeros((*x.shape[:-1], 1)))])

    def _shares(self, on: Arithmetic, joined: Any) -> Any:
        weights = on.apply("exp", beneath(joined))
        return weights / weights.sum()

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return self._shares(on, self._joined(on, x))[..., :-1]

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        joined = self._joined(on, x)
        shares = self._shares(on, joined)
        return (shares * centred(shares, self._joined(on, upstream), first_largest(joined)))[..., :-1]
