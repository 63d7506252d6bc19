"""Ufuncs of several results, compiled: one pass over blocks where NumPy would make many."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

from numba import guvectorize, njit

Scalar = TypeVar("Scalar", bound=Callable[..., Any])


def inlined(function: Scalar) -> Scalar:
    """A function of numbers, for the loops below; one that is called takes as long as all the rest."""
    return cast(Scalar, njit(error_model="numpy", inline="always")(function))


def ufunc(takes: str, gives: str) -> Callable[[Callable[..., None]], Callable[..., Any]]:
    """Compile a function that writes into its last arguments, for numbers of those kinds: "d" or "l".

    It is broadcast as NumPy's ufuncs are. The machine code is kept beside the module's bytecode, or in
    NUMBA_CACHE_DIR, where there is such a place.
    """
    kinds = {"d": "f8", "l": "i8"}
    signature = ",".join([*(kinds[k] for k in takes), *(f"{kinds[k]}[:]" for k in gives)])
    layout = ",".join("()" for _ in takes) + "->" + ",".join("()" for _ in gives)

    def build(loop: Callable[..., None]) -> Callable[..., Any]:
        make = partial(guvectorize, [f"void({signature})"], layout, nopython=True)
        try:
            return cast(Callable[..., Any], make(cache=True)(loop))
        except RuntimeError:
            return cast(Callable[..., Any], make()(loop))

    return build
