"""The ladder: every element is computed by the cheapest arithmetic whose error bound certifies it.

A program is a function of named values, written once for all arithmetics: a formula, or the algorithm of
a function that mixes elements. It is evaluated lane by lane: a lane is what depends on nothing outside
itself, one element or one row. Blocks of lanes are computed in doubles; the lanes left in doubt climb to
pairs of doubles, to pairs with exponents of their own, and from there to balls, whose precision doubles
until the rounding is certain (Ziv 1991).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.activations.arithmetic import BALL, DOUBLE, PAIR, WIDE, Arithmetic
from app.activations.arithmetic.ball import precision, settled
from app.activations.arithmetic.double import Double
from app.activations.arithmetic.last_axis import or_zero
from app.activations.arithmetic.wide import Wide
from app.activations.rounding import between, certify, narrow
from app.threads import spread

BLOCK = 16_384
"""Elements computed at a time: 128 KiB an array, so that temporaries stay in cache."""
PAIRS = 4_096
"""The same for pairs, which take more temporaries."""
BALLS = 4_096
"""Elements climbing at a time: a ball takes some hundred bytes."""
PRECISIONS = (192, 448, 1280, 5200)
"""The last sees a term of 2**-1074 beside one of 2**1024, and what balls make of their floor."""
LOST = 2.0**-30
"""Doubles with a larger relative error than that are seldom much better known as pairs."""
FEW = 8
"""Lanes that are tried first with every precision."""
FLOOR = -3000
"""exp(FLOOR) is far below every float64, and above what the last precision sees beside any."""
_settled = np.frompyfunc(settled, 1, 2)

Program = Callable[[Arithmetic, Mapping[str, Any]], Any]
Arrays = Mapping[str, NDArray[np.float64]]


class Undecidable(ArithmeticError):
    """No precision tried was enough; the function's formula needs a better form."""


class Rung(NamedTuple):
    """How blocks of lanes are computed with an error bound, and how many elements at a time."""

    compute: Callable[[Arrays], Double | Wide]
    length: int
    by_rule: bool = False
    """Its numbers are doubles: NaN and infinities in a lane give what IEEE arithmetic gives, and are not in
    doubt; what has overflowed or underflowed before does so again."""

    def settle(
        self, inputs: Arrays, dtype: np.dtype[Any], exact: bool, out: NDArray[Any] | None = None
    ) -> tuple[NDArray[Any], NDArray[np.intp]]:
        """A block's results, not in `out`, and which of its lanes are in doubt."""
        with np.errstate(all="ignore"):
            value = self.compute(inputs)
            rounded, doubt = certify(value, dtype, exact)
        count = len(next(iter(inputs.values())))
        if rounded.shape[:1] != (count,):  # the program does not depend on its lanes
            shape = (count, *rounded.shape[1:])
            rounded, doubt = np.broadcast_to(rounded, shape), np.broadcast_to(doubt, shape)
        if self.by_rule and isinstance(value, Double) and doubt.any():
            special = _special(inputs).reshape(-1, *[1] * (rounded.ndim - 1))
            doubt = doubt & ~(special & ~np.isfinite(rounded))
            # what lost its digits, to an overflow or underflow on the way, is as good as an overflow
            error, most = or_zero(value.error()), LOST * np.abs(value.hi)
            lost = doubt & ~special & np.isfinite(value.hi) & ~(error <= most)
            rounded = np.where(lost, np.copysign(np.inf, value.hi).astype(dtype), rounded)
        return rounded, np.any(doubt.reshape(count, -1), axis=1).nonzero()[0]


class Loop(NamedTuple):
    """A loop over blocks of lanes, one number each, that rounds on the way."""

    fill: Callable[[Arrays, NDArray[Any]], NDArray[np.intp]]
    """Writes the results into its second argument, and says which of them are in doubt."""
    length: int
    by_rule: bool = False

    def settle(
        self, inputs: Arrays, dtype: np.dtype[Any], exact: bool, out: NDArray[Any] | None = None
    ) -> tuple[NDArray[Any], NDArray[np.intp]]:
        """A block's results, in `out` if there is one, and which of its lanes are in doubt."""
        if out is None:
            out = np.empty(len(next(iter(inputs.values()))), dtype)
        return out, self.fill(inputs, out)


def evaluate(
    program: Program, lanes: Arrays, dtype: np.dtype[Any], exact: bool = False, work: int = 1
) -> NDArray[Any]:
    """The program's result for every lane, rounded to `dtype`; a lane takes `work` elements to compute,
    at least one.

    `lanes` are float64 arrays whose first axis, of equal length, counts the lanes. The result has that axis
    first. Lanes that hold NaN or infinities give what IEEE arithmetic gives. Raises Undecidable.
    """
    rungs = (
        Rung(in_arithmetic(DOUBLE, program), BLOCK, by_rule=True),
        Rung(in_arithmetic(PAIR, program), PAIRS, by_rule=True),
        Rung(in_arithmetic(WIDE, program), BLOCK),
    )
    result, doubtful = climb(rungs, lanes, dtype, exact, work)
    if doubtful.size:
        _in_balls(program, lanes, doubtful, result, work)
    return result


def in_arithmetic(arithmetic: Arithmetic, program: Program) -> Callable[[Arrays], Double]:
    """The program for blocks of floats."""

    def compute(inputs: Arrays) -> Double:
        value: Double = program(
            arithmetic, {name: arithmetic.value.exact(array) for name, array in inputs.items()}
        )
        return value

    return compute


def climb(
    rungs: Sequence[Rung | Loop], lanes: Arrays, dtype: np.dtype[Any], exact: bool = False, work: int = 1
) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Every lane's result from the first rung that certifies it, and the lanes that none does."""
    count = len(next(iter(lanes.values())))
    first, *others = rungs
    length = max(1, first.length // work)
    if count <= length:
        rounded, doubtful = first.settle(lanes, dtype, exact)
        result = rounded if rounded.base is None and rounded.flags.writeable else rounded.copy()
    else:
        blocks = _blocks(count, length)
        rounded, doubtful = first.settle(_taken(lanes, blocks[0]), dtype, exact)
        result = np.empty((count, *rounded.shape[1:]), dtype)
        result[blocks[0]] = rounded

        def settle(block: slice) -> NDArray[np.intp]:
            place = result[block]
            rounded, doubtful = first.settle(_taken(lanes, block), dtype, exact, place)
            if rounded is not place:
                place[...] = rounded
            return doubtful + block.start if doubtful.size else doubtful

        doubtful = np.concatenate([doubtful, *spread(settle, blocks[1:], count * work)])
    for rung in others:
        if doubtful.size:
            doubtful = _settle_some(rung, lanes, doubtful, result, exact, work)
    return result, doubtful


def _settle_some(
    rung: Rung | Loop,
    lanes: Arrays,
    chosen: NDArray[np.intp],
    result: NDArray[Any],
    exact: bool,
    work: int,
) -> NDArray[np.intp]:
    """Writes what the rung certifies of the lanes chosen into the result; which of them remain in doubt."""

    def settle(block: slice) -> NDArray[np.intp]:
        picked = tried[block]
        rounded, doubtful = rung.settle(_taken(lanes, picked), result.dtype, exact)
        certain = np.ones(len(picked), dtype=bool)
        certain[doubtful] = False
        result[picked[certain]] = rounded[certain]
        return picked[doubtful]

    hopeless = _hopeless(rung, _taken(lanes, chosen), result[chosen])
    tried = chosen[~hopeless]
    blocks = _blocks(len(tried), max(1, rung.length // work))
    return np.concatenate([chosen[hopeless], *spread(settle, blocks, len(tried) * work)])


def _hopeless(rung: Rung | Loop, lanes: Arrays, before: NDArray[Any]) -> NDArray[np.bool_]:
    """Which lanes the rung would leave in doubt, given what came out of them before."""
    special = _special(lanes)
    if not rung.by_rule:
        return special
    ordinary = (np.isfinite(before) & (before != 0)).reshape(len(before), -1).all(1)
    hopeless: NDArray[np.bool_] = ~(special | ordinary)
    return hopeless


def _taken(lanes: Arrays, which: slice | NDArray[np.intp]) -> Arrays:
    return {name: array[which] for name, array in lanes.items()}


def _blocks(count: int, length: int) -> list[slice]:
    return [slice(start, min(start + length, count)) for start in range(0, count, length)]


def _special(inputs: Arrays) -> NDArray[np.bool_]:
    """Which lanes hold NaN or infinities."""
    with np.errstate(invalid="ignore"):  # a signalling NaN in bfloat16
        lanes = [~np.isfinite(array).reshape(len(array), -1).all(1) for array in inputs.values()]
    special: NDArray[np.bool_] = np.any(lanes, axis=0)
    return special


def _in_balls(
    program: Program, lanes: Arrays, climbing: NDArray[np.intp], result: NDArray[Any], work: int
) -> None:
    """Settles the lanes climbing; equal ones are computed once."""
    first, inverse = distinct({name: array[climbing] for name, array in lanes.items()})
    single = climbing[first]
    for block in _blocks(len(single), max(1, BALLS // max(1, work))):
        inputs = {name: array[single[block]] for name, array in lanes.items()}
        result[single[block]] = exactly(program, inputs, result[single[block]])
    result[climbing] = result[single[inverse]]


def distinct(lanes: Arrays) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each different lane comes first, and which of these every lane is; to the bit."""
    bits = [np.ascontiguousarray(array).view(np.int64).reshape(len(array), -1) for array in lanes.values()]
    rows = np.hstack(bits)
    if rows.shape[1] == 1:
        rows = rows[:, 0]
    if (rows == rows[:1]).all():  # by far the most frequent case at infinity
        return np.zeros(1, np.intp), np.zeros(len(rows), np.intp)
    _, first, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return first, inverse.reshape(-1)


def exactly(program: Program, inputs: Arrays, guess: NDArray[Any]) -> NDArray[Any]:
    """The lanes' results in the dtype of `guess`, correctly rounded; an underflow has the sign of `guess`."""
    result = guess.copy()
    pending = np.arange(len(result))
    for bits in PRECISIONS[:-1]:
        # where terms cancel, they do so in most lanes, as a few of them tell
        few = pending[:: max(1, len(pending) // FEW)]
        if len(pending) > 4 * FEW and not _attempt(program, inputs, few, result, bits).settled().any():
            continue
        pending = pending[~_attempt(program, inputs, pending, result, bits).settled()]
        if not pending.size:
            return result
    last = _attempt(program, inputs, pending, result, PRECISIONS[-1])
    left = ~last.settled()
    pending = pending[left]
    open_ = ~last.certain[left] & ~_special(inputs)[pending].reshape(-1, *[1] * (result.ndim - 1))
    balls = last.balls[left][open_]
    with precision(PRECISIONS[-1]):
        if all(ball.rel_accuracy_bits() > PRECISIONS[-2] for ball in balls):
            if balls.size:
                hi, below = _settled(balls)
                rounded = result[pending]
                rounded[open_] = narrow(hi.astype(np.float64), below.astype(np.float64), guess.dtype)
                result[pending] = rounded
            return result
    raise Undecidable(f"{len(pending)} results are not decided by {PRECISIONS[-1]} bits")


class _Attempt(NamedTuple):
    """What one precision has to say of some lanes."""

    balls: Any
    certain: NDArray[np.bool_]
    """Which of their results are."""

    def settled(self) -> NDArray[np.bool_]:
        """Which lanes are certain in all their results."""
        lanes: NDArray[np.bool_] = np.all(self.certain.reshape(len(self.certain), -1), axis=1)
        return lanes


def _attempt(
    program: Program, inputs: Arrays, lanes: NDArray[np.intp], result: NDArray[Any], bits: int
) -> _Attempt:
    """Writes what so many bits decide of the lanes into the result."""
    last = bits == PRECISIONS[-1]
    with precision(bits, FLOOR) if last else precision(bits):
        values = {name: BALL.value.exact(array[lanes]) for name, array in inputs.items()}
        value = program(BALL, values)
        low, high = value.ends()
    guess = result[lanes]
    rounded, certain = between(low, high, guess, last)
    # what stays open keeps the guess: in a lane with NaN that is IEEE arithmetic's answer
    result[lanes] = np.where(certain, rounded, guess)
    return _Attempt(np.broadcast_to(value.balls, certain.shape), certain)
