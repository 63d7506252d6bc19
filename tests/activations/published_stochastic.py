"""Stochastic functions as their papers define them; `draw` is the noise, None where there is none."""

from collections.abc import Callable, Mapping
from typing import Any

from mpmath import mp, mpf


def nrelu(x: mpf, draw: Any) -> mpf:
    """Nair & Hinton 2010: the noise's variance is sigmoid(x)."""
    return max(mpf(0), x if draw is None else x + draw / mp.sqrt(1 + mp.exp(-x)))


def probact(x: mpf, sigma: Any, draw: Any) -> mpf:
    """Shridhar et al. 2019, with the ReLU as the mean."""
    return max(mpf(0), x) + (mpf(0) if draw is None else sigma * draw)


def binary_concrete(x: mpf, tau: Any, draw: Any) -> mpf:
    """Maddison, Mnih & Teh 2017; `draw` is logistic."""
    return 1 / (1 + mp.exp(-(x if draw is None else x + draw) / tau))


def stochastic_binary(x: mpf, draw: Any) -> mpf:
    """Bengio, Leonard & Courville 2013; `draw` is uniform."""
    probability = 1 / (1 + mp.exp(-x))
    return probability if draw is None else mpf(draw < probability)


ELEMENTWISE: Mapping[str, Callable[..., mpf]] = {
    f.__name__: f for f in (nrelu, probact, binary_concrete, stochastic_binary)
}
