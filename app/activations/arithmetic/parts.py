"""What loops over wide values are made of: the arrays of their parts, as one axis, and powers of two."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, cast

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # it has no types
from numba import float64, int64, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from app.compiled import readable

Parts = tuple[NDArray[Any], ...]
"""High and low parts, rests, error bounds and exponents."""
Integers = NDArray[np.int64]

_DOUBLES, _INTEGERS = readable(float64), readable(int64)
KINDS: Final = (np.float64, np.float64, np.float64, np.float64, np.int64)
OPERAND: Final = (_DOUBLES, _DOUBLES, _DOUBLES, _DOUBLES, _INTEGERS)
RESULT: Final = (float64[::1], float64[::1], float64[::1], float64[::1], int64[::1])


def _power_of_two(typing: Any, exponent: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.IntType(64)
        biased = builder.add(arguments[0], ir.Constant(kind, 1023))
        return builder.bitcast(builder.shl(biased, ir.Constant(kind, 52)), ir.DoubleType())

    return types.float64(types.int64), generate


two_to = cast(Callable[[int], float], intrinsic(_power_of_two))
"""A power of two that is a normal double."""


def shape_of(parts: Iterable[Any]) -> tuple[int, ...]:
    """What the arrays are broadcast to."""
    shapes = {part.shape for part in parts}
    return shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)


def laid_out(parts: Iterable[Any], shape: tuple[int, ...]) -> Parts:
    """The arrays, broadcast to that shape."""
    return tuple(part if part.shape == shape else np.full(shape, part, part.dtype) for part in parts)


def flattened(parts: Iterable[Any], shape: tuple[int, ...]) -> list[Any]:
    """The arrays, broadcast to that shape, as contiguous ones of one axis."""
    return [part.ravel() for part in laid_out(parts, shape)]
