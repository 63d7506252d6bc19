"""The exact values of formulas and of their derivatives, by mpmath and nothing else.

A formula is evaluated in multiple precision (see `language.py`). Derivatives are difference quotients
in high precision, not rules: they know nothing of how the app differentiates. Every result is computed at
two precisions, and again at higher ones until both agree and their rounding to the format asked for is
settled; an exact tie is told from a near one at the last precision.
"""

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

from language import Path
from mpmath import mp, mpf
from ulp import FLOAT64, Format, near_midpoint, rounded

PRECISIONS = (160, 320, 640, 1280, 1600, 2600, 5200)
"""Working bits, tried in turn. 2600 settle x*Phi(x) = x/2 + x**2/sqrt(2 pi) for subnormal float64 x."""
BROKEN_TIE = 12_000
"""Working bits that see exp(-2*4000) beside 1, which breaks seeming ties; with more, erfc is slow."""
NEGLIGIBLE = -1100
"""log2 of what rounds to 0 in every format with certainty (float64 ends at -1074)."""
CANCELLED = 2600
"""Working bits at which a 0 is believed: 1 + tanh(u) is 0 with fewer than 2.9 |u|."""
BESIDE = mp.ldexp(1, -1100)
"""The distance from a pole at which a derivative is still beyond every float64."""
FAR = (mpf(2) ** 1030, mpf(2) ** 1080, mpf(2) ** 1180)
"""Beyond every float64, by steps of which the second is twice the first in the logarithm."""


class Undefined(ArithmeticError):
    """No precision gave the same result twice: there is no such derivative, or no limit."""


Definition = Callable[[Path, Mapping[str, mpf]], mpf]


def _quotient(f: Definition, at: Mapping[str, mpf], wrt: str, order: int, step: mpf) -> tuple[mpf, mpf]:
    """The central difference quotient of order 1 or 2, on the piece of f that holds at the point.

    And f thereabouts, divided as the differences are: what its rounding errors have been multiplied by.
    """
    path = Path()
    here = f(path, at)
    right = f(path.replay(), {**at, wrt: at[wrt] + step})
    left = f(path.replay(), {**at, wrt: at[wrt] - step})
    largest = max(abs(right), abs(here), abs(left))
    if order == 1:
        return (right - left) / (2 * step), largest / step
    return (right - 2 * here + left) / step**2, largest / step**2


def _once(
    f: Definition, at: Mapping[str, mpf], wrt: str, order: int, bits: int, relative: bool
) -> tuple[mpf, mpf]:
    """f or a derivative with about `bits` bits (a third or half of a quotient's cancel), and its noise."""
    working = bits if order == 0 else 3 * bits // 2 if order == 1 else 2 * bits
    with mp.workprec(working):
        try:
            if order == 0:
                return f(Path(), at), mpf(0)
            scale = abs(at[wrt]) if relative and at[wrt] != 0 else max(abs(at[wrt]), mpf(1))
            if getattr(f, "oscillates", False):
                scale = min(scale, mpf(1))
            step = mp.ldexp(scale, -bits // 2)
            found, amplified = _quotient(f, at, wrt, order, step)
            noise = mp.ldexp(abs(amplified), 16 - working)
            lost = mp.ldexp(abs(at[wrt]), 16 - working) > step  # the shifted points are no different
            return found, mp.inf if lost else noise
        except (ValueError, ZeroDivisionError, TypeError):  # mpmath's poles; comparing complex numbers
            return mp.nan, mp.nan


def _agree(rough: mpf, fine: mpf, bits: int) -> bool:
    if mp.isinf(fine) or mp.isinf(rough):
        return bool(rough == fine)
    return bool(abs(rough - fine) <= mp.ldexp(abs(fine), -bits))


def _short(t: mpf, bits: int) -> mpf:
    """The number of half as many bits that t agrees with, or t: quotients miss even polynomials' slopes."""
    with mp.workprec(bits // 2):
        near = +t
    with mp.workprec(2 * bits):
        return near if abs(t - near) <= mp.ldexp(abs(t), 60 - bits) else t


def _is_number(t: Any) -> bool:
    return isinstance(t, mpf) and not mp.isnan(t)


@lru_cache(maxsize=400_000)
def _settled(f: Definition, at: tuple[tuple[str, Any], ...], wrt: str, order: int, fmt: Format) -> mpf:
    variables = {name: number if isinstance(number, mpf) else mpf(number) for name, number in at}
    if not all(mp.isfinite(number) for number in variables.values()):
        return mp.nan
    if order and not _is_number(_settled(f, at, wrt, 0, fmt)):
        return mp.nan
    negligible = mp.ldexp(1, NEGLIGIBLE)
    # what oscillates is wrong altogether before its argument, x**2 at most, is known to a part of 1
    largest = max(map(mp.mag, variables.values())) if getattr(f, "oscillates", False) else 0
    least = min(2 * largest, PRECISIONS[-2])
    for relative in (False, True) if order else (False,):
        rough: Any = mp.nan
        for bits in PRECISIONS:
            if bits < least:
                continue
            fine, noise = _once(f, variables, wrt, order, bits, relative)
            if not _is_number(fine):  # outside the domain: a smaller step may be inside
                if order and not relative:
                    break
                continue
            if order and max(abs(fine), noise) < negligible:
                return mpf(0)
            if not order and 0 < abs(fine) < negligible and mp.sign(rough) == mp.sign(fine):
                return fine
            certain = _agree(rough, fine, min(bits // 4, 200)) and (fine != 0 or bits >= CANCELLED)
            if certain and not near_midpoint(fine, fmt, bits // 4 - fmt.precision):
                return _short(fine, bits) if order else fine
            if certain and bits == PRECISIONS[-1]:
                return _short(fine, bits) if order else _once(f, variables, wrt, 0, BROKEN_TIE, relative)[0]
            rough = fine
    if order == 0:
        return mp.nan
    raise Undefined(f"derivative of order {order} with respect to {wrt} at {dict(at)}")


def settled(f: Definition, variables: Mapping[str, float], wrt: str, order: int, fmt: Format) -> mpf:
    """f, or its derivative with respect to one of its variables, where all of them are finite."""
    return _settled(f, tuple(sorted(variables.items())), wrt, order, fmt)


def exact(
    f: Definition,
    x: float | mpf,
    parameters: Mapping[str, float],
    *,
    wrt: str = "x",
    order: int = 0,
    fmt: Format = FLOAT64,
) -> mpf:
    """f (order 0) or its derivative at a float, precise enough to round to `fmt` and to measure ulps.

    A derivative below 2**-1100 is returned as 0. Where f is undefined the result is NaN. At an infinity it
    is the limit: infinite if f keeps growing at least as a logarithm does, NaN if there is none. At a pole or
    at the end of the domain a derivative is the infinity it grows to. Anywhere else without a derivative,
    `Undefined` is raised.
    """
    if mp.isinf(x):
        return _limit(f, mp.sign(x), parameters, wrt, order, fmt)
    try:
        return _settled(f, _at(parameters, x), wrt, order, fmt)
    except Undefined:
        with mp.workprec(PRECISIONS[-1]):
            sides = [mpf(x) + side * BESIDE for side in (-1, 1)]
        beside = [_settled(f, _at(parameters, side), wrt, order, fmt) for side in sides]
        ends = {rounded(each, fmt) for each in beside if not mp.isnan(each)}
        if len(ends) == 1 and math.isinf(*ends):
            return mpf(*ends)
        raise


def _at(parameters: Mapping[str, float], x: float | mpf) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted({**parameters, "x": x}.items()))


def _limit(
    f: Definition, side: mpf, parameters: Mapping[str, float], wrt: str, order: int, fmt: Format
) -> mpf:
    try:
        found = [exact(f, side * far, parameters, wrt=wrt, order=order, fmt=fmt) for far in FAR]
    except Undefined:
        return mp.nan
    if getattr(f, "oscillates", False) and not _steady(
        lambda x: exact(f, x, parameters, wrt=wrt, order=order, fmt=fmt), side, found, fmt
    ):
        return mp.nan
    ends = {rounded(each, fmt) for each in found[1:]}
    if len(ends) == 1:
        return mpf(*ends) if math.isinf(*ends) else found[-1]
    if len({mp.sign(each) for each in found}) > 1:
        return mp.nan
    sizes = [abs(each) for each in found]
    first, second = (b - a for a, b in pairwise(sizes))
    if second >= first > 0:  # like a logarithm, or faster
        return mp.inf * mp.sign(found[-1])
    first, second = (mp.log(a / b) for a, b in pairwise(sizes))
    return mpf(0) if second > 1.9 * first > 1 else mp.nan  # like a power


def _steady(f: Callable[[mpf], mpf], side: mpf, found: list[mpf], fmt: Format) -> bool:
    """Whether f settles, or keeps its direction: three points may happen to grow, a dozen do not."""
    try:
        found = [*found, *(f(side * FAR[-1] * (8 + k) / 8) for k in range(1, 9))]
    except Undefined:
        return False
    if len({rounded(each, fmt) for each in found}) == 1 and not mp.isinf(rounded(found[-1], fmt)):
        return True
    steps = {mp.sign(abs(b) - abs(a)) for a, b in pairwise(found)}
    return len({mp.sign(each) for each in found}) == 1 and len(steps) == 1
