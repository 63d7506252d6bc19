"""ReLU and leaky ReLU with the maximum or the absolute value smoothed by a root or an error function."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise
from app.activations.hyperparameters import LEARNABLE

_BISWAS = Reference(
    "Biswas, Kumar, Banerjee, Pandey",
    2021,
    "SMU: smooth activation function for deep networks using smoothing maximum technique",
    "arXiv:2111.04682",
)


class Squareplus(Elementwise):
    """An algebraic softplus: half of x and of its hyperbola."""

    name: ClassVar = "squareplus"
    formula: ClassVar = "(x + sqrt(x**2 + b))/2"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = Properties("increasing", left_saturation="soft")
    equivalents: ClassVar = (
        Equivalent("keras", "activations.squareplus", {"b": 4.0}),
        Equivalent("jax", "jax.nn.squareplus", {"b": 4.0}),
    )
    reference: ClassVar = Reference(
        "Barron", 2021, "Squareplus: a softplus-like algebraic rectifier", "arXiv:2112.11687"
    )

    b: Annotated[float, Field(ge=0)] = 4.0
    """Size of the bend; 0 gives ReLU."""

    @property
    def expression_text(self) -> str:
        # on the left the sum would cancel
        text = "(x + sqrt(x**2 + b))/2 if x >= 0 else b/(2*(sqrt(x**2 + b) - x))"
        return text if self.b else f"({text}) if abs(x) > 0 else 0"


class BentIdentity(Elementwise):
    """The identity with a slope that rises from 1/2 to 3/2."""

    name: ClassVar = "bent_identity"
    formula: ClassVar = "(sqrt(x**2 + 1) - 1)/2 + x"
    properties: ClassVar = Properties("increasing", zero_centred=True)

    @property
    def expression_text(self) -> str:
        return "x*(1 + x/(2*(sqrt(x**2 + 1) + 1)))"  # the difference would cancel near 0


class SMU(Elementwise):
    """Leaky ReLU with the absolute value smoothed by an error function."""

    name: ClassVar = "smu"
    # (1 + erf)/2 is Phi, which keeps its digits on the left
    formula: ClassVar = "alpha*x + (1 - alpha)*x*Phi(sqrt(2)*mu*(1 - alpha)*x)"
    properties: ClassVar = Properties("increasing", zero_centred=True)
    reference: ClassVar = _BISWAS

    alpha: Annotated[float, Field(ge=0, lt=1), LEARNABLE] = 0.25
    """Slope on the left."""
    mu: Annotated[float, Field(gt=0), LEARNABLE] = 1000000.0
    """Sharpness of the bend; towards infinity leaky ReLU."""


class SMU1(Elementwise):
    """Leaky ReLU with the absolute value smoothed by a square root."""

    name: ClassVar = "smu1"
    formula: ClassVar = "((1 + alpha)*x + sqrt(((1 - alpha)*x)**2 + mu**2))/2"
    properties: ClassVar = Properties("increasing")
    reference: ClassVar = _BISWAS

    alpha: Annotated[float, Field(ge=0, lt=1)] = 0.25
    """Slope on the left."""
    mu: Annotated[float, LEARNABLE] = 4.352665993287951e-09
    """Size of the bend; 0 gives leaky ReLU."""

    @property
    def expression_text(self) -> str:
        # on the left the sum would cancel where alpha is small
        text = (
            f"{self.formula} if x >= 0"
            " else alpha*x + mu**2/(2*(sqrt(((1 - alpha)*x)**2 + mu**2) - (1 - alpha)*x))"
        )
        return text if self.mu else f"({text}) if abs(x) > 0 else alpha*x"
