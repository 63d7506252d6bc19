"""Sums, products and quotients of wide values, compiled: one pass over the operands each.

An operand is hi + lo, within err of the exact mantissa, times 2**exponent. What an operation loses is told by
its own low parts, not as a share of the result: so a rest far below the last bit of a pair still decides on
which side of a midpoint a result lies.
"""

from __future__ import annotations

from math import frexp, ldexp
from typing import Any, Final

from numpy.typing import NDArray

from app.compiled import fma, inlined, ufunc

Out = NDArray[Any]

FREE: Final = 20
"""log2 of how far from 1 mantissas may be before they are brought back."""
FARTHEST: Final = 960
"""What is smaller by more octaves than this enters a sum with its sign only, as a number of about 2**-939: as
long as what it was added to is there, all that can matter is on which side of that the sum lies."""
_LOW: Final = 2.0 ** (-FREE)
_HIGH: Final = 2.0**FREE
_REST: Final = 2.0**-939
_OPEN: Final = 1.0 - 2.0**-30
_TINY: Final = 2.0**-1074
_GONE: Final = 2.0**-700
"""A sum so far below its terms has lost what they were added to."""
_DEEP: Final = 2.0**-900
"""Below it, what a product loses may underflow."""
_U: Final = 2.0**-53
_MORE: Final = 1.0 + 2.0**-40
"""Covers the roundings of a bound."""


@inlined
def two_sum(a: float, b: float) -> tuple[float, float]:
    """As errorfree's."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


@inlined
def _brought_back(hi: float, lo: float, err: float, exponent: int) -> tuple[float, float, float, int]:
    """The same number with a mantissa that is not far from 1."""
    if err != err:
        err = float("inf")  # 0 times a bound that is infinite
    if hi == 0.0 or _LOW <= abs(hi) <= _HIGH or not abs(hi) < float("inf"):
        return hi, lo, err, exponent
    shift = frexp(hi)[1]
    shift = min(max(shift, -FARTHEST), FARTHEST)
    scale = ldexp(1.0, -shift)
    if err > 0.0:
        err = err * scale + _TINY
    return hi * scale, lo * scale, err, exponent + shift


@inlined
def _laid(hi: float, lo: float, err: float, shift: int, beside: bool) -> tuple[float, float, float]:
    """A mantissa in units larger by -shift octaves, to be added to something of known size or not."""
    if shift == 0 or (hi == 0.0 and lo == 0.0 and err == 0.0):
        return hi, lo, err
    if shift >= -FARTHEST:
        scale = ldexp(1.0, shift)
        lost = 0.0
        if err > 0.0 or (lo != 0.0 and shift < -800):
            lost = err * scale + 2.0 * _TINY
        return hi * scale, lo * scale, lost
    if beside and abs(hi + lo) > err * _MORE:
        return (_REST if hi > 0.0 else -_REST), 0.0, _REST * _OPEN
    return 0.0, 0.0, (abs(hi) + err) * ldexp(1.0, -FARTHEST) + _TINY


@ufunc("dddldddl", "dddl")
def add(
    ahi: float, alo: float, aerr: float, aexp: int, bhi: float, blo: float, berr: float, bexp: int,
    hi: Out, lo: Out, err: Out, exponent: Out,
) -> None:  # fmt: skip
    """Laid to the larger exponent, that of a number which is 0 aside."""
    top = max(aexp, bexp)
    if ahi == 0.0 and alo == 0.0 and aerr == 0.0:
        top = bexp
    elif bhi == 0.0 and blo == 0.0 and berr == 0.0:
        top = aexp
    ah, al, ae = _laid(ahi, alo, aerr, aexp - top, abs(bhi) > 2.0 * berr)
    bh, bl, be = _laid(bhi, blo, berr, bexp - top, abs(ahi) > 2.0 * aerr)
    s, rest = two_sum(ah, bh)
    low, lost = two_sum(rest, al + bl)
    h, rest = two_sum(s, low)
    if h == 0.0:
        h = s  # -0 + 0 is +0
    bound = ae + be + abs(lost)
    if al != 0.0 and bl != 0.0:
        bound += 2.0 * _U * (abs(al) + abs(bl))
    if bound > 0.0:
        bound = bound * _MORE + _TINY
        if max(abs(h), bound) < _GONE * max(abs(ah), abs(bh)):
            bound = float("inf")
    hi[0], lo[0], err[0], exponent[0] = _brought_back(h, rest, bound, top)


@ufunc("dddldddl", "dddl")
def multiply(
    ahi: float, alo: float, aerr: float, aexp: int, bhi: float, blo: float, berr: float, bexp: int,
    hi: Out, lo: Out, err: Out, exponent: Out,
) -> None:  # fmt: skip
    """The products of the parts, whose own roundings are the error."""
    p = ahi * bhi
    rest = fma(ahi, bhi, -p)
    bound = 0.0
    if alo != 0.0 or blo != 0.0:
        first, second = ahi * blo, alo * bhi
        low, lost = two_sum(first, second)
        rest, more = two_sum(rest, low)
        bound = abs(fma(ahi, blo, -first)) + abs(fma(alo, bhi, -second)) + abs(lost) + abs(more)
        if alo != 0.0 and blo != 0.0:
            bound += abs(alo * blo) + _TINY
        if low != 0.0 and abs(low) < _DEEP:
            bound += 4.0 * _TINY
        p, rest = two_sum(p, rest)
    if aerr > 0.0 or berr > 0.0:
        bound += (abs(ahi) * berr + abs(bhi) * aerr) * _MORE + aerr * berr + 4.0 * _TINY
    if p == 0.0 and ((ahi == 0.0 and aerr == 0.0) or (bhi == 0.0 and berr == 0.0)):
        bound = 0.0 * (aerr + berr)
    hi[0], lo[0], err[0], exponent[0] = _brought_back(p, rest, bound * _MORE, aexp + bexp)


@ufunc("dddldddl", "dddl")
def divide(
    ahi: float, alo: float, aerr: float, aexp: int, bhi: float, blo: float, berr: float, bexp: int,
    hi: Out, lo: Out, err: Out, exponent: Out,
) -> None:  # fmt: skip
    """A quotient of the high parts, and one of what that leaves."""
    q = ahi / bhi
    rest = fma(-q, bhi, ahi)
    bound = 0.0
    size = abs(bhi)
    if alo != 0.0 or blo != 0.0:
        product = q * blo
        bound = 4.0 * _U * (abs(rest) + abs(alo) + abs(product)) / size + 8.0 * _TINY
        rest += alo - product
    correction = rest / bhi
    if rest != 0.0:
        bound += abs(correction) * (2.0 * _U + 2.0 * abs(blo) / size) + 8.0 * _TINY
    h, low = two_sum(q, correction)
    if aerr > 0.0 or berr > 0.0:
        own = aerr / size * _MORE
        share = berr / size
        # |1/(d + e) - 1/d| = e/(d (d + e)), and 1/(1 - s) <= 1 + 2s for s <= 1/2
        share = share * (1.0 + 2.0 * share) * _MORE if share <= 0.5 else float("inf")
        bound += own + share * (abs(h) + own) + 4.0 * _TINY
    hi[0], lo[0], err[0], exponent[0] = _brought_back(h, low, bound * _MORE, aexp - bexp)


@ufunc("dddl", "dddl")
def brought_back(
    hi: float, lo: float, err: float, exponent: int, new: Out, rest: Out, bound: Out, octaves: Out
) -> None:
    """The same numbers with mantissas that are not far from 1."""
    new[0], rest[0], bound[0], octaves[0] = _brought_back(hi, lo, err, exponent)
