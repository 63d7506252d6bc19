"""Tables: a function of x alone as one polynomial for each cell of 1/64, the ladder's first two rungs.

Any formula, however long, costs the same here: a few coefficients to look up and Horner's rule. The
coefficients interpolate the formula's values in pairs of doubles at Chebyshev's nodes; the error bound of
a cell is twice the largest residual found between the nodes and at the ends, on top of the bounds of the
values themselves and of the roundings on the way. Cells where a condition of the formula may change over
hold NaN, as do those beyond the reach: what comes out as NaN climbs the ladder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial, reduce
from itertools import pairwise
from math import cos, pi
from operator import add

import numpy as np
from flint import arb
from numpy.typing import NDArray

from app.activations.arithmetic import BALL, PAIR, QUICK
from app.activations.arithmetic.ball import Ball, precision
from app.activations.arithmetic.double import Double
from app.activations.arithmetic.errorfree import Array, U, fast_two_sum, split, two_sum
from app.activations.arithmetic.last_axis import or_zero
from app.activations.constants import Constants, numbers_of
from app.activations.crossings import MOST, NEIGHBOURHOOD, Bracket, brackets, series
from app.activations.formula import Expression, run
from app.activations.formula.expression import operations, switches
from app.activations.hurry import prepare
from app.activations.lookup import CELLS, DEGREE, REACH, ZERO
from app.activations.taylor import Taylor

BLOCK = 8_192
"""Elements looked up at a time in pairs."""
NODES = DEGREE + 1
TABLES = 640
"""Tables kept, of 300 KB each: values and two derivatives of the whole catalog."""
WORTHWHILE = 6
"""Operations from which looking up is cheaper than computing."""
ROUGH = 5.25 * U
"""The relative error to which `rough` is known: the product with an upstream is still accepted."""
NARROW = 2.0**-47
"""The same of `narrow`: one float32 in four million is left in doubt."""
_HALF = 1.5 * 2.0**26
"""Added and subtracted, it leaves a number below 1/2 with 26 bits."""
_off_zero = np.frompyfunc(lambda ball: bool(ball > 0 or ball < 0), 1, 1)
_CENTRES = np.arange(-REACH * CELLS, REACH * CELLS + 1)

Cells = NDArray[np.float64]


def _nodes() -> tuple[Fraction, ...]:
    return tuple(
        Fraction(round(cos((2 * j + 1) * pi / (2 * NODES)) * 2**19), 2**20) for j in range(NODES - 1, -1, -1)
    )


_NODES = _nodes()
_BETWEEN = (
    Fraction(-1, 2),
    *((a + b) / 2 for a, b in pairwise(_NODES)),
    Fraction(1, 2),
)


@lru_cache(maxsize=1)
def _interpolation() -> list[list[Double]]:
    """Row j: by what to multiply the values at the nodes, to get the coefficient of d**j; exact rationals."""
    columns = []
    for node in _NODES:
        polynomial = [Fraction(1)]
        for other in _NODES:
            if other != node:
                scaled = [c / (node - other) for c in polynomial]
                polynomial = [
                    (scaled[i - 1] if i else Fraction(0)) - (other * scaled[i] if i < len(scaled) else 0)
                    for i in range(len(scaled) + 1)
                ]
        columns.append(polynomial)
    return [[Double.constant(column[j]) for column in columns] for j in range(NODES)]


@dataclass(frozen=True, eq=False)
class Table:
    """The polynomials of a function by cell; what they are not good for is NaN in the cell's constant."""

    narrow: Cells
    """Plain polynomials for float32, a row for each cell, known to NARROW."""
    rough: Cells
    """The same of degree DEGREE, known to ROUGH."""
    fine_rows: Cells
    """A row for each coefficient, the last its error."""
    near_zero: Taylor | None
    about: Callable[[Bracket], tuple[float, Taylor] | None]
    """The series about where the function crosses 0."""
    crossed: Mapping[int, Bracket]
    """The cells in which it does, and where."""

    def fine(self, x: Array) -> Double:
        """The function at x as a pair, to about 2**-64 of the largest value in the cell, or of its own."""
        index, d = _located(x)
        value = _evaluated(self.fine_rows.take(index, axis=1, mode="clip"), d)
        if self.near_zero is not None and (near := np.abs(x) <= 0.5 / CELLS).any():
            value = value.patched(near, self.near_zero(x[near]))
        for cell, bracket in self.crossed.items():
            near = index == cell
            near &= np.abs(value.hi) <= 2 * CELLS * NEIGHBOURHOOD * abs(self.fine_rows[1, cell])
            if near.any() and (known := self.about(bracket)):
                zero, series = known
                near &= np.abs(x - zero) <= NEIGHBOURHOOD
                value = value.patched(near, series(x[near] - zero))
        return value


def _located(x: Array) -> tuple[NDArray[np.intp], Array]:
    """The cell of each x, and where in it: from -1/2 to 1/2, exactly."""
    d = x * CELLS
    cell = np.rint(d)
    cell += 0.0  # or -0 would lose its sign: -0 less +0 is -0
    d -= cell
    index = cell.astype(np.intp)
    index += ZERO
    return index, d


def _evaluated(rows: Cells, d: Array) -> Double:
    """The polynomials of those rows at d, to all digits of the first two coefficients."""
    first, head, first_low, head_low, *others, error = rows
    rest = others[-1] * d
    for row in (*others[-2::-1], head_low):
        rest += row
        rest *= d
    high = (d + _HALF) - _HALF
    rest += (d - high) * head
    s, e = two_sum(first, high * head)  # the product is exact: 26 bits each
    hi, lo = fast_two_sum(s, e + (rest + first_low))
    return Double(hi, lo, 0.0, error)


@lru_cache(maxsize=TABLES)
def tabulate(expression: Expression, constants: Constants) -> Table | None:
    """The table of an expression in x with those values of its other symbols; None where it is no use.

    Raises Unprepared.
    """
    prepare()
    values = numbers_of(constants)
    with np.errstate(all="ignore"):
        sampled, errors = _sampled(expression, values, _NODES)
        coefficients = [
            reduce(add, (weight * sample for weight, sample in zip(row, sampled, strict=True)))
            for row in _interpolation()
        ]
        fine = _fine_rows(coefficients)
        between, more = _sampled(expression, values, _BETWEEN)
        # the interpolant's error is less than 3 times that of the values (its Lebesgue constant)
        fine[-1] = 2 * _residual(fine, between) + 4 * np.maximum(errors, more) + _roundings(fine)
        unknown = ~(_smooth(expression, values) & np.isfinite(fine).all(0))
        unknown[[0, -1]] = True
        fine[0, unknown] = np.nan
        near_zero = Taylor.of(expression, values, 0.5 / CELLS)
        plain = np.array([c.hi for c in coefficients])
        rough, narrow = (_plain_rows(plain, fine, near_zero, accuracy) for accuracy in (ROUGH, NARROW))
        crossed = _crossed([*sampled, *between], ~np.isnan(fine[0]))
        fine[0, ZERO] = np.nan
    if np.isnan(rough[:, 0]).mean() > 0.5:
        return None
    return Table(narrow, rough, fine, near_zero, partial(series, expression, constants), crossed)


@lru_cache(maxsize=4096)
def is_quick(expression: Expression, constants: Constants) -> bool:
    """Whether a few operations give the expression, with a relative bound alone."""
    if operations(expression) >= WORTHWHILE:
        return False
    values = {name: QUICK.value.exact(number) for name, number in numbers_of(constants).items()}
    with np.errstate(all="ignore"):
        value = run(expression, {**values, "x": QUICK.value.exact(_CENTRES / CELLS)}, QUICK)
    return bool(value.err is None and value.rel <= ROUGH)


def _sampled(
    expression: Expression, numbers: Mapping[str, float], offsets: tuple[Fraction, ...]
) -> tuple[list[Double], Array]:
    """The expression in pairs, off the centres of all cells; and each cell's largest bound."""
    found, largest = [], np.zeros(len(_CENTRES))
    for offset in offsets:
        points = (_CENTRES + float(offset)) / CELLS
        values = {name: Double.exact(number) for name, number in numbers.items()}
        value = run(expression, {**values, "x": Double.exact(points)}, PAIR)
        error = value.error()
        hi, lo = (np.array(np.broadcast_to(or_zero(part), points.shape)) for part in (value.hi, value.lo))
        found.append(Double(hi, lo))
        largest = np.maximum(largest, or_zero(error))
    return found, largest


def _crossed(values: list[Double], known: NDArray[np.bool_]) -> dict[int, Bracket]:
    """Where the sign changes in the cells that are known; it may change at 0 itself without that."""
    points = [(_CENTRES + float(offset)) / CELLS for offset in (*_NODES, *_BETWEEN)]
    found = brackets(points, values)
    crossed = {cell: found[cell] for cell in found if known[cell] and cell != ZERO}
    return crossed if len(crossed) <= MOST else {}


def _fine_rows(coefficients: list[Double]) -> Cells:
    first, second, *others = coefficients
    head, rest = split(second.hi)
    low, second_low = or_zero(first.lo), or_zero(second.lo)
    rows = [first.hi, head, low, rest + second_low, *(c.hi for c in others), np.zeros_like(head)]
    return np.array(rows)


def _residual(fine: Cells, between: list[Double]) -> Array:
    """The largest difference, by cell, between the polynomials and the values between the nodes."""
    worst = np.zeros(len(_CENTRES))
    for offset, sample in zip(_BETWEEN, between, strict=True):
        found = _evaluated(fine, np.full_like(worst, float(offset)))
        worst = np.maximum(worst, np.abs((found.hi - sample.hi) + (or_zero(found.lo) - or_zero(sample.lo))))
    return worst


def _roundings(fine: Cells) -> Array:
    """What the roundings of `_evaluated` add up to at most."""
    first, head, _, head_low, *rows, _ = np.abs(fine)
    small = head_low / 2 + sum(row / 2**power for power, row in enumerate(rows, 2))
    return np.asarray(6 * U * small + 2.0**-78 * head + 2.0**-102 * first)


def _plain_rows(rows: Cells, fine: Cells, near_zero: Taylor | None, accuracy: float) -> Cells:
    """The coefficients by cell; where they are not good to `accuracy`, there is NaN."""
    kept = rows.copy()
    sizes = np.abs(rows) / 2.0 ** np.arange(NODES)[:, None]
    # a coefficient is half an ulp off at most; so is the product with what lies above it, which is less exact
    lost = fine[-1] + U * sizes[0] + 2 * U * sizes[1] + 3 * U * sizes[2:].sum(0)
    allowed = (accuracy - U) * (sizes[0] - sizes[1:].sum(0))
    # what a cell of nothing but 0 loses is nothing
    good = ~np.isnan(fine[0]) & ((lost <= allowed) | ((lost == 0.0) & ~sizes.any(0)))
    kept[0, ~good] = np.nan
    if near_zero is not None and (plain := near_zero.plain(NODES, 0.5 / CELLS, accuracy)) is not None:
        kept[:, ZERO] = plain / float(CELLS) ** np.arange(NODES)
    return np.ascontiguousarray(kept.T)


def _smooth(expression: Expression, numbers: Mapping[str, float]) -> NDArray[np.bool_]:
    """Where no condition changes over in the cell, nor any divisor or root is 0."""
    smooth = np.ones(len(_CENTRES), dtype=bool)
    with precision(64):
        values = {name: Ball.exact(number) for name, number in numbers.items()}
        values["x"] = Ball.exact(_CENTRES / CELLS) + Ball(arb(0, 0.501 / CELLS))
        for switch in switches(expression):
            balls = np.broadcast_to(run(switch, values, BALL).balls, smooth.shape)
            smooth &= _off_zero(balls).astype(bool)
    return smooth
