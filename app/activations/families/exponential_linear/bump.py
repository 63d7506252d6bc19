"""Not monotonic on the left: the functions fall below 0 and return, or turn round."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise
from app.activations.hyperparameters import LEARNABLE

SERLU_LAM = 1.07862
SERLU_ALPHA = 2.90427
_BASIRAT = Reference(
    "Basirat, Roth", 2018, "The quest for the golden activation function", "arXiv:1808.00783"
)


class XIELU(Elementwise):
    """A parabola on the right; on the left the integral of ELU, trained to fall or to rise."""

    name: ClassVar = "xielu"
    formula: ClassVar = "ap*x**2 + beta*x if x > 0 else an*(expm1(min(x, eps)) - x) + beta*x"
    range: ClassVar = Interval(-0.2057512240964821, np.inf)
    properties: ClassVar = Properties(smoothness="discontinuous")
    kinks: ClassVar = ("0", "eps")
    equivalents: ClassVar = (
        Equivalent(
            "huggingface",
            "xielu",
            {"ap": 0.8, "an": 0.8, "beta": 0.5, "eps": -1e-6},
            "its parameters are rounded to bfloat16",
        ),
    )
    reference: ClassVar = Reference(
        "Huang, Schlag", 2024, "Deriving activation functions using integration", "arXiv:2411.13010"
    )

    ap: Annotated[float, Field(gt=0), LEARNABLE] = 0.8
    """Curvature on the right, halved."""
    an: Annotated[float, LEARNABLE] = 0.8
    """Weight of the exponential on the left; above beta the function turns round there."""
    beta: float = 0.5
    """Slope at 0."""
    eps: Annotated[float, Field(le=0)] = -1e-6
    """The exponential's argument is at most this, as implementations have it; the paper's is 0."""


class SERLU(Elementwise):
    """A line on the right, a bump below 0 on the left, scaled so that mean 0 and variance 1 are kept."""

    name: ClassVar = "serlu"
    formula: ClassVar = "lam*x if x >= 0 else lam*alpha*x*exp(x)"
    range: ClassVar = Interval(-SERLU_LAM * SERLU_ALPHA / math.e, np.inf)
    properties: ClassVar = Properties(zero_centred=True, smoothness="C0", left_saturation="soft")
    kinks: ClassVar = ("0",)
    reference: ClassVar = Reference(
        "Zhang, Li",
        2018,
        "Effectiveness of scaled exponentially-regularized linear units (SERLUs)",
        "arXiv:1807.10117",
    )

    lam: Annotated[float, Field(gt=0)] = SERLU_LAM
    """Slope on the right."""
    alpha: Annotated[float, Field(gt=0)] = SERLU_ALPHA
    """Weight of the bump."""


class ELiSH(Elementwise):
    """Swish on the right; on the left ELU times the sigmoid."""

    name: ClassVar = "elish"
    formula: ClassVar = "x*sigmoid(x) if x >= 0 else expm1(x)*sigmoid(x)"
    range: ClassVar = Interval(2 * math.sqrt(2) - 3, np.inf)
    properties: ClassVar = Properties(zero_centred=True, smoothness="C1", left_saturation="soft")
    reference: ClassVar = _BASIRAT


class HardELiSH(Elementwise):
    """ELiSH with a hard sigmoid of slope 1/2 for the sigmoid."""

    name: ClassVar = "hard_elish"
    formula: ClassVar = "x*min((x + 1)/2, 1) if x >= 0 else expm1(x)*max((x + 1)/2, 0)"
    range: ClassVar = Interval(-0.09967315152874262, np.inf)
    properties: ClassVar = Properties(zero_centred=True, smoothness="C0", left_saturation="hard")
    kinks: ClassVar = ("-1", "1")
    reference: ClassVar = _BASIRAT
