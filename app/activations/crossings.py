"""Where a tabulated function crosses 0: its series about the nearest double, in which nothing cancels.

A derivative is 0 where its terms cancel, as gelu's near -0.7518. A few ulp from there pairs of doubles have
lost every digit, and only balls would know more.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.activations.arithmetic import BALL
from app.activations.arithmetic.ball import Ball, precision
from app.activations.arithmetic.double import Double
from app.activations.constants import Constants, numbers_of
from app.activations.formula import Expression, run
from app.activations.taylor import Taylor

NEIGHBOURHOOD = 2.0**-24
"""How far the series are used: beyond, pairs have digits enough left."""
MOST = 16
"""Functions with more zeros than that are sines, of which pairs know the zeros."""
_BITS = 400

Bracket = tuple[float, float]
"""Between them the sign changes."""


def brackets(points: Sequence[NDArray[np.float64]], values: Sequence[Double]) -> dict[int, Bracket]:
    """The first sign change in every cell that has one; an entry of `points` and `values` for each cell."""
    order = np.argsort([each[0] for each in points])
    x, signs = np.array([points[i] for i in order]), np.array([np.sign(values[i].hi) for i in order])
    for row, before in zip(signs[1:], signs[:-1], strict=True):
        row[row == 0] = before[row == 0]
    changes = signs[1:] * signs[:-1] < 0
    return {
        int(cell): (float(x[first, cell]), float(x[first + 1, cell]))
        for cell in np.flatnonzero(changes.any(0))
        for first in [int(changes[:, cell].argmax())]
    }


@lru_cache(maxsize=1024)
def series(expression: Expression, constants: Constants, bracket: Bracket) -> tuple[float, Taylor] | None:
    """A double next to where the expression is 0, and its series about it, in x less that double."""
    numbers = numbers_of(constants)
    low, high = bracket
    with precision(_BITS):
        values = {name: Ball.exact(number) for name, number in numbers.items()}

        def positive(x: float) -> bool:
            return bool(run(expression, {**values, "x": Ball.exact(x)}, BALL).balls.item() > 0)

        right = positive(high)
        while low < (middle := 0.5 * (low + high)) < high:
            low, high = (low, middle) if positive(middle) == right else (middle, high)
    found = Taylor.of(expression, numbers, NEIGHBOURHOOD, high)
    return (high, found) if found else None
