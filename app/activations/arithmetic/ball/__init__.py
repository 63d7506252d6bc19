"""Ball: midpoints with rigorous radii at any precision, python-flint's `arb` (Johansson 2017).

The last rung of the ladder: slow, one element at a time, and right. `ctx.prec` is one global for all
threads, so an evaluation holds `precision` while it lasts.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from flint import arb, fmpq
from numpy.typing import NDArray

from app.activations.arithmetic.ball.ends import both_ends, settled
from app.activations.arithmetic.ball.functions import FUNCTIONS, precision
from app.activations.arithmetic.powers import power

__all__ = ["Ball", "apply", "precision", "settled"]

_LONG = 2**14
"""Bits for sums and products of exact numbers, of which most are exact as well: arb takes what they need."""

_UFUNCS = {name: np.frompyfunc(function, 1, 1) for name, function in FUNCTIONS.items()}
_ball = np.frompyfunc(arb, 1, 1)
_ends = np.frompyfunc(both_ends, 1, 4)
_largest = np.frompyfunc(arb.max, 2, 1)
_union = np.frompyfunc(lambda yes, no, a, b: a if yes else b if no else a.union(b), 4, 1)
_COMPARE = {
    op: (np.frompyfunc(holds, 2, 1), np.frompyfunc(fails, 2, 1))
    for op, (holds, fails) in {
        "<": (lambda a, b: a < b, lambda a, b: a >= b),
        "<=": (lambda a, b: a <= b, lambda a, b: a > b),
        ">": (lambda a, b: a > b, lambda a, b: a <= b),
        ">=": (lambda a, b: a >= b, lambda a, b: a < b),
        "==": (lambda a, b: a == b, lambda a, b: a != b),
    }.items()
}


class Ball:
    """An array of balls, with the operations of `Double`; where they are `points`, their radii are 0.

    The sums and products of points are points again: the argument of a sine, say, is known to its last bit.
    """

    __slots__ = ("balls", "points")
    __array_ufunc__ = None

    def __init__(self, balls: NDArray[np.object_] | arb, points: bool = False) -> None:
        self.balls = np.asarray(balls, dtype=object)
        self.points = points

    @classmethod
    def exact(cls, value: Any, sign: int = 0) -> Ball:
        return cls(_ball(np.asarray(value, dtype=np.float64)), points=True)

    @classmethod
    def constant(cls, value: Fraction) -> Ball:
        ball = arb(fmpq(value.numerator, value.denominator))
        return cls(ball, ball.is_exact())

    @classmethod
    def pi(cls) -> Ball:
        return cls(arb.pi())

    @classmethod
    def of(cls, value: Any) -> Ball:
        if isinstance(value, Ball):
            return value
        return cls.constant(value) if isinstance(value, Fraction) else cls.exact(value)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.balls.shape

    def __neg__(self) -> Ball:
        return _in_full(operator.neg, self)

    def __add__(self, other: Any) -> Ball:
        return _in_full(operator.add, self, Ball.of(other))

    def __sub__(self, other: Any) -> Ball:
        return _in_full(operator.sub, self, Ball.of(other))

    def __mul__(self, other: Any) -> Ball:
        return _in_full(operator.mul, self, Ball.of(other))

    def __truediv__(self, other: Any) -> Ball:
        return Ball(self.balls / Ball.of(other).balls)

    def __pow__(self, exponent: int) -> Ball:
        # not arb's own power, which is NaN for a ball around 0
        return power(self, exponent)

    def compare(self, op: str, other: Ball) -> tuple[Any, Any]:
        """Where the comparison certainly holds, and where it certainly fails."""
        holds, fails = _COMPARE[op]
        return holds(self.balls, other.balls), fails(self.balls, other.balls)

    @staticmethod
    def decided(condition: tuple[Any, Any]) -> bool | None:
        """Whether it holds everywhere, or fails so; None: both branches are needed."""
        holds, fails = condition
        return True if np.all(holds) else False if np.all(fails) else None

    @classmethod
    def select(cls, condition: tuple[Any, Any], then: Ball, otherwise: Ball) -> Ball:
        """Both branches' union where the condition is open."""
        return cls(_union(*condition, then.balls, otherwise.balls), then.points and otherwise.points)

    @classmethod
    def largest(cls, first: Ball, second: Ball) -> Ball:
        return _in_full(_largest, first, second)

    def sum(self) -> Ball:
        return _in_full(partial(np.add.reduce, axis=-1, keepdims=True), self)

    def max(self) -> Ball:
        return _in_full(partial(_largest.reduce, axis=-1, keepdims=True), self)

    def __getitem__(self, index: Any) -> Ball:
        return Ball(self.balls[index], self.points)

    def flat(self) -> Ball:
        return Ball(self.balls.reshape(*self.balls.shape[:-2], -1), self.points)

    @classmethod
    def concatenate(cls, parts: Sequence[Ball]) -> Ball:
        return cls(np.concatenate([part.balls for part in parts], -1), all(part.points for part in parts))

    def ends(self) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], ...]:
        """Both ends of every ball: the nearest double, and what it leaves, times 2**REST_BITS."""
        floats = _ends(self.balls)
        low, low_rest, high, high_rest = (np.asarray(part, dtype=np.float64) for part in floats)
        return (low, low_rest), (high, high_rest)


def _in_full(operation: Callable[..., Any], *operands: Ball) -> Ball:
    """The operation's result, of points with all their bits."""
    balls = [operand.balls for operand in operands]
    if not all(operand.points for operand in operands):
        return Ball(operation(*balls))
    with precision(_LONG):
        return Ball(operation(*balls), points=True)


def apply(name: str, t: Ball) -> Ball:
    """The function `name` of VOCABULARY at `t`."""
    if name in ("abs", "sign"):
        return _in_full(_UFUNCS[name], t)
    return Ball(_UFUNCS[name](t.balls))
