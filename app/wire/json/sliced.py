"""Long messages, read in slices: other threads get their turn in between, and memory stays small.

A long tensor's text is cut out of the body. Its brackets and commas alone tell its shape; its numbers are
parsed a hundred kilobytes at a time. A slice ends at a comma, and gets the brackets that it lacks, so
that it is a list of its own: if all slices are lists of numbers, and brackets and commas stand as in a
regular tensor, and there are as many numbers as that has places, then every number is at its place.
"""

import math
import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from simdjson import Parser

from app.wire.json import careful, quick

SLICE = 1 << 17
"""Bytes to parse in one go: as fast as any size, within the cache, and well below a millisecond."""

# Integers from here on stand for tensors in the message: unlike others, so that they are rarely sent.
_STAND_IN = 7_038_531_026_843_177
_KEY = re.compile(rb'"([^"\\]*)"\s*:\s*(?=\[)')
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_WORDS = re.compile(rb'(?:"(?:NaN|-?Infinity)"[^"]*+)*+')
_MAX_STRINGS = 10_000
# What there is in a tensor's text between its brackets and commas.
_BETWEEN = b' \t\r\n0123456789+-.eE"NaInfinity'
# Bytes from which a row of numbers counts as long.
_LONG_ROW = 512
_COMMA = ord(",")


class _Tensor(NamedTuple):
    """A list in the body, and the member that it is the value of."""

    key: str
    start: int
    end: int


class _Slice(NamedTuple):
    """A part of a tensor's text, how many lists are open before and after it, its brackets and commas."""

    start: int
    end: int
    open_before: int
    open_after: int
    structure: bytes

    def text(self, body: bytes) -> bytes:
        """Give the slice as a list of its own."""
        part = memoryview(body)[self.start : self.end]
        return b"".join((b"[" * self.open_before, part, b"]" * self.open_after))


def decode(
    body: bytes, tensors: Collection[str], nullable: Collection[str], max_elements: int
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
    except quick.UNSETTLED:
        return None
    for stand_in, (tensor, array) in enumerate(zip(found, arrays, strict=True), _STAND_IN):
        value = message.get(tensor.key)
        if type(value) is not int or value != stand_in or text.count(b"%d" % stand_in) > 1:
            return None  # it was no member of the message, but of a member
        message[tensor.key] = array
    return message


def _find(body: bytes, names: Collection[bytes]) -> Iterator[_Tensor]:
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


def _end_of_numbers(body: bytes, start: int) -> int:
    """Find the first string that stands for no number."""
    quote = body.find(b'"', start)
    words = _WORDS.match(body, quote) if quote >= 0 else None
    return words.end() if words else len(body)


def _without(body: bytes, found: list[_Tensor]) -> bytes:
    """Give the message with integers in place of the tensors."""
    pieces: list[bytes] = []
    end = 0
    for stand_in, tensor in enumerate(found, _STAND_IN):
        pieces += body[end : tensor.start], b"%d" % stand_in
        end = tensor.end
    return b"".join((*pieces, body[end:]))


def _array(body: bytes, tensor: _Tensor, max_elements: int) -> NDArray[np.float64]:
    """Read a tensor; raises one of quick.UNSETTLED."""
    slices = list(_slices(body, tensor))
    shape = _shape(b",".join(piece.structure for piece in slices))
    size = math.prod(shape)
    if size > max_elements:
        raise ValueError
    values = np.empty(size)
    parser = Parser()
    filled = 0
    for piece in slices:
        numbers = _numbers(parser, piece.text(body))
        values[filled : filled + len(numbers)] = numbers
        filled += len(numbers)
    if filled != size:
        raise ValueError
    return values.reshape(shape)


def _slices(body: bytes, tensor: _Tensor) -> Iterator[_Slice]:
    """Cut the text of a tensor at commas."""
    start, depth = tensor.start, 0
    while start < tensor.end:
        end = tensor.end if tensor.end - start <= SLICE else body.rfind(b",", start, start + SLICE)
        if end < 0:
            raise ValueError
        structure = _structure(body, start, end)
        deeper = depth + structure.count(b"[") - structure.count(b"]")
        yield _Slice(start, end, depth, deeper, structure)
        start, depth = end + 1, deeper


def _structure(body: bytes, start: int, end: int) -> bytes:
    """Give the brackets and commas of a part of the body, in order."""
    first = body.find(b"]", start, end)
    if first >= 0 and body.find(b"]", first + 1, first + _LONG_ROW) >= 0:
        return body[start:end].translate(None, _BETWEEN)
    # Where rows are long, jumping from bracket to bracket and counting commas in between costs a third.
    commas = np.frombuffer(body, np.uint8, end - start, start) == _COMMA
    parts: list[bytes] = []
    position = start
    for _ in range((end - start) // _LONG_ROW):
        closing = body.find(b"]", position, end)
        row_end = end if closing < 0 else closing
        row = max(position, body.rfind(b"[", position, row_end) + 1)
        parts.append(body[position:row].translate(None, _BETWEEN))
        parts.append(b"," * int(np.count_nonzero(commas[row - start : row_end - start])))
        if closing < 0:
            return b"".join(parts)
        parts.append(b"]")
        position = closing + 1
    return body[start:end].translate(None, _BETWEEN)  # the rows were not so long after all


def _shape(structure: bytes) -> tuple[int, ...]:
    """Give the shape of the tensor with these brackets and commas; raises ValueError if there is none."""
    rank = len(structure) - len(structure.lstrip(b"["))
    if rank > careful.MAX_RANK:
        raise ValueError
    item = b""  # the structure of one item of the lists that `depth` brackets close
    shape: tuple[int, ...] = ()
    for depth in range(1, rank + 1):
        # Of the lists of this depth, the first ends where as many brackets close, the outermost at the end.
        closing = structure.find(b"]" * depth) if depth < rank else len(structure) - rank
        count = (closing + 2 * depth - 1 - rank) // (len(item) + 1)
        item = b"[" + ((item + b",") * count)[:-1] + b"]"
        shape = (count, *shape)
    if item != structure:
        raise ValueError
    return shape


def _numbers(parser: Parser, text: bytes) -> NDArray[np.float64]:
    try:
        return quick.numbers(parser, text)
    except quick.UNSETTLED:
        return careful.numbers(text)
