"""Gates made of softplus or of the exponential, mish first."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise

_GATED = Properties(zero_centred=True, left_saturation="soft")
_TANHSOFT = Reference(
    "Biswas, Kumar, Banerjee, Pandey",
    2020,
    "TanhSoft: a family of activation functions combining tanh and softplus",
    "arXiv:2009.03863",
)


class Mish(Elementwise):
    """x gated by the tanh of its softplus."""

    name: ClassVar = "mish"
    formula: ClassVar = "x*tanh(softplus(x))"
    range: ClassVar = Interval(-0.308843413017250407, np.inf)
    properties: ClassVar = _GATED
    equivalents: ClassVar = (
        Equivalent("torch", "nn.Mish"),
        Equivalent("keras", "activations.mish"),
        Equivalent("jax", "jax.nn.mish"),
        Equivalent("onnx", "Mish"),
        Equivalent("tensorflow", "tfa.activations.mish"),
        Equivalent("paddle", "F.mish"),
        Equivalent("mindspore", "nn.Mish"),
        Equivalent("timm", "mish"),
        Equivalent("huggingface", "mish"),
        Equivalent("mlx", "nn.Mish"),
    )
    reference: ClassVar = Reference(
        "Misra",
        2019,
        "Mish: a self regularized non-monotonic activation function",
        "BMVC 2020, arXiv:1908.08681",
    )


class HardMish(Elementwise):
    """Mish with the gate a straight line clipped to [0, 1]."""

    name: ClassVar = "hard_mish"
    formula: ClassVar = "x*min(max(x + 2, 0), 2)/2"
    range: ClassVar = Interval(-0.5, np.inf)
    properties: ClassVar = Properties(zero_centred=True, smoothness="C0", left_saturation="hard")
    kinks: ClassVar = ("-2", "0")
    equivalents: ClassVar = (Equivalent("timm", "hard_mish", note="its gradient at -2 is -1"),)


class Serf(Elementwise):
    """x gated by the error function of its softplus."""

    name: ClassVar = "serf"
    formula: ClassVar = "x*erf(softplus(x))"
    range: ClassVar = Interval(-0.34843745875960642, np.inf)
    properties: ClassVar = _GATED
    reference: ClassVar = Reference(
        "Nag et al.",
        2021,
        "SERF: towards better training of deep neural networks using log-softplus error activation function",
        "arXiv:2108.09598",
    )


class TanhExp(Elementwise):
    """x gated by the tanh of its exponential."""

    name: ClassVar = "tanhexp"
    aliases: ClassVar = ("telu",)
    formula: ClassVar = "x*tanh(exp(x))"
    range: ClassVar = Interval(-0.353285777848211271, np.inf)
    properties: ClassVar = _GATED
    reference: ClassVar = Reference(
        "Liu, Di",
        2020,
        "TanhExp: a smooth activation function with high convergence speed for lightweight neural networks",
        "arXiv:2003.09855",
    )


class TanhSoft1(Elementwise):
    """Softplus times the tanh of a multiple of x."""

    name: ClassVar = "tanhsoft1"
    formula: ClassVar = "tanh(alpha*x)*softplus(x)"
    range: ClassVar = Interval(-0.223784874596421591, np.inf)
    properties: ClassVar = _GATED
    reference: ClassVar = _TANHSOFT

    alpha: float = 0.87
    """Scale of x in the tanh."""


class TanhSoft2(Elementwise):
    """x gated by the tanh of a scaled exponential."""

    name: ClassVar = "tanhsoft2"
    formula: ClassVar = "x*tanh(beta*exp(gamma*x))"
    range: ClassVar = Interval(-0.217316752616394996, np.inf)
    properties: ClassVar = _GATED
    reference: ClassVar = _TANHSOFT

    beta: Annotated[float, Field(gt=0)] = 0.6
    """Scale of the exponential."""
    gamma: Annotated[float, Field(gt=0)] = 1.0
    """Rate of the exponential."""


class Gish(Elementwise):
    """x gated by the logarithm of 2 less the Gumbel survival function."""

    name: ClassVar = "gish"
    # log(2 - exp(-exp(x))), which keeps its digits on the left
    formula: ClassVar = "x*log1p(-expm1(-exp(x)))"
    range: ClassVar = Interval(-0.278159460896386914, np.inf)
    properties: ClassVar = _GATED
    reference: ClassVar = Reference(
        "Kaytan, Aydilek, Yeroğlu",
        2023,
        "Gish: a novel activation function for image classification",
        "Neural Computing and Applications 35",
    )


class GoLU(Elementwise):
    """x gated by the Gompertz function."""

    name: ClassVar = "golu"
    aliases: ClassVar = ("gompertz_linear_unit",)
    formula: ClassVar = "x*alpha*exp(-beta*exp(-gamma*x))"
    range: ClassVar = Interval(-0.0972601312276394046, np.inf)
    properties: ClassVar = _GATED
    reference: ClassVar = Reference(
        "Das, Safari, Adriaensen, Hutter",
        2025,
        "Gompertz linear units: leveraging asymmetry for enhanced learning dynamics",
        "arXiv:2502.03654",
    )

    alpha: Annotated[float, Field(gt=0)] = 1.0
    """Level of the gate on the right."""
    beta: Annotated[float, Field(gt=0)] = 1.0
    """Displacement of the gate to the right."""
    gamma: Annotated[float, Field(gt=0)] = 1.0
    """Rate at which the gate opens."""


class CoLU(Elementwise):
    """x over 1 less x times a doubly exponential decay."""

    name: ClassVar = "colu"
    aliases: ClassVar = ("collapsing_linear_unit",)
    formula: ClassVar = "x/(1 - x*exp(-(x + exp(x))))"
    range: ClassVar = Interval(-0.377158568396129151, np.inf)
    properties: ClassVar = _GATED
    reference: ClassVar = Reference(
        "Vagerwal", 2021, "Deeper learning with CoLU activation", "arXiv:2112.12078"
    )
