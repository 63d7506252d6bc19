"""A function of x alone near 0, or another point: its Taylor series, the first two terms in pairs of doubles.

x g(x) with g(0) = 1/2 has half of its smallest values just beside midpoints of the narrower formats. What
decides there is the sign of the third term, which these series know to all its digits: the error bound
shrinks with x.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat

from app.activations.arithmetic import BALL
from app.activations.arithmetic.ball import Ball, precision
from app.activations.arithmetic.double import Double
from app.activations.arithmetic.errorfree import Array, U, fast_two_sum, two_product, two_sum
from app.activations.formula import Expression, differentiate, run

_BITS = 400
_TERMS = 4
"""Taylor coefficients by differentiation; what remains is divided by x**4 and interpolated."""
_NODES = 6
_SCALES = 60
"""Half octaves below the reach in which the remainder is checked."""
_SMOOTH = 2.0**-40
"""The remainder of a smooth function is interpolated better than that, relatively."""
_TINIEST = 2.0**-900
"""Results below it are another's: their error bounds would underflow, and so lose their signs."""
_LEAST = 2.0**-480
"""Below it x**2 would lose digits to underflow."""


def _interpolated(f: Callable[[arb], arb], reach: float) -> tuple[list[arb], float]:
    """The polynomial through _NODES values of f up to the reach, and how far it is off between them."""
    nodes = [reach * ((2 * j + 1) * arb.pi() / (2 * _NODES)).cos() for j in range(_NODES)]
    powers = arb_mat([[node**n for n in range(_NODES)] for node in nodes])
    solved = powers.solve(arb_mat([[f(node)] for node in nodes]))
    terms = [solved[n, 0] for n in range(_NODES)]
    # towards 0 too, where what changes on a scale far below the reach would show
    between = [sign * reach * arb(2) ** -(n / 2) for n in range(_SCALES) for sign in (-1, 1)]
    residual = max(
        float(abs(f(x) - sum((term * x**n for n, term in enumerate(terms)), arb(0))).upper()) for x in between
    )
    return terms, residual


@dataclass(frozen=True)
class Taylor:
    """Coefficients of x**0, x**1, ..., the low parts of the first two, and bounds on the errors.

    Of the latter there are five; the fifth covers everything from x**4 on.
    """

    coefficients: tuple[float, ...]
    lows: tuple[float, float]
    errors: tuple[float, ...]

    @classmethod
    def of(
        cls, expression: Expression, numbers: Mapping[str, float], reach: float, centre: float = 0.0
    ) -> Taylor | None:
        """The series in x less the centre, up to the reach; None where the derivatives there are not known.

        About a double next to where the expression changes sign, nothing cancels in the series.
        """
        with precision(_BITS):
            values = {name: Ball.exact(number) for name, number in numbers.items()}

            def at(expression: Expression, x: arb) -> arb:
                ball: arb = run(expression, {**values, "x": Ball(x + centre)}, BALL).balls.item()
                return ball

            taylor, derivative, factorial = [], expression, 1
            for n in range(_TERMS):
                taylor.append(at(derivative, arb(0)) / factorial)
                derivative, factorial = differentiate(derivative, "x"), factorial * (n + 1)
            if not all(term.is_finite() for term in taylor):
                return None

            def remainder(x: arb) -> arb:
                known = sum((term * x**n for n, term in enumerate(taylor)), arb(0))
                return (at(expression, x) - known) / x**_TERMS

            rest, residual = _interpolated(remainder, reach)
            terms = [*taylor, *rest]
            hi = [float(term.mid()) for term in terms]
            lo = [float((term - high).mid()) for term, high in zip(terms[:2], hi[:2], strict=True)]
            kept = [*(arb(high) + low for high, low in zip(hi[:2], lo, strict=True)), *map(arb, hi[2:_TERMS])]
            errors = [float(abs(term - k).upper()) for term, k in zip(taylor, kept, strict=True)]
        size = sum(abs(c) * reach**n for n, c in enumerate(hi))
        if not 2 * residual * reach**_TERMS <= _SMOOTH * size:  # a kink, or a formula that loses its digits
            return None
        scaled = sum(abs(c) * reach**n for n, c in enumerate(hi[_TERMS:]))
        return cls(tuple(hi), (lo[0], lo[1]), (*errors, 2 * residual + 4 * U * scaled))

    def plain(self, count: int, reach: float, accuracy: float) -> Array | None:
        """The first `count` coefficients, if these alone give a function that is 0 at 0 to `accuracy`.

        The first of them is -0, so that a sum by Horner's rule has the sign of x at 0.
        """
        kept, dropped = np.array(self.coefficients[:count]), np.array(self.coefficients[count:])
        if kept[0] != 0.0 or kept[1] == 0.0 or self.errors[0]:
            return None
        powers = reach ** np.arange(len(self.coefficients) - 1.0)
        sizes = np.abs(kept[1:]) * powers[: count - 1]
        lost = np.sum(np.abs(dropped) * powers[count - 1 :]) + np.sum(np.array(self.errors[1:]) * powers[:4])
        bound = lost + abs(self.lows[1]) + 2 * U * sizes[0] + 3 * U * sizes[1:].sum()
        if not bound <= accuracy * (sizes[0] - sizes[1:].sum()):
            return None
        kept[0] = -0.0
        return kept

    def __call__(self, x: Array) -> Double:
        """The series at x; NaN where x is so small that its square underflows, or 0 would need a sign."""
        first, second, *others = self.coefficients
        rest = np.full_like(x, others[-1])
        for c in reversed(others[:-1]):
            rest *= x
            rest += c
        square = x * x
        rest *= square
        product, e = two_product(np.float64(second), x)  # type: ignore[arg-type]  # a number is an array of rank 0
        low = e + x * self.lows[1]
        s, e = two_sum(np.float64(first), product)  # type: ignore[arg-type]  # as above
        below = low + (e + self.lows[0])
        hi, lo = fast_two_sum(s, below + rest)
        size = np.abs(x)
        e0, e1, e2, e3, e4 = self.errors
        error = e0 + size * e1 + square * (e2 + size * (e3 + size * e4))
        # in what remains, a coefficient, its power of x and their product lose U each, and the sum two more
        error += 5 * U * square * (abs(others[0]) + size * abs(others[1]))
        error += 4 * U * (np.abs(low) + np.abs(below)) + np.where(below != 0.0, 2 * U * np.abs(rest), 0.0)
        size = np.where(np.abs(hi) < _TINIEST, 0.0, size)
        if first == 0.0 and second != 0.0:  # f(-0) is a zero with a sign, which the sums have lost
            hi = np.where(x == 0.0, product, hi)
        if first != 0.0 or second != 0.0:
            size = np.where(x == 0.0, 1.0, size)
        return Double(np.where(size < _LEAST, np.nan, hi), lo, 0.0, error)
