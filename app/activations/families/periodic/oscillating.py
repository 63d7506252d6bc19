"""Functions with several zeros, with which a single neuron learns XOR."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from app.activations.base import Interval, Properties, Reference
from app.activations.elementwise import Elementwise

_NOEL = Reference(
    "Noel, Bharadwaj, Muthiah-Nakarajan, Dutta, Amali",
    2021,
    "Biologically inspired oscillating activation functions can bridge the performance gap between "
    "biological and artificial neurons",
    "arXiv:2111.04020",
)


class GCU(Elementwise):
    """x times its cosine."""

    name: ClassVar = "gcu"
    aliases: ClassVar = ("growing_cosine_unit",)
    formula: ClassVar = "x*cos(x)"
    properties: ClassVar = Properties(None, "odd", zero_centred=True)
    reference: ClassVar = Reference(
        "Noel, Trivedi, Dutta",
        2021,
        "Growing cosine unit: a novel oscillatory activation function that can speedup training and reduce "
        "parameters in convolutional neural networks",
        "arXiv:2108.12943",
    )


class NCU(Elementwise):
    """x less its cube."""

    name: ClassVar = "ncu"
    aliases: ClassVar = ("non_monotonic_cubic_unit",)
    # x - x**3, with the sign of a zero kept
    formula: ClassVar = "x*(1 - x**2)"
    properties: ClassVar = Properties(None, "odd", zero_centred=True)
    reference: ClassVar = _NOEL


class SQU(Elementwise):
    """x and its square."""

    name: ClassVar = "squ"
    aliases: ClassVar = ("shifted_quadratic_unit",)
    formula: ClassVar = "x**2 + x"
    range: ClassVar = Interval(-0.25, np.inf)
    properties: ClassVar = Properties(zero_centred=True)
    reference: ClassVar = _NOEL


class DSU(Elementwise):
    """The difference of two cardinal sines, shifted by pi to either side."""

    name: ClassVar = "dsu"
    aliases: ClassVar = ("decaying_sine_unit",)
    # pi/2*(sinc(x - pi) - sinc(x + pi)) with sinc(t) = sin(t)/t; no float is pi
    formula: ClassVar = "pi**2*sin(x)/(pi**2 - x**2)"
    range: ClassVar = Interval(-1.63640813682488183, 1.63640813682488183)
    properties: ClassVar = Properties(
        None, "odd", zero_centred=True, left_saturation="soft", right_saturation="soft"
    )
    reference: ClassVar = _NOEL
