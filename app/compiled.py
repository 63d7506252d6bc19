"""Loops compiled to machine code by Numba: one pass over an array where NumPy would make many.

They let go of the GIL. Arithmetic is IEEE 754's, operation by operation: nothing is contracted or reordered,
so that error bounds hold; a product and a sum are fused only where `fma` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # it has no types
from numba import guvectorize, njit, types, vectorize
from numba.core.cgutils import get_or_insert_function
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
        dispatcher = njit(nogil=True, error_model="numpy")(_of_this_code(loop))
        if _can_be_kept(loop):
            dispatcher.enable_caching()
        with _alone():
            for signature in signatures:
                dispatcher.compile(signature)
        dispatcher.disable_compile()
        return cast(Loop, dispatcher)

    return compile_


def ufunc(takes: str, gives: str) -> Callable[[Callable[..., None]], Callable[..., Any]]:
    """Compile a function of numbers to one of arrays, broadcast as NumPy's ufuncs are.

    It writes its results into its last arguments. Each letter is a number: "d" a double, "l" an integer.
    """
    kinds = {"d": "f8", "l": "i8"}
    signature = ",".join([*(kinds[kind] for kind in takes), *(f"{kinds[kind]}[:]" for kind in gives)])
    layout = ",".join("()" for _ in takes) + "->" + ",".join("()" for _ in gives)

    def compile_(loop: Callable[..., None]) -> Callable[..., Any]:
        options: dict[str, Any] = {"nopython": True, "cache": _can_be_kept(loop)}
        build = guvectorize([f"void({signature})"], layout, **options)  # type: ignore[no-untyped-call]  # has no types
        with _alone():
            return cast(Callable[..., Any], build(_of_this_code(loop)))

    return compile_


def vectorized(signature: str) -> Callable[[Callable[..., float]], Callable[..., Any]]:
    """Compile a function of numbers that gives one to a ufunc; the signature is in Numba's notation."""

    def compile_(function: Callable[..., float]) -> Callable[..., Any]:
        build = vectorize([signature], nopython=True, cache=_can_be_kept(function))  # type: ignore[no-untyped-call]  # has no types
        with _alone():
            return cast(Callable[..., Any], build(_of_this_code(function)))

    return compile_


@contextmanager
def _alone() -> Iterator[None]:
    """Without other processes that compile the same: of a ufunc Numba keeps two parts, which call each other
    by names that every process chooses for itself.
    """
    with Path(__file__).open() as file:
        flock(file, LOCK_EX)
        yield


def _can_be_kept(loop: Callable[..., Any]) -> bool:
    """Whether there is a place to keep machine code: not in a read-only container."""
    try:
        njit(loop).enable_caching()
    except RuntimeError:
        return False
    return True


def _of_this_code(loop: Loop) -> Loop:
    """The loop under a name that changes with the code; Numba looks for changes in its own file only."""
    loop.__qualname__ += f"_{_digest()}"
    return loop


@cache
def _digest() -> str:
    """Of all modules that may hold compiled code."""
    texts = (path.read_bytes() for path in sorted(Path(__file__).parent.rglob("*.py")))
    return sha256(b"".join(text for text in texts if b"compiled" in text)).hexdigest()[:16]


def readable(kind: Any, rank: int = 1) -> Any:
    """Numba's type of a contiguous array, which need not be writable."""
    return types.Array(kind, rank, "C", readonly=True)


def inlined(part: Loop) -> Loop:
    """Make the function a part of compiled loops, compiled within them: a call with an array costs 10 ns."""
    options: dict[str, Any] = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
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
"""Eight bytes of a contiguous uint8 array, the first the lowest; unchecked, for compiled loops only."""


def _store8(typing: Any, text: Any, place: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _word(context, builder, signature, arguments)).align = 1
        return context.get_dummy_value()

    return types.void(text, types.int64, types.uint64), generate


store8 = cast(Callable[[Text, int, np.uint64], None], intrinsic(_store8))
"""Set eight bytes of a contiguous uint8 array, the first the lowest; unchecked, for compiled loops only."""


def _word(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Give the address of eight bytes."""
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    return builder.bitcast(builder.gep(array.data, [arguments[1]]), ir.IntType(64).as_pointer())


def _four_polynomials(typing: Any, rows: Any, indices: Any, points: Any, first: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        *arrays, first = arguments
        rows, indices, points = (
            context.make_array(kind)(context, builder, array).data
            for kind, array in zip(signature.args, arrays, strict=False)
        )
        starts = [_row(builder, rows, indices, builder.add(first, _i64(k))) for k in range(4)]
        coefficients = [column for half in (0, 4) for column in _transposed(builder, starts, half)]
        place = builder.bitcast(builder.gep(points, [first]), _FOUR.as_pointer())
        point, value = _loaded(builder, place), coefficients.pop()
        while coefficients:
            value = _fused(builder, value, point, coefficients.pop())
        builder.store(value, place).align = 8
        return context.get_dummy_value()

    return types.void(rows, indices, points, types.int64), generate


four_polynomials = cast(Callable[[Any, Any, Any, int], None], intrinsic(_four_polynomials))
"""Evaluate four polynomials of degree 7 at once, by Horner's rule with `fma`; for compiled loops only.

Called with rows of coefficients from the constant on, the indices of the rows to take, the points, which
become the values, and the first of four places in these two arrays. Unchecked.
"""


_FOUR = ir.VectorType(ir.DoubleType(), 4)


def _i64(number: int) -> Any:
    return ir.Constant(ir.IntType(64), number)


def _row(builder: Any, rows: Any, indices: Any, place: Any) -> Any:
    """Give the address of the row of eight whose index has that place."""
    return builder.gep(rows, [builder.mul(builder.load(builder.gep(indices, [place])), _i64(8))])


def _loaded(builder: Any, place: Any) -> Any:
    """Load four doubles."""
    four = builder.load(builder.bitcast(place, _FOUR.as_pointer()))
    four.align = 8
    return four


def _transposed(builder: Any, rows: list[Any], first: int) -> list[Any]:
    """Load four columns of four rows: eight shuffles cost less than to gather (measured on Zen 3)."""
    a, b, c, d = (_loaded(builder, builder.gep(row, [_i64(first)])) for row in rows)
    even, odd = (
        [_picked(builder, a, b, places), _picked(builder, c, d, places)]
        for places in ([0, 4, 2, 6], [1, 5, 3, 7])
    )
    return [
        _picked(builder, left, right, places)
        for places in ([0, 1, 4, 5], [2, 3, 6, 7])
        for left, right in (even, odd)
    ]


def _picked(builder: Any, first: Any, second: Any, places: list[int]) -> Any:
    """Take four of eight doubles."""
    return builder.shuffle_vector(first, second, ir.Constant(ir.VectorType(ir.IntType(32), 4), places))


def _fused(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """`fma` of four; llvmlite's own takes no vectors."""
    kind = ir.FunctionType(_FOUR, [_FOUR] * 3)
    fma = get_or_insert_function(builder.module, kind, "llvm.fma.v4f64")  # type: ignore[no-untyped-call]  # has no types
    return builder.call(fma, [a, b, c])
