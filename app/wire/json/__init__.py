"""JSON objects whose tensors are nested lists of numbers, in and out.

Input is RFC 8259 JSON plus what other writers produce: the bare tokens NaN, Infinity and -Infinity
(Python's json) beside the strings of those names (proto3's JSON mapping). Output is strict RFC 8259
with the strings. A repeated key counts with its last value, as in Python and JavaScript.

Three readers of one language: `careful` settles every body and words every refusal, `quick` and `long`
give the same arrays without making Python floats, or give up.
"""

from collections.abc import Collection
from typing import Any

from app.wire.json import careful, long, quick
from app.wire.json.writing import encode, encode_pieces

__all__ = ["MEDIA_TYPE", "decode", "encode", "encode_pieces"]

MEDIA_TYPE = "application/json"

# Bytes above which `long` pays: below, a body is parsed in two milliseconds.
_LONG = 1 << 19


def decode(
    body: bytes | bytearray,
    *,
    tensors: Collection[str] = ("x",),
    nullable: Collection[str] = (),
    max_elements: int,
) -> dict[str, Any]:
    """Parse the object in `body`, with the members named in `tensors` as float64 arrays (a number: 0-d).

    Members also named in `nullable` may be null, and stay None. The other members stay plain Python, with
    bare NaN and infinities as strings. Raises Malformed (no JSON), TooLarge (more than `max_elements` in
    one tensor, or that many values elsewhere) and InvalidMessage or InvalidTensor (wrong content).
    """
    if len(body) > _LONG:
        message = long.decode(body, tensors, nullable, max_elements)
    else:
        message = quick.decode(bytes(body), tensors, nullable, max_elements)
    return careful.decode(bytes(body), tensors, nullable, max_elements) if message is None else message
