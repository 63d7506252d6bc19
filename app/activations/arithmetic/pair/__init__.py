"""Pairs: blocks of unevaluated sums hi + lo of two doubles, good for 65 bits or more.

The values are those of the double arithmetic, whose sums, products and quotients already keep their low
parts, or Wide ones; what is added here is the functions. They are built from a few kernels, of exp, sin, atan
and Mills' ratio, by the operations of the values, which carry the error bounds along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from app.activations.arithmetic.pair.exponential import exp, expm1, log, log1p
from app.activations.arithmetic.pair.kernel import Value, magnitude, root, sign_of, with_zeros
from app.activations.arithmetic.pair.logistic import (
    asinh,
    log_expm1,
    log_sigmoid,
    logit,
    sech,
    sech2,
    sigmoid,
    sigmoid_prime,
    softplus,
    tanh,
)
from app.activations.arithmetic.pair.normal import Phi, erf, phi
from app.activations.arithmetic.pair.trigonometric import atan, cos, sin

FUNCTIONS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "exp": exp,
        "expm1": expm1,
        "log": log,
        "log1p": log1p,
        "tanh": tanh,
        "sech": sech,
        "sech2": sech2,
        "sigmoid": sigmoid,
        "sigmoid_prime": sigmoid_prime,
        "softplus": softplus,
        "log_sigmoid": log_sigmoid,
        "logit": logit,
        "log_expm1": log_expm1,
        "Phi": Phi,
        "phi": phi,
        "erf": erf,
        "sqrt": root,
        "atan": atan,
        "asinh": asinh,
        "sin": sin,
        "cos": cos,
        "abs": magnitude,
        "sign": sign_of,
    }
)

_THROUGH_ZERO = frozenset(["asinh", "atan", "erf", "expm1", "log1p", "sin", "tanh"])
"""Functions with f(0) = 0 and f'(0) = 1."""


def apply(name: str, t: Value) -> Value:
    """The function `name` of VOCABULARY at `t`, with its error."""
    value: Value = FUNCTIONS[name](t)
    return with_zeros(value, t) if name in _THROUGH_ZERO else value
