"""Functions whose hyperparameters may differ from channel to channel."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic_core import PydanticCustomError

from app.activations.channels import along_axis
from app.activations.elementwise import Elementwise


class PerChannel(Elementwise, ABC):
    """An elementwise function with hyperparameters that are one number, or one per channel of x."""

    axis: int = -1
    """The channel axis of x."""

    def channels(
        self, parameter: NDArray[np.float64], name: str, shape: Sequence[int]
    ) -> NDArray[np.float64]:
        return along_axis(parameter, name, shape, self.axis)


def positive(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """Checks that numbers are above 0."""
    if not (array > 0).all():
        raise PydanticCustomError("greater_than", "Input should be greater than 0")
    return array


def nonzero(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """Checks that no number is 0."""
    if not array.all():
        raise PydanticCustomError("not_zero", "Input should not be 0")
    return array
