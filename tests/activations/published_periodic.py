"""Periodic, radial and rational functions as their sources define them; see `published.py`."""

from collections.abc import Callable, Mapping
from typing import Any

from mpmath import mp, mpf


def snake(x: mpf, a: Any) -> mpf:
    """Liu, Hartwig & Ueda 2020, in TensorFlow Addons' form."""
    return x + (1 - mp.cos(2 * a * x)) / (2 * mpf(a))


def _sinc(x: mpf) -> mpf:
    return mp.sin(x) / x


def dsu(x: mpf) -> mpf:
    """Noel et al. 2021."""
    return mp.pi / 2 * (_sinc(x - mp.pi) - _sinc(x + mp.pi))


def pau(x: mpf, a0: Any, a1: Any, a2: Any, a3: Any, a4: Any, a5: Any, **b: Any) -> mpf:
    """The authors' version A: 1 + |b1 x| + |b2 x^2| + ... below."""
    above = sum((a * x**k for k, a in enumerate((a0, a1, a2, a3, a4, a5))), mpf(0))
    return above / (1 + sum(abs(b[f"b{k}"] * x**k) for k in range(1, 5)))


def rational_32(x: mpf, a0: Any, a1: Any, a2: Any, a3: Any, b0: Any, b1: Any, b2: Any) -> mpf:
    """Boullé, Nakatsukasa & Townsend 2020."""
    return (a3 * x**3 + a2 * x**2 + a1 * x + a0) / (b2 * x**2 + b1 * x + b0)


ELEMENTWISE: Mapping[str, Callable[..., mpf]] = {
    "cosine": mp.cos,
    "sine": lambda x, w0: mp.sin(w0 * x),  # Sitzmann et al. 2020
    "snake": snake,
    "snake_beta": lambda x, a, b: x + mp.sin(x * a) ** 2 / b,  # Lee et al. 2022
    "finer": lambda x, omega: mp.sin(omega * ((abs(x) + 1) * x)),  # Liu et al. 2024
    "gcu": lambda x: x * mp.cos(x),  # Noel et al. 2021
    "ncu": lambda x: x - x**3,  # Noel et al. 2021
    "sinlu": lambda x, a, b: (x + a * mp.sin(b * x)) / (1 + mp.exp(-x)),  # Paul et al. 2022
    "spder": lambda x: mp.sin(x) * mp.sqrt(abs(x)),  # Shah & Sitawarin 2023
    "squ": lambda x: x**2 + x,  # Noel et al. 2021
    "dsu": dsu,
    "gaussian": lambda x: mp.exp(-(x**2)),
    "inverse_multiquadratic": lambda x, c, a: ((x - c) ** 2 + mpf(a) ** 2) ** mpf("-0.5"),
    "mexican_hat": lambda x, norm: norm * (1 - x**2) * mp.exp(-(x**2) / 2),
    "multiquadratic": lambda x, c, a: mp.sqrt((x - c) ** 2 + mpf(a) ** 2),
    "quadratic_rbf": lambda x, a: 1 / (1 + (a * x) ** 2),
    "seagull": lambda x: mp.log(1 + x**2),
    "tri": lambda x: mpf(0) if abs(x) >= 1 else 1 - abs(x),
    "pau": pau,
    "rational_32": rational_32,
}
