"""Functions that run from one level to another, and their inverses."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.activations.base import REALS, Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise

_SOFT = Properties("increasing", left_saturation="soft", right_saturation="soft")
_HARD = Properties("nondecreasing", smoothness="C0", left_saturation="hard", right_saturation="hard")


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
    )
    reference: ClassVar = Reference(
        "Rumelhart, Hinton, Williams",
        1986,
        "Learning representations by back-propagating errors",
        "Nature 323",
    )


class Tanh(Elementwise):
    """The hyperbolic tangent, from -1 to 1."""

    name: ClassVar = "tanh"
    formula: ClassVar = "tanh(x)"
    range: ClassVar = Interval(-1, 1)
    properties: ClassVar = Properties(
        "increasing", "odd", zero_centred=True, left_saturation="soft", right_saturation="soft"
    )
    equivalents: ClassVar = (
        Equivalent("torch", "nn.Tanh"),
        Equivalent("torch", "F.tanh"),
        Equivalent("keras", "activations.tanh"),
        Equivalent("jax", "jax.nn.tanh"),
        Equivalent("onnx", "Tanh"),
        Equivalent("tensorflow", "tf.nn.tanh"),
        Equivalent("paddle", "F.tanh"),
        Equivalent("mindspore", "nn.Tanh"),
        Equivalent("timm", "tanh"),
        Equivalent("huggingface", "tanh"),
    )


class HardTanh(Elementwise):
    """The identity clipped to an interval."""

    name: ClassVar = "hard_tanh"
    aliases: ClassVar = ("clip",)
    formula: ClassVar = "min(max(x, min_value), max_value)"
    range: ClassVar = Interval(-1, 1)
    properties: ClassVar = Properties(
        "nondecreasing",
        "odd",
        zero_centred=True,
        smoothness="C0",
        left_saturation="hard",
        right_saturation="hard",
    )
    kinks: ClassVar = ("min_value", "max_value")
    equivalents: ClassVar = (
        Equivalent("torch", "nn.Hardtanh"),
        Equivalent(
            "keras", "activations.hard_tanh", note="its gradient at the ends is 1 on TensorFlow and JAX"
        ),
        Equivalent("jax", "jax.nn.hard_tanh", note="its gradient at the ends is 1"),
        Equivalent("onnx", "Clip", note="its bounds are inputs"),
        Equivalent("paddle", "F.hardtanh"),
        Equivalent("mindspore", "nn.Hardtanh"),
    )
    reference: ClassVar = Reference(
        "Collobert", 2004, "Large scale machine learning", "PhD thesis, Université Paris VI"
    )

    min_value: float = -1.0
    """Lower bound."""
    max_value: float = 1.0
    """Upper bound, above min_value."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.min_value < self.max_value:
            raise PydanticCustomError("order", "max_value should be greater than min_value")
        return self


class HardSigmoid(Elementwise):
    """A straight line clipped to [0, 1]."""

    name: ClassVar = "hard_sigmoid"
    aliases: ClassVar[tuple[str, ...]] = ("hsigmoid",)
    formula: ClassVar = "min(max(slope*x + offset, 0), 1)"
    range: ClassVar = Interval(0, 1)
    properties: ClassVar = _HARD
    kinks: ClassVar = ("-offset/slope", "(1 - offset)/slope")
    equivalents: ClassVar[tuple[Equivalent, ...]] = (
        Equivalent("torch", "nn.Hardsigmoid", {"slope": 1 / 6}),
        Equivalent("keras", "activations.hard_sigmoid", {"slope": 1 / 6}),
        Equivalent("jax", "jax.nn.hard_sigmoid", {"slope": 1 / 6}),
        Equivalent("onnx", "HardSigmoid", {"slope": 0.2, "offset": 0.5}),
        Equivalent("paddle", "F.hardsigmoid", {"slope": 0.1666667}),
        Equivalent("mindspore", "nn.HSigmoid", {"slope": 1 / 6}),
        Equivalent("timm", "hard_sigmoid", {"slope": 1 / 6}),
    )
    reference: ClassVar = Reference(
        "Courbariaux, Bengio, David",
        2015,
        "BinaryConnect: training deep neural networks with binary weights during propagations",
        "NeurIPS, arXiv:1511.00363",
    )

    slope: Annotated[float, Field(gt=0)] = 0.2
    """Slope of the middle part; 1/6 gives PyTorch's, Keras 3's, JAX's and Paddle's."""
    offset: float = 0.5
    """Value at 0."""


class HardLogistic(HardSigmoid):
    """The logistic function's tangent at 0, clipped to [0, 1]."""

    name: ClassVar = "hard_logistic"
    aliases: ClassVar = ()
    equivalents: ClassVar = ()
    reference: ClassVar = Reference(
        "Gulcehre, Moczulski, Denil, Bengio", 2016, "Noisy activation functions", "ICML, arXiv:1603.00391"
    )

    slope: Annotated[float, Field(gt=0)] = 0.25
    """Slope of the middle part; 1/4 is the logistic function's own at 0."""


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


class Softsign(Elementwise):
    """A sigmoid with polynomial tails, from -1 to 1."""

    name: ClassVar = "softsign"
    aliases: ClassVar = ("elliott_symmetric",)
    formula: ClassVar = "x/(1 + abs(x))"
    range: ClassVar = Interval(-1, 1)
    properties: ClassVar = Properties(
        "increasing",
        "odd",
        zero_centred=True,
        smoothness="C1",
        left_saturation="soft",
        right_saturation="soft",
    )
    equivalents: ClassVar = (
        Equivalent("torch", "nn.Softsign"),
        Equivalent("torch", "F.softsign"),
        Equivalent("keras", "activations.softsign"),
        Equivalent("jax", "jax.nn.soft_sign"),
        Equivalent("onnx", "Softsign"),
        Equivalent("tensorflow", "tf.nn.softsign"),
        Equivalent("paddle", "F.softsign"),
        Equivalent("mindspore", "nn.Softsign"),
    )
    reference: ClassVar = Reference(
        "Turian, Bergstra, Bengio", 2009, "Quadratic features and deep architectures for chunking", "NAACL"
    )
