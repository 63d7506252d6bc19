"""Loops compiled to machine code by Numba: one pass over an array where NumPy would make many.

They let go of the GIL. Arithmetic is IEEE 754's, operation by operation: nothing is contracted or reordered,
so that error bounds hold; a product and a sum are fused only where `fma` says so.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

Loop = TypeVar("Loop", bound=Callable[..., Any])
Text = NDArray[np.uint8]


def compiled(*signatures: str | tuple[Any, ...]) -> Callable[[Loop], Loop]:
    """Compile a function for those signatures, in Numba's notation, when its module is imported.

    A tuple of types is a signature too, with `readable` for arrays that may be read-only. The machine code is
    kept beside the module's bytecode, or in NUMBA_CACHE_DIR.
    """

    def compile_(loop: Loop) -> Loop:
        dispatcher = njit(nogil=True, error_model="numpy")(loop)
        with suppress(RuntimeError):  # there is nowhere to keep it: a read-only container
            dispatcher.enable_caching()
        for signature in signatures:
            dispatcher.compile(signature)
        dispatcher.disable_compile()
        return cast(Loop, dispatcher)

    return compile_


def readable(kind: Any, rank: int = 1) -> Any:
    """Numba's type of a contiguous array, which need not be writable."""
    return types.Array(kind, rank, "C", readonly=True)


def inlined(part: Loop) -> Loop:
    """Make the function a part of compiled loops, compiled within them: a call with an array costs 10 ns."""
    options = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast(Loop, njit(error_model="numpy", **options)(part))


def _fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


fma = cast(Callable[[float, float, float], float], intrinsic(_fma))
"""a * b + c of three doubles, rounded once (IEEE 754-2019, 5.4.1); for compiled loops only."""


def _umulh(typing: Any, a: Any, b: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(*(builder.zext(factor, wide) for factor in arguments))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), generate


umulh = cast(Callable[[np.uint64, np.uint64], np.uint64], intrinsic(_umulh))
"""The upper half of the product of two uint64, whose lower half is a * b; for compiled loops only."""


def _leading_zeros(typing: Any, a: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


leading_zeros = cast(Callable[[np.uint64], int], intrinsic(_leading_zeros))
"""How many bits of a uint64 are zero above its first one: 64 for 0; for compiled loops only."""


def _load8(typing: Any, text: Any, place: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = builder.load(_word(context, builder, signature, arguments))
        word.align = 1
        return word

    return types.uint64(text, types.int64), generate


load8 = cast(Callable[[Text, int], np.uint64], intrinsic(_load8))
"""Bytes place to place + 7 of a contiguous uint8 array, the first the lowest; unchecked, for compiled loops only."""


def _store8(typing: Any, text: Any, place: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _word(context, builder, signature, arguments)).align = 1
        return context.get_dummy_value()

    return types.void(text, types.int64, types.uint64), generate


store8 = cast(Callable[[Text, int, np.uint64], None], intrinsic(_store8))
"""Set bytes place to place + 7 of a contiguous uint8 array, the first the lowest; unchecked, for compiled loops only."""


def _word(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Give the address of eight bytes."""
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    return builder.bitcast(builder.gep(array.data, [arguments[1]]), ir.IntType(64).as_pointer())
