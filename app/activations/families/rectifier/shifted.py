"""The corner moved away from the origin, or the line cut off there."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise
from app.activations.hyperparameters import LEARNABLE, Numbers
from app.activations.per_channel import PerChannel

_FLOOR_AT_0 = Properties("nondecreasing", zero_centred=True, smoothness="C0", left_saturation="hard")


class ThresholdedReLU(Elementwise):
    """Identity above a threshold, 0 elsewhere."""

    name: ClassVar = "thresholded_relu"
    aliases: ClassVar = ("trec",)
    formula: ClassVar = "x if x > theta else 0"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = Properties(
        "nondecreasing", zero_centred=True, smoothness="discontinuous", left_saturation="hard"
    )
    kinks: ClassVar = ("theta",)
    equivalents: ClassVar = (
        Equivalent("onnx", "ThresholdedRelu", {"theta": 1.0}),
        Equivalent("paddle", "F.thresholded_relu", {"theta": 1.0}),
        Equivalent("keras", "layers.ThresholdedReLU", {"theta": 1.0}, "Keras 2 only"),
        Equivalent("deeplearning4j", "THRESHOLDEDRELU", {"theta": 1.0}),
    )
    reference: ClassVar = Reference(
        "Konda, Memisevic, Krueger",
        2014,
        "Zero-bias autoencoders and the benefits of co-adapting features",
        "ICLR 2015, arXiv:1402.3337",
    )

    theta: float = 1.0
    """The threshold."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ()  # y jumps at the threshold: elsewhere the derivative is 0, there it is none


class Threshold(Elementwise):
    """Identity above a threshold, a given value elsewhere."""

    name: ClassVar = "threshold"
    formula: ClassVar = "x if x > theta else value"
    range: ClassVar = Interval(0.25, np.inf)
    properties: ClassVar = Properties("nondecreasing", smoothness="discontinuous", left_saturation="hard")
    kinks: ClassVar = ("theta",)
    equivalents: ClassVar = (
        Equivalent("torch", "nn.Threshold", {"theta": 0.5, "value": 0.25}, "takes any threshold and value"),
        Equivalent(
            "keras", "activations.threshold", {"theta": 0.5, "value": 0.25}, "takes any threshold and value"
        ),
        Equivalent(
            "mindspore", "nn.Threshold", {"theta": 0.5, "value": 0.25}, "takes any threshold and value"
        ),
    )
    example_params: ClassVar = {"theta": 0.5, "value": 0.25}

    theta: float
    """The threshold."""
    value: float
    """What y is up to it."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ("value",)  # y jumps at the threshold: elsewhere the derivative is 0, there it is none


class TLU(PerChannel):
    """ReLU with its corner at a learned threshold on the diagonal: one number, or one per channel."""

    name: ClassVar = "tlu"
    aliases: ClassVar = ("thresholded_linear_unit",)
    formula: ClassVar = "max(x, tau)"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = _FLOOR_AT_0
    kinks: ClassVar = ("tau",)
    equivalents: ClassVar = (
        Equivalent("tensorflow", "tfa.layers.TLU", {"tau": 0.0}, "tau starts at 0"),
        Equivalent(
            "timm", "FilterResponseNormTlu2d", {"tau": 0.0}, "tau starts at 0, beside a normalisation"
        ),
    )
    reference: ClassVar = Reference(
        "Singh, Krishnan",
        2020,
        "Filter response normalization layer: eliminating batch dependence in the training of deep neural"
        " networks",
        "CVPR, arXiv:1911.09737",
    )

    tau: Annotated[Numbers, LEARNABLE] = 0.0  # type: ignore[assignment]  # validated on the way in
    """The threshold: a number, or one per channel."""


class DisplacedReLU(Elementwise):
    """ReLU moved along the diagonal into the third quadrant."""

    name: ClassVar = "displaced_relu"
    aliases: ClassVar = ("drelu",)
    formula: ClassVar = "max(x, -delta)"
    range: ClassVar = Interval(-0.1, np.inf)
    properties: ClassVar = _FLOOR_AT_0
    kinks: ClassVar = ("-delta",)
    reference: ClassVar = Reference(
        "Macêdo, Zanchettin, Oliveira, Ludermir",
        2019,
        "Enhancing batch normalized convolutional networks using displaced rectifier linear units: a"
        " systematic comparative study",
        "Expert Systems with Applications",
    )

    example_params: ClassVar = {"delta": 0.1}

    delta: Annotated[float, LEARNABLE]
    """How far the corner is moved to the left and down."""


class ShiftedReLU(Elementwise):
    """ReLU with its corner at (-1, -1)."""

    name: ClassVar = "shifted_relu"
    formula: ClassVar = "max(x, -1)"
    range: ClassVar = Interval(-1, np.inf)
    properties: ClassVar = _FLOOR_AT_0
    kinks: ClassVar = ("-1",)
    reference: ClassVar = Reference(
        "Clevert, Unterthiner, Hochreiter",
        2016,
        "Fast and accurate deep network learning by exponential linear units (ELUs)",
        "ICLR, arXiv:1511.07289",
    )


class FlexibleReLU(PerChannel):
    """ReLU raised or lowered by a learned number, or one per channel."""

    name: ClassVar = "flexible_relu"
    aliases: ClassVar = ("frelu_qiu",)
    formula: ClassVar = "max(x, 0) + b"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = _FLOOR_AT_0
    kinks: ClassVar = ("0",)
    reference: ClassVar = Reference(
        "Qiu, Xu, Cai",
        2018,
        "FReLU: flexible rectified linear units for improving convolutional neural networks",
        "ICPR, arXiv:1706.08098",
    )

    b: Annotated[Numbers, LEARNABLE] = 0.0  # type: ignore[assignment]  # validated on the way in
    """What is added: a number, or one per channel."""


class ModReLU(PerChannel):
    """ReLU of the magnitude with a learned bias, the sign kept: on the real line soft shrinkage by -b."""

    name: ClassVar = "modrelu"
    formula: ClassVar = "x + b*sign(x) if abs(x) + b >= 0 else 0"
    properties: ClassVar = Properties("increasing", "odd", zero_centred=True)
    kinks: ClassVar = ("b", "0", "-b")
    reference: ClassVar = Reference(
        "Arjovsky, Shah, Bengio",
        2016,
        "Unitary evolution recurrent neural networks",
        "ICML, arXiv:1511.06464",
    )

    b: Annotated[Numbers, LEARNABLE] = 0.0  # type: ignore[assignment]  # validated on the way in
    """Added to the magnitude, usually negative: a number, or one per channel."""
