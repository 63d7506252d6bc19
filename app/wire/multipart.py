"""Forms of several files, multipart/form-data (RFC 7578): in only."""

import re

from app.wire.errors import Malformed

MEDIA_TYPE = "multipart/form-data"
_BOUNDARY = re.compile(r';\s*boundary=(?:"(?P<quoted>[^"]{1,70})"|(?P<plain>[^\s;"]{1,70}))', re.IGNORECASE)
_NAME = re.compile(
    rb'^content-disposition:[^\r\n]*?;[ \t]*name=(?:"([^"\r\n]*)"|([^\s;"]+))', re.IGNORECASE | re.MULTILINE
)
_MAX_PARTS = 16
_MAX_HEAD_BYTES = 4_096


def decode(body: bytes | bytearray, content_type: str) -> dict[str, memoryview]:
    """Find the parts of a form by name: the bytes of each, in the memory of `body`.

    `content_type` is the header, which tells the boundary. Raises Malformed for what is no such form, or has
    a part without a name or with the name of another.
    """
    match = _BOUNDARY.search(content_type)
    if match is None:
        raise Malformed("The Content-Type names no boundary, without which the form has no parts.")
    delimiter = b"\r\n--" + (match["quoted"] or match["plain"]).encode("latin-1")
    parts: dict[str, memoryview] = {}
    # The first delimiter may be the first thing there is; any text before it is to be ignored.
    end = -2 if body.startswith(delimiter[2:]) else body.find(delimiter)
    while end != -1 and len(parts) < _MAX_PARTS:
        start = end + len(delimiter)
        if body[start : start + 2] == b"--":
            return parts
        end = body.find(delimiter, start)
        head_end = body.find(b"\r\n\r\n", start, start + _MAX_HEAD_BYTES)
        if end == -1 or not start <= head_end < end:
            break
        name = _name(bytes(body[start:head_end]))
        if name in parts:
            raise Malformed(f"The form has two parts named {name[:40]}.")
        parts[name] = memoryview(body)[head_end + 4 : end]
    raise Malformed("The form is cut off, or not in the format of multipart/form-data.")


def _name(head: bytes) -> str:
    match = _NAME.search(head)
    if match is None:
        raise Malformed("A part of the form has no name in its Content-Disposition.")
    return (match[1] if match[1] is not None else match[2]).decode("utf-8", "replace")
