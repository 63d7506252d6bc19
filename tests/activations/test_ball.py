"""Balls against fractions: what is exact stays so, and what their ends decide is right."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb, fmpq
from mpmath import mp, mpf
from ulp import FORMATS, rounded

from app.activations.arithmetic import BALL, Arithmetic
from app.activations.arithmetic.ball import Ball, precision
from app.activations.evaluation import FEW, exactly
from app.activations.rounding import DTYPES, between

FEW_BITS = 64


def fraction(point: arb) -> Fraction:
    """What a ball without radius is."""
    assert point.is_exact()
    man, exp = point.mid().man_exp()
    return Fraction(int(man)) * Fraction(2) ** int(exp)


def number(t: Fraction) -> mpf:
    """A fraction whose denominator is a power of two."""
    return mp.ldexp(mpf(t.numerator), 1 - t.denominator.bit_length())


@pytest.mark.parametrize("x", [1.1 * 2.0**460, -1.7e308, 5e-324, -3.0, 1.0])
def test_sums_and_products_of_points_are_exact(x: float) -> None:
    """With few bits in force: as a sine's argument they matter to the last."""
    t, y = Fraction(x), Fraction(1.1)
    with precision(FEW_BITS):
        ball, other = (Ball.exact(np.array([each])) for each in (x, 1.1))
        found = {
            "argument": ((BALL.apply("abs", ball) + 1) * 30 * ball, (abs(t) + 1) * 30 * t),
            "difference": (-ball - other * other, -t - y * y),
            "power": (ball**3 - ball, t**3 - t),
            "largest": (Ball.largest(ball * ball, other) + ball, max(t * t, y) + t),
            "sum": (Ball.concatenate([ball, other, ball * ball]).sum(), t + y + t * t),
            "sign": (BALL.apply("sign", ball) * other[:1], y if t > 0 else -y),
        }
    for name, (value, expected) in found.items():
        assert value.points, name
        assert fraction(value.balls[0]) == expected, name


def test_quotients_and_functions_are_no_points() -> None:
    with precision(FEW_BITS):
        x = Ball.exact(np.array([3.0]))
        others = [x / 7, BALL.apply("exp", x), Ball.constant(Fraction(1, 3)), Ball.pi()]
        for inexact in others:
            assert not inexact.points
            assert not (inexact + x).points
            assert not (x * inexact).balls.item().is_exact()


def enclosing() -> list[tuple[Fraction, Fraction]]:
    """Midpoints and radii: beside midpoints between floats, powers of two, 0 and the ends of the range."""
    drawn = np.random.default_rng(20250103)
    found = []
    for _ in range(3000):
        bits = int(drawn.choice([8, 11, 24, 53]))
        octaves = int(drawn.choice([-1090, -1060, -900, -140, -24, 0, 1, 15, 128, 960, 1023]))
        count = int(drawn.choice([2**bits, 2**bits + 2 * int(drawn.integers(0, 2 ** (bits - 1)))]))
        at = Fraction(count + int(drawn.choice([-1, 0, 1]))) * Fraction(2) ** (octaves - bits)
        off = (
            Fraction(int(drawn.integers(-3, 4)))
            * abs(at)
            / 2 ** int(drawn.choice([20, 54, 60, 110, 700, 1100]))
        )
        radius = (
            Fraction(int(drawn.integers(0, 4))) * abs(at) / 2 ** int(drawn.choice([0, 20, 55, 61, 111, 701]))
        )
        found.append((int(drawn.choice([-1, 1])) * at + off, radius))
    return found


def test_ends_decide_what_is_certain() -> None:
    """Wherever they agree, the ball's own ends round to the same; and most balls far from midpoints agree."""
    pairs = enclosing()
    with precision(5000):
        balls = np.array(
            [arb(fmpq(t.numerator, t.denominator), fmpq(r.numerator, r.denominator)) for t, r in pairs],
            dtype=object,
        )
    with precision(FEW_BITS * 4):
        low, high = Ball(balls).ends()
    with mp.workprec(6000):
        mids, radii = zip(
            *((number(fraction(ball.mid())), number(fraction(ball.rad()))) for ball in balls), strict=True
        )
        for fmt in FORMATS.values():
            guess = np.zeros(len(pairs), DTYPES[fmt.name])
            results, certain = between(low, high, guess)
            for mid, radius, got, sure in zip(mids, radii, results.tolist(), certain.tolist(), strict=True):
                ends = {rounded(mid - radius, fmt), rounded(mid + radius, fmt)}
                assert not sure or ends == {got}, (mid, radius, fmt.name)
            assert certain.mean() > 0.3, fmt.name


def cancelling(on: Arithmetic, values: Mapping[str, Any]) -> Any:
    """exp(x) - 1 - x, without all digits but x**2/2's."""
    x = values["x"]
    return on.apply("exp", x) - on.value.of(1.0) - x


@pytest.mark.parametrize("often", [1, FEW, 7])
def test_few_lanes_speak_for_all_in_vain(often: int) -> None:
    """Lanes in which terms cancel, and others among them: all are rounded correctly."""
    n = 16 * FEW
    x = np.where(np.arange(n) % often == 0, 2.0**-300, 1.0) * np.linspace(1, 2, n)
    found = exactly(cancelling, {"x": x}, np.zeros(n)).tolist()
    with mp.workprec(2000):
        assert found == [rounded(mp.expm1(mpf(each)) - mpf(each), FORMATS["float64"]) for each in x.tolist()]


def test_lanes_of_rows_are_tried_together() -> None:
    x = np.linspace(1, 2, 5 * FEW)[:, None] * np.array([1.0, 2.0**-300, math.pi])
    found = exactly(cancelling, {"x": x}, np.zeros(x.shape)).tolist()
    with mp.workprec(2000):
        for row, results in zip(x.tolist(), found, strict=True):
            assert results == [rounded(mp.expm1(mpf(t)) - mpf(t), FORMATS["float64"]) for t in row]
