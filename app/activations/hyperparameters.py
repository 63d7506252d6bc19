"""Hyperparameters as pydantic fields: what is beside the type."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError


@dataclass(frozen=True)
class Learnable:
    """Marks a hyperparameter that networks learn."""


LEARNABLE = Learnable()


def _numbers(value: Any) -> NDArray[np.float64]:
    """Numbers in nested lists as a float64 array that nobody can change."""
    array = np.array(value, dtype=np.float64) if isinstance(value, np.ndarray) else _from_lists(value)
    if not np.isfinite(array).all():
        raise PydanticCustomError("finite_number", "Input should hold finite numbers only")
    array.setflags(write=False)
    return array


def _from_lists(value: Any) -> NDArray[np.float64]:
    shape: list[int] = []
    level = [value]
    while set(map(type, level)) == {list} and len(shape) < 32:
        lengths = set(map(len, level))
        if len(lengths) != 1:
            raise PydanticCustomError("ragged", "Input should hold lists of equal length")
        shape.append(lengths.pop())
        level = list(chain.from_iterable(level))
    if not set(map(type, level)) <= {int, float}:
        raise PydanticCustomError("numbers", "Input should be a number or (nested) lists of numbers")
    try:
        return np.array(level, dtype=np.float64).reshape(shape)
    except OverflowError:
        raise PydanticCustomError(
            "finite_number", "Input should hold numbers within the float64 range"
        ) from None


Numbers = Annotated[
    NDArray[np.float64],
    BeforeValidator(_numbers),
    PlainSerializer(lambda array: array.tolist()),
    WithJsonSchema(
        {
            "anyOf": [{"type": "number"}, {"type": "array", "items": {}}],
            "description": "a number or (nested) lists of numbers",
        }
    ),
]
"""A number or an array of numbers of any rank, held as a read-only float64 array."""

Axes = int | Annotated[list[int], Field(min_length=1)]
"""One axis, or several that are mixed as if they were one."""
