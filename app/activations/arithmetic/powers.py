"""Powers by repeated squaring, for the values of any arithmetic."""

from __future__ import annotations

from typing import Any, Protocol, Self, TypeVar


class _Factor(Protocol):
    def __mul__(self, other: Any, /) -> Self: ...


Value = TypeVar("Value", bound=_Factor)


def power(base: Value, exponent: int) -> Value:
    """The base to an exponent of at least 1 (Knuth, The Art of Computer Programming, 4.6.3)."""
    result = base
    for bit in bin(exponent)[3:]:
        result = result * result
        if bit == "1":
            result = result * base
    return result
