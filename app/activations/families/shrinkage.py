"""Small x to 0: the thresholding of wavelets and sparse codes."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from app.activations.base import Equivalent, Properties, Reference
from app.activations.elementwise import Elementwise

_HARD = Properties("nondecreasing", "odd", zero_centred=True, smoothness="discontinuous")


class HardShrink(Elementwise):
    """x where its magnitude exceeds a threshold, 0 elsewhere."""

    name: ClassVar = "hard_shrink"
    aliases: ClassVar = ("hshrink",)
    formula: ClassVar = "x if x > lambd else x if x < -lambd else 0"
    properties: ClassVar = _HARD
    kinks: ClassVar = ("-lambd", "lambd")
    equivalents: ClassVar = (
        Equivalent("torch", "nn.Hardshrink", {"lambd": 0.5}),
        Equivalent("keras", "activations.hard_shrink", {"lambd": 0.5}),
        Equivalent("onnx", "Shrink", {"lambd": 0.5}, "with its bias 0"),
        Equivalent("tensorflow", "tfa.activations.hardshrink", {"lambd": 0.5}),
        Equivalent("paddle", "F.hardshrink", {"lambd": 0.5}, "at the thresholds it returns x"),
        Equivalent("mindspore", "nn.HShrink", {"lambd": 0.5}),
        Equivalent("mlx", "nn.HardShrink", {"lambd": 0.5}),
    )

    reference: ClassVar = Reference(
        "Donoho, Johnstone", 1994, "Ideal spatial adaptation by wavelet shrinkage", "Biometrika 81(3)"
    )

    lambd: Annotated[float, Field(ge=0)] = 0.5
    """The threshold."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ()  # y jumps at the threshold: elsewhere the derivative is 0, there it is none


class SoftShrink(Elementwise):
    """x moved towards 0 by a threshold, and no further than 0."""

    name: ClassVar = "soft_shrink"
    aliases: ClassVar = ("soft_threshold",)
    formula: ClassVar = "x - lambd if x > lambd else x + lambd if x < -lambd else 0"
    properties: ClassVar = Properties("nondecreasing", "odd", zero_centred=True, smoothness="C0")
    kinks: ClassVar = ("-lambd", "lambd")
    equivalents: ClassVar = (
        Equivalent("torch", "nn.Softshrink", {"lambd": 0.5}),
        Equivalent("keras", "activations.soft_shrink", {"lambd": 0.5}),
        Equivalent("onnx", "Shrink", {"lambd": 0.5}, "with its bias equal to lambd"),
        Equivalent("tensorflow", "tfa.activations.softshrink", {"lambd": 0.5}),
        Equivalent("paddle", "F.softshrink", {"lambd": 0.5}),
        Equivalent("mindspore", "nn.SoftShrink", {"lambd": 0.5}),
        Equivalent("mlx", "nn.Softshrink", {"lambd": 0.5}),
    )
    reference: ClassVar = Reference(
        "Donoho",
        1995,
        "De-noising by soft-thresholding",
        "IEEE Transactions on Information Theory 41(3)",
    )

    lambd: Annotated[float, Field(ge=0)] = 0.5
    """The threshold."""


class Shrink(Elementwise):
    """x moved towards 0 by a bias where its magnitude exceeds a threshold, 0 elsewhere."""

    name: ClassVar = "shrink"
    formula: ClassVar = "x - bias if x > lambd else x + bias if x < -lambd else 0"
    properties: ClassVar = _HARD
    kinks: ClassVar = ("-lambd", "lambd")
    equivalents: ClassVar = (Equivalent("onnx", "Shrink", {"lambd": 0.5, "bias": 0.0}),)

    lambd: Annotated[float, Field(ge=0)] = 0.5
    """The threshold."""
    bias: float = 0.0
    """What is subtracted from the magnitude of what passes; 0 is hard, lambd soft shrinkage."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ("bias",)  # y jumps at the threshold


class TanhShrink(Elementwise):
    """x less its tanh."""

    name: ClassVar = "tanh_shrink"
    formula: ClassVar = "x - tanh(x)"
    properties: ClassVar = Properties("increasing", "odd", zero_centred=True)
    equivalents: ClassVar = (
        Equivalent("torch", "nn.Tanhshrink"),
        Equivalent("keras", "activations.tanh_shrink"),
        Equivalent("tensorflow", "tfa.activations.tanhshrink"),
        Equivalent("paddle", "F.tanhshrink"),
        Equivalent("mindspore", "nn.Tanhshrink"),
    )

    @property
    def expression_text(self) -> str:
        # where the difference underflows, two terms of the series keep its sign and its roundings
        return "x - tanh(x) if abs(x) > 1e-107 else x**3*(1/3 - 2*x**2/15)"
