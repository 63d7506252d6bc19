"""Quick: doubles for formulas of a few roundings, without low parts.

A sum, product or quotient is one operation, and its bound one number for the block. Overflows and underflows,
which no relative bound covers, are left to the processor's flags: `quickly` starts again in doubles when one
is raised.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from app.activations.arithmetic.double import Double

Inputs = TypeVar("Inputs")


class Quick(Double):
    """A block of values with its error bound; nothing has overflowed or underflowed."""

    __slots__ = ()

    @property
    def paired(self) -> bool:
        return False

    def _checked(self, operands: tuple[Double, ...]) -> Double:
        return self


def quickly(
    compute: Callable[[Inputs], Double], otherwise: Callable[[Inputs], Double]
) -> Callable[[Inputs], Double]:
    """`compute`, whose arithmetic is Quick, unless a number overflows or underflows on the way."""

    def attempt(inputs: Inputs) -> Double:
        try:
            with np.errstate(under="raise", over="raise"):
                return compute(inputs)
        except FloatingPointError:
            return otherwise(inputs)

    return attempt
