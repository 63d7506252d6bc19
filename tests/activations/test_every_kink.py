"""Laws: where a derivative jumps, and which value it takes there, is declared and so."""

import math

import numpy as np
import pytest
from language import Path
from measure import example, formula, kinks, symbols
from mpmath import mp, mpf
from oracle import exact
from ulp import FORMATS, Format, rounded

from app.activations import CATALOG
from app.activations.elementwise import Elementwise

FUNCTIONS = {name: cls for name, cls in CATALOG.items() if issubclass(cls, Elementwise)}
every_function = pytest.mark.parametrize("name", FUNCTIONS)


def sides(f: Elementwise, at: mpf, order: int) -> tuple[mpf, mpf]:
    """The limits from the left and from the right of f or one of its derivatives."""
    text = formula(f.expression_text)
    parameters = symbols(f, text, (1,))[0]
    with mp.workprec(600):
        left, right = at - mp.ldexp(1, -400), at + mp.ldexp(1, -400)
    return exact(text, left, parameters, order=order), exact(text, right, parameters, order=order)


def jumps(f: Elementwise, at: mpf, order: int) -> bool:
    left, right = sides(f, at, order)
    return bool(abs(left - right) > mpf(2) ** -60)


def declared(f: Elementwise) -> list[mpf]:
    """The kinks to high precision: a quotient of hyperparameters need not be a float."""
    with mp.workprec(600):
        return [
            formula(text)(
                Path(), {name: mpf(value) for name, value in symbols(f, formula(text), (1,))[0].items()}
            )
            for text in f.kinks
        ]


@every_function
def test_smoothness(name: str) -> None:
    """The first of value, slope and curvature that jumps anywhere says it."""
    f = example(FUNCTIONS[name])
    points = [*declared(f), *([mpf(0)] if f.domain.low < 0 else [])]
    first = next((order for order in (0, 1, 2) if any(jumps(f, at, order) for at in points)), None)
    expected = {0: ("discontinuous",), 1: ("C0",), 2: ("C1",), None: ("C2", "Cinf")}[first]
    assert f.properties.smoothness in expected


@every_function
def test_no_kink_is_left_undeclared(name: str) -> None:
    """Between neighbours of an ever finer grid the slope changes little, except across a declared kink."""
    f = example(FUNCTIONS[name])
    x = np.linspace(max(-12.0, f.domain.low + 0.3), min(12.0, f.domain.high - 0.3), 6001)
    slope = f.derivative(x).values
    left, right, before, after = x[:-1], x[1:], slope[:-1], slope[1:]
    for _ in range(25):
        steep = np.abs(after - before) > 0.06
        left, right, before, after = (part[steep] for part in (left, right, before, after))
        middle = left + (right - left) / 2
        between = f.derivative(middle).values
        first = np.abs(between - before) > np.abs(after - between)  # the half that changes more
        left, right = np.where(first, left, middle), np.where(first, middle, right)
        before, after = np.where(first, before, between), np.where(first, between, after)
    for low, high in zip(left, right, strict=True):
        assert any(low <= at <= high for at in kinks(f)), low


@every_function
@pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda fmt: fmt.name)
def test_the_derivative_at_a_kink_is_the_stated_one(name: str, fmt: Format) -> None:
    f = example(FUNCTIONS[name])
    for entry, at in zip(f.describe()["kinks"], declared(f), strict=True):
        assert entry["x"] == pytest.approx(float(at), rel=1e-15)
        if rounded(at, fmt) != at:  # never met
            continue
        here = float(f.derivative(np.array(entry["x"]), dtype=fmt.name).values)
        assert here == pytest.approx(entry["derivative"], rel=2**-7)
        low, high = sorted(sides(f, at, 1))
        margin = abs(here) * 2**-7 + 2**-60
        assert low - margin <= here <= high + margin


def test_kinks_follow_the_hyperparameters() -> None:
    for name, cls in FUNCTIONS.items():
        f = example(cls)
        for text, at in zip(f.kinks, kinks(f), strict=True):
            own = symbols(f, formula(text), (1,))[0]
            moved = {k: v * 1.5 + math.copysign(0.25, v) for k, v in own.items()}
            if not moved:
                continue
            g = cls.model_validate({**cls.example_params, **moved})
            assert kinks(g) != kinks(f), (name, at)
            assert any(jumps(g, there, order) for there in declared(g) for order in (0, 1, 2)), (name, moved)
