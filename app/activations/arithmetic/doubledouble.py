"""Sums and products of pairs hi + lo, compiled.

Dekker (1971), with fused products; what is lost is below 2**-100 of the operands of a sum, or of a product
(Joldes et al. 2017).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.activations.arithmetic.ring import two_sum
from app.compiled import fma, inlined, ufunc

Out = NDArray[Any]

SAFE_LOW: Final = 2.0**-900
SAFE_HIGH: Final = 2.0**900
"""Between these, the error of a product is itself a double."""
_LOST: Final = 2.0**-51
_TINY: Final = 2.0**-1074


@inlined
def plus(a: float, a_lo: float, b: float, b_lo: float) -> tuple[float, float]:
    """The sum of two pairs."""
    s, rest = two_sum(a, b)
    return two_sum(s, rest + (a_lo + b_lo))


@inlined
def times(a: float, a_lo: float, b: float, b_lo: float) -> tuple[float, float]:
    """The product of two pairs."""
    p = a * b
    rest = fma(a, b, -p) + (a * b_lo + a_lo * b)
    total = p + rest
    return total, rest - (total - p)


@ufunc("dddd", "dd")
def total(a: float, a_lo: float, b: float, b_lo: float, hi: Out, lo: Out) -> None:
    """Sums; beside what is not finite there is no low part."""
    s, rest = plus(a, a_lo, b, b_lo)
    if not abs(rest) < np.inf:
        s, rest = a + b, 0.0
    elif s == 0.0:
        s = a + b  # -0 + 0 is +0
    hi[0], lo[0] = s, rest


@ufunc("dddd", "ddd")
def product(a: float, a_lo: float, b: float, b_lo: float, hi: Out, lo: Out, lost: Out) -> None:
    """Products, without low parts where these can't be trusted, and what is lost with them."""
    p, rest = times(a, a_lo, b, b_lo)
    error = 0.0
    if not (SAFE_LOW <= abs(p) <= SAFE_HIGH and abs(rest) < np.inf):
        p, rest = a * b, 0.0
        if a != 0.0 and b != 0.0 and abs(a) < np.inf and abs(b) < np.inf:
            error = _LOST * abs(p) + _TINY
    hi[0], lo[0], lost[0] = p, rest, error


@ufunc("dddd", "dddd")
def quotient(a: float, a_lo: float, b: float, b_lo: float, hi: Out, lo: Out, lost: Out, inexact: Out) -> None:
    """Quotients likewise, and 0 where one is the double `hi`, 1 elsewhere."""
    q = a / b
    rest, more = two_sum(fma(-q, b, a), a_lo)
    part = rest == 0.0 and more == 0.0 and b_lo == 0.0
    s, rest = two_sum(q, (rest + (more - q * b_lo)) / b)
    error = 0.0
    if not (SAFE_LOW <= abs(q) <= SAFE_HIGH and abs(a) >= SAFE_LOW and abs(rest) < np.inf):
        s, rest = q, 0.0
        if a != 0.0 and abs(a) < np.inf:
            error = _LOST * abs(q) + _TINY
    hi[0], lo[0], lost[0] = s, rest, error
    inexact[0] = 0.0 if part else 1.0
