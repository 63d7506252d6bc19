"""The exact values and slopes of a function for arrays of inputs, and what they say of somebody's results.

An exact number is held as the nearest double and the rest, which settles its rounding to every format and
measures errors to a millionth of an ulp. The first of several readings that decides a number counts: the
published definition in balls, then the formula in balls where the textbook form cancels beyond measure or
the point is a kink (whose convention is the formula language's), then the oracle of the laws, by mpmath.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from definitions import hyperparameters, noise
from flint import arb, ctx
from measure import SLOPE, VALUE, formula, symbols
from mpmath import mp, mpf
from numpy.typing import NDArray
from ulp import FLOAT64, Format, rounded

from app.activations.elementwise import Elementwise
from tests.exhaustive import balls
from tests.exhaustive.balls import Number, Undecided, definitions

Floats = NDArray[np.float64]
Pair = tuple[float, float]
Reading = Callable[[Number, int], Number]

PRECISIONS = (320, 1600)
"""For the first, x*Phi(x) is told from x/2 for every float32; for the second, for every float64."""
LAST = 5200
TIGHT = 100
"""Bits that a ball must have right, for the rest to be right to a part in 2**40."""
BETWEEN = 0.2499999
"""A rest from which on the nearest double may be in doubt: a quarter below a power of two, else a half."""
NEGLIGIBLE = -1100
"""log2 of what rounds to 0 in every format with certainty."""
ONE = arb(1)


class Truth(NamedTuple):
    """Exact numbers: the nearest doubles, and what is left, in ulps of these.

    Where the rest is too small to be seen it is NaN. The nearest double of a number that underflows is a
    zero, and the sign of the rest is the number's.
    """

    nearest: Floats
    rest: Floats

    def __getitem__(self, index: Any) -> Truth:  # type: ignore[override] # of the arrays, not of the tuple
        return Truth(self.nearest[index], self.rest[index])

    def replaced(self, index: NDArray[np.intp], better: Truth) -> Truth:
        """The same, but for some of them."""
        nearest, rest = self.nearest.copy(), self.rest.copy()
        nearest[index], rest[index] = better
        return Truth(nearest, rest)


def parted(ball: arb) -> Pair | None:
    """A ball's nearest double and the rest; None where the ball does not tell."""
    if ball.rel_accuracy_bits() < TIGHT:
        return _underflow(ball)
    nearest = float(ball)
    if math.isinf(nearest):
        return nearest, 0.0
    gap = ball - nearest
    side = 1 if gap > 0 else -1 if gap < 0 else 0
    if side == 0:
        return nearest, 0.0 if gap == 0 else math.nan
    rest = float(gap / math.ulp(nearest))
    if abs(rest) > BETWEEN and float(ball.lower()) != float(ball.upper()):
        return None
    return nearest, rest or side * math.ulp(0.0)


def _underflow(ball: arb) -> Pair | None:
    if not ball.is_finite() or abs(ball) > arb(2) ** NEGLIGIBLE or not abs(ball) < arb(2) ** NEGLIGIBLE:
        return None
    if ball > 0:
        return 0.0, math.ulp(0.0)
    return (0.0, -math.ulp(0.0)) if ball < 0 else (0.0, math.nan)


def _complete(pair: Pair | None) -> bool:
    """Whether another reading could add nothing: the sign of what underflows is worth a try."""
    return pair is not None and not (pair[0] == 0 and math.isnan(pair[1]))


def _from_mpmath(t: mpf | None) -> Pair:
    if t is None or not mp.isfinite(t) or t == 0:
        return (math.nan if t is None else float(t)), 0.0
    nearest = rounded(t, FLOAT64)
    if math.isinf(nearest):
        return nearest, 0.0
    with mp.workprec(6000):
        rest = float((t - mpf(nearest)) / mpf(math.ulp(nearest)))
    return nearest, rest or int(mp.sign(t - mpf(nearest))) * math.ulp(0.0)


class Exactly:
    """A function, ready to give exact values and slopes for an array of inputs."""

    def __init__(self, f: Elementwise, x: Sequence[float]) -> None:
        self.x = x
        self._text = formula(f.expression_text)
        self._symbols = symbols(f, self._text, (len(x),))
        given, draws = hyperparameters(f), noise(f, len(x), balls.mpf)
        published, text = definitions().elementwise[f.name], definitions().formula(f.expression_text)
        path = definitions().path

        def as_published(x: Number, i: int) -> Number:
            return balls.mpf(published(x, **given, **draws[i]))

        def as_formula(x: Number, i: int) -> Number:
            others = {name: balls.mpf(each) for name, each in self._symbols[i].items()}
            return text(path(), {"x": x, **others})

        self._published, self._formula = as_published, as_formula

    def __call__(self) -> tuple[Truth, Truth]:
        """The values and the slopes."""
        return self._settled(range(len(self.x)), PRECISIONS, FLOAT64)

    def harder(self, index: Sequence[int], fmt: Format) -> tuple[Truth, Truth]:
        """For some of the inputs, with all that it takes to round to `fmt`."""
        known = self._settled(index, (PRECISIONS[1], LAST), fmt)
        if not any(np.isnan(truth.rest).any() for truth in known):
            return known
        with balls.on_the_brink():
            near = self._settled(index, (LAST,), fmt)
        value, slope = (
            Truth(ours.nearest, np.where(ours.nearest == theirs.nearest, theirs.rest, ours.rest))
            for ours, theirs in zip(known, near, strict=True)
        )
        return value, slope

    def _settled(self, index: Sequence[int], precisions: Sequence[int], fmt: Format) -> tuple[Truth, Truth]:
        pairs: list[list[Pair | None]] = [
            [None, None] if math.isfinite(self.x[i]) else [self._oracle(i, 0, fmt), self._oracle(i, 1, fmt)]
            for i in index
        ]
        before = ctx.prec
        try:
            for reading in (self._published, self._formula):
                for ctx.prec in precisions:
                    self._read(pairs, index, reading, _complete)
            ctx.prec = LAST
            with balls.on_the_brink():
                for reading in (self._published, self._formula):
                    self._read(pairs, index, reading, lambda pair: pair is not None)
        finally:
            ctx.prec = before
        for pair, i in zip(pairs, index, strict=True):
            if not _complete(pair[0]):
                pair[0] = self._oracle(i, 0, fmt)
            pair[1] = pair[1] or self._oracle(i, 1, fmt)  # which sees no sign of a slope that underflows
        value, slope = np.array(pairs, dtype=np.float64).reshape(-1, 2, 2).transpose(1, 2, 0)
        return Truth(*value), Truth(*slope)

    def _read(
        self,
        pairs: list[list[Pair | None]],
        index: Sequence[int],
        reading: Reading,
        enough: Callable[[Pair | None], bool],
    ) -> None:
        """Fill in what is not known well enough."""
        for pair, i in zip(pairs, index, strict=True):
            if enough(pair[0]) and enough(pair[1]):
                continue
            found = self._once(reading, i)
            for k in (0, 1):
                if not enough(pair[k]):
                    pair[k] = found[k] or pair[k]

    def _once(self, reading: Reading, i: int) -> tuple[Pair | None, Pair | None]:
        Number.tied = False
        try:
            y = reading(Number(arb(self.x[i]), ONE), i)
        except (Undecided, ZeroDivisionError):
            return None, None
        if y is balls.mp.nan:
            return (math.nan, 0.0), (math.nan, 0.0)
        slope = (0.0, 0.0) if y.slope is None else parted(y.slope)
        if not y.value.is_finite() or (reading is self._published and Number.tied):
            slope = None
        return parted(y.value), slope

    def _oracle(self, i: int, order: int, fmt: Format) -> Pair:
        if math.isnan(self.x[i]):
            return math.nan, 0.0
        if order and "x" not in self._text.names:
            return 0.0, 0.0
        quantity = SLOPE if order else VALUE
        return _from_mpmath(quantity.at(self._text, self.x[i], self._symbols[i], fmt))


def _last_place(magnitude: Floats, fmt: Format) -> Floats:
    """ulp(t) = 2**(floor(log2 |t|) - p + 1), at least the smallest subnormal."""
    exponent = np.frexp(magnitude)[1] - fmt.precision
    place: Floats = np.ldexp(1.0, np.clip(exponent, fmt.smallest, fmt.largest - fmt.precision + 1))
    return np.where(magnitude == 0, fmt.tiny, place)


def verdict(y: Floats, truth: Truth, fmt: Format) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which results are not the exact ones rounded, and for which the truth is not known well enough."""
    nearest, rest = truth
    with np.errstate(all="ignore"):
        sign = np.where(nearest != 0, np.sign(nearest), np.sign(rest))
        magnitude, beyond = np.abs(nearest), rest * sign
        size = np.abs(y)
        place = _last_place(size, fmt)
        below = np.where((size == place * 2.0 ** (fmt.precision - 1)) & (size > fmt.normal), place / 2, place)
        last = fmt.huge + math.ldexp(1.0, fmt.largest - fmt.precision)
        low = np.where(np.isinf(size), last, np.where(size == 0, -1.0, size - below / 2))
        high = np.where(np.isinf(size), np.inf, size + place / 2)
        even = np.isinf(size) | (np.fmod(size / place, 2) == 0)
        inside = (magnitude > low) | ((magnitude == low) & ((beyond > 0) | ((beyond == 0) & even)))
        inside &= (magnitude < high) | ((magnitude == high) & ((beyond < 0) | ((beyond == 0) & even)))
        inside = inside if fmt is not FLOAT64 else magnitude == size
        signed = (sign == 0) | np.isnan(sign) | (np.signbit(y) == (sign < 0))
        right = np.where(np.isnan(nearest), np.isnan(y), inside & signed)
        doubt = np.isnan(rest) & ((magnitude == low) | (magnitude == high)) & (fmt is not FLOAT64)
        doubt |= np.isnan(nearest) & np.isnan(rest)
    return ~right & ~doubt, doubt


def errors(y: Floats, truth: Truth, fmt: Format) -> Floats:
    """Fractional ulps between results and exact numbers; infinite where only one of them is NaN.

    Beyond the range an infinite result is right; within it, it counts as the power of two that ends it.
    """
    nearest, rest = truth.nearest, np.nan_to_num(truth.rest, nan=0.0)
    with np.errstate(all="ignore"):
        place = _last_place(np.minimum(np.abs(nearest), fmt.huge), fmt)
        power = np.abs(np.frexp(nearest)[0]) == 0.5
        place = np.where(power & (rest * np.sign(nearest) < 0) & (place > fmt.tiny), place / 2, place)
        end = np.ldexp(1.0, fmt.largest) / place * 2
        exact, got = np.clip(nearest / place, -end, end), np.clip(y / place, -end, end)
        spacing = np.spacing(np.minimum(np.abs(nearest), FLOAT64.huge))
        found = np.abs(got - exact - np.where(np.abs(exact) == end, 0.0, rest * (spacing / place)))
    neither = np.isnan(nearest) & np.isnan(y)
    return np.where(neither, 0.0, np.where(np.isnan(found), np.inf, found))
