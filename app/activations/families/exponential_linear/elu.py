"""Saturating on the left: ELU and its relatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.channels import along_axis
from app.activations.elementwise import Elementwise
from app.activations.hyperparameters import LEARNABLE, Numbers

SCALE = 1.0507009873554805
ALPHA = 1.6732632423543772


def _not_negative(array: NDArray[np.float64]) -> NDArray[np.float64]:
    if (array < 0).any():
        raise PydanticCustomError("greater_than_equal", "Input should be greater than or equal to 0")
    return array


class ELU(Elementwise):
    """Identity on the right; on the left decays smoothly to -alpha."""

    name: ClassVar = "elu"
    aliases: ClassVar = ("exponential_linear_unit",)
    formula: ClassVar = "x if x > 0 else alpha*expm1(x)"
    range: ClassVar = Interval(-1, np.inf)
    properties: ClassVar = Properties(
        "increasing", zero_centred=True, smoothness="C1", left_saturation="soft"
    )
    kinks: ClassVar = ("0",)
    equivalents: ClassVar = (
        Equivalent("torch", "nn.ELU", {"alpha": 1.0}),
        Equivalent("keras", "activations.elu", {"alpha": 1.0}),
        Equivalent("keras", "layers.ELU", {"alpha": 1.0}),
        Equivalent("jax", "jax.nn.elu", {"alpha": 1.0}),
        Equivalent("onnx", "Elu", {"alpha": 1.0}),
        Equivalent("tensorflow", "tf.nn.elu", {"alpha": 1.0}, "alpha is fixed; its gradient at 0 is 1"),
        Equivalent("paddle", "F.elu", {"alpha": 1.0}),
        Equivalent("mindspore", "nn.ELU", {"alpha": 1.0}),
        Equivalent("timm", "elu", {"alpha": 1.0}),
        Equivalent("mlx", "nn.ELU", {"alpha": 1.0}),
    )
    reference: ClassVar = Reference(
        "Clevert, Unterthiner, Hochreiter",
        2016,
        "Fast and accurate deep network learning by exponential linear units (ELUs)",
        "ICLR, arXiv:1511.07289",
    )

    alpha: Annotated[float, Field(ge=0)] = 1.0
    """Depth of the negative saturation."""


class SELU(Elementwise):
    """ELU scaled so that activations keep mean 0 and variance 1 from layer to layer."""

    name: ClassVar = "selu"
    aliases: ClassVar = ("scaled_elu",)
    formula: ClassVar = "scale*x if x > 0 else scale*alpha*expm1(x)"
    range: ClassVar = Interval(-SCALE * ALPHA, np.inf)
    properties: ClassVar = Properties(
        "increasing", zero_centred=True, smoothness="C0", left_saturation="soft"
    )
    kinks: ClassVar = ("0",)
    equivalents: ClassVar = (
        Equivalent("torch", "nn.SELU"),
        Equivalent("keras", "activations.selu"),
        Equivalent("jax", "jax.nn.selu"),
        Equivalent(
            "onnx",
            "Selu",
            {"scale": 1.0507010221481323, "alpha": 1.6732631921768188},
            "the constants are rounded to float32",
        ),
        Equivalent("tensorflow", "tf.nn.selu", note="its gradient at 0 is scale"),
        Equivalent("paddle", "F.selu"),
        Equivalent("mindspore", "nn.SeLU"),
        Equivalent("timm", "selu"),
        Equivalent("mlx", "nn.SELU", {"scale": 1.0507, "alpha": 1.67326}),
    )
    reference: ClassVar = Reference(
        "Klambauer, Unterthiner, Mayr, Hochreiter",
        2017,
        "Self-normalizing neural networks",
        "NeurIPS, arXiv:1706.02515",
    )

    scale: Annotated[float, Field(gt=0)] = SCALE
    """Slope on the right."""
    alpha: Annotated[float, Field(ge=0)] = ALPHA
    """Depth of the negative saturation before scaling."""


class CELU(Elementwise):
    """ELU whose slope at 0 is 1 whatever the depth of its saturation."""

    name: ClassVar = "celu"
    aliases: ClassVar = ("continuously_differentiable_elu",)
    formula: ClassVar = "x if x > 0 else alpha*expm1(x/alpha)"
    range: ClassVar = Interval(-1, np.inf)
    properties: ClassVar = Properties(
        "increasing", zero_centred=True, smoothness="C1", left_saturation="soft"
    )
    equivalents: ClassVar = (
        Equivalent("torch", "nn.CELU", {"alpha": 1.0}),
        Equivalent("keras", "activations.celu", {"alpha": 1.0}),
        Equivalent("jax", "jax.nn.celu", {"alpha": 1.0}),
        Equivalent("onnx", "Celu", {"alpha": 1.0}),
        Equivalent("paddle", "F.celu", {"alpha": 1.0}),
        Equivalent("mindspore", "nn.CELU", {"alpha": 1.0}),
        Equivalent("timm", "celu", {"alpha": 1.0}),
        Equivalent("mlx", "nn.CELU", {"alpha": 1.0}),
    )
    reference: ClassVar = Reference(
        "Barron", 2017, "Continuously differentiable exponential linear units", "arXiv:1704.07483"
    )

    alpha: Annotated[float, Field(gt=0)] = 1.0
    """Depth of the negative saturation, and how far from 0 it sets in."""


class MPELU(Elementwise):
    """ELU with learned depth and rate, each one number or one per channel; includes ReLU, PReLU and ELU."""

    name: ClassVar = "mpelu"
    formula: ClassVar = "x if x > 0 else alpha*expm1(beta*x)"
    range: ClassVar = Interval(-1, np.inf)
    properties: ClassVar = Properties(
        "increasing", zero_centred=True, smoothness="C1", left_saturation="soft"
    )
    kinks: ClassVar = ("0",)
    reference: ClassVar = Reference(
        "Li, Fan, Li, Wu, Ming",
        2018,
        "Improving deep neural network with multiple parametric exponential linear units",
        "Neurocomputing 301, arXiv:1606.00305",
    )

    alpha: Annotated[Numbers, LEARNABLE] = 1.0  # type: ignore[assignment]  # validated on the way in
    """Depth of the negative part: a number, or one per channel."""
    beta: Annotated[Numbers, AfterValidator(_not_negative), LEARNABLE] = 1.0  # type: ignore[assignment]  # as above
    """Rate of the negative part, not negative: a number, or one per channel."""
    axis: int = -1
    """The channel axis of x."""

    def channels(
        self, parameter: NDArray[np.float64], name: str, shape: Sequence[int]
    ) -> NDArray[np.float64]:
        return along_axis(parameter, name, shape, self.axis)


class PELU(Elementwise):
    """ELU with a learned slope, rate and depth that keep it smooth at 0."""

    name: ClassVar = "pelu"
    aliases: ClassVar = ("parametric_elu",)
    formula: ClassVar = "a*x/b if x >= 0 else a*expm1(x/b)"
    range: ClassVar = Interval(-1, np.inf)
    properties: ClassVar = Properties(
        "increasing", zero_centred=True, smoothness="C1", left_saturation="soft"
    )
    reference: ClassVar = Reference(
        "Trottier, Giguère, Chaib-draa",
        2017,
        "Parametric exponential linear unit for deep convolutional neural networks",
        "arXiv:1605.09332",
    )

    a: Annotated[float, Field(gt=0), LEARNABLE] = 1.0
    """Depth of the negative saturation; the slope on the right is a/b."""
    b: Annotated[float, Field(gt=0), LEARNABLE] = 1.0
    """How far from 0 the saturation sets in."""


class ELUPlusOne(Elementwise):
    """ELU raised to be positive: the feature map of linear attention."""

    name: ClassVar = "elu_plus_one"
    aliases: ClassVar = ("elu1", "linear_attention_feature_map")
    formula: ClassVar = "x + 1 if x > 0 else exp(x)"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = Properties("increasing", smoothness="C1", left_saturation="soft")
    reference: ClassVar = Reference(
        "Katharopoulos, Vyas, Pappas, Fleuret",
        2020,
        "Transformers are RNNs: fast autoregressive transformers with linear attention",
        "ICML, arXiv:2006.16236",
    )


class ISRLU(Elementwise):
    """Identity on the right; on the left x over a square root, which saturates."""

    name: ClassVar = "isrlu"
    formula: ClassVar = "x if x >= 0 else x/sqrt(1 + alpha*x**2)"
    range: ClassVar = Interval(-1, np.inf)
    properties: ClassVar = Properties(
        "increasing", zero_centred=True, smoothness="C2", left_saturation="soft"
    )
    reference: ClassVar = Reference(
        "Carlile, Delamarter, Kinney, Marti, Whitney",
        2017,
        "Improving deep learning by inverse square root linear units (ISRLUs)",
        "arXiv:1710.09967",
    )

    alpha: Annotated[float, Field(ge=0)] = 1.0
    """The saturation is at -1/sqrt(alpha)."""
