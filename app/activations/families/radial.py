"""Functions of the distance of x from a centre."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from app.activations.base import Interval, Properties, Reference
from app.activations.elementwise import Elementwise

_BUMP = Properties(None, "even", left_saturation="soft", right_saturation="soft")


def _not_zero(value: float) -> float:
    if value == 0:
        raise PydanticCustomError("not_zero", "Input should not be 0")
    return value


class Gaussian(Elementwise):
    """The bell curve, of height 1."""

    name: ClassVar = "gaussian"
    aliases: ClassVar = ("gauss", "rbf_gaussian")
    formula: ClassVar = "exp(-x**2)"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = _BUMP


class Multiquadratic(Elementwise):
    """The distance from a point beside the line: a rounded |x|."""

    name: ClassVar = "multiquadratic"
    formula: ClassVar = "sqrt((x - c)**2 + a**2)"
    range: ClassVar = Interval(1, np.inf)
    properties: ClassVar = Properties(None, "even")

    c: float = 0.0
    """Centre."""
    a: Annotated[float, AfterValidator(_not_zero)] = 1.0
    """Width of the rounded part, not 0: the value at the centre."""


class InverseMultiquadratic(Elementwise):
    """The inverse of the distance from a point beside the line."""

    name: ClassVar = "inverse_multiquadratic"
    formula: ClassVar = "1/sqrt((x - c)**2 + a**2)"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = _BUMP

    c: float = 0.0
    """Centre."""
    a: Annotated[float, AfterValidator(_not_zero)] = 1.0
    """Width, not 0: the inverse of the value at the centre."""


class QuadraticRBF(Elementwise):
    """The inverse of 1 plus a square."""

    name: ClassVar = "quadratic_rbf"
    aliases: ClassVar = ("cauchy", "lorentzian")
    formula: ClassVar = "1/(1 + (a*x)**2)"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = _BUMP

    a: float = 1.0
    """Inverse of the half-width."""


class MexicanHat(Elementwise):
    """The negative second derivative of a bell curve: a bump with a dip on either side."""

    name: ClassVar = "mexican_hat"
    aliases: ClassVar = ("ricker", "wavelet_marr")
    formula: ClassVar = "norm*(1 - x**2)*exp(-x**2/2)"
    range: ClassVar = Interval(-0.446260320296859658, 1)
    properties: ClassVar = _BUMP

    norm: float = 1.0
    """Value at 0."""


class Seagull(Elementwise):
    """The logarithm of 1 plus the square of x."""

    name: ClassVar = "seagull"
    formula: ClassVar = "log1p(x**2)"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = Properties(
        None, "even", zero_centred=True, left_saturation="soft", right_saturation="soft"
    )
    reference: ClassVar = Reference(
        "Gao, Zhang", 2020, "A use of even activation functions in neural networks", "arXiv:2011.11713"
    )


class Tri(Elementwise):
    """A triangle of height 1 over [-1, 1]."""

    name: ClassVar = "tri"
    aliases: ClassVar = ("hat", "triangular")
    formula: ClassVar = "max(1 - abs(x), 0)"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = Properties(
        None, "even", smoothness="C0", left_saturation="hard", right_saturation="hard"
    )
    kinks: ClassVar = ("-1", "0", "1")
