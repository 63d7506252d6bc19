"""Axes and the hyperparameters that lie along them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.activations.errors import InvalidInput


def checked_axis(axis: int, shape: Sequence[int]) -> int:
    """The axis counted from the front. Raises InvalidInput where x has no such axis."""
    if not -len(shape) <= axis < len(shape):
        raise InvalidInput(f"axis {axis} does not exist in an x of shape {list(shape)}.", ("params", "axis"))
    return axis % len(shape)


def checked_axes(axes: int | Sequence[int], shape: Sequence[int]) -> tuple[int, ...]:
    """Axes counted from the front. Raises InvalidInput where x lacks one or one is named twice."""
    found = tuple(checked_axis(axis, shape) for axis in ([axes] if isinstance(axes, int) else axes))
    if len(set(found)) < len(found):
        message = f"axis {axes} names an axis of an x of shape {list(shape)} twice."
        raise InvalidInput(message, ("params", "axis"))
    return found


def along_axis(
    parameter: NDArray[np.float64], name: str, shape: Sequence[int], axis: int
) -> NDArray[np.float64]:
    """One value per channel, shaped to be broadcast against an x of that shape."""
    axis = checked_axis(axis, shape)
    if parameter.ndim != 1 or parameter.size != shape[axis]:
        message = (
            f"{name} must be a number or hold one for each of the {shape[axis]} channels along axis {axis}; "
            f"it has shape {list(parameter.shape)}."
        )
        raise InvalidInput(message, ("params", name))
    return parameter.reshape([-1 if i == axis else 1 for i in range(len(shape))])
