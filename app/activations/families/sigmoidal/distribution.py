"""Distribution functions: of the normal and of extreme values."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise

_SOFT = Properties("increasing", left_saturation="soft", right_saturation="soft")


class Erf(Elementwise):
    """The error function, from -1 to 1."""

    name: ClassVar = "erf"
    formula: ClassVar = "erf(x)"
    range: ClassVar = Interval(-1, 1)
    properties: ClassVar = Properties(
        "increasing", "odd", zero_centred=True, left_saturation="soft", right_saturation="soft"
    )
    equivalents: ClassVar = (
        Equivalent("torch", "torch.erf"),
        Equivalent("keras", "ops.erf"),
        Equivalent("jax", "jax.lax.erf"),
        Equivalent("onnx", "Erf"),
        Equivalent("tensorflow", "tf.math.erf"),
    )


class GaussianCDF(Elementwise):
    """The distribution function of the standard normal distribution."""

    name: ClassVar = "gaussian_cdf"
    aliases: ClassVar = ("ndtr", "normal_cdf", "probit_response")
    formula: ClassVar = "Phi(x)"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = _SOFT
    equivalents: ClassVar = (
        Equivalent("torch", "torch.special.ndtr"),
        Equivalent("jax", "jax.scipy.special.ndtr"),
    )


class Laplace(Elementwise):
    """A normal distribution function placed to resemble squared ReLU, with a bounded range and slope."""

    name: ClassVar = "laplace"
    aliases: ClassVar = ("laplace_attention",)
    formula: ClassVar = "Phi((x - mu)/sigma)"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = _SOFT
    equivalents: ClassVar = (Equivalent("huggingface", "laplace", {"mu": 0.707107, "sigma": 0.282095}),)
    reference: ClassVar = Reference(
        "Ma et al.", 2022, "Mega: moving average equipped gated attention", "arXiv:2209.10655"
    )

    mu: float = 0.707107
    """Mean of the normal distribution; the default is 1 over the root of 2."""
    sigma: Annotated[float, Field(gt=0)] = 0.282095
    """Its standard deviation; the default is 1 over the root of 4 pi."""


class LogLog(Elementwise):
    """The Gompertz function: the distribution function of the largest value."""

    name: ClassVar = "loglog"
    aliases: ClassVar = ("gompertz",)
    formula: ClassVar = "exp(-exp(-x))"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = _SOFT


class CLogLog(Elementwise):
    """The complementary log-log function: the distribution function of the smallest value."""

    name: ClassVar = "cloglog"
    aliases: ClassVar = ("complementary_log_log",)
    formula: ClassVar = "-expm1(-exp(x))"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = _SOFT
    reference: ClassVar = Reference(
        "Gomes, Ludermir",
        2008,
        "Complementary log-log and probit: activation functions implemented in artificial neural networks",
        "HIS",
    )
