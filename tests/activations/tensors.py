"""Arrays of mpmath numbers, and functions applied to slices of them."""

from collections.abc import Callable
from typing import Any

import numpy as np
from mpmath import mpf
from numpy.typing import NDArray

Tensor = NDArray[Any]  # of mpf
Row = list[mpf]
Index = tuple[int, ...]


def along(axis: int, f: Callable[[Row], Row], x: Tensor) -> Tensor:
    """f applied to every slice of x along `axis`, the results along the same axis."""
    moved = np.moveaxis(x, axis, -1)
    rows = [f(list(row)) for row in moved.reshape(-1, moved.shape[-1])]
    y = np.empty((len(rows), len(rows[0])), dtype=object)
    y[:] = rows
    return np.moveaxis(y.reshape(*moved.shape[:-1], -1), -1, axis)
