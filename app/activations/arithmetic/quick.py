"""Quick: doubles for formulas of a few roundings, without low parts.

A sum, product or quotient is one operation, and its bound one number for the block. Overflows and underflows,
which no relative bound covers, are left to the processor's flags: `quickly` looks closer when one is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.activations.arithmetic.double import Double

Inputs = Mapping[str, NDArray[Any]]
TINY, HUGE = 2.0**-200, 2.0**200
"""Between them, a few operations neither overflow nor underflow."""


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
    """`compute`, whose arithmetic is Quick, with NaN for what may overflow or underflow on the way.

    That is told by the inputs, so that it is no matter of an element's neighbours; where ordinary inputs do
    it, with extreme hyperparameters, all is left to `otherwise`.
    """

    def attempt(inputs: Inputs) -> Double:
        try:
            with np.errstate(under="raise", over="raise"):
                return compute(inputs)
        except FloatingPointError:
            sizes = [np.abs(array) for array in inputs.values()]
            extreme = np.any([(size > HUGE) | ((size < TINY) & (size != 0)) for size in sizes], axis=0)
        try:
            with np.errstate(under="raise", over="raise"):
                value = compute({name: np.where(extreme, 1.0, array) for name, array in inputs.items()})
        except FloatingPointError:
            return otherwise(inputs)
        value.hi = np.where(extreme, np.nan, value.hi)
        return value

    return attempt
