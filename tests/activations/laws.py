"""The law of accuracy, as functions: so that a class that no catalog knows can be held to it too."""

import math

from grids import hard, sign_changes
from measure import CURVATURE, SLOPE, VALUE, Quantity, ends, errors, kinks, misrounded, signs_differ
from ulp import FLOAT64, Format, rounded

from app.activations.elementwise import Elementwise


def grid(f: Elementwise, quantity: Quantity, fmt: Format) -> list[float]:
    """Hard inputs: all of the grid for values and slopes, a third for dearer and rarer quantities."""
    special = [*kinks(f), *ends(f), 0.5]
    if quantity in (SLOPE, CURVATURE):
        special += crossings(f, quantity)
    return hard(fmt, special, thin=1 if quantity in (VALUE, SLOPE) and fmt is FLOAT64 else 3)


def crossings(f: Elementwise, quantity: Quantity) -> list[float]:
    """The doubles on both sides of each sign change of the exact derivative."""

    def exactly(x: float) -> float:
        t = quantity.exactly(f, [x], FLOAT64)[0]
        return math.nan if t is None else rounded(t, FLOAT64)

    return sign_changes(exactly)


def check(f: Elementwise, quantity: Quantity, fmt: Format, x: list[float]) -> None:
    """Correctly rounded where that is declared, within the declared bound otherwise."""
    truth = quantity.exactly(f, x, fmt)
    got = quantity.of(f, x, fmt)
    bound = f.accuracy[fmt.name]
    if bound <= 0.5:
        assert not misrounded(x, got, truth, fmt), f
    else:
        worst = errors(x, got, truth, fmt)
        assert worst[0][0] <= bound, (f, worst[:5])
        assert not signs_differ(x, got, truth), f
