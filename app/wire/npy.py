"""NumPy's file format .npy, versions 1 to 3, for arrays of real numbers: in and out.

The format is that of NEP 1, as numpy.lib.format documents it. bfloat16, which NumPy does not know, is
stored as ml_dtypes' arrays are: as opaque items of two bytes (`V2`). Nothing in a file is ever
evaluated or unpickled: a header of numbers has one shape, which a pattern matches.
"""

import io
import math
import re
from typing import Any, NamedTuple, TypeAlias

import ml_dtypes
import numpy as np
from numpy.lib import format as numpy_format
from numpy.typing import NDArray

from app.wire.errors import InvalidTensor, Malformed, TooLarge

MEDIA_TYPE = "application/x-npy"
MAX_RANK = 32
"""The most axes a tensor has in any format here (contract section 2)."""
MAX_HEADER_BYTES = 10_000
"""The longest header text read, as in numpy.load; 32 axes of 19 digits take some 700."""

CUT_OFF = "The .npy file is empty or ends within its header."

Bytes: TypeAlias = bytes | bytearray | memoryview

_MAGIC = b"\x93NUMPY"
# Bytes of the number that says how long the header is, by major version.
_LENGTH_BYTES = {1: 2, 2: 4, 3: 4}
_STRING = r"""(?:'[^'\\]*+'|"[^"\\]*+")"""
_FIELD = re.compile(
    rf"\s*+(?P<key>{_STRING})\s*+:\s*+(?P<value>{_STRING}|True|False|\([^()]*+\)|\[.*\])\s*+(?:,|(?=\}}))",
    re.DOTALL,
)
# No array has an axis of 20 digits. Python 2 wrote its long integers with an L.
_AXIS = re.compile(r"\d{1,19}", re.ASCII)
_SHAPE = re.compile(r"\(\s*+(?:(?:\d{1,19}L?\s*+,\s*+)++(?:\d{1,19}L?\s*+)?)?\)", re.ASCII)
_NUMBERS = re.compile(r"[<>=|]?(?:f[248]|[iu][1248])")
_VOID = re.compile(r"[<>=|]?V2")
_BFLOAT16 = np.dtype(ml_dtypes.bfloat16)


class Header(NamedTuple):
    """What a file says about the numbers that follow its header."""

    dtype: np.dtype[Any]
    """Of the numbers as they are stored, byte order included; uint16 in that order for bfloat16."""
    bfloat16: bool
    fortran_order: bool
    shape: tuple[int, ...]
    length: int
    """Bytes of the file before the numbers."""

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return math.prod(self.shape)

    @property
    def file_bytes(self) -> int:
        """How long the whole file is."""
        return self.length + self.size * self.dtype.itemsize

    def numbers(self, data: Bytes) -> NDArray[Any]:
        """The numbers in `data`, whole items, as a flat array that may share its memory."""
        array = np.frombuffer(data, self.dtype)
        return array.astype(np.uint16, copy=False).view(_BFLOAT16) if self.bfloat16 else array

    def require_length(self, file_bytes: int) -> None:
        """Raise Malformed unless a file of so many bytes holds what this header promises."""
        if file_bytes != self.file_bytes:
            promised, found = self.file_bytes - self.length, file_bytes - self.length
            raise Malformed(
                f"The .npy header promises {promised:,} bytes of numbers, but {found:,} follow it."
            )


def decode(body: Bytes, *, name: str = "x", bfloat16: bool = False, max_elements: int) -> NDArray[Any]:
    """Read the array in a whole file; it may share the memory of `body`.

    The dtype is as stored, byte order included: float16, float32, float64, an integer, or ml_dtypes' bfloat16
    for opaque items of two bytes, which are read with `bfloat16` alone. Raises Malformed (not such a file, of
    objects or records, of another length than it says), InvalidTensor (not of numbers; `name` says which
    tensor) or TooLarge (more than `max_elements`).
    """
    header = read_header(body, name=name, bfloat16=bfloat16)
    if header is None:
        raise Malformed(CUT_OFF)
    header.require_length(len(body))
    if header.size > max_elements:
        raise TooLarge(
            f"{name} has {header.size:,} elements, more than {max_elements:,}; send fewer at once."
        )
    array = header.numbers(memoryview(body)[header.length :])
    return array.reshape(header.shape, order="F" if header.fortran_order else "C")


def encode(array: NDArray[Any]) -> bytes:
    """Write a file of version 1.0, in C order, with the bytes of `array` as they are in memory."""
    array = np.ascontiguousarray(array).reshape(array.shape)  # which would make one axis of none
    return write_header(array.dtype, array.shape) + array.tobytes()


def write_header(dtype: np.dtype[Any], shape: tuple[int, ...], *, fortran_order: bool = False) -> bytes:
    """Write what stands before the numbers in a file of version 1.0."""
    file = io.BytesIO()
    fields = {"descr": dtype.str, "fortran_order": fortran_order, "shape": shape}
    numpy_format.write_array_header_1_0(file, fields)
    return file.getvalue()


def read_header(start: Bytes, *, name: str = "x", bfloat16: bool = False) -> Header | None:
    """Read the header that a file starts with; None: it goes on after `start`.

    Raises Malformed or InvalidTensor as `decode` does, but for the length.
    """
    prefix = bytes(start[:12])
    if not _MAGIC.startswith(prefix[:6]):
        raise Malformed(r"The body is not an .npy file: it does not start with the bytes \x93NUMPY.")
    if len(prefix) < 8:
        return None
    width = _LENGTH_BYTES.get(prefix[6], 0)
    if not width or prefix[7]:
        raise Malformed(
            f"The .npy file is of version {prefix[6]}.{prefix[7]}; 1.0, 2.0 and 3.0 are read here."
        )
    if len(prefix) < 8 + width:
        return None
    length = int.from_bytes(prefix[8 : 8 + width], "little")
    if length > MAX_HEADER_BYTES:
        raise Malformed(f"The .npy header has {length:,} bytes; {MAX_HEADER_BYTES:,} are enough for any.")
    end = 8 + width + length
    if len(start) < end:
        return None
    fields = _fields(bytes(start[8 + width : end]).decode("latin-1"))
    dtype, is_bfloat16 = _dtype(fields["descr"], name, bfloat16)
    shape = _shape(fields["shape"], dtype.itemsize)
    return Header(dtype, is_bfloat16, _flag(fields["fortran_order"]), shape, end)


def _fields(text: str) -> dict[str, str]:
    """Read the literal of a dictionary as Python source by key; each of the three keys is there once."""
    text = text.strip()
    found: list[tuple[str, str]] = []
    position = 1
    while match := _FIELD.match(text, position):
        found.append((match["key"][1:-1], match["value"]))
        position = match.end()
    keys = sorted(key for key, _ in found)
    if text[:1] + text[position:].strip() != "{}" or keys != ["descr", "fortran_order", "shape"]:
        raise Malformed("The .npy header is not a dictionary of just descr, fortran_order and shape.")
    return dict(found)


def _dtype(source: str, name: str, bfloat16: bool) -> tuple[np.dtype[Any], bool]:
    """Which dtype to read the numbers as, and whether they are bfloat16."""
    if source[0] == "[":
        raise Malformed("The .npy file holds records, of a structured dtype; send one array of numbers.")
    if source[0] not in "'\"":
        raise Malformed("The .npy header's descr is not a string such as '<f4'.")
    text = source[1:-1]
    if _NUMBERS.fullmatch(text):
        return np.dtype(text), False
    if _VOID.fullmatch(text):
        if bfloat16:
            return np.dtype(text.replace("V", "u").replace("|", "=")), True
        fault = f"{name} is of dtype {text}; if that is bfloat16, as ml_dtypes saves it, add ?dtype=bfloat16."
        raise InvalidTensor(fault, (name,))
    if text.lstrip("<>=|").startswith("O"):
        raise Malformed("The .npy file holds Python objects, pickled, which are never read here.")
    fault = f"{name} is of dtype {text[:20]!r}, not float16, float32, float64, bfloat16 or an integer."
    raise InvalidTensor(fault, (name,))


def _flag(source: str) -> bool:
    if source not in {"True", "False"}:
        raise Malformed("The .npy header's fortran_order is neither True nor False.")
    return source == "True"


def _shape(source: str, itemsize: int) -> tuple[int, ...]:
    if not _SHAPE.fullmatch(source):
        raise Malformed(
            f"The .npy header's shape is {source[:60]}, not a tuple of whole numbers that are 0 or more."
        )
    shape = tuple(map(int, _AXIS.findall(source)))
    if len(shape) > MAX_RANK:
        raise Malformed(f"The .npy header's shape has {len(shape)} axes; a tensor has {MAX_RANK} at most.")
    # NumPy makes no array whose size overflows, not even one that an axis of 0 empties.
    if math.prod(max(1, length) for length in shape) * itemsize >= 2**63:
        raise Malformed(f"The .npy header's shape {source[:60]} is beyond the memory of any computer.")
    return shape
