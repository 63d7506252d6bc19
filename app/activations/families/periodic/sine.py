"""Sines and cosines, and lines that ripple."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import AfterValidator

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise
from app.activations.hyperparameters import LEARNABLE, Numbers
from app.activations.per_channel import PerChannel, nonzero, positive


class Sine(Elementwise):
    """The sine of a multiple of x."""

    name: ClassVar = "sine"
    aliases: ClassVar = ("sin", "siren")
    formula: ClassVar = "sin(w0*x)"
    range: ClassVar = Interval(-1, 1)
    properties: ClassVar = Properties(None, "odd", zero_centred=True)
    equivalents: ClassVar = (
        Equivalent("torch", "torch.sin"),
        Equivalent("keras", "ops.sin"),
        Equivalent("jax", "jnp.sin"),
        Equivalent("onnx", "Sin"),
        Equivalent("tensorflow", "tf.sin"),
    )
    reference: ClassVar = Reference(
        "Sitzmann, Martel, Bergman, Lindell, Wetzstein",
        2020,
        "Implicit neural representations with periodic activation functions",
        "NeurIPS, arXiv:2006.09661",
    )

    w0: float = 1.0
    """Frequency; SIREN's layers use 30."""


class Cosine(Elementwise):
    """The cosine."""

    name: ClassVar = "cosine"
    aliases: ClassVar = ("cos",)
    formula: ClassVar = "cos(x)"
    range: ClassVar = Interval(-1, 1)
    properties: ClassVar = Properties(None, "even")
    equivalents: ClassVar = (
        Equivalent("torch", "torch.cos"),
        Equivalent("keras", "ops.cos"),
        Equivalent("jax", "jnp.cos"),
        Equivalent("onnx", "Cos"),
        Equivalent("tensorflow", "tf.cos"),
    )


class Snake(PerChannel):
    """A line with a periodic ripple, for learning periodic signals."""

    name: ClassVar = "snake"
    formula: ClassVar = "x + sin(a*x)**2/a"
    properties: ClassVar = Properties("increasing", zero_centred=True)
    equivalents: ClassVar = (
        Equivalent("tensorflow", "tfa.activations.snake", {"a": 1.0}),
        Equivalent("huggingface", "Snake1d", note="it divides by a + 1e-9"),
    )
    reference: ClassVar = Reference(
        "Ziyin, Hartwig, Ueda",
        2020,
        "Neural networks fail to learn periodic functions and how to fix it",
        "NeurIPS, arXiv:2006.08195",
    )

    a: Annotated[Numbers, AfterValidator(positive), LEARNABLE] = 1.0  # type: ignore[assignment]  # validated
    """Frequency of the ripple, above 0: a number, or one per channel."""


class SnakeBeta(PerChannel):
    """Snake with a scale of its own for the ripple."""

    name: ClassVar = "snake_beta"
    formula: ClassVar = "x + sin(a*x)**2/b"
    properties: ClassVar = Properties("increasing", zero_centred=True)
    equivalents: ClassVar = (
        Equivalent("huggingface", "SnakeBeta", note="of the logarithms of a and b; it divides by b + 1e-9"),
    )
    reference: ClassVar = Reference(
        "Lee et al.",
        2022,
        "BigVGAN: a universal neural vocoder with large-scale training",
        "ICLR 2023, arXiv:2206.04658",
    )

    a: Annotated[Numbers, LEARNABLE] = 1.0  # type: ignore[assignment]  # validated on the way in
    """Frequency of the ripple: a number, or one per channel."""
    b: Annotated[Numbers, AfterValidator(nonzero), LEARNABLE] = 1.0  # type: ignore[assignment]  # as above
    """Inverse scale of the ripple, not 0: a number, or one per channel."""


class SinLU(Elementwise):
    """x with a sine added, gated by the sigmoid of x."""

    name: ClassVar = "sinlu"
    formula: ClassVar = "(x + a*sin(b*x))*sigmoid(x)"
    range: ClassVar = Interval(-0.497370554189991022, np.inf)
    properties: ClassVar = Properties(zero_centred=True, left_saturation="soft")
    reference: ClassVar = Reference(
        "Paul et al.", 2022, "SinLU: sinu-sigmoidal linear unit", "Mathematics 10(3)"
    )

    a: Annotated[float, LEARNABLE] = 1.0
    """Amplitude of the sine."""
    b: Annotated[float, LEARNABLE] = 1.0
    """Frequency of the sine."""


class FINER(Elementwise):
    """A sine whose frequency grows with |x|."""

    name: ClassVar = "finer"
    formula: ClassVar = "sin(omega*(abs(x) + 1)*x)"
    range: ClassVar = Interval(-1, 1)
    properties: ClassVar = Properties(None, "odd", zero_centred=True, smoothness="C1")
    reference: ClassVar = Reference(
        "Liu et al.",
        2024,
        "FINER: flexible spectral-bias tuning in implicit neural representation by variable-periodic "
        "activation functions",
        "CVPR, arXiv:2312.02434",
    )

    omega: float = 30.0
    """Frequency at 0."""


class SPDER(Elementwise):
    """A sine damped less and less by the root of |x|."""

    name: ClassVar = "spder"
    # at 0 the slope is 0, and the sign of a zero is kept
    formula: ClassVar = "x*abs(x) if x == 0 else sin(x)*sqrt(abs(x))"
    properties: ClassVar = Properties(None, "odd", zero_centred=True, smoothness="C1")
    reference: ClassVar = Reference(
        "Shah, Sitawarin",
        2023,
        "SPDER: semiperiodic damping-enabled object representation",
        "arXiv:2306.15242",
    )
