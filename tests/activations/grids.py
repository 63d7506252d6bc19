"""Where functions are hard to compute: the inputs of the laws."""

import math
from collections.abc import Callable, Iterable
from functools import cache

from mpmath import mpf
from ulp import FLOAT64, Format, following, neighbours, rounded

ZERO_CROSSINGS = (-1.2784645427610738, -0.7517915246935645, -1.1924312145154954)
"""Where the derivatives of swish, gelu and mish vanish; points within 1e-15 of them are on every grid."""
MODERATE = (
    *(-30.0, -17.0, -12.0, -8.5, -6.5, -5.0, -4.0, -3.1, -2.5, -2.0, -1.7, -1.3, -1.0, -0.9, -0.7),
    *(-0.5, -0.3, -0.11, -0.01, 0.02, 0.1, 0.25, 0.4, 0.5, 0.7, 0.75, 0.999, 1.0, 1.5, 2.0, 2.2, 2.5),
    *(3.0, 4.7, 6.0, 7.5, 9.0, 13.0, 20.0, 20.5, 37.0),
)
TAILS = (
    # the last values of exp, sigmoid, Phi and their products in float64, float32, bfloat16 and float16
    *(-800.0, -745.13, -744.0, -725.0, -709.78, -708.3, -372.0, -104.0, -103.3, -97.0, -91.5, -88.7),
    *(-87.3, -52.0, -40.0, -38.6, -37.6, -26.5, -18.0, -14.2, -13.1, 18.3, 27.0, 36.7, 38.5, 90.0, 104.0),
    *(709.0, 745.5, 1000.0),
)
EVERYWHERE = (-math.inf, math.inf, math.nan, 0.0, -0.0)


def powers(fmt: Format, count: int) -> list[float]:
    """+-2**k and numbers beside them, evenly from the last subnormal to overflow."""
    span = fmt.largest - fmt.smallest
    evenly = {fmt.smallest + span * step // count for step in range(count + 1)}
    exponents = [k for k in sorted(evenly | {-60, -27, -10, 5, 10}) if fmt.smallest <= k <= fmt.largest]
    return [math.ldexp(lead, k) for k in exponents for lead in (1.0, -1.0, 1.37, -1.61)]


def extremes(fmt: Format) -> list[float]:
    """Around the last subnormal, the smallest normal and the largest number, and a middling subnormal."""
    edges = [fmt.tiny, 3 * fmt.tiny, fmt.normal, fmt.normal - fmt.tiny, fmt.normal / 3, fmt.huge]
    return [sign * each for each in edges for sign in (1, -1)]


def hard(fmt: Format, special: Iterable[float] = (), *, thin: int = 1) -> list[float]:
    """The grid of the laws, in members of `fmt`: special points come with their neighbours.

    `thin` keeps every so many of the ordinary points, for derivatives that are dear to verify.
    """
    ordinary = [*MODERATE, *TAILS, *powers(fmt, 12)][::thin]
    crossings = [at + side for at in ZERO_CROSSINGS[:: min(thin, 2)] for side in (-1e-15, 0, 1e-15)]
    edges = [near for at in special for near in neighbours(at, fmt, 2)]
    points = {rounded(mpf(x), fmt) for x in (*ordinary, *crossings, *extremes(fmt)[::thin], *edges)}
    return [*EVERYWHERE, *sorted(points - {0.0})]


def coarse(fmt: Format, special: Iterable[float] = ()) -> list[float]:
    """A dozen points for drawn hyperparameters: both tails, both sides of 0, and the special points."""
    points = (-1e4, -90.0, -17.3, -3.7, -1.27, -0.4, 1e-9, 0.3, 0.77, 2.1, 30.0, 700.0, fmt.tiny)
    edges = [near for at in special for near in neighbours(at, fmt, 1)]
    return [*EVERYWHERE, *sorted({rounded(mpf(x), fmt) for x in (*points, *edges)} - {0.0})]


def sign_changes(f: Callable[[float], float], low: float = -12.0, high: float = 12.0) -> list[float]:
    """Points between which f changes its sign, one before and one after each change, found by bisection."""
    steps = [low + (high - low) * i / 96 for i in range(97)]
    signs = [_sign(f(x)) for x in steps]
    found = []
    for left, right, before, after in zip(steps, steps[1:], signs, signs[1:], strict=False):
        if before * after < 0:
            found += _bisected(f, left, right, before)
    return found


def _sign(y: float) -> int:
    return 0 if math.isnan(y) else (y > 0) - (y < 0)


def _bisected(f: Callable[[float], float], left: float, right: float, before: int) -> list[float]:
    f = cache(f)
    while following(left, FLOAT64) < right:
        middle = left + (right - left) / 2
        if _sign(f(middle)) == before:
            left = middle
        else:
            right = middle
    return [left, right]
