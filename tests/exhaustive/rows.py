"""Functions of rows (softmax, glu and their kin): inputs of many kinds, exact values and exact Jacobians."""

import math
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
from flint import arb, ctx
from numpy.typing import NDArray
from ulp import Format

from app.activations import DTYPES
from app.activations.axiswise import Axiswise
from tests.exhaustive import balls
from tests.exhaustive.balls import Number, definitions
from tests.exhaustive.truth import LAST, ONE, PRECISIONS, Pair, Truth, parted

Floats = NDArray[np.float64]

NAMES = "softmax log_softmax softmin glu swiglu geglu reglu gtu bilinear swiglu_clamped".split()
MASKS = {
    "softmax": (-math.inf, (0.0, math.ulp(0.0))),
    "softmin": (math.inf, (0.0, math.ulp(0.0))),
    "log_softmax": (-math.inf, (-math.inf, 0.0)),
}
"""For those that take rows of any length: what masks an element, and what becomes of it, the others being as
if it were not there. A positive number that underflows is a zero and the smallest rest."""
PER_KIND = 40
OPEN = math.nan, math.nan
"""An entry that no precision has decided; no result of these functions is NaN."""


@cache
def inputs(name: str, fmt: Format) -> list[Floats]:
    """Matrices of members of the format: near ties, far apart, masked, equal, tiny, large, plain."""
    drawn = np.random.default_rng(sum(name.encode()))
    shares = name in MASKS
    found = []
    for n in (1, 2, 3, 5) if shares else (2, 4, 6):
        plain = 3 * drawn.standard_normal((PER_KIND, n))
        sign = drawn.choice([-1.0, 1.0], (PER_KIND, n))
        ulps = drawn.integers(-3, 4, (PER_KIND, n)) * 2.0 ** (1 - fmt.precision)
        limit = min(math.log10(fmt.huge), 140)  # products of three, and exponentials that arb can take
        tails = drawn.choice([0.0, -12.0, -87.0, -103.5, -150.0, -745.0], (PER_KIND, n)) + plain / 8
        masked = np.where(drawn.random((PER_KIND, n)) < 0.4, -min(1e9, fmt.huge), plain)
        masked[:, 0] = plain[:, 0]
        found += [
            *(plain, 16 * plain, plain + 40, plain * fmt.tiny * 100, tails, masked),
            *(
                plain[:, :1] * (1 + ulps),
                sign * 10 ** drawn.uniform(max(math.log10(fmt.tiny), -140), limit, (PER_KIND, n)),
            ),
            np.repeat(plain[:, :1], n, axis=1),
            sign * 10 ** drawn.uniform(-3, min(limit, 4), (PER_KIND, n)),
        ]
        if shares and n > 1:
            found.append(np.where(masked == masked.min(), MASKS[name][0], plain))
    inside = [np.where(np.isinf(x), x, np.clip(x, -fmt.huge, fmt.huge)) for x in found]
    return [x.astype(DTYPES[fmt.name]).astype(np.float64) for x in inside]


def _balls(f: Axiswise, row: list[float], bits: int) -> tuple[list[Pair | None], list[list[Pair | None]]]:
    """Values, and the Jacobian's columns."""
    ctx.prec = bits
    given = {name: getattr(f, name) for name in type(f).model_fields}
    y: list[Number] = []
    columns = []
    for j in range(len(row)):
        x = np.empty(len(row), dtype=object)
        x[:] = [Number(arb(each), ONE if k == j else None) for k, each in enumerate(row)]
        y = list(definitions().mixing[f.name](definitions().path(), x, **given))
        columns.append([(0.0, 0.0) if each.slope is None else parted(each.slope) for each in y])
    return [parted(each.value) for each in y], columns


def exact_rows(f: Axiswise, rows: Floats) -> tuple[Truth, Truth]:
    """The values, and the Jacobians with the axes of y and of x last.

    A Jacobian of a row with masks has the others' derivatives only, and is nothing to compare with.
    """
    before = ctx.prec
    try:
        settled = [_row(f, row, (*PRECISIONS, LAST)) for row in rows.tolist()]
    finally:
        ctx.prec = before
    values, jacobians = zip(*settled, strict=True)
    return _truth(values), _truth(jacobians if np.isfinite(rows).all() else [[[(math.nan, 0.0)]]])


def on_the_brink(f: Axiswise, rows: Floats) -> tuple[Truth, Truth]:
    """The same, with all bits and exponentials that stop early: where results are ties but for these."""
    before = ctx.prec
    try:
        with balls.on_the_brink():
            settled = [_row(f, row, (LAST,)) for row in rows.tolist()]
    finally:
        ctx.prec = before
    values, jacobians = zip(*settled, strict=True)
    return _truth(values), _truth(jacobians)


def _row(f: Axiswise, row: list[float], precisions: Iterable[int]) -> tuple[list[Pair], list[list[Pair]]]:
    """One row's values and Jacobian."""
    finite = [each for each in row if math.isfinite(each)]
    for bits in precisions:
        value, columns = _balls(f, finite, bits)
        if None not in value and not any(None in column for column in columns):
            break
    jacobian = [[pair or OPEN for pair in entries] for entries in zip(*columns, strict=True)]
    told = iter([pair or OPEN for pair in value])
    if len(finite) < len(row):
        return [next(told) if math.isfinite(each) else MASKS[f.name][1] for each in row], jacobian
    return [*told], jacobian


def _truth(entries: Any) -> Truth:
    found = np.array(entries, dtype=np.float64)
    return Truth(found[..., 0], found[..., 1])
