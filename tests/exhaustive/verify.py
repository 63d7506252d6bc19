"""Pieces of the exhaustive run: a function, a format, some inputs; what is not as the catalog promises."""

import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from mpmath import mp, mpf
from numpy.typing import NDArray
from ulp import FLOAT64, FORMATS, Format, rounded

from app.activations import CATALOG, Activation
from app.activations.axiswise import Axiswise
from app.activations.elementwise import Elementwise
from tests.exhaustive import inputs, rows
from tests.exhaustive.truth import Exactly, Truth, errors, verdict

Floats = NDArray[np.float64]
SEED = 7
EVERY = 499
"""A sample has one in so many of the inputs, prime to the sizes of strata."""
ROWS = 20
"""And one in so many rows of each kind."""


class Piece(NamedTuple):
    """What one process verifies in one go."""

    name: str
    format: str
    part: int | None
    """Which piece of the inputs; None is a sample of them all."""
    training: bool = False
    """Whether random numbers are drawn."""


class Finding(NamedTuple):
    """What became of a piece."""

    piece: Piece
    results: int
    misrounded: list[str]
    worst: dict[str, float]
    """The largest errors in ulp, of `value` and `derivative`, where correct rounding is not asked for."""


def pieces(names: Sequence[str] = ()) -> Iterator[Piece]:
    """All pieces, or those of some functions."""
    for whole in samples(names):
        if issubclass(CATALOG[whole.name], Elementwise):
            yield from (whole._replace(part=part) for part in inputs.parts(FORMATS[whole.format]))
        else:
            yield whole._replace(part=0)


def samples(names: Sequence[str] = ()) -> Iterator[Piece]:
    """A sample of every function, in every mode and format."""
    for name, cls in CATALOG.items():
        if (names and name not in names) or not (issubclass(cls, Elementwise) or name in rows.NAMES):
            continue
        for training in (False, True) if "training" in cls.model_fields else (False,):
            yield from (Piece(name, fmt, None, training) for fmt in FORMATS)


@cache
def accuracy(cls: type[Activation]) -> dict[str, dict[str, float]]:
    """The bounds that the catalog states; the only ones there are here."""
    stated: dict[str, dict[str, float]] = cls.describe()["accuracy"]
    return stated


def verify(piece: Piece) -> Finding:
    """Hold the results against the exact ones."""
    cls = CATALOG[piece.name]
    if issubclass(cls, Axiswise):
        return _rowwise(piece, cls())
    assert issubclass(cls, Elementwise)
    drawing = {"training": True, "seed": SEED} if piece.training else {}
    return _elementwise(piece, cls.model_validate({**cls.example_params, **drawing}))


def _elementwise(piece: Piece, f: Elementwise) -> Finding:
    fmt = FORMATS[piece.format]
    x = inputs.sample(f, fmt, EVERY) if piece.part is None else inputs.piece(f, fmt, piece.part)
    exactly = Exactly(f, x.tolist())
    found = Finding(piece, 2 * x.size, [], {})
    for order, (what, truth) in enumerate(zip(("value", "derivative"), exactly(), strict=True)):
        bound = accuracy(type(f))[fmt.name][what]
        for exact in (False, True) if fmt is FLOAT64 else (False,):
            y = f.derivative(x, dtype=fmt.name, exact=exact).values if order else f(x, fmt.name, exact=exact)
            y, limit = y.astype(np.float64), 0.5 if exact else bound
            wrong, doubt = judged(y, truth, fmt, limit)
            if doubt.any():
                index = np.flatnonzero(doubt)
                truth = truth.replaced(index, exactly.harder(index.tolist(), fmt)[order])
                wrong, doubt = judged(y, truth, fmt, limit)
            note(found, f"{what}{' (exact)' * exact}", x, y, truth, wrong | doubt, fmt)
            if limit > 0.5:
                found.worst[what] = float(errors(y, truth, fmt).max(initial=0.0))
    return found


def judged(y: Floats, truth: Truth, fmt: Format, bound: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which results break a bound in ulp, 0.5 being correct rounding; and for which the truth is open."""
    if bound <= 0.5:
        return verdict(y, truth, fmt)
    negative = np.where(truth.nearest != 0, truth.nearest < 0, truth.rest < 0)
    signed = (np.signbit(y) == negative) | ((truth.nearest == 0) & ~(np.abs(truth.rest) > 0))
    wrong = ~(errors(y, truth, fmt) <= bound) | ~(signed | np.isnan(y))
    doubt = np.isnan(truth.nearest) & np.isnan(truth.rest)
    return wrong & ~doubt, doubt


def _brinks(truth: Truth, doubt: NDArray[np.bool_], brink: Truth) -> Truth:
    """The truth, with what is known on the brink where it is in doubt."""
    nearest, rest = truth.nearest.copy(), truth.rest.copy()
    lanes = doubt.reshape(len(doubt), -1).any(1)
    known = doubt[lanes] & (np.isnan(nearest[lanes]) | (nearest[lanes] == brink.nearest))
    nearest[lanes] = np.where(known, brink.nearest, nearest[lanes])
    rest[lanes] = np.where(known, brink.rest, rest[lanes])
    return Truth(nearest, rest)


def note(
    found: Finding, what: str, x: Any, y: Floats, truth: Truth, wrong: NDArray[np.bool_], fmt: Format
) -> None:
    """Add a line for each result that is wrong; `x` may be the row that belongs to it."""
    for i in np.argwhere(wrong):
        place = tuple(i)
        at = x[place[: np.ndim(x)]] if np.ndim(x) == 1 else x[place[0]]
        hexes = " ".join(float(each).hex() for each in np.atleast_1d(at))
        nearest, rest = float(truth.nearest[place]), float(truth.rest[place])
        index = list(map(int, place[1:])) or ""
        name = found.piece.name + ", drawn" * found.piece.training
        found.misrounded.append(
            f"{name}, {what}{index} in {fmt.name} at x={hexes}: got {float(y[place])!r}, "
            f"expected {_rounding(nearest, rest, fmt)!r} (exact: {nearest!r} and {rest:.3g} ulp)"
        )


def _rounding(nearest: float, rest: float, fmt: Format) -> float:
    if not np.isfinite(nearest) or not np.isfinite(rest):
        return nearest
    with mp.workprec(4000):
        return rounded(mpf(nearest) + mpf(rest) * mpf(float(np.spacing(abs(nearest)))), fmt)


def _rowwise(piece: Piece, f: Axiswise) -> Finding:
    fmt = FORMATS[piece.format]
    found = Finding(piece, 0, [], {})
    for matrix in rows.inputs(piece.name, fmt):
        x = matrix if piece.part is not None else matrix[zlib.crc32(piece.name.encode()) % ROWS :: ROWS]
        results = [f(x, fmt.name), f.derivative(x, dtype=fmt.name).values]
        for what, y, truth in zip(("value", "derivative"), results, rows.exact_rows(f, x), strict=True):
            if what == "derivative" and np.isinf(x).any():
                continue
            y = y.astype(np.float64)
            bound = accuracy(type(f))[fmt.name][what]
            wrong, doubt = judged(y, truth, fmt, bound)
            if doubt.any():
                lanes = doubt.reshape(len(x), -1).any(axis=1)
                truth = _brinks(truth, doubt, rows.on_the_brink(f, x[lanes])[what == "derivative"])
                wrong, doubt = judged(y, truth, fmt, bound)
            note(found, what, x, y, truth, wrong | doubt, fmt)
            if bound > 0.5:
                worst = float(errors(y, truth, fmt).max(initial=0.0))
                found.worst[what] = max(worst, found.worst.get(what, 0.0))
            found = found._replace(results=found.results + y.size)
    return found
