"""The ladder: every element is computed by the cheapest arithmetic whose error bound certifies it.

A program is a function of named values, written once for all arithmetics: a formula, or the algorithm of
a function that mixes elements. It is evaluated lane by lane: a lane is what depends on nothing outside
itself, one element or one row. Blocks of lanes are computed in doubles; the lanes left in doubt climb to
pairs of doubles, and from there to balls, whose precision doubles until the rounding is certain (Ziv 1991).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.activations.arithmetic import BALL, DOUBLE, PAIR, Arithmetic
from app.activations.arithmetic.ball import precision, settled
from app.activations.rounding import certify, narrow

BLOCK = 16_384
"""Elements computed at a time: 128 KiB an array, so that temporaries stay in cache."""
PAIRS = 4_096
"""The same for pairs, which take more temporaries."""
BALLS = 4_096
"""Elements climbing at a time: a ball takes some hundred bytes."""
PRECISIONS = (128, 256, 512, 1024, 2048, 4096, 8192)
_UNDERFLOW = 2.0**-1074
_settled = np.frompyfunc(settled, 1, 2)

Program = Callable[[Arithmetic, Mapping[str, Any]], Any]
Arrays = Mapping[str, NDArray[np.float64]]


class Undecidable(ArithmeticError):
    """No precision tried was enough; the function's formula needs a better form."""


def evaluate(
    program: Program, lanes: Arrays, dtype: np.dtype[Any], exact: bool = False, work: int = 1
) -> NDArray[Any]:
    """The program's result for every lane, rounded to `dtype`; a lane takes `work` elements to compute.

    `lanes` are float64 arrays whose first axis, of equal length, counts the lanes. The result has that axis
    first. Lanes that hold NaN or infinities give what IEEE arithmetic gives. Raises Undecidable.
    """
    everything = np.arange(len(next(iter(lanes.values()))))
    result, doubtful = _blockwise(
        DOUBLE, program, lanes, everything, dtype, exact, max(1, BLOCK // max(1, work))
    )
    if doubtful.size:
        length = max(1, PAIRS // max(1, work))
        settled, rest = _blockwise(PAIR, program, lanes, doubtful, dtype, exact, length)
        result[doubtful] = settled
        if rest.size:
            _in_balls(program, lanes, rest, result, work)
    return result


def _blockwise(
    arithmetic: Arithmetic,
    program: Program,
    lanes: Arrays,
    chosen: NDArray[np.intp],
    dtype: np.dtype[Any],
    exact: bool,
    length: int,
) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """The results for the lanes chosen, and which of these are in doubt; `length` lanes at a time."""
    result: NDArray[Any] | None = None
    doubtful: list[NDArray[np.intp]] = []
    everything = len(chosen) == len(next(iter(lanes.values())))
    for block in _blocks(len(chosen), length):
        picked = block if everything else chosen[block]
        inputs = {name: array[picked] for name, array in lanes.items()}
        rounded, doubt = in_floats(arithmetic, program, inputs, dtype, exact)
        if result is None:
            result = np.empty((len(chosen), *rounded.shape[1:]), dtype)
        result[block] = rounded
        doubtful.append(chosen[block][doubt])
    assert result is not None, "callers settle empty arrays"
    return result, np.concatenate(doubtful)


def _blocks(count: int, length: int) -> Iterator[slice]:
    for start in range(0, count, length):
        yield slice(start, min(start + length, count))


def in_floats(
    arithmetic: Arithmetic, program: Program, inputs: Arrays, dtype: np.dtype[Any], exact: bool
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """A block's results, and which of its lanes are in doubt."""
    with np.errstate(all="ignore"):
        values = {name: arithmetic.value.exact(array) for name, array in inputs.items()}
        value = program(arithmetic, values)
        rounded, doubt = certify(value, dtype, exact)
    count = len(next(iter(inputs.values())))
    shape = (count, *rounded.shape[1:])
    rounded, doubt = np.broadcast_to(rounded, shape), np.broadcast_to(doubt, shape)
    if doubt.any():
        # NaN or an infinity by the rules of IEEE arithmetic is the answer to such inputs
        special = _special(inputs)
        if special.any():
            doubt = doubt & ~(special.reshape(-1, *[1] * (rounded.ndim - 1)) & ~np.isfinite(rounded))
    return rounded, np.any(doubt.reshape(count, -1), axis=1)


def _special(inputs: Arrays) -> NDArray[np.bool_]:
    """Which lanes hold NaN or infinities."""
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
    if (rows == rows[:1]).all():  # by far the most frequent case at infinity
        return np.zeros(1, np.intp), np.zeros(len(rows), np.intp)
    _, first, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return first, inverse.reshape(-1)


def exactly(program: Program, inputs: Arrays, guess: NDArray[Any]) -> NDArray[Any]:
    """The lanes' results in the dtype of `guess`, correctly rounded; an underflow has the sign of `guess`."""
    result = guess.copy()
    pending = np.arange(len(result))
    for bits in PRECISIONS:
        with precision(bits):
            values = {name: BALL.value.exact(array[pending]) for name, array in inputs.items()}
            value = program(BALL, values)
            low, high = value.ends()
        rounded, certain = _agreed(low, high, result[pending])
        # what stays open keeps the guess: in a lane with NaN that is IEEE arithmetic's answer
        rounded = np.where(certain, rounded, result[pending])
        result[pending] = rounded
        undecided = ~certain.reshape(len(pending), -1).all(1)
        known, open_ = np.broadcast_to(value.balls, rounded.shape)[undecided], ~certain[undecided]
        pending = pending[undecided]
        if not pending.size:
            return result
    open_ &= ~_special(inputs)[pending].reshape(-1, *[1] * (open_.ndim - 1))
    left = known[open_]
    with precision(PRECISIONS[-1]):
        if all(ball.rel_accuracy_bits() > PRECISIONS[-2] for ball in left):
            if left.size:
                hi, rest = _settled(left)
                rounded = result[pending]
                rounded[open_] = narrow(hi.astype(np.float64), rest.astype(np.float64), guess.dtype)
                result[pending] = rounded
            return result
    raise Undecidable(f"{len(pending)} results are not decided by {PRECISIONS[-1]} bits")


def _agreed(low: Any, high: Any, guess: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The rounding of both ends where they agree, and whether they do."""
    shape = guess.shape
    (low, low_rest), (high, high_rest) = (
        tuple(np.ascontiguousarray(np.broadcast_to(part, shape)) for part in end) for end in (low, high)
    )
    lowest, highest = narrow(low, low_rest, guess.dtype), narrow(high, high_rest, guess.dtype)
    negligible = np.maximum(np.abs(low), np.abs(high)) < _UNDERFLOW
    signs = [np.sign(np.where(end != 0, end, rest)) for end, rest in ((low, low_rest), (high, high_rest))]
    one_sign = (signs[0] == signs[1]) & (signs[0] != 0)
    certain = ((lowest == highest) & ((lowest != 0) | one_sign)) | negligible
    # a result that underflows keeps its sign; what is 0, or closer to it than that, has IEEE arithmetic's
    sign = np.where(one_sign, signs[0], np.copysign(1.0, guess.astype(np.float64)))
    zero = np.copysign(np.zeros(shape), sign).astype(guess.dtype)
    return np.where(lowest == 0, zero, lowest), certain
