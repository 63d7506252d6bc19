"""The vocabulary for blocks of doubles: value, slope and error bound of each function, stated once.

Bounds are in units of U = 2**-53, half an ulp of a number just above a power of two. For NumPy's own
functions they cover glibc's tables ("Known Maximum Errors in Math Functions") and the vector versions
that NumPy uses with AVX-512 (0.52 ulp for exp and log); a law measures all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.activations.arithmetic.double import NORMAL, TINY, Double
from app.activations.arithmetic.doubledouble import SAFE_HIGH, SAFE_LOW
from app.activations.arithmetic.errorfree import PAIR, Array, U, two_product
from app.activations.arithmetic.normal import Phi, erf, phi


@dataclass(frozen=True)
class Function:
    """How the double arithmetic computes one function of the vocabulary."""

    value: Callable[[Array], Array]
    slope: Callable[[Array, Array], Array]
    """f'(t) from t and f(t), to about 1 %: it carries low parts and errors of the argument over."""
    bound: float
    """Relative error of `value`, in U."""
    sign: int = 0
    condition: float | None = None
    """Largest |t f'(t) / f(t)|, where that is bounded by a small number."""
    floor: float = 0.0
    """Absolute error besides, in U."""
    crosses: bool = False
    """Whether it is zero somewhere else than at 0: what is carried over may then cancel the value."""


def _sigmoid(t: Array) -> Array:
    e = np.exp(-np.abs(t))
    return np.where(t >= 0, 1.0, e) / (1.0 + e)


def _sech(t: Array) -> Array:
    e: Array = np.exp(-np.abs(t))
    return 2.0 * e / (1.0 + e * e)


def _sech2(t: Array) -> Array:
    e: Array = np.exp(-2.0 * np.abs(t))
    return 4.0 * e / (1.0 + (2.0 * e + e * e))  # one rounding less than (1 + e)**2


def _sigmoid_prime(t: Array) -> Array:
    e: Array = np.exp(-np.abs(t))
    return e / (1.0 + (2.0 * e + e * e))


def _softplus(t: Array) -> Array:
    return np.maximum(t, 0.0) + np.log1p(np.exp(-np.abs(t)))


def _log_sigmoid(t: Array) -> Array:
    return np.minimum(t, 0.0) - np.log1p(np.exp(-np.abs(t)))


def _logit(t: Array) -> Array:
    low = np.minimum(t, 1.0 - t)  # exact for t > 1/2
    outer = np.copysign(np.log(low) - np.log1p(-low), t - 0.5)
    middle = np.log1p((2.0 * t - 1.0) / (1.0 - t))
    return np.where((t > 0.25) & (t < 0.75), middle, outer)


def _log_expm1(t: Array) -> Array:
    middle = np.log1p(np.expm1(t) - 1.0)
    return np.where(t < 0.5, np.log(np.expm1(t)), np.where(t < 1.0, middle, t + np.log(-np.expm1(-t))))


FUNCTIONS: dict[str, Function] = {
    "exp": Function(np.exp, lambda t, v: v, 1.1, sign=1),
    "expm1": Function(np.expm1, lambda t, v: v + 1.0, 2.0),
    "log": Function(np.log, lambda t, v: 1.0 / t, 1.1, crosses=True),
    "log1p": Function(np.log1p, lambda t, v: 1.0 / (1.0 + t), 2.0),
    # x / tanh(x) * sech2(x) <= 1
    "tanh": Function(np.tanh, lambda t, v: 1.0 - v * v, 3.0, condition=1.0),
    "sech": Function(_sech, lambda t, v: -np.tanh(t) * v, 4.0, sign=1),
    "sech2": Function(_sech2, lambda t, v: -2.0 * np.tanh(t) * v, 4.0, sign=1),
    "sigmoid": Function(_sigmoid, lambda t, v: v * (1.0 - v), 3.5, sign=1),
    "sigmoid_prime": Function(_sigmoid_prime, lambda t, v: -np.tanh(0.5 * t) * v, 4.0, sign=1),
    "softplus": Function(_softplus, lambda t, v: -np.expm1(-v), 3.2, sign=1),
    "log_sigmoid": Function(_log_sigmoid, lambda t, v: -np.expm1(v), 3.2, sign=-1),
    "logit": Function(_logit, lambda t, v: 1.0 / (t * (1.0 - t)), 6.0, crosses=True),
    # the logarithm turns the relative error of expm1 into an absolute one
    "log_expm1": Function(_log_expm1, lambda t, v: -1.0 / np.expm1(-t), 2.0, floor=2.2, crosses=True),
    "Phi": Function(Phi, lambda t, v: phi(t), 7.0, sign=1),
    "phi": Function(phi, lambda t, v: -t * v, 4.0, sign=1),
    "erf": Function(erf, lambda t, v: 1.1283791670955126 * np.exp(-t * t), 6.0, condition=1.0),
    "atan": Function(np.arctan, lambda t, v: 1.0 / (1.0 + t * t), 2.0, condition=1.0),
    "asinh": Function(np.arcsinh, lambda t, v: 1.0 / np.sqrt(1.0 + t * t), 4.0, condition=1.0),
    "sin": Function(np.sin, lambda t, v: np.cos(t), 2.0, crosses=True),
    "cos": Function(np.cos, lambda t, v: -np.sin(t), 2.0, crosses=True),
}


def apply(name: str, t: Double) -> Double:
    """The function `name` of VOCABULARY at `t`, with its error."""
    match name:
        case "sqrt":
            return _sqrt(t)
        case "abs":
            negative = t.hi < 0
            lo = None if t.lo is None else np.where(negative, -t.lo, t.lo)
            return Double(np.abs(t.hi), lo, t.rel, t.err, 1)
        case "sign":
            error = t.error()
            unsure = None if error is None else np.where(np.abs(t.hi) <= error, np.inf, 0.0)
            return Double(np.copysign(np.sign(t.hi), t.hi), None, 0.0, unsure, t.sign)
    function = FUNCTIONS[name]
    value = function.value(t.hi)
    rel = function.bound * U
    err = None
    if t.lo is not None or t.rel or t.err is not None:
        value, rel, err = _carried(function, t, value, rel)
    if function.floor:
        floor = function.floor * U
        err = floor if err is None else err + floor  # type: ignore[assignment]
    if value.size and not np.min(np.abs(value)) >= NORMAL:  # subnormal, or so small that it became 0
        lost = np.where((np.abs(value) < NORMAL) & (t.hi != 0.0) & np.isfinite(t.hi), 2 * TINY, 0.0)
        value = np.copysign(value, function.sign) if function.sign else value
        err = lost if err is None else err + lost
    return Double(value, None, rel, err, function.sign)


def _carried(function: Function, t: Double, value: Array, rel: float) -> tuple[Array, float, Array | None]:
    """The low part and the error of the argument, carried over to the value by the slope.

    What is done to an element must not depend on its neighbours, or results would depend on the block size.
    """
    needed = t.lo is not None or t.err is not None or (t.rel and function.condition is None)
    slope = function.slope(t.hi, value) if needed else None
    err = None
    if t.lo is not None and slope is not None:
        # first order: |lo| <= U |t|, so what is left out is below U**2 t**2 |f''|
        carried = slope * t.lo
        carried = np.where(np.isfinite(carried), carried, 0.0)
        value = np.where(carried == 0.0, value, value + carried)  # -0 + 0 is +0
        rel += U + 2.0**-70
        if function.crosses:
            # no second derivative is above 1 + f'**2, as long as that changes the value by little
            err = 2 * rel * np.abs(carried) + t.lo * t.lo + carried * carried
            err = np.where(np.abs(carried) <= 2.0**-10, err, np.inf)
    if function.condition is not None:
        rel, argument = rel + 1.01 * function.condition * t.rel, t.err
    elif t.rel <= 64 * PAIR and not function.crosses:
        rel, argument = rel + (2.0**-70 if t.rel else 0.0), t.err
    else:
        argument = t.error()
    if argument is None or slope is None:
        return value, rel, err
    change = 1.02 * np.abs(slope) * argument
    # beyond, first order says nothing
    change = np.where((argument < 2.0**-10) | (change == 0.0), change, np.inf)
    return value, rel, change if err is None else err + change


def _sqrt(t: Double) -> Double:
    hi = np.sqrt(t.hi)
    positive = t.hi > 0
    safe = np.where(positive, hi, 1.0)
    err = None
    if t.err is not None:
        # sqrt(t + e) - sqrt(t) <= e / sqrt(t)
        err = np.where(positive, t.err / safe, np.sqrt(t.err))
    if not t.paired:
        return Double(hi, None, 0.5 * t.rel + U, err, 1)
    square, rest = two_product(hi, hi)
    left = (t.hi - square) - rest
    left = left if t.lo is None else left + t.lo
    # near the ends of the range, the square's own error is lost
    trusted = (t.hi >= SAFE_LOW) & (t.hi <= SAFE_HIGH)
    lo = np.where(trusted, left / (2.0 * safe), 0.0)
    if not trusted.all():
        lost = np.where(trusted | ~positive, 0.0, U * hi)
        err = lost if err is None else err + lost
    return Double(hi, lo, 0.5 * t.rel + PAIR, err, 1)
