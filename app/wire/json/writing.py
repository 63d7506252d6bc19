"""Messages written by orjson, long arrays a block at a time."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

# Elements to write in one go: about a millisecond, after which other threads get their turn.
_BLOCK = 1 << 15
# The one float32 (and its negative) among all 2^32 whose shortest decimal, 7.038531e-26, lies so near the
# midpoint of two float32 that reading it as float64 first rounds it onto the midpoint, and then away.
_DOUBLE_ROUNDED = np.uint32(0x15AE43FD).view(np.float32)


def encode(message: Mapping[str, Any]) -> bytes:
    """Write `message` as one JSON object, its keys in order, arrays as nested lists.

    NaN and infinities are written as strings. Arrays are of float64, float32, float16 or bfloat16 (integers
    work too); every number, read as float64 and rounded to the array's dtype, gives back the same bits.
    """
    encodable = {}
    for key, value in message.items():
        if type(value) is np.ndarray and value.size > _BLOCK:
            return b"".join(encode_pieces(message))
        encodable[key] = _encodable(value)
    return _dumps(encodable)


def encode_pieces(message: Mapping[str, Any]) -> Iterator[bytes | memoryview]:
    """Write what `encode` writes piece by piece, of a megabyte at most for arrays of numbers.

    Without the whole text in memory, and while the pieces before are on their way.
    """
    separator = b"{"
    for key, value in message.items():
        yield b"%s%s:" % (separator, orjson.dumps(key))
        if type(value) is np.ndarray and value.size > _BLOCK:
            yield from _blocks(value)
        else:
            yield _dumps(_encodable(value))
        separator = b","
    yield b"}" if message else b"{}"


def _blocks(array: NDArray[Any]) -> Iterator[bytes | memoryview]:
    """Write a nonempty array, several rows together where they are short."""
    row = array.size // len(array)
    separator = b"["
    if row > _BLOCK:
        for item in array:
            yield separator
            yield from _blocks(item)
            separator = b","
    else:
        step = _BLOCK // row
        for start in range(0, len(array), step):
            yield separator
            yield memoryview(_text(_plain(array[start : start + step])))[1:-1]
            separator = b","
    yield b"]"


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
