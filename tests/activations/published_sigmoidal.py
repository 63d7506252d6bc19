"""Sigmoids as their papers and the frameworks define them; see `published.py`."""

from collections.abc import Callable, Mapping
from typing import Any

from mpmath import mp, mpf


def _logistic(x: mpf) -> mpf:
    return 1 / (1 + mp.exp(-x))


def heaviside(x: mpf, h0: Any) -> mpf:
    """torch.heaviside(x, h0)."""
    return mpf(0) if x < 0 else mpf(1) if x > 0 else mpf(h0)


def laplace(x: mpf, mu: Any, sigma: Any) -> mpf:
    """LaplaceActivation of transformers; Ma et al. 2022, equation 13."""
    return (1 + mp.erf((x - mu) / (sigma * mp.sqrt(2)))) / 2


def apa(x: mpf, kappa: Any, lam: Any) -> mpf:
    """Alexandridis et al. 2024: (lambda exp(-kappa z) + 1)^(1/-lambda)."""
    return (lam * mp.exp(-kappa * x) + 1) ** (1 / -mpf(lam))


def penalized_tanh(x: mpf, alpha: Any) -> mpf:
    """Xu, Huang & Li 2016."""
    return mp.tanh(x) if x > 0 else alpha * mp.tanh(x)


def rational_tanh(x: mpf) -> mpf:
    """ActivationRationalTanh of Deeplearning4j's documentation."""
    y = 2 * x / 3
    approximation = mp.sign(y) * (1 - 1 / (1 + abs(y) + y**2 + mp.mpf("1.41645") * y**4))
    return mp.mpf("1.7159") * approximation


def softclip(x: mpf, p: Any) -> mpf:
    """Klimek & Perelstein 2020."""
    return mp.log((1 + mp.exp(p * x)) / (1 + mp.exp(p * (x - 1)))) / p


def sqnl(x: mpf) -> mpf:
    """Wuraola & Patel 2018."""
    if abs(x) > 2:
        return mp.sign(x)
    return x - x**2 / 4 if x >= 0 else x + x**2 / 4


ELEMENTWISE: Mapping[str, Callable[..., mpf]] = {
    "arctan": mp.atan,
    "asinh": lambda x: mp.log(x + mp.sqrt(x**2 + 1)),
    "erf": mp.erf,
    "gaussian_cdf": mp.ncdf,
    "heaviside": heaviside,
    "laplace": laplace,
    "lecun_tanh": lambda x, a, b: b * mp.tanh(a * x),
    "sign": lambda x: mpf(mp.sign(x)),
    "softcap": lambda x, c: mp.tanh(x / c) * c,
    "sparse_sigmoid": lambda x: mpf(0) if x <= -1 else mpf(1) if x >= 1 else (x + 1) / 2,
    "apa": apa,
    "bipolar_sigmoid": lambda x: (1 - mp.exp(-x)) / (1 + mp.exp(-x)),
    "cloglog": lambda x: 1 - mp.exp(-mp.exp(x)),
    "dsilu": lambda x: _logistic(x) * (1 + x * (1 - _logistic(x))),
    "gudermannian": lambda x: mp.atan(mp.sinh(x)),
    "isru": lambda x, alpha: x / mp.sqrt(1 + alpha * x**2),
    "loglog": lambda x: mp.exp(-mp.exp(-x)),
    "penalized_tanh": penalized_tanh,
    "rational_tanh": rational_tanh,
    "softclip": softclip,
    "sqnl": sqnl,
    "symlog": lambda x: mp.sign(x) * mp.log(abs(x) + 1),
}
