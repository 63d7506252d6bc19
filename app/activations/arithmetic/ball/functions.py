"""Functions of one ball, where arb has none or loses itself, and the precision in force."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flint import arb, ctx

_lock = threading.RLock()
_HUGE = arb(2) ** 40
_PLAIN = 1000.0
"""Arguments of exp up to it meet no limit, whatever the floor."""
_FAR = arb(70)

_LOWEST = -(2**128 - 2**100)
_floor = arb(_LOWEST)
"""Below it the exponential stops falling; changed with the precision, and under its lock."""


@contextmanager
def precision(bits: int, floor: int = _LOWEST) -> Iterator[None]:
    """Ball arithmetic with `bits` bits, for one thread at a time.

    A higher `floor` keeps what exponentials far below the precision add to a sum visible: its sign, which is
    all that a rounding asks for where the sum without it lies on a midpoint.
    """
    global _floor
    with _lock:
        previous = ctx.prec, _floor
        ctx.prec, _floor = bits, arb(floor)
        try:
            yield
        finally:
            ctx.prec, _floor = previous


def _negative(t: arb) -> bool:
    return float(t) < 0


def _exp(t: arb) -> arb:
    if -_PLAIN < float(t) < _PLAIN:
        return t.exp()
    # arb gives up near exp(4e38), and no longer knows the sign of exp(-4e38); whatever exceeds exp(2**40)
    # overflows every format, and whatever is below exp(_LOWEST) underflows beside anything
    return _HUGE.exp() if t > _HUGE else _floor.exp() if t < _floor else t.exp()


def _expm1(t: arb) -> arb:
    return _exp(t) - 1 if abs(float(t)) > 64 else t.expm1()


def _tanh(t: arb) -> arb:
    if -_PLAIN < float(t) < _PLAIN:
        return t.tanh()
    return t.sgn() * (1 - 2 * _floor.exp()) if 2 * abs(t) > -_floor else t.tanh()


def _erf(t: arb) -> arb:
    return t.sgn() * (1 - _floor.exp()) if t * t > -_floor else t.erf()


def _sigmoid(t: arb) -> arb:
    if _negative(t):
        e = _exp(t)
        return e / (1 + e)
    return 1 / (1 + _exp(-t))


def _sech(t: arb) -> arb:
    e = _exp(-abs(t))
    return 2 * e / (1 + e * e)


def _sech2(t: arb) -> arb:
    e = _exp(-2 * abs(t))
    return 4 * e / (1 + e) ** 2


def _sigmoid_prime(t: arb) -> arb:
    e = _exp(-abs(t))
    return e / (1 + e) ** 2


def _softplus(t: arb) -> arb:
    return _exp(t).log1p() if _negative(t) else t + _exp(-t).log1p()


def _log_expm1(t: arb) -> arb:
    return _expm1(t).log() if t < 1 else t + (-_exp(-t)).log1p()


def _phi(t: arb) -> arb:
    return _exp(-t * t / 2) / (2 * arb.pi()).sqrt()


def _Phi(t: arb) -> arb:  # noqa: N802 - the standard name
    if t > _FAR:
        return 1 - _Phi(-t)
    if t < -_FAR:
        # where arb's erfc no longer knows the sign; the first terms enclose the sum of all (DLMF 7.12.1)
        return _phi(t) / -t * arb(1, 0).union(1 - 1 / (t * t))
    return (-t / arb(2).sqrt()).erfc() / 2


FUNCTIONS: dict[str, Callable[[arb], arb]] = {
    "exp": _exp,
    "expm1": _expm1,
    "log": arb.log,
    "log1p": arb.log1p,
    "tanh": _tanh,
    "sech": _sech,
    "sech2": _sech2,
    "sigmoid": _sigmoid,
    "sigmoid_prime": _sigmoid_prime,
    "softplus": _softplus,
    "log_sigmoid": lambda t: -_softplus(-t),
    "logit": lambda t: (t / (1 - t)).log(),
    "log_expm1": _log_expm1,
    "Phi": _Phi,
    "phi": _phi,
    "erf": _erf,
    "sqrt": arb.sqrt,
    "atan": arb.atan,
    "asinh": arb.asinh,
    "sin": arb.sin,
    "cos": arb.cos,
    "abs": abs,
    "sign": arb.sgn,
}
