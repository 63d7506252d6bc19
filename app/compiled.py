"""Loops compiled to machine code by Numba: one pass over an array where NumPy would make many.

They let go of the GIL. Arithmetic is IEEE 754's, operation by operation: nothing is contracted or reordered,
so that error bounds hold; a product and a sum are fused only where `fma` says so.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

from numba import njit, types
from numba.extending import intrinsic

Loop = TypeVar("Loop", bound=Callable[..., Any])


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


def readable(kind: Any) -> Any:
    """Numba's type of a contiguous array, which need not be writable."""
    return types.Array(kind, 1, "C", readonly=True)


def _fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


fma = cast(Callable[[float, float, float], float], intrinsic(_fma))
"""a * b + c of three doubles, rounded once (IEEE 754-2019, 5.4.1); for compiled loops only."""
