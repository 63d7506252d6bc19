"""Messages read by orjson and Python's json, level by level: every body is settled, every refusal worded.

orjson is fast, but it knows no bare tokens, reads the integer -0 as 0 and does not say where a number
beyond float64 is; what it can't settle goes to Python's json.
"""

import json
import math
import re
from collections.abc import Collection, Iterable
from itertools import chain
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from app.wire.errors import InvalidMessage, InvalidTensor, Location, Malformed, TooLarge

MAX_RANK = 32
"""The deepest nesting of lists that is still a tensor (contract section 2)."""
MAX_MEMBERS = 1_000
NEGATIVE_ZERO = re.compile(rb"-0[\s,\]}]")
"""Finds the integer -0, whose sign is lost where integers are read as integers."""
WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
# Values besides the tensors' elements that a message of the largest allowed tensors may hold.
_SPARE_VALUES = 10_000

_LEAVES = frozenset({float, int, str})
_OTHERS: dict[type, str] = {bool: "a boolean", type(None): "null", dict: "an object"}


def decode(
    body: bytes, tensors: Collection[str], nullable: Collection[str], max_elements: int
) -> dict[str, Any]:
    """Read the message; the arguments and the errors are those of app.wire.json.decode."""
    limit = most_values(tensors, max_elements)
    if len(body) > limit and count_values(body) > limit:
        raise TooLarge(f"The body holds more than {limit:,} values; send fewer at once.")
    return decode_members(body, tensors, nullable, max_elements)


def decode_members(
    body: bytes, tensors: Collection[str], nullable: Collection[str], max_elements: int
) -> dict[str, Any]:
    """Read a message that is known to hold no more than `most_values`."""
    message = _parse(body)
    if type(message) is not dict:
        raise InvalidMessage('The body must be a JSON object such as {"x": [-1, 0, 1]}.')
    if len(message) > MAX_MEMBERS:
        raise InvalidMessage(
            f"The body is an object of {len(message):,} members; it may have {MAX_MEMBERS:,}."
        )
    for key, value in message.items():
        if key not in tensors:
            _inspect(key, value)
        elif not (value is None and key in nullable):
            message[key] = _tensor(key, value, max_elements)
    return message


def most_values(tensors: Collection[str], max_elements: int) -> int:
    """How many values a message may hold in all: parsed, each costs 10 to 40 times its bytes."""
    return len(tensors) * max_elements + _SPARE_VALUES


def count_values(text: bytes, shapes: Collection[tuple[int, ...]] = ()) -> int:
    """Bound the values in `text`, and in nonempty tensors of these shapes that were cut out of it.

    Every value but the first follows a comma or an opening bracket.
    """
    commas = text.count(b",") + sum(math.prod(shape) - 1 for shape in shapes)
    lists = sum(math.prod(shape[:axis]) for shape in shapes for axis in range(len(shape)))
    return max(commas, text.count(b"[") + text.count(b"{") + lists)


def _parse(body: bytes) -> Any:
    if not NEGATIVE_ZERO.search(body):
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            pass
    return _parse_carefully(body)


def _parse_carefully(body: bytes) -> Any:
    if not body.strip():
        raise Malformed('The body is empty; send a JSON object such as {"x": [-1, 0, 1]}.')
    if body.startswith(b"\xef\xbb\xbf"):
        raise Malformed("The body starts with a byte order mark; send UTF-8 without one.")
    try:
        return json.loads(body.decode(), parse_int=_integer, parse_constant=str)
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8: byte {error.start} can't be decoded.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Malformed(f"The body is not JSON: {error.msg} at {where}.") from None
    except RecursionError:
        raise _too_deep(body) from None


def _integer(digits: str) -> int | float:
    """Give what orjson makes of an integer, but for -0 and for infinities, which are refused later."""
    if digits == "-0" or len(digits) > 20 or not -(2**63) <= (value := int(digits)) < 2**64:
        return float(digits)
    return value


def _too_deep(body: bytes) -> ValueError:
    """Judge a body that neither parser follows to the bottom: is it JSON at all, or does it never close?"""
    outside_strings = _STRING.sub(b"", body)
    for opening, closing in ((b"[", b"]"), (b"{", b"}")):
        if outside_strings.count(opening) != outside_strings.count(closing):
            return Malformed("The body is not JSON: a list or an object in it is never closed.")
    return InvalidMessage(f"The body is nested too deep; lists may be nested {MAX_RANK} deep.")


def _inspect(key: str, value: Any) -> None:
    """Refuse what does harm in any member: nesting that exhausts recursion, 1e999, half a surrogate pair."""
    level: list[Any] = [key, value]
    for _ in range(MAX_RANK + 2):
        kinds = set(map(type, level))
        if float in kinds and (math.inf in level or -math.inf in level):
            raise InvalidMessage(f"{key} holds a number beyond the float64 range.", (key,))
        if str in kinds:
            _refuse_surrogates(text for text in level if type(text) is str)
        if kinds.isdisjoint((dict, list)):
            return
        lists: list[Iterable[Any]] = [item for item in level if type(item) is list]
        for item in level:
            if type(item) is dict:
                lists += item.keys(), item.values()
        level = list(chain.from_iterable(lists))
    raise InvalidMessage(f"{key} is nested too deep; lists may be nested {MAX_RANK} deep.", (key,))


def _refuse_surrogates(texts: Iterable[str]) -> None:
    """Python's json accepts half of a surrogate pair, which no UTF-8 answer could quote."""
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        raise Malformed("The body is not JSON: a string in it holds half of a surrogate pair.") from None


def _tensor(key: str, value: Any, max_elements: int) -> NDArray[np.float64]:
    """Turn `value` into an array level by level, without Python bytecode for each element."""
    shape: tuple[int, ...] = ()
    level: list[Any] = [value]
    while set(map(type, level)) == {list}:
        lengths = set(map(len, level))
        if len(lengths) > 1:
            raise _ragged(key, level, shape)
        shape += (lengths.pop(),)
        if len(shape) > MAX_RANK:
            raise InvalidTensor(f"{key} is nested more than {MAX_RANK} lists deep.", (key,))
        if math.prod(shape) > max_elements:
            raise TooLarge(f"{key} has more than the {max_elements:,} elements that a request may have.")
        level = level[0] if len(level) == 1 else list(chain.from_iterable(level))
    values = _floats(level)
    if values is None:
        raise _no_number(key, level, shape)
    return values.reshape(shape)


def _floats(level: list[Any]) -> NDArray[np.float64] | None:
    """Convert numbers and the words for numbers; None if one is neither, or beyond float64."""
    kinds = set(map(type, level))
    if not kinds <= _LEAVES:
        return None
    if str in kinds:
        numbers = list(map(WORDS.get, level, level))
        if math.inf in level or -math.inf in level or str in map(type, numbers):
            return None
        return np.fromiter(numbers, np.float64, len(numbers))
    values = np.fromiter(level, np.float64, len(level))
    return None if np.isinf(values).any() else values


def _ragged(key: str, level: list[list[Any]], shape: tuple[int, ...]) -> InvalidTensor:
    first = len(level[0])
    index = next(i for i, item in enumerate(level) if len(item) != first)
    loc, start = _place(key, index, shape), _place(key, 0, shape)
    return InvalidTensor(
        f"{_path(loc)} has length {len(level[index])} where {_path(start)} has length {first}; "
        "lists side by side must have the same length.",
        loc,
    )


def _no_number(key: str, level: list[Any], shape: tuple[int, ...]) -> InvalidTensor:
    """Describe the first item of `level` that is neither a number nor, like the first item, a list."""
    nested = type(level[0]) is list
    index = next(i for i, item in enumerate(level) if (type(item) is list) != nested or not _fits(item))
    item, kind = level[index], type(level[index])
    loc, start = _place(key, index, shape), _path(_place(key, 0, shape))
    if kind is list:
        fault = f"is a list where {start} is a number"
    elif nested and kind in _LEAVES:
        fault = f"is a number where {start} is a list"
    elif kind is str:
        fault = f"is the string {item[:40]!r}; the only strings that stand for numbers are {', '.join(WORDS)}"
    elif kind is float:
        fault = "is a number beyond the float64 range; infinities are written as the string Infinity"
    else:
        fault = f"is {_OTHERS[kind]}, not a number"
    return InvalidTensor(f"{_path(loc)} {fault}.", loc)


def _fits(item: Any) -> bool:
    """Whether `item` is a list or stands for a number that float64 can hold."""
    if type(item) is str:
        return item in WORDS
    return type(item) is list or (type(item) in _LEAVES and not math.isinf(item))


def _place(key: str, index: int, shape: tuple[int, ...]) -> Location:
    """Tell where in the nested lists the item `index` of a flattened level of that shape stood."""
    return (key, *map(int, np.unravel_index(index, shape))) if shape else (key,)


def _path(loc: Location) -> str:
    return str(loc[0]) + "".join(f"[{index}]" for index in loc[1:])
