"""Gates made of the normal distribution."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise

_GATED = Properties(zero_centred=True, left_saturation="soft")
_HENDRYCKS = Reference("Hendrycks, Gimpel", 2016, "Gaussian error linear units (GELUs)", "arXiv:1606.08415")


class GELUTanh(Elementwise):
    """GELU with the normal distribution approximated through tanh."""

    name: ClassVar = "gelu_tanh"
    aliases: ClassVar = (
        "fast_gelu_hf",
        "gelu_accurate",
        "gelu_approx",
        "gelu_fast",
        "gelu_new",
        "gelu_pytorch_tanh",
    )
    # (1 + tanh(u))/2 is sigmoid(2u), which keeps its digits on the left
    formula: ClassVar = "x*sigmoid(2*sqrt(2/pi)*(x + 0.044715*x**3))"
    range: ClassVar = Interval(-0.170040750571254051, np.inf)
    properties: ClassVar = _GATED
    equivalents: ClassVar = (
        Equivalent("torch", "nn.GELU('tanh')"),
        Equivalent("keras", "activations.gelu(approximate=True)"),
        Equivalent("jax", "jax.nn.gelu"),
        Equivalent("onnx", "Gelu(approximate=tanh)"),
        Equivalent("tensorflow", "tf.nn.gelu(approximate=True)"),
        Equivalent("paddle", "F.gelu(approximate=True)"),
        Equivalent("mindspore", "nn.GELU"),
        Equivalent("timm", "gelu_tanh"),
        Equivalent("huggingface", "gelu_new"),
        Equivalent("huggingface", "gelu_pytorch_tanh"),
        Equivalent("huggingface", "gelu_fast", note="its sqrt(2/pi) has ten digits"),
        Equivalent("huggingface", "gelu_accurate"),
        Equivalent("huggingface", "gelu_python_tanh"),
        Equivalent("mlx", "nn.gelu_approx"),
    )
    reference: ClassVar = _HENDRYCKS


class QuickGELU(Elementwise):
    """GELU with the normal distribution approximated by a sigmoid."""

    name: ClassVar = "quick_gelu"
    aliases: ClassVar = ("fast_gelu_mindspore", "gelu_fast_approx", "gelu_sigmoid")
    formula: ClassVar = "x*sigmoid(1.702*x)"
    range: ClassVar = Interval(-0.163610189636353581, np.inf)
    properties: ClassVar = _GATED
    equivalents: ClassVar = (
        Equivalent("timm", "quick_gelu"),
        Equivalent("huggingface", "quick_gelu"),
        Equivalent("mindspore", "nn.FastGelu"),
        Equivalent("mlx", "nn.gelu_fast_approx"),
    )
    reference: ClassVar = _HENDRYCKS


class GELU(Elementwise):
    """x times the probability that a normal variable is below it; optionally one of two approximations."""

    name: ClassVar = "gelu"
    aliases: ClassVar = ("gaussian_error_linear_unit", "gelu_erf", "gelu_exact")
    formula: ClassVar = "x*Phi(x)"
    general: ClassVar = "x*Phi((x - mean)/std)"
    range: ClassVar = Interval(-0.16997120747990369, np.inf)
    properties: ClassVar = _GATED
    equivalents: ClassVar = (
        Equivalent("torch", "nn.GELU"),
        Equivalent("torch", "nn.GELU('tanh')", {"approximate": "tanh"}),
        Equivalent("keras", "activations.gelu"),
        Equivalent("keras", "ops.gelu", {"approximate": "tanh"}),
        Equivalent("jax", "jax.nn.gelu", {"approximate": "tanh"}),
        Equivalent("jax", "jax.nn.gelu(approximate=False)"),
        Equivalent("onnx", "Gelu"),
        Equivalent("tensorflow", "tf.nn.gelu"),
        Equivalent("paddle", "F.gelu"),
        Equivalent("mindspore", "ops.gelu"),
        Equivalent("mindspore", "nn.GELU", {"approximate": "tanh"}),
        Equivalent("timm", "gelu"),
        Equivalent("huggingface", "gelu"),
        Equivalent("huggingface", "gelu_python"),
        Equivalent("mlx", "nn.GELU"),
    )
    reference: ClassVar = _HENDRYCKS

    approximate: Literal["none", "tanh", "sigmoid"] = "none"
    """The exact form, or an approximation: gelu_tanh's or quick_gelu's."""
    mean: float = 0.0
    """Mean of the normal distribution; exact form only."""
    std: Annotated[float, Field(gt=0)] = 1.0
    """Standard deviation of the normal distribution; exact form only."""

    @model_validator(mode="after")
    def _exact_form_only(self) -> Self:
        if self.approximate != "none" and (self.mean, self.std) != (0.0, 1.0):
            raise PydanticCustomError("exact_only", "mean and std go with approximate 'none' only")
        return self

    @property
    def expression_text(self) -> str:
        if self.approximate != "none":
            return GELUTanh.formula if self.approximate == "tanh" else QuickGELU.formula
        return self.general


class ClippedGELU(Elementwise):
    """GELU clipped to an interval, for quantisation."""

    name: ClassVar = "clipped_gelu"
    aliases: ClassVar = ("gelu_10",)
    # a tie takes the second argument's derivative: at the bounds themselves PyTorch's gradient is not clipped
    formula: ClassVar = "min(hi, max(lo, x*Phi(x)))"
    # the same; x*Phi(x) and a large x differ by less than balls can tell, so 1 - Phi(x) is compared
    general: ClassVar = "max(lo, x*Phi(x)) if x <= hi else hi if 1 - hi/x > Phi(-x) else x*Phi(x)"
    range: ClassVar = Interval(-0.16997120747990369, 10)
    properties: ClassVar = Properties(
        zero_centred=True, smoothness="C0", left_saturation="soft", right_saturation="hard"
    )
    # where x*Phi(x) is hi: x = hi/Phi(x) repeated, each time some twenty digits closer for a hi of 10
    kinks: ClassVar = ("hi/Phi(hi/Phi(hi/Phi(hi/Phi(hi/Phi(hi/Phi(hi/Phi(hi)))))))",)
    equivalents: ClassVar = (Equivalent("huggingface", "gelu_10", {"lo": -10.0, "hi": 10.0}),)
    reference: ClassVar = Reference(
        "Wu, Judd, Zhang, Isaev, Micikevicius",
        2020,
        "Integer quantization for deep learning inference: principles and empirical evaluation",
        "arXiv:2004.09602",
    )

    lo: Annotated[float, Field(lt=0)] = -10.0
    """Lower bound."""
    hi: Annotated[float, Field(gt=0)] = 10.0
    """Upper bound."""

    @property
    def expression_text(self) -> str:
        return self.general


class Phish(Elementwise):
    """x gated by the tanh of its GELU."""

    name: ClassVar = "phish"
    formula: ClassVar = "x*tanh(x*Phi(x))"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = _GATED
    reference: ClassVar = Reference(
        "Naveen", 2022, "Phish: a novel hyper-optimizable activation function", "TechRxiv 17283824"
    )
