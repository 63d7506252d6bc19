"""Numbers by name, as a key."""

from __future__ import annotations

from collections.abc import Mapping
from math import copysign

Constants = tuple[tuple[str, float, float], ...]
"""Numbers by name, with their signs: 0 and -0 are equal, but not the same."""


def constants_of(numbers: Mapping[str, float]) -> Constants:
    """The numbers in a form that can be a key."""
    return tuple([(name, number, copysign(1.0, number)) for name, number in numbers.items()])


def numbers_of(constants: Constants) -> dict[str, float]:
    """The numbers again."""
    return {name: number for name, number, _ in constants}
