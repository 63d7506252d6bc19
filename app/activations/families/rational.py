"""Quotients of polynomials with learned coefficients."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, ClassVar, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from app.activations.base import Properties, Reference
from app.activations.elementwise import Elementwise
from app.activations.hyperparameters import LEARNABLE


class PAU(Elementwise):
    """Padé activation unit: degrees 5 and 4, with magnitudes in the denominator so that it has no pole."""

    name: ClassVar = "pau"
    aliases: ClassVar = ("pade_activation_unit", "rational")
    formula: ClassVar = (
        "(a0 + a1*x + a2*x**2 + a3*x**3 + a4*x**4 + a5*x**5)"
        "/(1 + abs(b1*x) + abs(b2)*x**2 + abs(b3*x**3) + abs(b4)*x**4)"
    )
    properties: ClassVar = Properties(smoothness="C0")
    kinks: ClassVar = ("0",)
    reference: ClassVar = Reference(
        "Molina, Schramowski, Kersting",
        2020,
        "Padé activation units: end-to-end learning of flexible activation functions in deep networks",
        "ICLR, arXiv:1907.06732",
    )

    # the fit to leaky ReLU with slope 0.01 that the authors' code starts from
    a0: Annotated[float, LEARNABLE] = 0.02979246
    """Coefficient of 1 in the numerator."""
    a1: Annotated[float, LEARNABLE] = 0.61837738
    """Coefficient of x in the numerator."""
    a2: Annotated[float, LEARNABLE] = 2.32335207
    """Coefficient of x**2 in the numerator."""
    a3: Annotated[float, LEARNABLE] = 3.0520266
    """Coefficient of x**3 in the numerator."""
    a4: Annotated[float, LEARNABLE] = 1.48548002
    """Coefficient of x**4 in the numerator."""
    a5: Annotated[float, LEARNABLE] = 0.25103717
    """Coefficient of x**5 in the numerator."""
    b1: Annotated[float, LEARNABLE] = 1.14201226
    """Coefficient of x in the denominator."""
    b2: Annotated[float, LEARNABLE] = 4.39322834
    """Coefficient of x**2 in the denominator."""
    b3: Annotated[float, LEARNABLE] = 0.8715445
    """Coefficient of x**3 in the denominator."""
    b4: Annotated[float, LEARNABLE] = 0.34720652
    """Coefficient of x**4 in the denominator."""


class Rational32(Elementwise):
    """A cubic over a quadratic without real roots; as it stands, the best such fit to ReLU."""

    name: ClassVar = "rational_32"
    aliases: ClassVar = ("rational_activation",)
    formula: ClassVar = "(a0 + a1*x + a2*x**2 + a3*x**3)/(b0 + b1*x + b2*x**2)"
    reference: ClassVar = Reference(
        "Boullé, Nakatsukasa, Townsend", 2020, "Rational neural networks", "NeurIPS, arXiv:2004.01902"
    )

    a0: Annotated[float, LEARNABLE] = 0.0218
    """Coefficient of 1 in the numerator."""
    a1: Annotated[float, LEARNABLE] = 0.5
    """Coefficient of x in the numerator."""
    a2: Annotated[float, LEARNABLE] = 1.5957
    """Coefficient of x**2 in the numerator."""
    a3: Annotated[float, LEARNABLE] = 1.1915
    """Coefficient of x**3 in the numerator."""
    b0: Annotated[float, LEARNABLE] = 1.0
    """Coefficient of 1 in the denominator."""
    b1: Annotated[float, LEARNABLE] = 0.0
    """Coefficient of x in the denominator."""
    b2: Annotated[float, LEARNABLE] = 2.383
    """Coefficient of x**2 in the denominator."""

    @model_validator(mode="after")
    def _without_poles(self) -> Self:
        b0, b1, b2 = map(Fraction, (self.b0, self.b1, self.b2))
        if not (b1**2 < 4 * b0 * b2 or (b1 == b2 == 0 != b0)):
            raise PydanticCustomError("pole", "b0 + b1*x + b2*x**2 should be 0 for no x")
        return self
