"""How far somebody's results are from the exact ones, in units in the last place.

Errors are fractions of an ulp of the exact value t, not of its rounding. In a dtype of p bits that is
2**(floor(log2 |t|) - p + 1), and at least the smallest subnormal, which it is where t = 0 too. Errors are
right to 1e-3 of an ulp for float64; to 1e-6 for the narrower dtypes, beside which a float64 is exact enough.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from app.activations.arithmetic.errorfree import REST_BITS
from app.activations.base import Activation, rounded_doubles
from app.activations.errors import InvalidInput
from app.activations.rounding import DTYPES, to_dtype
from app.activations.unrounded import exponent

Floats = NDArray[np.float64]
Quantity = Literal["activate", "derivative"]

WORST = 10
"""How many of the largest errors are listed."""
FINEST = -10
"""log2 of the first bound of the histogram: about as well as that the errors of float64 are known."""
_FAR = 0.25
"""A result that is not the member nearest to a t beside that member is farther off, in ulp."""
_BESIDE = 2.0**-49
"""Relative distance within which a float64 of 6 ulp may be on the wrong side of a power of two."""


@dataclass(frozen=True)
class Bin:
    """How many errors are above one number of ulps and not above another; the first one holds 0 as well."""

    above: float
    to: float
    count: int


@dataclass(frozen=True)
class Deviation:
    """A result that is not the exact value; its arrays are of rank 0 and of the dtype compared in."""

    index: list[int]
    x: NDArray[Any] | None
    """What an x of the shape of the results holds at the index."""
    y: NDArray[Any]
    expected: NDArray[Any]
    """The exact value rounded."""
    ulp: float


@dataclass(frozen=True)
class Comparison:
    """What is known of all results but the mismatched ones; 0 where there are none."""

    count: int
    """Of all results."""
    max_ulp: float
    mean_ulp: float
    p99_ulp: float
    """The smallest of the errors that 99 % of them do not exceed."""
    max_abs: float
    max_rel: float
    exact: int
    """How many are the exact value rounded; zeros are equal whatever their signs, and NaN is NaN."""
    mismatched_nonfinite: int
    """Where a result or the exact value rounded is not finite, and they are not the same."""
    histogram: list[Bin]
    """The bins that hold any."""
    worst: list[Deviation]
    """The largest errors first, equal ones by index; at most WORST, none of which is 0."""


class _Errors(NamedTuple):
    """In arrays of the shape of the results."""

    ulps: Floats
    absolute: Floats
    relative: Floats


def compare(
    function: Activation,
    x: NDArray[Any],
    y: NDArray[Any],
    of: Quantity = "activate",
    dtype: str = "float64",
) -> Comparison:
    """Measure results `y` against the function's values at x, or its derivatives by x.

    Both arrays are rounded to `dtype` first. Raises InvalidInput where y has another shape than these values
    (of a function that mixes elements: than its Jacobian), and for what `function` raises it.
    """
    x = rounded_doubles(x, dtype)
    expected = _evaluated(function, x, of, dtype)
    if y.shape != expected.shape:
        shapes = f"{list(y.shape)}, not {list(expected.shape)}"
        what = "f(x)" if of == "activate" else "the derivative"
        raise InvalidInput(f"y must have the shape of {what}; it has {shapes}.", ("y",))
    y, wanted = rounded_doubles(y, dtype), rounded_doubles(expected, dtype)
    exact = (y == wanted) | (np.isnan(y) & np.isnan(wanted))
    finite = np.isfinite(y) & np.isfinite(wanted)
    counted = finite | exact
    with np.errstate(all="ignore"):
        errors = _errors(function, x, y, finite, of, dtype)
        return Comparison(
            count=y.size,
            **_statistics(*(each[counted] for each in errors)),
            exact=int(exact.sum()),
            mismatched_nonfinite=y.size - int(counted.sum()),
            histogram=_histogram(errors.ulps[counted]),
            worst=[_deviation(x, y, expected, errors.ulps, index) for index in _largest(errors.ulps)],
        )


def _evaluated(
    function: Activation, x: Floats, of: Quantity, dtype: str, *, exact: bool = True
) -> NDArray[Any]:
    if of == "activate":
        return function(x, dtype, exact=exact)
    return function.derivative(x, dtype=dtype, exact=exact).values


def _errors(
    function: Activation, x: Floats, y: Floats, finite: NDArray[np.bool_], of: Quantity, dtype: str
) -> _Errors:
    """The errors where both the result and the exact value are finite, 0 elsewhere."""
    if dtype == "float64":
        t = _evaluated(function, x, of, "unrounded", exact=False)
        hi, rest = t.real.copy(), t.imag.copy()
    else:
        hi = _evaluated(function, x, of, "float64", exact=False)
        rest = np.zeros_like(hi)
    ulps, _, _ = _in_ulps(y, hi, rest, dtype)
    mantissa = np.abs(np.frexp(hi)[0])
    open_ = finite & (ulps > _FAR) & ((mantissa <= 0.5 + _BESIDE) | (mantissa >= 1.0 - _BESIDE))
    if open_.any():
        # which ulp is that of t has to be found out, for these lanes alone
        sources = np.where(function.sources(open_, x.shape), x, np.nan)
        t = _evaluated(function, sources, of, "unrounded")
        hi, rest = np.where(open_, t.real, hi), np.where(open_, t.imag, rest)
    ulps, exact, last = _in_ulps(y, hi, rest, dtype)
    # beyond float64 in ulps, there is nothing of t in the difference
    beyond = np.isinf(ulps)
    absolute = np.where(beyond, np.abs(y), np.ldexp(ulps, last))
    relative = np.where(beyond, np.abs(y / hi), ulps / np.abs(exact))
    off = finite & (ulps != 0.0)
    return _Errors(*(np.where(off, error, 0.0) for error in (ulps, absolute, relative)))


def _in_ulps(y: Floats, hi: Floats, rest: Floats, dtype: str) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """The errors and the exact values in ulps of the latter, and log2 of these ulps."""
    limits = ml_dtypes.finfo(DTYPES[dtype])  # type: ignore[no-untyped-call]  # has no annotations
    last = np.maximum(exponent(hi, rest), limits.minexp) - limits.nmant
    near, left = np.ldexp(hi, -last), np.ldexp(rest, -last - REST_BITS)
    return np.abs(np.ldexp(y, -last) - near - left), near + left, last


def _statistics(ulps: Floats, absolute: Floats, relative: Floats) -> dict[str, float]:
    if not ulps.size:
        return dict.fromkeys(("max_ulp", "mean_ulp", "p99_ulp", "max_abs", "max_rel"), 0.0)
    rank = (99 * ulps.size + 99) // 100 - 1
    return {
        "max_ulp": float(ulps.max()),
        "mean_ulp": float((ulps / ulps.size).sum()),  # a sum of errors might overflow
        "p99_ulp": float(np.partition(ulps, rank)[rank]),
        "max_abs": float(absolute.max()),
        "max_rel": float(relative.max()),
    }


def _histogram(ulps: Floats) -> list[Bin]:
    mantissa, power = np.frexp(ulps)
    # a power of two is the last number of its bin; frexp has no power for 0 and infinity
    power = np.where(ulps == 0.0, FINEST, np.where(np.isinf(ulps), 1024, power - (mantissa == 0.5)))
    power = np.maximum(power, FINEST)
    counts = np.bincount((power - FINEST).reshape(-1))
    return [
        Bin(
            math.ldexp(1.0, bound - 1) if bound > FINEST else 0.0,
            math.ldexp(1.0, bound) if bound < 1024 else math.inf,
            int(count),
        )
        for bound, count in enumerate(counts, FINEST)
        if count
    ]


def _largest(ulps: Floats) -> list[tuple[int, ...]]:
    """Where the largest errors are, in their order; equal ones by index."""
    flat = ulps.reshape(-1)
    least = np.partition(flat, -WORST)[-WORST] if flat.size > WORST else 0.0
    above = np.flatnonzero(flat > least)
    found = above[np.argsort(-flat[above], kind="stable")]
    if least > 0.0:
        found = np.concatenate([found, np.flatnonzero(flat == least)])[:WORST]
    return [tuple(map(int, np.unravel_index(place, ulps.shape))) for place in found]


def _deviation(
    x: Floats, y: Floats, expected: NDArray[Any], ulps: Floats, index: tuple[int, ...]
) -> Deviation:
    def there(array: NDArray[Any]) -> NDArray[Any]:
        return to_dtype(np.asarray(array[index]), expected.dtype)

    source = there(x) if x.shape == y.shape else None
    return Deviation(list(index), source, there(y), there(expected), float(ulps[index]))
