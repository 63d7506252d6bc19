"""Functions that give several outputs for an input."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from app.activations.arithmetic import Arithmetic
from app.activations.axiswise import Axiswise
from app.activations.base import Equivalent, Interval, Properties, Reference


class CReLU(Axiswise):
    """The positive and the negative part of x, joined along an axis."""

    name: ClassVar = "crelu"
    formula_latex: ClassVar = r"\left[\max(0, x);\ \max(0, -x)\right]"
    derivative_latex: ClassVar = r"\left[\mathbf{1}[x > 0];\ -\mathbf{1}[x < 0]\right]"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = Properties(zero_centred=True, smoothness="C0")
    equivalents: ClassVar = (Equivalent("tensorflow", "tf.nn.crelu"),)
    reference: ClassVar = Reference(
        "Shang, Sohn, Almeida, Lee",
        2016,
        "Understanding and improving convolutional neural networks via concatenated rectified linear units",
        "ICML, arXiv:1603.05201",
    )

    axis: int = -1
    """The axis along which both parts are joined."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ()

    def width(self, n: int) -> int:
        return 2 * n

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        zero = on.value.of(np.zeros(x.shape))
        return on.value.concatenate([on.value.largest(x, zero), on.value.largest(-x, zero)])

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        n = x.shape[-1]
        zero = on.value.of(np.zeros(x.shape))
        left = on.value.select(x.compare("<", zero), -upstream[..., n:], zero)
        return on.value.select(x.compare(">", zero), upstream[..., :n], left)
