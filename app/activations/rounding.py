"""Rounding a number known as hi + lo to float64, float32, float16 and bfloat16: to nearest, ties to even.

`hi` is the double nearest to the number. Rounding it once more would go wrong where it lies on a
midpoint of the narrower format, so `hi` is first rounded to odd (Boldo & Melquiond 2008): its last
bit then remembers on which side the number lies.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from app.activations import unrounded
from app.activations.arithmetic.double import TINY, Double
from app.activations.arithmetic.errorfree import Array, U, two_sum
from app.activations.arithmetic.wide import End, Wide

DTYPES: Mapping[str, np.dtype[Any]] = MappingProxyType(
    {
        "float64": np.dtype(np.float64),
        "float32": np.dtype(np.float32),
        "float16": np.dtype(np.float16),
        "bfloat16": np.dtype(ml_dtypes.bfloat16),
    }
)

TARGETS: Mapping[str, np.dtype[Any]] = MappingProxyType({**DTYPES, "unrounded": unrounded.UNROUNDED})
"""All that an evaluation can be asked for."""

ACCEPTED_ULPS = 6.0
"""The bound, in ulp of float64, up to which the double arithmetic's result is taken: bounds are pessimistic,
and with this one the largest true error found anywhere in the catalog stays below 4 ulp."""
ACCEPTED = 6.5
"""The same in half ulps for bounds without cancellation; softmax's is 6.2, its true error 3.5 ulp at most."""

_LARGEST = np.finfo(np.float64).max


def _to_odd(hi: NDArray[Any], direction: NDArray[Any]) -> NDArray[Any]:
    """Where the number lies off `hi`, in `direction`, and hi's last bit is 0: the odd neighbour there."""
    bits: NDArray[Any] = hi.view(np.int64 if hi.dtype == np.float64 else np.int32)
    step = np.sign(direction) * np.where(np.signbit(hi), -1, 1)
    move = (step != 0) & (np.bitwise_and(bits, 1) == 0) & np.isfinite(hi) & (hi != 0)
    # beside 0 the neighbour would be subnormal, which every narrower format rounds to 0
    return np.asarray(bits + np.where(move, step, 0).astype(bits.dtype)).view(hi.dtype)


def narrow(hi: Array, lo: Array | None, dtype: np.dtype[Any]) -> NDArray[Any]:
    """hi + lo rounded once; only the sign of `lo` matters, unless nothing is to be rounded."""
    if dtype == unrounded.UNROUNDED:
        return unrounded.joined(hi, np.zeros_like(hi) if lo is None else lo)
    if dtype == np.float64:
        return hi
    with np.errstate(all="ignore"):
        hi = hi if lo is None else _to_odd(hi, lo)
        if dtype != DTYPES["bfloat16"] or hi.dtype == dtype:
            return hi.astype(dtype, copy=False)
        single = hi.astype(np.float32)
        rest = np.where(np.isfinite(single), hi - single, 0.0)
        return np.asarray(_to_odd(single, rest).astype(dtype))


def to_dtype(x: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Any array of real numbers, rounded once to `dtype`."""
    if x.dtype == dtype:
        return x
    return narrow(np.asarray(x, dtype=np.float64, order="C"), None, dtype)


def certify(
    value: Double | Wide, dtype: np.dtype[Any], exact: bool
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The value rounded to `dtype`, and where its error bound leaves that in doubt.

    float64 without `exact` asks for ACCEPTED_ULPS, everything else for the correctly rounded result.
    """
    if isinstance(value, Wide):
        return _certify_wide(value, dtype, exact)
    if dtype == unrounded.UNROUNDED:
        return unrounded.certify(value, exact)
    hi, lo = value.hi, value.lo
    approximate = dtype == np.float64 and not exact
    if approximate and value.err is None and value.rel <= ACCEPTED * U:
        return hi, ~np.isfinite(hi) if value.rel else np.isnan(hi)
    error = value.error()
    if error is None:
        return narrow(hi, lo, dtype), np.isnan(hi)
    if approximate:
        size = np.abs(hi)
        # beyond the largest double is infinity, which is more than some ulps away
        doubt = np.asarray(~((error <= ACCEPTED * U * size) & (size < _LARGEST)))
        if doubt.any():
            doubt[doubt] = ~_accepted(size[doubt], np.broadcast_to(error, doubt.shape)[doubt], value.sign)
        return hi, doubt
    # what the roundings of the ends themselves add; nothing where the value is exact
    if value.err is None and lo is None:
        margin = (value.rel + 4 * U) * hi  # of its sign, which only swaps the ends
    else:
        rest = np.abs(hi if lo is None else lo)
        margin = error * (1 + 2.0**-40) + np.where(error == 0.0, 0.0, 4 * U * rest)
    low, high = (narrow(*end, dtype) for end in _ends(hi, lo, margin, dtype))
    if value.err is None and lo is None:
        return high, low != high  # a relative error leaves the sign alone; -0 - -0 would not
    # a result that underflows has a sign only if it is known, or the bound is on one side of 0
    agreed = (low == high) & ((low != 0) | (value.sign != 0) | (np.abs(hi) >= error))
    if not agreed.all():
        low = np.where(agreed, low, narrow(hi, lo, dtype))
    if not low.all():
        low = np.where(low == 0, np.copysign(low.astype(np.float64), hi).astype(dtype), low)
    return low, ~agreed


def _certify_wide(value: Wide, dtype: np.dtype[Any], exact: bool) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    rounded, certain = between(*value.ends(), value.mantissa.hi.astype(dtype))
    if dtype == np.float64 and not exact and not certain.all():
        enough = value.enough(ACCEPTED_ULPS)
        rounded, certain = np.where(certain, rounded, value.nearest), certain | enough
    return rounded, ~certain


def _accepted(size: Array, error: Array, sign: int) -> NDArray[np.bool_]:
    """Which results are known to ACCEPTED_ULPS."""
    accepted: NDArray[np.bool_] = (error <= ACCEPTED_ULPS * np.spacing(size)) & (size < _LARGEST)
    # a result that underflows needs its sign all the same
    return accepted if sign else accepted & (size >= error)


def _ends(
    hi: Array, lo: Array | None, margin: Array, dtype: np.dtype[Any]
) -> tuple[tuple[Array, Array | None], ...]:
    """Numbers just below and above all that the bound allows."""
    if lo is None:
        return (hi - margin, None), (hi + margin, None)
    if dtype == np.float64:
        return (hi + (lo - margin), None), (hi + (lo + margin), None)
    return two_sum(hi, lo - margin), two_sum(hi, lo + margin)


def between(
    low: End, high: End, guess: NDArray[Any], last: bool = False
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The rounding of both ends where they agree, and whether they do; at last an underflow needs no sign.

    An end is a double and what it leaves, of which the sign matters; what is 0 has the sign of `guess`.
    """
    shape = guess.shape
    (below, below_rest), (above, above_rest) = (
        tuple(np.ascontiguousarray(np.broadcast_to(part, shape)) for part in end) for end in (low, high)
    )
    if guess.dtype == unrounded.UNROUNDED:
        return unrounded.agreed((below, below_rest), (above, above_rest))
    lowest, highest = narrow(below, below_rest, guess.dtype), narrow(above, above_rest, guess.dtype)
    negligible = np.maximum(np.abs(below), np.abs(above)) < TINY
    signs = [
        np.sign(np.where(end != 0, end, rest)) for end, rest in ((below, below_rest), (above, above_rest))
    ]
    one_sign = (signs[0] == signs[1]) & (signs[0] != 0)
    nothing = (below == 0) & (above == 0) & (below_rest == 0) & (above_rest == 0)
    certain = ((lowest == highest) & ((lowest != 0) | one_sign)) | (negligible if last else nothing)
    # a result that underflows keeps its sign; what is 0, or closer to it than that, has IEEE arithmetic's
    sign = np.where(one_sign, signs[0], np.copysign(1.0, guess.astype(np.float64)))
    zero = np.copysign(np.zeros(shape), sign).astype(guess.dtype)
    return np.where(lowest == 0, zero, lowest), certain
