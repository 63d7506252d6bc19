"""Shares by powers of x instead of exponentials, and the shortening of vectors."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Annotated, Any, ClassVar

from pydantic import Field

from app.activations.arithmetic import Arithmetic
from app.activations.arithmetic.along import Indices, first_largest, spoilt
from app.activations.axiswise import Axiswise
from app.activations.base import Interval, Properties, Reference
from app.activations.families.normalizing.shares import Shares

_SPHERICAL = Reference(
    "de Brébisson, Vincent",
    2015,
    "An exploration of softmax alternatives belonging to the spherical loss family",
    "ICLR 2016, arXiv:1511.05042",
)


class Algebraic(Shares):
    """Shares that infinities have no limits for."""

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return spoilt(super().forward(on, x, **lanes), (x * 0.0).max())

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        return spoilt(super().vjp(on, x, upstream, **lanes), (x * 0.0).max())


class SphericalSoftmax(Algebraic):
    """Squares divided by their sum: shares that do not tell x from -x."""

    name: ClassVar = "spherical_softmax"
    formula_latex: ClassVar = r"\frac{x_i^2 + \epsilon}{\sum_k \left(x_k^2 + \epsilon\right)}"
    derivative_latex: ClassVar = (
        r"\frac{\partial y_i}{\partial x_j} = \frac{2 x_j \left(\delta_{ij} - y_i\right)}"
        r"{\sum_k \left(x_k^2 + \epsilon\right)}"
    )
    parameters_latex: ClassVar = {"eps": r"\frac{1 - n y_i}{\sum_k \left(x_k^2 + \epsilon\right)}"}
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = Properties()
    reference: ClassVar = _SPHERICAL

    axis: int = -1
    """The axis along which the results add up to 1."""
    eps: Annotated[float, Field(gt=0)] = 1e-5
    """Added to each square, so that zeros have shares too."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ("eps",)

    def leader(self, x: Any, **lanes: Any) -> Indices:
        return first_largest(x * x)

    def weights(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return x * x + on.value.exact(self.eps, sign=1)

    def growth(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return x * 2.0 / self.weights(on, x)

    def tangent(self, wrt: str, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        # 1/W - n w/W**2, by the squares alone: eps cancels
        total = self.weights(on, x).sum()
        square = x * x
        return (square.sum() - square * float(x.shape[-1])) / total / total


class TaylorSoftmax(Algebraic):
    """Softmax with the exponential's Taylor polynomial of even order, which is positive, in its place."""

    name: ClassVar = "taylor_softmax"
    formula_latex: ClassVar = (
        r"\frac{t(x_i)}{\sum_k t(x_k)},\quad t(x) = \sum_{m=0}^{\mathrm{order}} \frac{x^m}{m!}"
    )
    derivative_latex: ClassVar = (
        r"\frac{\partial y_i}{\partial x_j} = \frac{t^\prime(x_j) \left(\delta_{ij} - y_i\right)}"
        r"{\sum_k t(x_k)}"
    )
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = Properties()
    reference: ClassVar = _SPHERICAL

    axis: int = -1
    """The axis along which the results add up to 1."""
    order: Annotated[int, Field(ge=2, le=20, multiple_of=2)] = 2
    """Order of the polynomial, an even number."""

    def leader(self, x: Any, **lanes: Any) -> Indices:
        # far from 0, where one weight may have most of the sum, it is that of the largest square
        return first_largest(x * x)

    def _taylor(self, on: Arithmetic, x: Any, order: int) -> Any:
        value = on.value.constant(Fraction(1, math.factorial(order)))
        for power in range(order - 1, -1, -1):
            value = value * x + on.value.constant(Fraction(1, math.factorial(power)))
        return value

    def weights(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return self._taylor(on, x, self.order)

    def growth(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return self._taylor(on, x, self.order - 1) / self._taylor(on, x, self.order)


class Squash(Axiswise):
    """A vector with its direction kept and its length n shortened to n**2/(1 + n**2), below 1."""

    name: ClassVar = "squash"
    aliases: ClassVar = ("capsule_squash",)
    formula_latex: ClassVar = r"\frac{\lVert x \rVert^2}{1 + \lVert x \rVert^2} \frac{x}{\lVert x \rVert}"
    derivative_latex: ClassVar = (
        r"\frac{\partial y_i}{\partial x_j} = \frac{n}{1 + n^2}\,\delta_{ij}"
        r" + \frac{1 - n^2}{(1 + n^2)^2} \frac{x_i x_j}{n},\quad n = \lVert x \rVert"
    )
    range: ClassVar = Interval(-1, 1)
    properties: ClassVar = Properties(zero_centred=True, smoothness="C1")
    reference: ClassVar = Reference(
        "Sabour, Frosst, Hinton", 2017, "Dynamic routing between capsules", "NeurIPS, arXiv:1710.09829"
    )

    axis: int = -1
    """The axis that holds the vectors' components."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ()

    def _lengths(self, on: Arithmetic, x: Any) -> tuple[Any, Any, Any]:
        """The length, 1 plus its square, and the square."""
        square = (x * x).sum()
        return on.apply("sqrt", square), square + on.value.exact(1.0, sign=1), square

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        length, scale, _ = self._lengths(on, x)
        return x * length / scale

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        length, scale, square = self._lengths(on, x)
        one, zero = on.value.of(1.0), on.value.of(0.0)
        # a vector of zeros has no direction, and its Jacobian is 0
        direction = x / on.value.select(length.compare("==", zero), one, length)
        along = direction * (direction * upstream).sum()
        return (upstream + along * ((one - square) / scale)) * length / scale
