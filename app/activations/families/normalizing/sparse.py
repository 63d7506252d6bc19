"""Shares of which most are exactly 0."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.activations.arithmetic import Arithmetic
from app.activations.arithmetic.along import cumulative, descending, first_largest, marked, spoilt, taken
from app.activations.axiswise import Axiswise
from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.hyperparameters import LEARNABLE


class Hardmax(Axiswise):
    """1 for the first of the largest elements, 0 for all others; its derivative is 0."""

    name: ClassVar = "hardmax"
    formula_latex: ClassVar = r"\mathbf{1}\left[i = \min \arg\max_k x_k\right]"
    derivative_latex: ClassVar = r"\frac{\partial y_i}{\partial x_j} = 0"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = Properties(smoothness="discontinuous")
    equivalents: ClassVar = (
        Equivalent("onnx", "Hardmax", note="before opset 13, axis was 1 and all axes behind it were joined"),
    )

    axis: int = -1
    """The axis of which one element gets the 1."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ()

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return spoilt(marked(on.value, x.shape, first_largest(x)), x.max())

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        return spoilt(upstream * 0.0, x.max())


class Support:
    """What the shares [z - tau]**power of a sparse projection are made of; z is x scaled, less its largest.

    An element is in the support if the powers of what those above it exceed it by add up to less than 1.
    These are sums of products of exact numbers, so balls decide every tie.
    """

    def __init__(self, on: Arithmetic, x: Any, power: int) -> None:
        # nothing from -1 down is in the support
        lowest = on.value.of(np.full(x.shape, -1.0))
        self.z = on.value.largest(lowest, (x - x.max()) / float(power))
        self.one, self.zero = (on.value.of(np.full(x.shape, each)) for each in (1.0, 0.0))
        self.power = power
        order = descending(x)
        powers = [taken(self.z, order) ** degree for degree in range(1, power + 1)]
        ranks = on.value.of(np.arange(1.0, x.shape[-1] + 1))
        above = self._lowered(powers[0], ranks, *map(cumulative, powers))
        inside = above.compare("<", self.one)
        self.count = on.value.select(inside, self.one, self.zero).sum()
        self.sums = [on.value.select(inside, each, self.zero).sum() for each in powers]
        place = np.argsort(order, axis=-1)
        self.inside = tuple(None if part is None else np.take_along_axis(part, place, -1) for part in inside)
        self.leader = order[..., :1]

    def _lowered(self, z: Any, count: Any, total: Any, squares: Any = None) -> Any:
        """The sum over the elements counted of (z_j - z)**power."""
        if squares is None:
            return total - z * count
        return squares - z * (total * 2.0 - z * count)

    def roots(self, on: Arithmetic) -> Any:
        """z - tau on the support, 0 elsewhere."""
        if self.power == 1:
            left = self.one - self._lowered(self.z, self.count, *self.sums)
            return on.value.select(self.inside, left / self.count, self.zero)
        total, squares = self.sums
        mean = total / self.count
        spread = on.apply("sqrt", (self.one - squares + total * mean) / self.count)
        return on.value.select(self.inside, self.z - mean + spread, self.zero)

    def vjp(self, on: Arithmetic, upstream: Any) -> Any:
        weights = self.weights(on)
        values = upstream - taken(upstream, self.leader)
        return weights * (values - (weights * values).sum() / weights.sum())

    def weights(self, on: Arithmetic) -> Any:
        """y**(2 - alpha) on the support, 0 elsewhere."""
        return on.value.select(self.inside, self.one, self.zero) if self.power == 1 else self.roots(on)


class Sparsemax(Axiswise):
    """The nearest point to x among all shares that add up to 1: small elements get exactly 0."""

    name: ClassVar = "sparsemax"
    formula_latex: ClassVar = (
        r"\max\left(x_i - \tau, 0\right),\quad \tau:\ \sum_k \max\left(x_k - \tau, 0\right) = 1"
    )
    derivative_latex: ClassVar = (
        r"\frac{\partial y_i}{\partial x_j} = \mathbf{1}[y_i > 0]"
        r"\left(\delta_{ij} - \frac{\mathbf{1}[y_j > 0]}{\left|\{k: y_k > 0\}\right|}\right)"
    )
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = Properties(smoothness="C0")
    equivalents: ClassVar = (
        Equivalent(
            "keras", "activations.sparsemax", note="where several elements share, 3.15 gives them too little"
        ),
        Equivalent("tensorflow", "tfa.activations.sparsemax"),
    )
    reference: ClassVar = Reference(
        "Martins, Astudillo",
        2016,
        "From softmax to sparsemax: A sparse model of attention and multi-label classification",
        "ICML, arXiv:1602.02068",
    )

    example_x: ClassVar = [[0.1, 0.2, 0.3, 0.4], [-1.0, 0.5, 0.0, 2.0]]

    axis: int = -1
    """The axis along which the results add up to 1."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ()

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return spoilt(Support(on, x, 1).roots(on), x.max() * 0.0)

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        return spoilt(Support(on, x, 1).vjp(on, upstream), x.max() * 0.0)


def _in_closed_form(value: float) -> float:
    if value not in (1.5, 2.0):
        raise PydanticCustomError("closed_form", "Input should be 1.5 or 2; for 1 take softmax")
    return value


class Entmax(Axiswise):
    """Between softmax and sparsemax: shares of which the small ones are exactly 0."""

    name: ClassVar = "entmax"
    aliases: ClassVar = ("alpha_entmax", "entmax15")
    formula_latex: ClassVar = (
        r"\max\left((\alpha - 1) x_i - \tau, 0\right)^{1/(\alpha - 1)},\quad \tau:\ \sum_k y_k = 1"
    )
    derivative_latex: ClassVar = (
        r"\frac{\partial y_i}{\partial x_j} = s_i \left(\delta_{ij} - \frac{s_j}{\sum_k s_k}\right),"
        r"\quad s_i = \mathbf{1}[y_i > 0]\, y_i^{2 - \alpha}"
    )
    parameters_latex: ClassVar = {
        "alpha": r"\frac{y_i - \tilde s_i}{(\alpha - 1)^2}"
        r" + \frac{h_i - \tilde s_i \sum_k h_k}{\alpha - 1},"
        r"\quad h_i = -y_i \ln y_i,\quad \tilde s_i = \frac{s_i}{\sum_k s_k}"
    }
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = Properties(smoothness="C0")
    reference: ClassVar = Reference(
        "Peters, Niculae, Martins", 2019, "Sparse sequence-to-sequence models", "ACL"
    )

    axis: int = -1
    """The axis along which the results add up to 1."""
    alpha: Annotated[
        float,
        AfterValidator(_in_closed_form),
        WithJsonSchema({"type": "number", "enum": [1.5, 2.0]}),
        LEARNABLE,
    ] = 1.5
    """Sparsity: 2 is sparsemax. In between and beyond, tau has no closed form."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ("alpha",)

    def _support(self, on: Arithmetic, x: Any) -> Support:
        return Support(on, x, round(1 / (self.alpha - 1)))

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        support = self._support(on, x)
        return spoilt(support.roots(on) ** support.power, x.max() * 0.0)

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        return spoilt(self._support(on, x).vjp(on, upstream), x.max() * 0.0)

    def tangent(self, wrt: str, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        support = self._support(on, x)
        power = float(support.power)
        roots, weights = support.roots(on), support.weights(on)
        y = roots**support.power
        logarithm = on.apply("log", on.value.select(support.inside, roots, support.one)) * power
        entropy = -(y * logarithm)
        share = weights / weights.sum()
        tangent = (y - share) * (power * power) + (entropy - share * entropy.sum()) * power
        return spoilt(tangent, x.max() * 0.0)
