"""What shares of a whole have in common: weights, divided by their sum."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from app.activations.arithmetic import Arithmetic
from app.activations.arithmetic.along import Indices, signed, taken
from app.activations.axiswise import Axiswise


class Shares(Axiswise):
    """Positive weights, divided by their sum."""

    @abstractmethod
    def weights(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        """The weights of x, up to a common factor."""

    @abstractmethod
    def growth(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        """The derivative of each weight's logarithm."""

    @abstractmethod
    def leader(self, x: Any, **lanes: Any) -> Indices:
        """Where the largest weight is."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ()

    def shares(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        weights = self.weights(on, x, **lanes)
        return weights / weights.sum()

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return self.shares(on, x, **lanes)

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        shares = self.shares(on, x, **lanes)
        return shares * centred(shares, upstream, self.leader(x, **lanes)) * self.growth(on, x, **lanes)


def centred(shares: Any, values: Any, leader: Indices) -> Any:
    """The values less their mean, weighed by the shares.

    Counted from the leader's value, which has most of the weight: 1 - y never cancels that way.
    """
    values = values - taken(values, leader)
    return values - (shares * values).sum()


def beneath(x: Any) -> Any:
    """x less its largest entry."""
    return signed(-(x.max() - x), -1)
