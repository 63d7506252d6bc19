"""Sums, products and quotients of wide values, compiled: one pass over the operands each.

An operand is hi + lo + rest times 2**exponent. The mantissa is within err of hi + lo, and within what rest
leaves of err of all three: rest is there for results of which hi + lo lies on a midpoint, and says on which
side of that they are. What an operation loses is told by its own low parts, not as a share of the result.
"""

from __future__ import annotations

from collections.abc import Callable
from math import frexp, inf, sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.activations.arithmetic.errorfree import Array
from app.activations.arithmetic.parts import (
    KINDS,
    OPERAND,
    RESULT,
    Integers,
    Parts,
    flattened,
    laid_out,
    shape_of,
    two_to,
)
from app.compiled import compiled, fma, inlined, ufunc

Out = NDArray[Any]

FREE: Final = 20
"""log2 of how far from 1 mantissas may be before they are brought back."""
FARTHEST: Final = 960
"""What is smaller by more octaves than this enters a sum with its sign only, as a number of about 2**-939: as
long as what it was added to is there, all that can matter is on which side of that the sum lies."""
_LOW: Final = 2.0 ** (-FREE)
_HIGH: Final = 2.0**FREE
_REST: Final = 2.0**-939
_OPEN: Final = 1.0 - 2.0**-20
_CLOSE: Final = 1.0 - 2.0**-32
"""A rest is known to a little less than this share of it: its sign is what counts, and err is rounded."""
_TINY: Final = 2.0**-1074
_GONE: Final = 2.0**-700
"""A sum so far below its terms has lost what they were added to."""
_DEEP: Final = 2.0**-900
"""Below it, what a product loses may underflow."""
_U: Final = 2.0**-53
MORE: Final = 1.0 + 2.0**-40
"""Covers the roundings of a bound."""


@inlined
def two_sum(a: float, b: float) -> tuple[float, float]:
    """As errorfree's."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


@inlined
def besides(rest: float, err: float) -> float:
    """How far the value may be from the sum of all three parts."""
    return err * MORE - _CLOSE * abs(rest)


@inlined
def _brought_back(
    hi: float, lo: float, rest: float, err: float, exponent: int
) -> tuple[float, float, float, float, int]:
    """The same number with a mantissa that is not far from 1."""
    if err != err:
        err = inf  # 0 times a bound that is infinite
    if hi == 0.0 or _LOW <= abs(hi) <= _HIGH or not abs(hi) < inf:
        return hi, lo, rest, err, exponent
    shift = frexp(hi)[1]
    shift = min(max(shift, -FARTHEST), FARTHEST)
    scale = two_to(-shift)
    if err > 0.0:
        err = err * scale + 2.0 * _TINY
    return hi * scale, lo * scale, rest * scale, err, exponent + shift


@inlined
def _laid(
    hi: float, lo: float, rest: float, err: float, shift: int, beside: bool
) -> tuple[float, float, float, float]:
    """A mantissa in units larger by -shift octaves, to be added to something of known size or not.

    The error is the one besides the rest.
    """
    scale = two_to(max(min(shift, 0), -FARTHEST))
    low = lo * scale
    lost = besides(rest, err) * scale
    lost += 2.0 * _TINY if (err > 0.0) | ((shift < 0) & (lo != 0.0) & (abs(low) < _DEEP)) else 0.0
    far = shift < -FARTHEST
    sided = far & beside & (abs(hi + lo) > err * MORE)
    side = _REST if hi > 0.0 else -_REST
    unsided = 0.0 if (hi == 0.0) & (err == 0.0) else (abs(hi) + err) * scale + _TINY
    return (
        side if sided else 0.0 if far else hi * scale,
        0.0 if far else low,
        0.0 if far else rest * scale,
        _REST * _OPEN if sided else unsided if far else lost,
    )


@inlined
def _sum(
    ahi: float, alo: float, arest: float, aerr: float, aexp: int,
    bhi: float, blo: float, brest: float, berr: float, bexp: int,
) -> tuple[float, float, float, float, int]:  # fmt: skip
    """Laid to the larger exponent, that of a number which is 0 aside."""
    nothing, neither = (ahi == 0.0) & (aerr == 0.0), (bhi == 0.0) & (berr == 0.0)
    top = bexp if nothing else aexp if neither else max(aexp, bexp)
    ah, al, ar, ae = _laid(ahi, alo, arest, aerr, aexp - top, abs(bhi) > 2.0 * berr)
    bh, bl, br, be = _laid(bhi, blo, brest, berr, bexp - top, abs(ahi) > 2.0 * aerr)
    s, left = two_sum(ah, bh)
    below, more = two_sum(al, bl)
    low, lost = two_sum(left, below)
    h, low = two_sum(s, low)
    third, first = two_sum(lost, more)
    rests, second = two_sum(ar, br)
    third, last = two_sum(third, rests)
    low, third = two_sum(low, third)
    h, low = two_sum(h, low)
    h = s if h == 0.0 else h  # -0 + 0 is +0
    bound = ae + be + (abs(first) + abs(second) + abs(last)) + abs(third)
    bound = bound * MORE + _TINY if bound > 0.0 else bound
    gone = (bound > 0.0) & (max(abs(h), bound) < _GONE * max(abs(ah), abs(bh)))
    return h, low, third, inf if gone else bound, top


@inlined
def _product(
    ahi: float, alo: float, arest: float, aerr: float, aexp: int,
    bhi: float, blo: float, brest: float, berr: float, bexp: int,
) -> tuple[float, float, float, float, int]:  # fmt: skip
    """The products of the parts, of which the last ones are rounded."""
    p = ahi * bhi
    low = fma(ahi, bhi, -p)
    first, second = ahi * blo, alo * bhi
    below, lost = two_sum(first, second)
    low, more = two_sum(low, below)
    p, low = two_sum(p, low)
    f, s, t = fma(ahi, blo, -first), fma(alo, bhi, -second), alo * blo
    g, r = ahi * brest, arest * bhi
    third = lost + more + (f + s + t) + (g + r)
    bound = 8.0 * _U * (abs(lost) + abs(more) + abs(f) + abs(s) + abs(t) + abs(g) + abs(r))
    bound += (abs(alo * brest) + abs(arest * blo) + abs(arest * brest)) * MORE
    deep = ((alo != 0.0) | (blo != 0.0)) & (abs(alo + blo) < _DEEP)
    deep |= ((alo != 0.0) & (blo != 0.0)) | (arest != 0.0) | (brest != 0.0)
    low, third = two_sum(low, third)
    p, low = two_sum(p, low)
    a, b = besides(arest, aerr), besides(brest, berr)
    bound += (abs(ahi) * b + abs(bhi) * a) * MORE + a * b
    bound += 16.0 * _TINY if deep | (aerr > 0.0) | (berr > 0.0) else 0.0
    bound = (bound + abs(third)) * MORE
    nothing = ((ahi == 0.0) & (aerr == 0.0)) | ((bhi == 0.0) & (berr == 0.0))
    return p, low, third, 0.0 * (aerr + berr) if nothing else bound, aexp + bexp


@inlined
def _quotient(
    ahi: float, alo: float, arest: float, aerr: float, aexp: int,
    bhi: float, blo: float, brest: float, berr: float, bexp: int,
) -> tuple[float, float, float, float, int]:  # fmt: skip
    """A quotient of the high parts, one of what that leaves, and one of what is left then."""
    size = abs(bhi)
    q = ahi / bhi
    product = q * blo
    f, t = fma(q, blo, -product), q * brest
    below, first = two_sum(alo, -product)
    left, second = two_sum(fma(-q, bhi, ahi), below)
    lost = first + second + (arest - t - f)
    bound = abs(first) + abs(second) + abs(arest) + abs(t) + abs(f)
    low = left / bhi
    f, t = fma(-low, bhi, left), low * blo
    lost += f - t
    bound += abs(f) + abs(t) + abs(low * brest) / _U
    third = lost / bhi
    bound = (8.0 * _U * bound + abs(third * blo) + abs(third * brest)) * MORE / size
    bound += 8.0 * _U * abs(third)
    deep = ((left != 0.0) & (abs(low) < _DEEP)) | (blo != 0.0) | (brest != 0.0) | (aerr > 0.0) | (berr > 0.0)
    bound += 16.0 * _TINY if deep | (bound > 0.0) else 0.0
    q, low = two_sum(q, low)
    low, third = two_sum(low, third)
    q, low = two_sum(q, low)
    own = besides(arest, aerr) / size * MORE
    share = besides(brest, berr) / size
    # |1/(d + e) - 1/d| = e/(d (d + e)), and 1/(1 - s) <= 1 + 2s for s <= 1/2
    share = share * (1.0 + 2.0 * share) * MORE if share <= 0.5 else inf
    bound += own + (share * (abs(q) + own) if berr > 0.0 else 0.0)
    return q, low, third, (bound + abs(third)) * MORE, aexp - bexp


@compiled(RESULT)
def _bring_back(hi: Array, lo: Array, rest: Array, err: Array, exponent: Integers) -> None:
    """Mantissas that are far from 1 are brought back."""
    strays = 0
    for i in range(hi.size):
        size = abs(hi[i])
        err[i] = inf if err[i] != err[i] else err[i]  # 0 times a bound that is infinite
        strays += 0 if (size >= _LOW) & (size <= _HIGH) else 1
    if strays:
        for i in range(hi.size):
            hi[i], lo[i], rest[i], err[i], exponent[i] = _brought_back(
                hi[i], lo[i], rest[i], err[i], exponent[i]
            )


@compiled((*OPERAND, *OPERAND, *RESULT))
def _add(
    ahi: Array, alo: Array, arest: Array, aerr: Array, aexp: Integers,
    bhi: Array, blo: Array, brest: Array, berr: Array, bexp: Integers,
    hi: Array, lo: Array, rest: Array, err: Array, exponent: Integers,
) -> None:  # fmt: skip
    for i in range(hi.size):
        hi[i], lo[i], rest[i], err[i], exponent[i] = _sum(
            ahi[i], alo[i], arest[i], aerr[i], aexp[i], bhi[i], blo[i], brest[i], berr[i], bexp[i]
        )


@compiled((*OPERAND, *OPERAND, *RESULT))
def _multiply(
    ahi: Array, alo: Array, arest: Array, aerr: Array, aexp: Integers,
    bhi: Array, blo: Array, brest: Array, berr: Array, bexp: Integers,
    hi: Array, lo: Array, rest: Array, err: Array, exponent: Integers,
) -> None:  # fmt: skip
    for i in range(hi.size):
        hi[i], lo[i], rest[i], err[i], exponent[i] = _product(
            ahi[i], alo[i], arest[i], aerr[i], aexp[i], bhi[i], blo[i], brest[i], berr[i], bexp[i]
        )


@compiled((*OPERAND, *OPERAND, *RESULT))
def _divide(
    ahi: Array, alo: Array, arest: Array, aerr: Array, aexp: Integers,
    bhi: Array, blo: Array, brest: Array, berr: Array, bexp: Integers,
    hi: Array, lo: Array, rest: Array, err: Array, exponent: Integers,
) -> None:  # fmt: skip
    for i in range(hi.size):
        hi[i], lo[i], rest[i], err[i], exponent[i] = _quotient(
            ahi[i], alo[i], arest[i], aerr[i], aexp[i], bhi[i], blo[i], brest[i], berr[i], bexp[i]
        )


@ufunc("ddddl", "ddddl")
def root(
    ahi: float, alo: float, arest: float, aerr: float, aexp: int,
    hi: Out, lo: Out, rest: Out, err: Out, exponent: Out,
) -> None:  # fmt: skip
    """The root of the high part, and two steps of Newton's from there."""
    if aexp & 1:
        ahi, alo, arest, aerr = 2.0 * ahi, 2.0 * alo, 2.0 * arest, 2.0 * aerr
    q = sqrt(ahi)
    low = third = 0.0
    bound = sqrt(aerr)
    if ahi > 0.0:
        left, lost = two_sum(fma(-q, q, ahi), alo)
        low = left / (2.0 * q)
        f, t = fma(-2.0 * q, low, left), low * low
        third = (lost + arest + (f - t)) / (2.0 * q)
        bound = 4.0 * _U * (abs(lost) + abs(arest) + abs(f) + abs(t)) + 2.0 * abs(third * low)
        share = besides(arest, aerr) / ahi
        # |sqrt(t + e) - sqrt(t)| <= e/(2 sqrt(t - e)), and 1/sqrt(1 - s) <= 1 + s for s <= 1/2
        share = 0.5 * share * (1.0 + share) if share <= 0.5 else share
        bound = bound / q + share * q * MORE + 8.0 * _U * abs(third)
        if low != 0.0:
            bound += 8.0 * _TINY
        low, third = two_sum(low, third)
        q, low = two_sum(q, low)
        bound += abs(third)
    hi[0], lo[0], rest[0], err[0], exponent[0] = _brought_back(q, low, third, bound * MORE, aexp >> 1)


def _broadcast(loop: Callable[..., None]) -> Callable[..., Parts]:
    """Its ufunc; the three loops are written out since Numba keeps machine code by a function's name."""

    def run(*parts: Any) -> Parts:
        shape = shape_of(parts)
        result: Parts = tuple(np.empty(shape, kind) for kind in KINDS)
        flat: list[Any] = [part.reshape(-1) for part in result]
        loop(*flattened(parts, shape), *flat)
        _bring_back(*flat)
        return result

    return run


add, multiply, divide = (_broadcast(loop) for loop in (_add, _multiply, _divide))


def brought_back(*parts: Any) -> Parts:
    """The same numbers with mantissas that are not far from 1."""
    shape = shape_of(parts)
    result = tuple(np.array(part, order="C") for part in laid_out(parts, shape))
    _bring_back(*(part.reshape(-1) for part in result))
    return result
