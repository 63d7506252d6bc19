"""Arrays of numbers written as nested lists, in one compiled pass; the numbers as orjson writes them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.compiled import compiled, inlined, leading_zeros, load8, store8
from app.wire.json.decimals import U, shortest

Text = NDArray[np.uint8]

MOST_BYTES: Final = 25
"""What a number and the comma before it take at most: -1.2345678901234567e-308."""
SPARE_BYTES: Final = 40
"""What is touched beyond the end of a number."""

_COMMA: Final = ord(",")
_POINT: Final = ord(".")
_MINUS: Final = ord("-")
_ZERO: Final = U(ord("0"))
_ZEROS: Final = U(0x3030303030303030)
_NOUGHT_POINT: Final = U(0x3030303030302E30)
"""0.000000, the first digit lowest."""
_TENS: Final = 10 ** np.arange(18, dtype=U)
_DIGITS: Final = 17
_NAN: Final = np.frombuffer(b'"NaN"', np.uint8)
_INFINITY: Final = np.frombuffer(b'"Infinity"', np.uint8)
_MINUS_INFINITY: Final = np.frombuffer(b'"-Infinity"', np.uint8)


@inlined
def _eight(number: np.uint64) -> np.uint64:
    """The eight digits of a number below 10**8, the first the lowest byte.

    Divided by 10000, 100 and 10 in one, two and four parts at once (P. Khuong, "How to print integers really
    fast", 2017); the factors are the quotients' reciprocals, exact enough for 4 and 2 digits.
    """
    upper = number // U(10000)
    fours = upper | (number - U(10000) * upper) << U(32)
    upper = fours * U(10486) >> U(20) & U(0x7F0000007F)
    twos = upper | (fours - U(100) * upper) << U(16)
    upper = twos * U(103) >> U(10) & U(0x000F000F000F000F)
    return upper | (twos - U(10) * upper) << U(8)


@inlined
def _seventeen(significand: np.uint64) -> tuple[np.uint64, np.uint64, np.uint64, int, int]:
    """The first digit, the next eight, the last eight; how many there are without trailing zeros, and with.

    Of a number from 1 to 10**17, followed by as many zeros as make 17 digits.
    """
    digits = (64 - leading_zeros(significand)) * 1233 >> 12  # log10(2)
    digits += significand >= _TENS[U(digits)]
    significand *= _TENS[U(_DIGITS - digits)]
    upper = significand // _TENS[8]
    first = upper // _TENS[8]
    middle, last = _eight(upper - first * _TENS[8]), _eight(significand - upper * _TENS[8])
    if last:
        return first, middle, last, _DIGITS - leading_zeros(last) // 8, digits
    return first, middle, last, _DIGITS - 8 - leading_zeros(middle) // 8, digits


@compiled("i8(u1[::1], i8, i8)")
def _exponent(text: Text, p: int, power: int) -> int:
    """Write an exponent; where it ends."""
    text[U(p)] = ord("e")
    text[U(p + 1)] = ord("+") if power > 0 else _MINUS
    p += 2
    power = abs(power)
    for unit in (100, 10, 1):
        if power >= unit:
            text[U(p)] = ord("0") + power // unit % 10
            p += 1
    return p


@compiled("i8(u1[::1], i8, i8, i8[::1])")
def _between(text: Text, p: int, index: int, lengths: NDArray[np.int64]) -> int:
    """Close the lists that end before the number `index`, and open as many; where that ends."""
    count = 0
    while count < lengths.size and index % lengths[count] == 0:
        count += 1
    text[U(p + count)] = _COMMA
    for _ in range(count):
        text[U(p)] = ord("]")
        text[U(p + count + 1)] = ord("[")
        p += 1
    return p + count + 1


@compiled("i8(u1[::1], i8, u8, b1)")
def _special(text: Text, p: int, fraction: np.uint64, negative: bool) -> int:
    """Write what is not finite; where it ends."""
    word = _NAN if fraction else _MINUS_INFINITY if negative else _INFINITY
    for letter in word:
        text[U(p)] = letter
        p += 1
    return p


@inlined
def _decimal(text: Text, p: int, significand: np.uint64, power: int, least: int, most: int) -> int:
    """Write significand * 10**power, without an exponent if the first digit's is in range; where it ends."""
    first, middle, last, length, digits = _seventeen(significand)
    power += digits - 1
    small = least <= power < 0
    if small:
        store8(text, p, _NOUGHT_POINT)
        p += 1 - power
    text[U(p)] = first + _ZERO
    store8(text, p + 1, middle | _ZEROS)
    store8(text, p + 9, last | _ZEROS)
    if small:
        return p + length
    whole = power + 1 if 0 <= power <= most else 1
    middle, last = load8(text, p + whole), load8(text, p + whole + 8)
    text[U(p + whole)] = _POINT
    store8(text, p + whole + 1, middle)
    store8(text, p + whole + 9, last)
    if 0 <= power <= most:
        return p + 1 + max(length, whole + 1)
    return _exponent(text, p + length + (length > 1), power)


@compiled("i8(u8[::1], b1, i8, i8[::1], u1[::1])")
def write(bits: NDArray[np.uint64], single: bool, start: int, lengths: NDArray[np.int64], text: Text) -> int:
    """Write numbers of an array, from `start` on, and the brackets between them; how many bytes that takes.

    `bits` are those of the doubles, or of float32 if `single`; `lengths` says how many numbers a list of each
    depth holds, the innermost first. `text` must have room for `most_bytes`.
    """
    fraction_bits, special, least, most = (23, 255, -6, 12) if single else (52, 2047, -5, 15)
    p = 0
    row = -(-start // lengths[0]) * lengths[0]
    for i in range(bits.size):
        if start + i < row:
            text[U(p)] = _COMMA
            p += 1
        else:
            row += lengths[0]
            if start + i:
                p = _between(text, p, start + i, lengths)
        fraction = bits[i] & ((U(1) << U(fraction_bits)) - U(1))
        rest = int(bits[i] >> U(fraction_bits))
        biased = rest & special
        if biased == special:
            p = _special(text, p, fraction, rest > special)
            continue
        text[U(p)] = _MINUS
        p += rest > special
        if biased == 0 and fraction == U(0):
            store8(text, p, _NOUGHT_POINT)
            p += 3
            continue
        exponent = max(biased, 1) - (special >> 1) - fraction_bits
        closer = bool(fraction == U(0)) and biased > 1
        significand, power = shortest(fraction | U(biased > 0) << U(fraction_bits), exponent, closer)
        p = _decimal(text, p, significand, power, least, most)
    return p


def most_bytes(count: int, lengths: NDArray[np.int64]) -> int:
    """How much room it takes to write so many numbers of an array of lists of these lengths."""
    brackets = 2 * (count // lengths + 1)
    return MOST_BYTES * count + int(brackets.sum()) + SPARE_BYTES
