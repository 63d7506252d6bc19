"""The numbers and brackets in a nested list's text, found in one compiled pass (RFC 8259, sections 5 and 6).

No index is checked by Numba. Every loop here moves on by a byte only if that byte is what it looks for, which
a comma and a closing bracket are not, or if it has not come to `stop`, where one of them stands.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.compiled import compiled, inlined, leading_zeros, load8
from app.wire.json.decimals import INFINITY, U, nearest

Text = NDArray[np.uint8]

UNSETTLED: Final = np.uint8(0x80)
"""Set in `opened` where the text of a number is too long to be read here; its place stands for its bits."""

EMPTY: Final = np.uint8(0x40)
"""Set in `opened` where there is an empty list instead of a list of numbers; it counts as one number."""

_COMMA: Final = ord(",")
_POINT: Final = ord(".")
_MINUS: Final = ord("-")
_QUOTE: Final = ord('"')
_ZERO: Final = ord("0")
_MOST_BRACKETS: Final = 0x3F
_MOST_DIGITS: Final = 19
"""So many digits always are less than 2**64."""
_LARGE_EXPONENT: Final = 10**12
"""An exponent from here on outweighs all digits that fit into memory."""
_SIGN: Final = U(1 << 63)
_NAN: Final = np.float64(np.nan).view(U)
_TENS: Final = 10 ** np.arange(9, dtype=U)
_NAN_LETTERS: Final = np.frombuffer(b"NaN", np.uint8)
_INFINITY_LETTERS: Final = np.frombuffer(b"Infinity", np.uint8)


@inlined
def _brackets(text: Text, p: int, stop: int, bracket: int) -> tuple[int, int]:
    """Pass brackets and white space: where they end, and how many brackets they are."""
    count = 0
    while True:
        byte = text[U(p)]
        if byte == bracket and p < stop:
            count += 1
        elif byte > 0x20 or (byte != 0x20 and byte != 0x0A and byte != 0x0D and byte != 0x09):
            return p, min(count, _MOST_BRACKETS)
        p += 1


@inlined
def _is_digit(text: Text, p: int) -> bool:
    return bool(np.uint8(text[U(p)] - _ZERO) <= np.uint8(9))


@inlined
def _word(text: Text, p: int, quoted: bool, negative: bool) -> tuple[int, np.uint64]:
    """Read NaN or Infinity, and the quote behind it: where it ends, -1 if it is neither, and its bits."""
    letters, value = _INFINITY_LETTERS, INFINITY
    if text[U(p)] == _NAN_LETTERS[0] and not negative:
        letters, value = _NAN_LETTERS, _NAN
    for letter in letters:
        if text[U(p)] != letter:
            return -1, value
        p += 1
    if quoted:
        if text[U(p)] != _QUOTE:
            return -1, value
        p += 1
    return p, value


@inlined
def _eight(digits: np.uint64) -> np.uint64:
    """The number of eight digits, the first the lowest byte: the sums of two, four, and eight.

    As in D. Lemire, "Quickly parsing eight digits" (2018).
    """
    pairs = digits * U(10) + (digits >> U(8))
    first, second = pairs & U(0xFF000000FF), pairs >> U(16) & U(0xFF000000FF)
    return (first * U(100 + (1000000 << 32)) + second * U(1 + (10000 << 32))) >> U(32)


@inlined
def _digits(text: Text, p: int, significand: np.uint64) -> tuple[int, np.uint64]:
    """Pass digits, eight at a time: where they end, and the significand with them appended, modulo 2**64."""
    while p + 8 <= text.size:
        # bytes that are digits become less than 10, the others get their upper bit set
        word = load8(text, p) ^ U(0x3030303030303030)
        others = ((word + U(0x7676767676767676)) | word) & U(0x8080808080808080)
        if others:
            count = 7 - leading_zeros(others & (~others + U(1))) // 8
            # 64 - 8 * count bits to the left: more than one shift may be of
            return p + count, significand * _TENS[U(count)] + _eight(word << U(8) << U(56 - 8 * count))
        significand = significand * _TENS[8] + _eight(word)
        p += 8
    while _is_digit(text, p):
        significand = significand * U(10) + U(text[U(p)] - _ZERO)
        p += 1
    return p, significand


@inlined
def _exponent(text: Text, p: int) -> tuple[int, int]:
    """Read what follows an e: where that ends, -1 if it is no exponent, and its value, cut off."""
    negative = text[U(p)] == _MINUS
    p += negative or text[U(p)] == ord("+")
    start = p
    power = 0
    while _is_digit(text, p):
        power = min(power * 10 + int(text[U(p)] - _ZERO), _LARGE_EXPONENT)
        p += 1
    return p if p > start else -1, -power if negative else power


@compiled("Tuple((u8, b1))(Array(u1, 1, 'C', readonly=True), i8, i8, i8)")
def _long(text: Text, start: int, end: int, power: int) -> tuple[np.uint64, bool]:
    """Read a number of many digits: its bits, and whether the digits beyond 19 don't matter."""
    significand = U(0)
    taken = 0
    fraction = dropped = False
    for p in range(start, end):
        if text[U(p)] == _POINT:
            fraction = True
        elif taken < _MOST_DIGITS:
            significand = significand * U(10) + U(text[U(p)] - _ZERO)
            taken += significand != U(0)
            power -= fraction
        else:
            dropped = True
            power += not fraction
    bits = nearest(significand, power)
    return bits, not dropped or nearest(significand + U(1), power) == bits


@inlined
def _number(text: Text, p: int) -> tuple[int, np.uint64, bool]:
    """Read a number without its sign: where it ends, -1 if it can't be one, its bits, and if it has those."""
    start = p
    significand = U(0)
    while _is_digit(text, p):
        significand = significand * U(10) + U(text[U(p)] - _ZERO)
        p += 1
    if text[U(start)] == _ZERO and p - start > 1:
        return -1, significand, True
    exponent = 0
    if text[U(p)] == _POINT:
        point = p
        p, significand = _digits(text, p + 1, significand)
        exponent = point + 1 - p
        if exponent == 0:
            return -1, significand, True
    end = p
    power = 0
    if text[U(p)] | 0x20 == ord("e"):
        p, power = _exponent(text, p + 1)
    settled = True
    if end - start <= _MOST_DIGITS:
        bits = nearest(significand, exponent + power)
    else:
        bits, settled = _long(text, start, end, power)
    if bits == INFINITY:
        return -1, bits, True
    return p, bits, settled


@inlined
def _value(text: Text, p: int) -> tuple[int, np.uint64, bool]:
    """Read a number, or a word for one: where it ends, -1 if it is neither, its bits, and if it has those."""
    quoted = text[U(p)] == _QUOTE
    p += quoted
    negative = text[U(p)] == _MINUS
    p += negative
    settled = True
    if quoted or not _is_digit(text, p):
        p, value = _word(text, p, quoted, negative)
    else:
        p, value, settled = _number(text, p)
    return p, value | _SIGN if negative else value, settled


@compiled("i8(Array(u1, 1, 'C', readonly=True), i8, i8, u8[::1], u1[::1])")
def read(text: Text, start: int, stop: int, bits: NDArray[np.uint64], opened: Text) -> int:
    """Read as many numbers from start to stop as `bits` has places; how many brackets close after the last.

    -1 if that is not what there is, or not as many lists open before a number as close after its predecessor.
    text[stop] must be a comma or a closing bracket. `bits` becomes the numbers' as doubles, `opened` how many
    lists open right before each (of more than 63, that); both of length n.
    """
    closed = -1
    p = start
    for i in range(bits.size):
        p, opened[i] = _brackets(text, p, stop, ord("["))
        if i and opened[i] != closed:
            return -1
        if opened[i] and text[U(p)] == ord("]"):
            opened[i] |= EMPTY
        else:
            first = p
            p, bits[i], settled = _value(text, p)
            if p < 0:
                return -1
            if not settled:
                bits[i] = U(first)
                opened[i] |= UNSETTLED
        p, closed = _brackets(text, p, stop, ord("]"))
        if i + 1 < bits.size:
            if p == stop or text[U(p)] != _COMMA:
                return -1
            p += 1
    return closed if p == stop else -1
