"""x times a gate that depends on x."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise
from app.activations.hyperparameters import LEARNABLE

_GATED = Properties(zero_centred=True, left_saturation="soft")
_HENDRYCKS = Reference("Hendrycks, Gimpel", 2016, "Gaussian error linear units (GELUs)", "arXiv:1606.08415")


class Swish(Elementwise):
    """x gated by its own sigmoid."""

    name: ClassVar = "swish"
    aliases: ClassVar = ("silu",)
    formula: ClassVar = "x*sigmoid(beta*x)"
    range: ClassVar = Interval(-0.2784645427610738, np.inf)
    properties: ClassVar = _GATED
    equivalents: ClassVar = (
        Equivalent("torch", "nn.SiLU"),
        Equivalent("torch", "F.silu"),
        Equivalent("keras", "activations.silu"),
        Equivalent("keras", "activations.swish"),
        Equivalent("jax", "jax.nn.silu"),
        Equivalent("jax", "jax.nn.swish"),
        Equivalent("onnx", "Swish", {"beta": 1.0}),
        Equivalent("tensorflow", "tf.nn.silu", {"beta": 1.0}),
        Equivalent("tensorflow", "tf.nn.swish", {"beta": 1.0}),
        Equivalent("paddle", "F.silu"),
        Equivalent("paddle", "F.swish"),
        Equivalent("mindspore", "nn.SiLU"),
        Equivalent("timm", "silu"),
        Equivalent("timm", "swish"),
        Equivalent("huggingface", "silu"),
        Equivalent("huggingface", "swish"),
    )
    reference: ClassVar = Reference(
        "Ramachandran, Zoph, Le", 2017, "Searching for activation functions", "arXiv:1710.05941"
    )

    beta: Annotated[float, LEARNABLE] = 1.0
    """Sharpness of the gate; towards infinity ReLU, at 0 half of x."""


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
    range: ClassVar = Interval(-0.170041, np.inf)
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
    )
    reference: ClassVar = _HENDRYCKS


class QuickGELU(Elementwise):
    """GELU with the normal distribution approximated by a sigmoid."""

    name: ClassVar = "quick_gelu"
    aliases: ClassVar = ("fast_gelu_mindspore", "gelu_fast_approx", "gelu_sigmoid")
    formula: ClassVar = "x*sigmoid(1.702*x)"
    range: ClassVar = Interval(-0.163611, np.inf)
    properties: ClassVar = _GATED
    equivalents: ClassVar = (
        Equivalent("timm", "quick_gelu"),
        Equivalent("huggingface", "quick_gelu"),
        Equivalent("mindspore", "nn.FastGelu"),
    )
    reference: ClassVar = _HENDRYCKS


class GELU(Elementwise):
    """x times the probability that a normal variable is below it; optionally one of two approximations."""

    name: ClassVar = "gelu"
    aliases: ClassVar = ("gelu_erf", "gelu_exact")
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


class Mish(Elementwise):
    """x gated by the tanh of its softplus."""

    name: ClassVar = "mish"
    formula: ClassVar = "x*tanh(softplus(x))"
    range: ClassVar = Interval(-0.3088402, np.inf)
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
    )
    reference: ClassVar = Reference(
        "Misra",
        2019,
        "Mish: a self regularized non-monotonic activation function",
        "BMVC 2020, arXiv:1908.08681",
    )
