"""Large arguments of sin and cos, reduced by multiples of pi/16 as Payne & Hanek (1983) do.

An argument is m * 2**e with 53 bits m; of 2**e * 16/pi only what is left of multiples of 32 matters, to some
hundred bits more than m has, since no double comes closer than 2**-62 to a multiple of pi/16.
"""

from __future__ import annotations

from functools import lru_cache
from math import frexp
from typing import Any, Final

import numpy as np
from flint import arb
from numpy.typing import NDArray

from app.activations.arithmetic.ball import precision
from app.activations.arithmetic.double import Double
from app.activations.arithmetic.errorfree import Array
from app.activations.arithmetic.last_axis import or_zero
from app.activations.arithmetic.pair.kernel import constant, in_parts, mantissa
from app.activations.arithmetic.ring import two_sum
from app.activations.arithmetic.wide import Wide
from app.compiled import compiled, fma, inlined

Sum = tuple[float, float, float]

REDUCED = 2.0**-140
"""What the reduction errs by: the third of a sum's parts is below 2**-90 and rounded, and 3 parts of 53 bits
beyond the largest leave 2**-155 of the table."""
_STEPS: Final = 32  # to the turn
_LOWEST: Final = -60
_HIGHEST: Final = 1100
"""log2 of what a low part, and of what an argument, may be."""


@lru_cache(maxsize=1)
def _table() -> Array:
    """2**(e - 53) * 16/pi less multiples of 32, to 210 bits in four parts, for e from _LOWEST up."""
    rows = []
    with precision(_HIGHEST + 300):
        for octave in range(_LOWEST, _HIGHEST + 1):
            turns = arb(2) ** (octave - 53) / (2 * arb.pi())
            rows.append(in_parts((turns - turns.floor()) * _STEPS, (53, 53, 53)))
    return np.array(rows)


@inlined
def _added(total: Sum, term: float) -> Sum:
    s, rest = two_sum(total[0], term)
    rest, more = two_sum(total[1], rest)
    return s, rest, total[2] + more


@inlined
def _steps_added(total: Sum, t: float, octaves: int, table: Any) -> Sum:
    """t * 2**octaves in multiples of pi/16, less multiples of 32, added to a sum of three parts."""
    m, e = frexp(t)
    m *= 2.0**53
    for j in range(4):
        part = table[e + octaves - _LOWEST, j]
        product = m * part
        total = _added(total, product - _STEPS * np.rint(product / _STEPS))
        total = _added(total, fma(m, part, -product))
    return total


@compiled("void(f8[::1],f8[::1],i8[::1],f8[:,::1],i8[::1],f8[::1],f8[::1])")
def _reduce(
    hi: Array, lo: Array, octaves: NDArray[np.int64], table: Array,
    index: NDArray[np.int64], r: Array, r_lo: Array,
) -> None:  # fmt: skip
    """Multiples of pi/16, less those of 32, and the rest in units of it; NaN beyond the table."""
    for i in range(len(hi)):
        index[i], r[i], r_lo[i] = 0, np.nan, np.nan
        exponent = frexp(hi[i])[1] + octaves[i]
        if not (abs(hi[i]) < np.inf and hi[i] != 0.0 and _LOWEST <= exponent <= _HIGHEST):
            continue
        total = _steps_added((0.0, 0.0, 0.0), hi[i], octaves[i], table)
        if lo[i] != 0.0 and frexp(lo[i])[1] + octaves[i] >= _LOWEST:
            total = _steps_added(total, lo[i], octaves[i], table)
        s, rest, more = total
        whole = np.rint(s)
        s, rest = two_sum(s - whole, rest)
        rest, more = two_sum(rest, more)
        s, rest = two_sum(s, rest)
        index[i] = int(whole) % _STEPS
        r[i], r_lo[i] = s, rest + more


def reduced(t: Double | Wide) -> tuple[NDArray[np.int64], Double]:
    """k from 0 to 31 and r for t = k pi/16 + r, but for whole turns, to REDUCED where t is 2**16 or more."""
    with precision(300):
        step = constant(2 * arb.pi() / _STEPS)
    m = mantissa(t)
    octaves = t.exponent if isinstance(t, Wide) else np.zeros((), np.int64)
    hi, lo, exponent = (np.array(np.broadcast_to(part, m.shape)) for part in (m.hi, or_zero(m.lo), octaves))
    index, r, r_lo = np.empty(hi.size, np.int64), np.empty(hi.size), np.empty(hi.size)
    _reduce(hi.ravel(), lo.ravel(), exponent.ravel(), _table(), index, r, r_lo)
    return index.reshape(m.shape), Double(r.reshape(m.shape), r_lo.reshape(m.shape)) * step
