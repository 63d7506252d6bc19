"""Ball: midpoints with rigorous radii at any precision, python-flint's `arb` (Johansson 2017).

The last rung of the ladder: slow, one element at a time, and right. `ctx.prec` is one global for all
threads, so an evaluation holds `precision` while it lasts.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from math import inf
from typing import Any

import numpy as np
from flint import arb, ctx, fmpq
from numpy.typing import NDArray

from app.activations.arithmetic.powers import power

_lock = threading.RLock()
_TINY = 2.0**-1074
_LEAST = 2.0**-900
_HUGE = arb(2) ** 40
_PLAIN = 1000.0
"""Arguments of exp up to it meet no limit, whatever the floor."""
_FAR = arb(70)
REST_BITS = 53
"""log2 of what the rest of a double is multiplied by, to be of the double's own magnitude."""
_REST = 2.0**REST_BITS
_WIDER = (1 + 2.0**-40) / _REST
"""Brings a rest to its size, and a little more: where it must leave a double alone, no rounding may do so."""
_LONG = 2**14
"""Bits for sums and products of exact numbers, of which most are exact as well: arb takes what they need."""

_LOWEST = -(2**128 - 2**100)
_floor = arb(_LOWEST)
"""Below it the exponential stops falling; changed with the precision, and under its lock."""


@contextmanager
def precision(bits: int, floor: int = _LOWEST) -> Iterator[None]:
    """Ball arithmetic with `bits` bits, for one thread at a time.

    A higher `floor` keeps what exponentials far below the precision add to a sum visible: its sign, which is
    all that a rounding asks for where the sum without it lies on a midpoint.
    """
    global _floor
    with _lock:
        previous = ctx.prec, _floor
        ctx.prec, _floor = bits, arb(floor)
        try:
            yield
        finally:
            ctx.prec, _floor = previous


def _negative(t: arb) -> bool:
    return float(t) < 0


def _exp(t: arb) -> arb:
    if -_PLAIN < float(t) < _PLAIN:
        return t.exp()
    # arb gives up near exp(4e38), and no longer knows the sign of exp(-4e38); whatever exceeds exp(2**40)
    # overflows every format, and whatever is below exp(_LOWEST) underflows beside anything
    return _HUGE.exp() if t > _HUGE else _floor.exp() if t < _floor else t.exp()


def _expm1(t: arb) -> arb:
    return _exp(t) - 1 if abs(float(t)) > 64 else t.expm1()


def _tanh(t: arb) -> arb:
    if -_PLAIN < float(t) < _PLAIN:
        return t.tanh()
    return t.sgn() * (1 - 2 * _floor.exp()) if 2 * abs(t) > -_floor else t.tanh()


def _erf(t: arb) -> arb:
    return t.sgn() * (1 - _floor.exp()) if t * t > -_floor else t.erf()


def _sigmoid(t: arb) -> arb:
    if _negative(t):
        e = _exp(t)
        return e / (1 + e)
    return 1 / (1 + _exp(-t))


def _sech(t: arb) -> arb:
    e = _exp(-abs(t))
    return 2 * e / (1 + e * e)


def _sech2(t: arb) -> arb:
    e = _exp(-2 * abs(t))
    return 4 * e / (1 + e) ** 2


def _sigmoid_prime(t: arb) -> arb:
    e = _exp(-abs(t))
    return e / (1 + e) ** 2


def _softplus(t: arb) -> arb:
    return _exp(t).log1p() if _negative(t) else t + _exp(-t).log1p()


def _log_expm1(t: arb) -> arb:
    return _expm1(t).log() if t < 1 else t + (-_exp(-t)).log1p()


def _phi(t: arb) -> arb:
    return _exp(-t * t / 2) / (2 * arb.pi()).sqrt()


def _Phi(t: arb) -> arb:  # noqa: N802 - the standard name
    if t > _FAR:
        return 1 - _Phi(-t)
    if t < -_FAR:
        # where arb's erfc no longer knows the sign; the first terms enclose the sum of all (DLMF 7.12.1)
        return _phi(t) / -t * arb(1, 0).union(1 - 1 / (t * t))
    return (-t / arb(2).sqrt()).erfc() / 2


FUNCTIONS: dict[str, Callable[[arb], arb]] = {
    "exp": _exp,
    "expm1": _expm1,
    "log": arb.log,
    "log1p": arb.log1p,
    "tanh": _tanh,
    "sech": _sech,
    "sech2": _sech2,
    "sigmoid": _sigmoid,
    "sigmoid_prime": _sigmoid_prime,
    "softplus": _softplus,
    "log_sigmoid": lambda t: -_softplus(-t),
    "logit": lambda t: (t / (1 - t)).log(),
    "log_expm1": _log_expm1,
    "Phi": _Phi,
    "phi": _phi,
    "erf": _erf,
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


def _end(end: arb) -> tuple[float, float]:
    nearest = float(end)
    rest = end - nearest
    # one that underflows keeps its sign
    return nearest, float(rest * _REST) or (_TINY if rest > 0 else -_TINY if rest < 0 else 0.0)


def settled(ball: arb) -> tuple[float, float]:
    """A ball's midpoint rounded to half the digits in force, as two numbers like an end.

    Where a result lies exactly on a midpoint between two floats, no ball that is not exact itself can say
    so: closer to it than 2**-2000, the midpoint is taken.
    """
    bits = ctx.prec
    with precision(bits // 2):
        return _end(+ball.mid())


def _both_ends(ball: arb) -> tuple[float, float, float, float]:
    nearest, bits = float(ball), ball.rel_accuracy_bits()
    if bits < -1 and float(ball.rad()) > _LEAST:
        return -inf, 0.0, inf, 0.0  # it holds 0, and may be anything
    if bits > REST_BITS and _LEAST < abs(nearest) < 1 / _LEAST:
        rest = float(ball - nearest) * _REST
        # the radius is less than 2**-bits of the midpoint
        low, high = rest - (off := abs(nearest) * 2.0 ** (REST_BITS + 1 - bits)), rest + off
        if off < abs(rest) and nearest + low * _WIDER == nearest == nearest + high * _WIDER:
            return nearest, low, nearest, high
    return *_end(ball.lower()), *_end(ball.upper())


_ends = np.frompyfunc(_both_ends, 1, 4)


def apply(name: str, t: Ball) -> Ball:
    """The function `name` of VOCABULARY at `t`."""
    if name in ("abs", "sign"):
        return _in_full(_UFUNCS[name], t)
    return Ball(_UFUNCS[name](t.balls))
