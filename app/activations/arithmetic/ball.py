"""Ball: midpoints with rigorous radii at any precision, python-flint's `arb` (Johansson 2017).

The last rung of the ladder: slow, one element at a time, and right. `ctx.prec` is one global for all
threads, so an evaluation holds `precision` while it lasts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, ctx, fmpq
from numpy.typing import NDArray

_lock = threading.RLock()
_TINY = 2.0**-1074
_HUGE = arb(2) ** 40


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Ball arithmetic with `bits` bits, for one thread at a time."""
    with _lock:
        previous, ctx.prec = ctx.prec, bits
        try:
            yield
        finally:
            ctx.prec = previous


def _negative(t: arb) -> bool:
    return bool(t.mid() < 0)


def _exp(t: arb) -> arb:
    # arb gives up near exp(4e38); whatever exceeds exp(2**40) overflows every format all the same
    return _HUGE.exp() if t > _HUGE else t.exp()


def _sigmoid(t: arb) -> arb:
    if _negative(t):
        e = t.exp()
        return e / (1 + e)
    return 1 / (1 + (-t).exp())


def _sech(t: arb) -> arb:
    e = (-abs(t)).exp()
    return 2 * e / (1 + e * e)


def _sech2(t: arb) -> arb:
    e = (-2 * abs(t)).exp()
    return 4 * e / (1 + e) ** 2


def _sigmoid_prime(t: arb) -> arb:
    e = (-abs(t)).exp()
    return e / (1 + e) ** 2


def _softplus(t: arb) -> arb:
    return t.exp().log1p() if _negative(t) else t + (-t).exp().log1p()


def _log_expm1(t: arb) -> arb:
    return t.expm1().log() if t < 1 else t + (-(-t).exp()).log1p()


FUNCTIONS: dict[str, Callable[[arb], arb]] = {
    "exp": _exp,
    "expm1": lambda t: _HUGE.exp() if t > _HUGE else t.expm1(),
    "log": arb.log,
    "log1p": arb.log1p,
    "tanh": arb.tanh,
    "sech": _sech,
    "sech2": _sech2,
    "sigmoid": _sigmoid,
    "sigmoid_prime": _sigmoid_prime,
    "softplus": _softplus,
    "log_sigmoid": lambda t: -_softplus(-t),
    "logit": lambda t: (t / (1 - t)).log(),
    "log_expm1": _log_expm1,
    "Phi": lambda t: (-t / arb(2).sqrt()).erfc() / 2,
    "phi": lambda t: (-t * t / 2).exp() / (2 * arb.pi()).sqrt(),
    "erf": arb.erf,
    "sqrt": arb.sqrt,
    "atan": arb.atan,
    "asinh": arb.asinh,
    "sin": arb.sin,
    "cos": arb.cos,
    "abs": abs,
    "sign": arb.sgn,
}
_UFUNCS = {name: np.frompyfunc(function, 1, 1) for name, function in FUNCTIONS.items()}
_ball = np.frompyfunc(arb, 1, 1)
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
    """An array of balls, with the operations of `Double`."""

    __slots__ = ("balls",)
    __array_ufunc__ = None

    def __init__(self, balls: NDArray[np.object_] | arb) -> None:
        self.balls = np.asarray(balls, dtype=object)

    @classmethod
    def exact(cls, value: Any, sign: int = 0) -> Ball:
        return cls(_ball(np.asarray(value, dtype=np.float64)))

    @classmethod
    def constant(cls, value: Fraction) -> Ball:
        return cls(arb(fmpq(value.numerator, value.denominator)))

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
        return Ball(-self.balls)

    def __add__(self, other: Any) -> Ball:
        return Ball(self.balls + Ball.of(other).balls)

    def __sub__(self, other: Any) -> Ball:
        return Ball(self.balls - Ball.of(other).balls)

    def __mul__(self, other: Any) -> Ball:
        return Ball(self.balls * Ball.of(other).balls)

    def __truediv__(self, other: Any) -> Ball:
        return Ball(self.balls / Ball.of(other).balls)

    def __pow__(self, exponent: int) -> Ball:
        # not arb's own power, which is NaN for a ball around 0
        power = self.balls
        for bit in bin(exponent)[3:]:
            power = power * power
            if bit == "1":
                power = power * self.balls
        return Ball(power)

    def compare(self, op: str, other: Ball) -> tuple[Any, Any]:
        """Where the comparison certainly holds, and where it certainly fails."""
        holds, fails = _COMPARE[op]
        return holds(self.balls, other.balls), fails(self.balls, other.balls)

    @classmethod
    def select(cls, condition: tuple[Any, Any], then: Ball, otherwise: Ball) -> Ball:
        """Both branches' union where the condition is open."""
        return cls(_union(*condition, then.balls, otherwise.balls))

    @classmethod
    def largest(cls, first: Ball, second: Ball) -> Ball:
        return cls(_largest(first.balls, second.balls))

    def sum(self) -> Ball:
        return Ball(np.add.reduce(self.balls, axis=-1, keepdims=True))

    def max(self) -> Ball:
        return Ball(_largest.reduce(self.balls, axis=-1, keepdims=True))

    def __getitem__(self, index: Any) -> Ball:
        return Ball(self.balls[index])

    def flat(self) -> Ball:
        return Ball(self.balls.reshape(*self.balls.shape[:-2], -1))

    @classmethod
    def concatenate(cls, parts: Sequence[Ball]) -> Ball:
        return cls(np.concatenate([part.balls for part in parts], -1))

    def ends(self) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], ...]:
        """Both ends of every ball as (hi, lo): the nearest double, and a number with the sign of the rest."""
        floats = _ends(self.balls)
        low_hi, low_lo, high_hi, high_lo = (np.asarray(part, dtype=np.float64) for part in floats)
        return (low_hi, low_lo), (high_hi, high_lo)


def _end(end: arb) -> tuple[float, float]:
    nearest = float(end)
    return nearest, _TINY if end > nearest else -_TINY if end < nearest else 0.0


def settled(ball: arb) -> tuple[float, float]:
    """A ball's midpoint rounded to half the digits in force, as (hi, lo) like an end.

    Where a result lies exactly on a midpoint between two floats, no ball that is not exact itself can say
    so: closer to it than 2**-2000, the midpoint is taken.
    """
    bits = ctx.prec
    with precision(bits // 2):
        return _end(+ball.mid())


_ends = np.frompyfunc(lambda ball: (*_end(ball.lower()), *_end(ball.upper())), 1, 4)


def apply(name: str, t: Ball) -> Ball:
    """The function `name` of VOCABULARY at `t`."""
    return Ball(_UFUNCS[name](t.balls))
