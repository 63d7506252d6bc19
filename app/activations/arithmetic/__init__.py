"""The arithmetics a formula can be evaluated in, cheapest first.

Each has a class of values with the same operations (Python's operators, `compare`, `select`,
`largest`, and `sum`, `max`, `concatenate` along the last axis) and a function `apply` for the
vocabulary. Each carries a bound on its error and knows nothing of any activation function. Doubles and
pairs share their values, whose sums and products keep what rounding lost; their functions differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.activations.arithmetic import ball, double, functions, pair, quick, wide


@dataclass(frozen=True)
class Arithmetic:
    """A class of values, and the vocabulary's functions of them by name."""

    value: type[Any]
    apply: Callable[[str, Any], Any]


QUICK = Arithmetic(quick.Quick, functions.apply)
DOUBLE = Arithmetic(double.Double, functions.apply)
PAIR = Arithmetic(double.Double, pair.apply)
WIDE = Arithmetic(wide.Wide, pair.apply)
BALL = Arithmetic(ball.Ball, ball.apply)
