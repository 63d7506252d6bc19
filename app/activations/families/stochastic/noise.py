"""Noise as a symbol of a formula, which stands for its expectation unless a network trains."""

from __future__ import annotations

import math
import secrets
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from app.activations.elementwise import Elementwise

Seed = Annotated[int, Field(ge=0, lt=2**64)] | None


def generator_of(seed: int | None) -> np.random.Generator:
    """The numbers that a seed stands for."""
    if seed is None:
        raise ValueError("a seed must be drawn first: call settled()")
    return np.random.Generator(np.random.Philox(key=seed))


def drawn_seed() -> int:
    """53 bits: exact in every JSON reader."""
    return secrets.randbits(53)


class Stochastic(Elementwise):
    """A formula with a random symbol, which stands for its expectation unless `training`."""

    training: bool = False
    """Whether to draw the noise; else its expectation takes its place."""
    seed: Seed = None
    """Key of the random numbers; without one it is drawn and returned."""

    def settled(self) -> Self:
        if not self.training or self.seed is not None:
            return self
        return self.model_copy(update={"seed": drawn_seed()})

    def draws(self, shape: Sequence[int]) -> Mapping[str, NDArray[np.float64] | float]:
        if not self.training:
            return {}
        return self.noise_of(generator_of(self.seed), math.prod(shape), shape)

    @abstractmethod
    def noise_of(
        self, generator: np.random.Generator, count: int, shape: Sequence[int]
    ) -> Mapping[str, NDArray[np.float64]]:
        """The random symbols of the formula, one draw an element in C order."""
