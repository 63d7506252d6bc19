"""Messages written by orjson, but for long arrays, which compiled loops write in several threads."""

import math
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from app.threads import processors, spread
from app.wire.json.printing import most_bytes, write

# Elements to write in one go: about a millisecond. What is longer is shared by threads.
_BLOCK = 1 << 15
_SHARES = 2
# What orjson writes as it is, or refuses; the tuples are shapes.
_PLAIN = frozenset({str, int, bool, tuple})
# What orjson may have written for a number that is not finite.
_NULL = re.compile(b"null")
# The one float32 (and its negative) among all 2^32 whose shortest decimal, 7.038531e-26, lies so near the
# midpoint of two float32 that reading it as float64 first rounds it onto the midpoint, and then away.
_DOUBLE_ROUNDED = np.uint32(0x15AE43FD).view(np.float32)


def encode(message: Mapping[str, Any]) -> bytes:
    """Write `message` as one JSON object, its keys in order, arrays as nested lists.

    NaN and infinities are written as strings. Arrays are of float64, float32, float16 or bfloat16 (integers
    work too); every number, read as float64 and rounded to the array's dtype, gives back the same bits.
    """
    for value in message.values():
        kind = type(value)
        if kind is np.ndarray and value.size <= _BLOCK and value.dtype == np.float64:
            continue
        if kind not in _PLAIN:
            break
    else:
        try:
            text = orjson.dumps(message, option=orjson.OPT_SERIALIZE_NUMPY)
        except orjson.JSONEncodeError:
            pass
        else:
            if not _NULL.search(text):
                return text
    return b"".join(encode_pieces(message))


def encode_pieces(message: Mapping[str, Any]) -> Iterator[bytes | memoryview]:
    """Write what `encode` writes, long arrays in pieces of less than a megabyte, made by several threads."""
    separator = b"{"
    for key, value in message.items():
        yield b"%s%s:" % (separator, orjson.dumps(key))
        if _is_long(value):
            yield from _blocks(value)
        else:
            yield _dumps(_encodable(value))
        separator = b","
    yield b"}" if message else b"{}"


def _is_long(value: Any) -> bool:
    return type(value) is np.ndarray and value.size > _BLOCK and value.dtype.kind in "fV"


def _blocks(array: NDArray[Any]) -> Iterator[bytes | memoryview]:
    """Write an array of floating-point numbers, in shares that are each written a block at a time."""
    numbers = array.ravel() if array.flags.c_contiguous else array.flat
    lengths = np.cumprod(array.shape[:0:-1] or array.shape)
    share = -(-array.size // (_SHARES * processors()))
    starts = range(0, array.size, share)
    # One buffer: NumPy lets large ones have huge pages, and faults of small ones cost half as much as digits.
    texts = np.empty((len(starts), most_bytes(share, lengths)), np.uint8)

    def pieces(index: int) -> list[memoryview]:
        text, found = texts[index], []
        stop = min(starts[index] + share, array.size)
        for start in range(starts[index], stop, _BLOCK):
            block = _plain(numbers[start : min(start + _BLOCK, stop)])
            length = write(*_bits(block), start, lengths, text)
            found.append(text[:length].data)
            text = text[length:]
        return found

    yield b"[" * array.ndim
    yield from chain.from_iterable(spread(pieces, range(len(starts))))
    yield b"]" * array.ndim


def _bits(block: NDArray[Any]) -> tuple[NDArray[np.uint64], bool]:
    """Give the bits of the numbers as doubles or as float32, and whether it is the latter."""
    if block.dtype == np.float64:
        return block.view(np.uint64), False
    return block.astype(np.float32, copy=False).view(np.uint32).astype(np.uint64), True


def _dumps(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)


def _encodable(value: Any) -> Any:
    """Replace everything in `value` that orjson would refuse, or would write as null."""
    if isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else orjson.Fragment(str(value))
    if isinstance(value, np.ndarray):
        array = _plain(value)
        return array if array.ndim and _all_finite(array) else orjson.Fragment(_text(array))
    if isinstance(value, (float, np.floating)):
        return value if math.isfinite(value) else _word(float(value))
    if isinstance(value, (list, tuple)):
        return [_encodable(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _encodable(item) for key, item in value.items()}
    return value


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    """Make of the array one that orjson writes, and of whose decimals the same bits can be made."""
    array = np.asarray(array, order="C")
    if array.dtype.kind == "V":  # bfloat16, which NumPy itself does not know
        return array.astype(np.float32)
    if array.dtype == np.float32 and np.count_nonzero(np.abs(array) == _DOUBLE_ROUNDED):
        return array.astype(np.float64)
    return array


def _all_finite(array: NDArray[Any]) -> bool:
    return int(np.count_nonzero(np.isfinite(array))) == array.size  # for small arrays faster than .all()


def _text(array: NDArray[Any]) -> bytes:
    """Write the array as JSON; where orjson says null for a number that is not finite, put its word."""
    if array.ndim == 0:
        return _text(array.reshape(1))[1:-1]
    text = _dumps(array)
    special = array[~np.isfinite(array)]
    if not special.size:
        return text
    pieces = [b""] * (2 * special.size + 1)
    pieces[::2] = text.split(b"null")
    infinities = np.where(np.signbit(special), b'"-Infinity"', b'"Infinity"')
    pieces[1::2] = np.where(np.isnan(special), b'"NaN"', infinities).tolist()
    return b"".join(pieces)


def _word(number: float) -> str:
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
