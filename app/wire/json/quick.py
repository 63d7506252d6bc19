"""Messages as simdjson reads them: the numbers of a tensor as one buffer, without Python floats.

The buffer (pysimdjson's `as_buffer`) is flat whatever the nesting was, so the shape comes from the lengths
of the lists. Whatever this module can't settle, right or wrong, is for `careful`: `decode` returns None.
"""

import math
import threading
from collections.abc import Collection
from itertools import chain
from typing import Any

import numpy as np
from simdjson import Array, Object, Parser

from app.wire.json.careful import MAX_MEMBERS, MAX_RANK, NEGATIVE_ZERO, most_values

UNSETTLED = (ValueError, TypeError, RuntimeError)
"""What simdjson raises for bodies that are no JSON, and for numbers and lists that are not as asked for."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _Memory(threading.local):
    """A thread's parser, whose memory is used again; it refuses while anything of its last document lives."""

    def __init__(self) -> None:
        self.parser = Parser()


_memory = _Memory()


def decode(
    body: bytes, tensors: Collection[str], nullable: Collection[str], max_elements: int
) -> dict[str, Any] | None:
    """Read the message, or return None; the arguments are those of app.wire.json.decode."""
    try:
        document = _memory.parser.parse(body)
        if type(document) is not Object or body.startswith(_BYTE_ORDER_MARK):
            return None
        return _message(document, body, tensors, nullable, max_elements)
    except UNSETTLED:
        return None


def _message(
    document: Object, body: bytes, tensors: Collection[str], nullable: Collection[str], max_elements: int
) -> dict[str, Any] | None:
    if len(document) > MAX_MEMBERS or (
        len(body) > max_elements and len(body) > most_values(tensors, max_elements)
    ):
        return None
    message: dict[str, Any] = {}
    lists = 0
    zeros = False
    for key in document:
        if key in message or "\0" in key:  # simdjson finds the first of a name, and ends names at a NUL
            return None
        value: Any = document[key]
        if type(value) is Array and key in tensors:
            shape, lists_inside = _shape(value)
            if math.prod(shape) > max_elements:
                return None
            value = np.ndarray(shape, np.float64, value.as_buffer(of_type="d"))
            lists += lists_inside
            zeros = zeros or np.count_nonzero(value) < value.size
        elif key in tensors and not (value is None and key in nullable):
            return None
        elif type(value) is Object:
            value = value.as_dict()
            if dict in map(type, value.values()):
                return None
            zeros = zeros or 0 in value.values()
        else:
            zeros = zeros or value == 0
        message[key] = value
    # Other lists than those whose lengths were seen may be items of a tensor, and not of one length.
    if body.count(b"[") != lists or (zeros and NEGATIVE_ZERO.search(body)):
        return None
    return message


def _shape(tensor: Array) -> tuple[list[int], int]:
    """Give the shape of a nested list, and of how many lists it consists if none stands beside a number.

    Raises UNSETTLED if lists side by side differ in length, and if a number stands where a list could.
    """
    shape: list[int] = []
    level: list[Any] = [tensor]
    lists = 0
    while len(shape) < MAX_RANK:
        length, *others = set(map(len, level))
        if others:
            raise ValueError
        shape.append(length)
        lists += len(level)
        if not length or type(level[0][0]) is not Array:
            return shape, lists
        level = list(chain.from_iterable(level))
    raise ValueError
