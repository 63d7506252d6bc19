"""Long messages: their tensors are read by compiled loops, a megabyte at a time, in several threads.

A long tensor's text is cut out of the body, and cut at commas. The parts' numbers are read, and how many
lists open before each and close after it: that tells the shape, and whether there is one.
"""

import math
import re
from collections.abc import Collection, Iterator
from itertools import accumulate, pairwise
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from app.threads import spread
from app.wire.json import careful, scanning

PART = 1 << 20
"""Bytes to read in one go: a few milliseconds, so that threads share the work evenly."""

# Integers from here on stand for tensors in the message: unlike others, so that they are rarely sent.
_STAND_IN = 7_038_531_026_843_177
_KEY = re.compile(rb'"([^"\\]*)"\s*:\s*(?=\[)')
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_WORDS = re.compile(rb'(?:"(?:NaN|-?Infinity)"[^"]*+)*+')
_NUMBER = re.compile(rb"[-+.0-9eE]++")
_MAX_STRINGS = 10_000
_MAX_UNSETTLED = 10_000
_COMMA = ord(",")


class _Tensor(NamedTuple):
    """A list in the body, and the member that it is the value of."""

    key: str
    start: int
    end: int


class _Part(NamedTuple):
    """A part of a tensor's text, up to a comma or the last bracket, and which of its numbers it holds."""

    start: int
    stop: int
    numbers: slice


def decode(
    body: bytes | bytearray, tensors: Collection[str], nullable: Collection[str], max_elements: int
) -> dict[str, Any] | None:
    """Read the message, or return None; the arguments are those of app.wire.json.decode."""
    found = list(_find(body, {name.encode() for name in tensors}))
    if not 0 < len(found) <= len(tensors):  # found none, or a name twice
        return None
    try:
        arrays = [_array(body, tensor, max_elements) for tensor in found]
        text = _without(body, found)
        limit = careful.most_values(tensors, max_elements)
        if len(body) > limit and careful.count_values(text, [array.shape for array in arrays]) > limit:
            return None
        others = set(tensors).difference(tensor.key for tensor in found)
        message = careful.decode_members(text, others, nullable, max_elements)
    except ValueError:
        return None
    for stand_in, (tensor, array) in enumerate(zip(found, arrays, strict=True), _STAND_IN):
        value = message.get(tensor.key)
        if type(value) is not int or value != stand_in or text.count(b"%d" % stand_in) > 1:
            return None  # it was no member of the message, but of a member
        message[tensor.key] = array
    return message


def _find(body: bytes | bytearray, names: Collection[bytes]) -> Iterator[_Tensor]:
    """Find the lists that are values of members of these names, at any depth; gives up at what is no JSON."""
    position = 0
    for _ in range(_MAX_STRINGS):
        quote = body.find(b'"', position)
        if quote < 0:
            return
        key = _KEY.match(body, quote)
        if key and key[1] in names:
            position = _end_of_numbers(body, key.end())
            yield _Tensor(key[1].decode(), key.end(), body.rfind(b"]", key.end(), position) + 1)
        elif string := _STRING.match(body, quote):
            position = string.end()
        else:
            return


def _end_of_numbers(body: bytes | bytearray, start: int) -> int:
    """Find the first string that stands for no number."""
    quote = body.find(b'"', start)
    words = _WORDS.match(body, quote) if quote >= 0 else None
    return words.end() if words else len(body)


def _without(body: bytes | bytearray, found: list[_Tensor]) -> bytes:
    """Give the message with integers in place of the tensors."""
    pieces: list[bytes | bytearray] = []
    end = 0
    for stand_in, tensor in enumerate(found, _STAND_IN):
        pieces += body[end : tensor.start], b"%d" % stand_in
        end = tensor.end
    return b"".join((*pieces, body[end:]))


def _array(body: bytes | bytearray, tensor: _Tensor, max_elements: int) -> NDArray[np.float64]:
    """Read a tensor; raises ValueError."""
    if tensor.end < tensor.start:
        raise ValueError
    text = np.frombuffer(body, np.uint8)
    parts = _parts(body, text, tensor)
    size = parts[-1].numbers.stop
    if size > max_elements:
        raise ValueError
    values, opened = np.empty(size), np.empty(size, np.uint8)

    def read(part: _Part) -> int:
        bits = values.view(np.uint64)[part.numbers]
        return scanning.read(text, part.start, part.stop, bits, opened[part.numbers])

    closed = list(spread(read, parts))
    if -1 in closed:
        raise ValueError
    _settle(body, values, opened)
    closed[-1] += 1
    firsts = [int(opened[part.numbers.start] & ~scanning.EMPTY) for part in parts]
    if closed != [*firsts[1:], firsts[0]]:
        raise ValueError
    shape = _shape(opened)
    return values[: math.prod(shape)].reshape(shape)


def _parts(body: bytes | bytearray, text: NDArray[np.uint8], tensor: _Tensor) -> list[_Part]:
    """Cut the text of a tensor at commas."""
    last = tensor.end - 1
    cuts = [tensor.start - 1]
    while last - cuts[-1] > PART:
        cut = body.find(b",", cuts[-1] + PART, last)
        if cut < 0:
            break
        cuts.append(cut)
    cuts.append(last)
    bounds = [(before + 1, stop) for before, stop in pairwise(cuts)]
    counts = spread(lambda bound: int(np.count_nonzero(text[slice(*bound)] == _COMMA)) + 1, bounds)
    ends = list(accumulate(counts, initial=0))
    return [_Part(*bound, slice(*numbers)) for bound, numbers in zip(bounds, pairwise(ends), strict=True)]


def _settle(body: bytes | bytearray, values: NDArray[np.float64], opened: NDArray[np.uint8]) -> None:
    """Read the few numbers of so many digits that the compiled loop left their places."""
    unsettled = np.flatnonzero(opened & scanning.UNSETTLED)
    if unsettled.size > _MAX_UNSETTLED:
        raise ValueError
    for index in unsettled:
        number = cast(re.Match[bytes], _NUMBER.match(body, values[index].view(np.int64)))
        values[index] = float(number[0])
    if not np.isfinite(values[unsettled]).all():
        raise ValueError
    opened[unsettled] ^= scanning.UNSETTLED


def _shape(opened: NDArray[np.uint8]) -> tuple[int, ...]:
    """Give the shape of the tensor before whose numbers so many lists open; ValueError if there is none."""
    empty = opened & scanning.EMPTY
    if empty.any():
        if not empty.all():
            raise ValueError
        return *_shape(opened ^ empty)[:-1], 0
    rank, size = int(opened[0]), opened.size
    if not 0 < rank <= careful.MAX_RANK:
        raise ValueError
    lengths = [1]  # how many numbers there are in one, in a list of numbers, in a list of those ...
    for depth in range(1, rank + 1):
        begins = opened >= depth
        length, rest = divmod(size, int(np.count_nonzero(begins)))
        if rest or not begins[::length].all():
            raise ValueError
        lengths.append(length)
    if length < size:  # the outermost list opens more than once
        raise ValueError
    return tuple(outer // inner for inner, outer in pairwise(lengths))[::-1]
