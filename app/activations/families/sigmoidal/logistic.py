"""The logistic function, what is made of it, and its inverse."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from app.activations.base import REALS, Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise
from app.activations.hyperparameters import LEARNABLE

_SOFT = Properties("increasing", left_saturation="soft", right_saturation="soft")


class Sigmoid(Elementwise):
    """The logistic function, from 0 to 1."""

    name: ClassVar = "sigmoid"
    aliases: ClassVar = ("expit", "logistic", "sigma")
    formula: ClassVar = "sigmoid(x)"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = _SOFT
    equivalents: ClassVar = (
        Equivalent("torch", "nn.Sigmoid"),
        Equivalent("torch", "F.sigmoid"),
        Equivalent("torch", "torch.special.expit"),
        Equivalent("keras", "activations.sigmoid"),
        Equivalent("jax", "jax.nn.sigmoid"),
        Equivalent("onnx", "Sigmoid"),
        Equivalent("tensorflow", "tf.nn.sigmoid"),
        Equivalent("paddle", "F.sigmoid"),
        Equivalent("mindspore", "nn.Sigmoid"),
        Equivalent("timm", "sigmoid"),
        Equivalent("huggingface", "sigmoid"),
        Equivalent("mlx", "nn.Sigmoid"),
    )
    reference: ClassVar = Reference(
        "Rumelhart, Hinton, Williams",
        1986,
        "Learning representations by back-propagating errors",
        "Nature 323",
    )


class BipolarSigmoid(Elementwise):
    """The logistic function stretched to run from -1 to 1."""

    name: ClassVar = "bipolar_sigmoid"
    aliases: ClassVar = ("tanh_half",)
    # (1 - exp(-x))/(1 + exp(-x)), which is 0/0 nowhere
    formula: ClassVar = "tanh(x/2)"
    range: ClassVar = Interval(-1, 1)
    properties: ClassVar = Properties(
        "increasing", "odd", zero_centred=True, left_saturation="soft", right_saturation="soft"
    )


class DSiLU(Elementwise):
    """The derivative of SiLU, itself used as an activation: a sigmoid that overshoots at both ends."""

    name: ClassVar = "dsilu"
    formula: ClassVar = "sigmoid(x)*(1 + x*sigmoid(-x))"
    range: ClassVar = Interval(-0.099839320128866917, 1.09983932012886692)
    properties: ClassVar = Properties(left_saturation="soft", right_saturation="soft")
    reference: ClassVar = Reference(
        "Elfwing, Uchibe, Doya",
        2018,
        "Sigmoid-weighted linear units for neural network function approximation in reinforcement learning",
        "Neural Networks 107, arXiv:1702.03118",
    )


class APA(Elementwise):
    """Richards' curve: a logistic function whose two halves may differ."""

    name: ClassVar = "apa"
    aliases: ClassVar = ("adaptive_parametric_activation", "aglu_gate", "richards")
    # (1 + lam*exp(-kappa*x))**(-1/lam) through a logarithm, which does not overflow
    formula: ClassVar = "exp(log_sigmoid(kappa*x - log(lam))/lam)"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = _SOFT
    reference: ClassVar = Reference(
        "Alexandridis, Deng, Nguyen, Luo", 2024, "Adaptive parametric activation", "ECCV, arXiv:2407.08567"
    )

    kappa: Annotated[float, LEARNABLE] = 1.0
    """Gain: the steepness, and the direction."""
    lam: Annotated[float, Field(gt=0), LEARNABLE] = 1.0
    """Asymmetry: 1 gives the logistic function, towards 0 the Gompertz function."""


class SoftClip(Elementwise):
    """The identity clipped to [0, 1] with rounded corners."""

    name: ClassVar = "softclip"
    aliases: ClassVar = ("sc", "soft_clipping")
    # one function: beyond 0 and 1 the two softplus, and their derivatives, would cancel
    formula: ClassVar = (
        "log1p(-expm1(-p)*exp(p*x)*sigmoid(p*(1 - x)))/p if x < 0"
        " else 1 - log1p(-expm1(-p)*exp(p*(1 - x))*sigmoid(p*x))/p if x > 1"
        " else (softplus(p*x) - softplus(p*(x - 1)))/p"
    )
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = _SOFT
    reference: ClassVar = Reference(
        "Klimek, Perelstein",
        2020,
        "Neural network-based approach to phase space integration",
        "SciPost Physics, arXiv:1810.11509",
    )

    example_params: ClassVar = {"p": 10.0}

    p: Annotated[float, Field(gt=0)]
    """Sharpness of the corners."""


class LogSigmoid(Elementwise):
    """The logarithm of the logistic function."""

    name: ClassVar = "log_sigmoid"
    aliases: ClassVar = ("log_expit",)
    formula: ClassVar = "log_sigmoid(x)"
    range: ClassVar = Interval(-np.inf, 0)
    properties: ClassVar = Properties("increasing", right_saturation="soft")
    equivalents: ClassVar = (
        Equivalent("torch", "nn.LogSigmoid"),
        Equivalent("torch", "F.logsigmoid"),
        Equivalent("keras", "activations.log_sigmoid"),
        Equivalent("jax", "jax.nn.log_sigmoid"),
        Equivalent("tensorflow", "tf.math.log_sigmoid"),
        Equivalent("paddle", "F.log_sigmoid"),
        Equivalent("mindspore", "nn.LogSigmoid"),
        Equivalent("mlx", "nn.LogSigmoid"),
    )


class Logit(Elementwise):
    """The inverse of the logistic function: the logarithm of the odds."""

    name: ClassVar = "logit"
    aliases: ClassVar = ("inverse_sigmoid", "sigmoid_inverse")
    formula: ClassVar = "logit(x)"
    # a tie takes the second argument's derivative: at eps itself PyTorch's gradient is not clipped
    general: ClassVar = "logit(min(1 - eps, max(eps, x)))"
    example_x: ClassVar = [0.1, 0.25, 0.5, 0.75, 0.9]
    domain: ClassVar = Interval(0, 1)
    properties: ClassVar = Properties("increasing")
    equivalents: ClassVar = (
        Equivalent("torch", "torch.logit"),
        Equivalent("torch", "torch.special.logit"),
        Equivalent("jax", "jax.scipy.special.logit", note="its gradient is finite outside (0, 1)"),
        Equivalent("paddle", "paddle.logit"),
        Equivalent("mindspore", "ops.logit"),
    )

    eps: Annotated[float, Field(gt=0, lt=0.5)] | None = None
    """If given, x is clipped to [eps, 1 - eps] first."""

    @property
    def expression_text(self) -> str:
        return self.formula if self.eps is None else self.general

    def support(self) -> Interval:
        return self.domain if self.eps is None else REALS
