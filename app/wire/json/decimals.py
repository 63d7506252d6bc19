"""Decimals and doubles: the double nearest to a decimal, and the shortest decimal nearest to a double.

Both directions multiply by a power of ten of 128 bits, from one table.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.compiled import compiled, inlined, leading_zeros, umulh

U: Final = np.uint64

INFINITY: Final = U(0x7FF << 52)
"""The bits of a double."""

_LEAST: Final = -342
"""19 digits times a lower power of ten are less than half the smallest double."""
_MOST: Final = 324
_EXACT: Final = 55
"""5**55 has 128 bits."""
_EXACT_QUOTIENT: Final = -27
"""5**27 is the last power to divide a significand of 64 bits: down to here, decimals may be midpoints."""

_HALF: Final = U(1 << 63)
_TEN: Final = U(10 << 60)


def _powers() -> NDArray[np.uint64]:
    """10**_LEAST to 10**_MOST, shape (n, 2): the first 64 bits of each, and the next.

    Truncated, but rounded up from _EXACT_QUOTIENT to -1 (Lemire 2021, section 7).
    """
    powers = []
    for exponent in range(_LEAST, _MOST + 1):
        power = 5 ** abs(exponent)
        bits = power.bit_length()
        if exponent < 0:
            power = (1 << bits + 127) // power + (exponent >= _EXACT_QUOTIENT)
        else:
            power = power << 128 >> bits
        powers.append((power >> 64, power & (2**64 - 1)))
    return np.array(powers, U)


_POWERS: Final = _powers()


@compiled("u8(u8, i8)")
def nearest(significand: np.uint64, exponent: int) -> np.uint64:
    """The bits of the double nearest to significand * 10**exponent, ties to even; INFINITY beyond them.

    D. Lemire, "Number parsing at a gigabyte per second" (2021), Software: Practice and Experience 51(8),
    algorithm 1 (Eisel-Lemire); that its product never needs more bits than these is proved by N. Mushtak
    and D. Lemire, "Fast number parsing without fallback" (2023), SPE 53(7).
    """
    if significand == U(0) or exponent < _LEAST:
        return U(0)
    if exponent > 308:
        return INFINITY
    zeros = leading_zeros(significand)
    significand <<= U(zeros)
    power = _POWERS[U(exponent - _LEAST)]
    high, low = umulh(significand, power[0]), significand * power[0]
    if high & U(0x1FF) == U(0x1FF):  # the next bits of the power may carry into those that count
        carry = umulh(significand, power[1])
        low += carry
        high += U(low < carry)
    upper = high >> U(63)
    fraction = high >> (upper + U(9))  # 54 bits: one more than a double's
    biased = (217706 * exponent >> 16) + np.int64(upper) - zeros + 1086
    if biased <= 0:
        fraction = fraction >> U(1 - biased) if biased > -63 else U(0)
        return (fraction + (fraction & U(1))) >> U(1)
    if (
        low <= U(1)
        and -4 <= exponent <= 23
        and fraction & U(3) == U(1)
        and fraction << (upper + U(9)) == high
    ):
        fraction -= U(1)  # a midpoint, and the lower neighbour is even
    # a carry out of the fraction counts up the exponent
    bits = ((fraction + (fraction & U(1))) >> U(1)) + (U(biased - 1) << U(52))
    return min(bits, INFINITY)


@inlined
def _scale(exponent: int, closer: bool) -> tuple[int, np.uint64]:
    """The last power of ten that is at most 2**exponent, or 3/4 of it if the neighbour below is closer.

    As its exponent, and how far to shift a significand so that the table's power makes it multiples of that.
    """
    tens = (exponent * 1262611 - (524031 if closer else 0)) >> 22
    return tens, U(exponent + (-tens * 1741647 >> 19) + 1)


@inlined
def _to_odd(power: NDArray[np.uint64], increment: np.uint64, factor: np.uint64) -> np.uint64:
    """The upper 64 bits of a product, the last one set if there is more below than the table's error."""
    low = power[1] + increment
    middle, carry = power[0] * factor, umulh(low, factor)
    middle += carry
    return umulh(power[0], factor) + U(middle < carry) | U(middle > U(1))


@compiled("Tuple((u8, i8))(u8, i8, b1)")
def _schubfach(significand: np.uint64, exponent: int, closer: bool) -> tuple[np.uint64, int]:
    """What `shortest` gives, always.

    R. Giulietti, "The Schubfach way to render doubles" (2021), figure 7; the table's powers are exact or too
    small by less than their last bit, his are exact or too large by that.
    """
    tens, shift = _scale(exponent, closer)
    power = _POWERS[U(-tens - _LEAST)]
    increment = U(not _EXACT_QUOTIENT <= -tens <= _EXACT)
    odd = significand & U(1)
    centre = significand << U(2)
    lower = _to_odd(power, increment, (centre - U(2) + U(closer)) << shift) + odd
    value = _to_odd(power, increment, centre << shift)
    upper = _to_odd(power, increment, (centre + U(2)) << shift) - odd
    units = value >> U(2)
    ten = units // U(10) * U(10)
    below, above = lower <= U(4) * ten, U(4) * ten + U(40) <= upper
    if below != above:
        return ten + U(10) * U(above), tens
    below, above = lower <= U(4) * units, U(4) * units + U(4) <= upper
    middle = U(4) * units + U(2)
    nearer = value > middle or (value == middle and units & U(1) != U(0))
    return units + U(above if below != above else nearer), tens


@compiled("Tuple((u8, i8))(u8, i8, b1)")
def shortest(significand: np.uint64, exponent: int, closer: bool) -> tuple[np.uint64, int]:
    """The decimal of the fewest digits that rounds to significand * 2**exponent; of several, the nearest.

    As (m, n), where it is m * 10**n; m may end in zeros. `closer`: the neighbour below is half as far as that
    above. One product settles all but about one in 2**57, as in Y. Guo's yyjson and V. Zverovich's Żmij.
    """
    tens, shift = _scale(exponent, closer)
    power = _POWERS[U(-tens - _LEAST)]
    factor = significand << shift
    carry, fraction = umulh(power[1], factor), power[0] * factor
    fraction += carry
    units = umulh(power[0], factor) + U(fraction < carry)
    # from the last multiple of ten, and half of what lies between neighbours, both in 2**-60, truncated
    ones = units % U(10)
    past = ones << U(60) | fraction >> U(4)
    half = power[0] >> (U(5) - shift)
    down, up = half - past, past + half - _TEN
    if closer or fraction == _HALF or down + U(2) <= U(4) or up + U(2) <= U(4):
        return _schubfach(significand, exponent, closer)
    rounded = units + U(fraction > _HALF)
    rounded = units - ones + U(10) if past + half > _TEN else rounded
    return units - ones if half > past else rounded, tens
