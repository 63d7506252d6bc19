"""The ends of what the bounds of wide values allow: the nearest doubles, and what they leave; compiled."""

from __future__ import annotations

from math import copysign, frexp, inf, ldexp
from typing import Any, Final

import numpy as np
from numba import float64, int64

from app.activations.arithmetic.errorfree import REST_BITS, Array
from app.activations.arithmetic.parts import OPERAND, Integers, Parts, flattened, shape_of, two_to
from app.activations.arithmetic.ring import MORE, besides, two_sum
from app.compiled import compiled, inlined

_SUBNORMAL: Final = -1021
"""Exponents below it make subnormal doubles of mantissas below 1."""
_NOTHING: Final = -1200
"""Exponents below it leave no double."""
_NORMAL: Final = 900
"""Exponents up to it, of either sign, make normal doubles of all mantissas."""
_TINY: Final = 2.0**-1074


@inlined
def _end(hi: float, lo: float, margin: float, sign: int) -> tuple[float, float]:
    """The double nearest to hi + lo + margin, and what it leaves.

    What is known to have that sign ends at 0, at the latest.
    """
    low, rest = two_sum(lo, margin)
    s, low = two_sum(hi, low)
    low, rest = two_sum(low, rest)
    s, low = two_sum(s, low)
    neighbour = s + 2.0 * low
    crossed = (neighbour - s == 2.0 * low) & (((low > 0.0) & (rest > 0.0)) | ((low < 0.0) & (rest < 0.0)))
    beyond = (hi != 0.0) & (sign * s <= 0.0) & (sign != 0)
    nearest = neighbour if crossed else s
    left = rest - low if crossed else low + rest
    known = abs(margin) < inf
    return (
        0.0 if beyond else nearest if known else margin,
        sign * _TINY if beyond else left if known else 0.0,
    )


@inlined
def _signed(left: float, side: float) -> float:
    """What is left, which has a sign though it underflows."""
    return copysign(_TINY, side) if (left == 0.0) & (side != 0.0) else left


@inlined
def _in_doubles(s: float, low: float, exponent: int) -> tuple[float, float]:
    """The double nearest to (s + low) * 2**exponent, and what it leaves, times 2**REST_BITS."""
    if not abs(s) < inf:
        return s, 0.0
    mantissa, octaves = frexp(s)
    exponent += octaves
    low = ldexp(low, -octaves)
    side = s if s != 0.0 else low
    if exponent < _NOTHING:
        return copysign(0.0, side), copysign(_TINY if side != 0.0 else 0.0, side)
    side = low
    if exponent >= _SUBNORMAL or s == 0.0:
        exponent = min(exponent, 1100)
        nearest, left = ldexp(mantissa, exponent), ldexp(low, exponent + REST_BITS)
    else:
        # in units of the last subnormal, rounded once, to even if nothing is left on either side of the tie
        units = ldexp(mantissa, exponent + 1074)
        whole = np.rint(units)
        if abs(units - whole) == 0.5 and (units - whole) * low > 0.0:
            whole += 2.0 * (units - whole)
        fraction = units - whole
        nearest, left = whole * _TINY, ldexp(fraction + ldexp(low, exponent + 1074), REST_BITS - 1074)
        side = fraction if fraction != 0.0 else low
    return nearest, _signed(left, side)


@compiled((*OPERAND, int64, *[float64[::1]] * 4))
def _ends(
    hi: Array, lo: Array, rest: Array, err: Array, exponent: Integers, sign: int,
    low: Array, low_left: Array, high: Array, high_left: Array,
) -> None:  # fmt: skip
    far = 0
    for i in range(hi.size):
        margin = besides(rest[i], err[i]) * MORE if err[i] > 0.0 else 0.0
        below, below_left = _end(hi[i], lo[i], rest[i] - margin, sign)
        above, above_left = _end(hi[i], lo[i], rest[i] + margin, sign)
        near = abs(exponent[i]) <= _NORMAL
        far += 0 if near else 1
        scale = two_to(exponent[i] if near else 0)
        more = two_to(exponent[i] + REST_BITS if near else 0)
        low[i], high[i] = below * scale, above * scale
        low_left[i] = _signed(below_left * more, below_left)
        high_left[i] = _signed(above_left * more, above_left)
    if far:
        for i in range(hi.size):
            if abs(exponent[i]) > _NORMAL:
                low[i], low_left[i] = _in_doubles(low[i], low_left[i], exponent[i])
                high[i], high_left[i] = _in_doubles(high[i], high_left[i], exponent[i])


def ends(*parts: Any, sign: int) -> Parts:
    """Both ends of what the bound allows, each as the nearest doubles and what they leave."""
    shape = shape_of(parts)
    result = tuple(np.empty(shape) for _ in range(4))
    arguments: list[Any] = [*flattened(parts, shape), sign, *(part.reshape(-1) for part in result)]
    _ends(*arguments)
    return result
