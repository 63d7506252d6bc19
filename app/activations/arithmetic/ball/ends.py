"""The ends of balls as doubles, and what these leave."""

from __future__ import annotations

from math import inf

from flint import arb, ctx

from app.activations.arithmetic.ball.functions import precision
from app.activations.arithmetic.errorfree import REST_BITS

_TINY = 2.0**-1074
_LEAST = 2.0**-900
_REST = 2.0**REST_BITS
_WIDER = (1 + 2.0**-40) / _REST
"""Brings a rest to its size, and a little more: where it must leave a double alone, no rounding may do so."""


def _end(end: arb) -> tuple[float, float]:
    nearest = float(end)
    rest = end - nearest
    # one that underflows keeps its sign
    return nearest, float(rest * _REST) or (_TINY if rest > 0 else -_TINY if rest < 0 else 0.0)


def settled(ball: arb) -> tuple[float, float]:
    """A ball's midpoint rounded to half the digits in force, as two numbers like an end.

    Where a result lies exactly on a midpoint between two floats, no ball that is not exact itself can say
    so: closer to it than 2**-2000, the midpoint is taken.
    """
    bits = ctx.prec
    with precision(bits // 2):
        return _end(+ball.mid())


def both_ends(ball: arb) -> tuple[float, float, float, float]:
    """Both ends of a ball, each as the nearest double and what it leaves, times 2**REST_BITS."""
    nearest, bits = float(ball), ball.rel_accuracy_bits()
    if bits < -1 and float(ball.rad()) > _LEAST:
        return -inf, 0.0, inf, 0.0  # it holds 0, and may be anything
    if bits > REST_BITS and _LEAST < abs(nearest) < 1 / _LEAST:
        rest = float(ball - nearest) * _REST
        # the radius is less than 2**-bits of the midpoint
        low, high = rest - (off := abs(nearest) * 2.0 ** (REST_BITS + 1 - bits)), rest + off
        if off < abs(rest) and nearest + low * _WIDER == nearest == nearest + high * _WIDER:
            return nearest, low, nearest, high
    return *_end(ball.lower()), *_end(ball.upper())
