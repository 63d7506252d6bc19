"""ReLU with a parabola for its corner."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.elementwise import Elementwise

_ROUNDED_RAMP = Properties("nondecreasing", smoothness="C1", left_saturation="hard")


class SparsePlus(Elementwise):
    """ReLU with a parabola between -1 and 1: the integral of the sparse sigmoid."""

    name: ClassVar = "sparse_plus"
    formula: ClassVar = "0 if x <= -1 else (x + 1)**2/4 if x < 1 else x"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = _ROUNDED_RAMP
    kinks: ClassVar = ("-1", "1")
    equivalents: ClassVar = (
        Equivalent("keras", "activations.sparse_plus"),
        Equivalent("jax", "jax.nn.sparse_plus"),
    )


class SmeLU(Elementwise):
    """ReLU with a parabola between -beta and beta."""

    name: ClassVar = "smelu"
    aliases: ClassVar = ("smooth_relu_shamir",)
    formula: ClassVar = "0 if x <= -beta else (x + beta)**2/(4*beta) if x < beta else x"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = _ROUNDED_RAMP
    kinks: ClassVar = ("-beta", "beta")
    reference: ClassVar = Reference(
        "Shamir, Lin, Coviello",
        2020,
        "Smooth activations and reproducibility in deep networks",
        "arXiv:2010.09931",
    )

    example_params: ClassVar = {"beta": 1.0}

    beta: Annotated[float, Field(gt=0)]
    """Half the width of the parabola."""
