"""Balls in mpmath's place: the published definitions, read a second time, with certainty and in microseconds.

A number is a ball of python-flint, which holds the exact result for certain, with the ball of its derivative
(forward mode; the rules are textbook ones and know nothing of the app's). `definitions` imports the modules
that define functions once more, with `mp` and `mpf` of this one for mpmath's.
"""

import importlib
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple
from unittest.mock import patch

import oracle as oracle  # keeps mpmath's own numbers when published_mixing is read again
import published
from flint import arb, ctx

Rule = Callable[[arb, arb], arb]
BRINK = 3000.0
"""Where exponentials stop on the brink of a tie: exp(-3000) breaks it to the same side as exp(-1e30) does."""
GROWTH = 90.0
"""Up to where they grow there, so that products with stopped ones stay negligible."""


class Undecided(ArithmeticError):
    """The balls do not tell which of two numbers is the larger."""


class Number:
    """A ball and that of its derivative; None is the derivative of a constant."""

    __slots__ = ("slope", "value")
    tied: ClassVar[bool] = False
    """Whether a comparison with something that varies has found both sides equal: the point is a kink."""

    def __init__(self, value: arb, slope: arb | None = None) -> None:
        self.value = value
        self.slope = slope

    def __pos__(self) -> "Number":
        return self

    def __neg__(self) -> "Number":
        return Number(-self.value, None if self.slope is None else -self.slope)

    def __abs__(self) -> "Number":
        return self if self.compared(0) >= 0 else -self

    def __int__(self) -> int:
        return int(float(self.value))

    def __add__(self, other: Any) -> "Number":
        if other.__class__ is not Number:
            return Number(self.value + other, self.slope)
        slope = self.slope
        if other.slope is not None:
            slope = other.slope if slope is None else slope + other.slope
        return Number(self.value + other.value, slope)

    __radd__ = __add__

    def __sub__(self, other: Any) -> "Number":
        return self.__add__(-other)

    def __rsub__(self, other: Any) -> "Number":
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> "Number":
        if other.__class__ is not Number:
            return Number(self.value * other, None if self.slope is None else self.slope * other)
        slope = None
        if self.slope is not None:
            slope = self.slope * other.value
        if other.slope is not None:
            also = self.value * other.slope
            slope = also if slope is None else slope + also
        return Number(self.value * other.value, slope)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Number":
        if other.__class__ is not Number:
            return Number(self.value / other, None if self.slope is None else self.slope / other)
        quotient = self.value / other.value
        slope = self.slope
        if other.slope is not None:
            slope = -quotient * other.slope if slope is None else slope - quotient * other.slope
        return Number(quotient, None if slope is None else slope / other.value)

    def __rtruediv__(self, other: Any) -> "Number":
        return mpf(other) / self

    def __pow__(self, exponent: Any) -> "Number":
        if exponent.__class__ is Number:
            assert exponent.slope is None, "exponents are constant"
            exponent = exponent.value
        if isinstance(exponent, float) and exponent.is_integer():
            exponent = int(exponent)
        value = self.value**exponent
        if self.slope is None:
            return Number(value)
        return Number(value, exponent * self.value ** (exponent - 1) * self.slope)

    def compared(self, other: Any) -> int:
        """-1, 0 or 1: smaller than the other, equal to it, or larger."""
        varies = self.slope is not None
        if other.__class__ is Number:
            varies = varies or other.slope is not None
            other = other.value
        if self.value < other:
            return -1
        if self.value > other:
            return 1
        if self.value == other:
            Number.tied |= varies
            return 0
        raise Undecided

    def __lt__(self, other: Any) -> bool:
        return self.compared(other) < 0

    def __le__(self, other: Any) -> bool:
        return self.compared(other) <= 0

    def __gt__(self, other: Any) -> bool:
        return self.compared(other) > 0

    def __ge__(self, other: Any) -> bool:
        return self.compared(other) >= 0

    def __eq__(self, other: object) -> bool:
        return self.compared(other) == 0

    __hash__ = None  # type: ignore[assignment] # balls are no keys


def mpf(number: Any) -> Number:
    """An integer or a float, exactly; a decimal literal's ball; a number as it is."""
    return number if number.__class__ is Number else Number(arb(int(number) if number is True else number))


class Stop:
    """How far exponentials fall and grow at present: as far as arb's do, unless on the brink."""

    fall: ClassVar[float] = math.inf
    growth: ClassVar[float] = math.inf


@contextmanager
def on_the_brink() -> Iterator[None]:
    """Let exponentials stop early, so that 1 + exp(-1e9) is more than 1 with finitely many bits."""
    Stop.fall, Stop.growth = BRINK, GROWTH
    try:
        yield
    finally:
        Stop.fall = Stop.growth = math.inf


def _exp(t: arb) -> arb:
    if t < -Stop.fall:
        return arb(-Stop.fall).exp()
    return arb(math.nan) if t > Stop.growth else t.exp()


def _tanh(t: arb) -> arb:
    if not abs(t) > Stop.fall / 2:
        return t.tanh()
    e = _exp(-2 * abs(t))
    return t.sgn() * (1 - e) / (1 + e)


def _erfc(t: arb) -> arb:
    if not abs(t) > min(3000.0, math.sqrt(Stop.fall)):  # beyond, arb's ball would hold 0
        return t.erfc()
    if t < 0:
        return 2 - _erfc(-t)
    # DLMF 7.12.1 with its first term: between 1 - 1/(2 t**2) and 1 times this
    return _exp(-t * t) / (t * arb.pi().sqrt()) * (1 - (1 / (2 * t * t)).union(arb(0)))


def _erf(t: arb) -> arb:
    return t.erf() if abs(t) < 50 else t.sgn() * (1 - _erfc(abs(t)))


def _bell(t: arb) -> arb:
    return _exp(-t * t) * 2 / arb.pi().sqrt()


class Functions:
    """What the definitions use of mpmath's `mp`."""

    mpf = staticmethod(mpf)
    erfc: Callable[[Any], Number]
    inf, ninf, nan = (Number(arb(text)) for text in ("inf", "-inf", "nan"))

    @property
    def pi(self) -> Number:
        return Number(arb.pi())

    @property
    def prec(self) -> int:
        return ctx.prec

    @contextmanager
    def workprec(self, bits: int) -> Iterator[None]:
        before, ctx.prec = ctx.prec, bits
        try:
            yield
        finally:
            ctx.prec = before

    @staticmethod
    def sign(t: Any) -> int:
        return mpf(t).compared(0)

    @staticmethod
    def isnan(t: Number) -> bool:
        return t.value.is_nan()

    @staticmethod
    def ncdf(t: Number) -> Number:
        root = arb(2).sqrt()
        value = _erfc(-t.value / root) / 2
        return Number(value, None if t.slope is None else _bell(t.value / root) / (2 * root) * t.slope)


RULES: Mapping[str, tuple[Callable[[arb], arb], Rule]] = {
    "exp": (_exp, lambda t, y: y),
    "expm1": (lambda t: t.expm1() if abs(t) < GROWTH else _exp(t) - 1, lambda t, y: _exp(t)),
    "log": (arb.log, lambda t, y: 1 / t),
    "log1p": (arb.log1p, lambda t, y: 1 / (1 + t)),
    "sqrt": (arb.sqrt, lambda t, y: 1 / (2 * y)),
    "sinh": (arb.sinh, lambda t, y: t.cosh()),
    "cosh": (arb.cosh, lambda t, y: t.sinh()),
    "tanh": (_tanh, lambda t, y: 4 * _exp(-2 * abs(t)) / (1 + _exp(-2 * abs(t))) ** 2),
    "sin": (arb.sin, lambda t, y: t.cos()),
    "cos": (arb.cos, lambda t, y: -t.sin()),
    "atan": (arb.atan, lambda t, y: 1 / (1 + t * t)),
    "asinh": (arb.asinh, lambda t, y: 1 / (1 + t * t).sqrt()),
    "erf": (_erf, lambda t, y: _bell(t)),
    "erfc": (_erfc, lambda t, y: -_bell(t)),
}
"""A function, and its derivative at t where it has the value y."""


def _applied(function: Callable[[arb], arb], derivative: Rule) -> Callable[[Any], Number]:
    def applied(t: Any) -> Number:
        t = mpf(t)
        y = function(t.value)
        return Number(y, None if t.slope is None else derivative(t.value, y) * t.slope)

    return staticmethod(applied)


for name, rule in RULES.items():
    setattr(Functions, name, _applied(*rule))
mp = Functions()


class Definitions(NamedTuple):
    """The tests' definitions, in balls."""

    elementwise: Mapping[str, Callable[..., Number]]
    mixing: Mapping[str, Callable[..., Any]]
    formula: Callable[[str], Callable[[Any, Mapping[str, Number]], Number]]
    path: Callable[[], Any]


@cache
def definitions() -> Definitions:
    """The modules of published definitions, and the language of formulas, with this module for mpmath."""
    folder = Path(published.__file__).parent
    names = [path.stem for path in folder.glob("published*.py")]
    again = {"language", "tensors", *names}
    with patch.dict(sys.modules, {"mpmath": sys.modules[__name__]}):
        for name in again:
            sys.modules.pop(name, None)
        modules = {name: importlib.import_module(name) for name in again}
    # balls need no care for erfc's digits, and exponentials stop by themselves
    vars(modules["language"]).update(_erfc=mp.erfc, SATURATED=mpf(math.inf))
    tables = [getattr(module, "ELEMENTWISE", {}) for module in modules.values()]
    return Definitions(
        {name: definition for table in tables for name, definition in table.items()},
        modules["published_mixing"].MIXING,
        modules["language"].Formula,
        modules["language"].Path,
    )
