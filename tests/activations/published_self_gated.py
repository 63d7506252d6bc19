"""Self-gated functions as their papers and the frameworks define them; see `published.py`."""

from collections.abc import Callable, Mapping
from typing import Any

from mpmath import mp, mpf


def _logistic(x: mpf) -> mpf:
    return 1 / (1 + mp.exp(-x))


def _softplus(x: mpf) -> mpf:
    return mp.log(1 + mp.exp(x))


def _gelu(x: mpf) -> mpf:
    return x * mp.erfc(-x / mp.sqrt(2)) / 2


def _relu6(x: mpf) -> mpf:
    return min(max(x, mpf(0)), mpf(6))


def clipped_gelu(x: mpf, lo: Any, hi: Any) -> mpf:
    """ClippedGELUActivation of transformers (gelu_10)."""
    return max(mpf(lo), min(_gelu(x), mpf(hi)))


def acon_b(x: mpf, q: Any, beta: Any) -> mpf:
    """Ma, Zhang, Liu & Sun 2021: (1 - p) x sigma(beta (1 - p) x) + p x."""
    return (1 - mpf(q)) * x * _logistic(beta * (1 - mpf(q)) * x) + q * x


def acon_c(x: mpf, p1: Any, p2: Any, beta: Any) -> mpf:
    """Ma, Zhang, Liu & Sun 2021, and the authors' AconC."""
    difference = (mpf(p1) - p2) * x
    return difference * _logistic(beta * difference) + p2 * x


ELEMENTWISE: Mapping[str, Callable[..., mpf]] = {
    "clipped_gelu": clipped_gelu,
    "hard_mish": lambda x: x * min(mpf(2), max(mpf(0), x + 2)) / 2,  # timm
    "hard_swish": lambda x: x * _relu6(x + 3) / 6,  # Howard et al. 2019
    "lisht": lambda x: x * mp.tanh(x),  # Roy et al. 2019
    "acon_b": acon_b,
    "acon_c": acon_c,
    "colu": lambda x: x / (1 - x * mp.exp(-(x + mp.exp(x)))),  # Vagerwal 2021
    "dyt": lambda x, alpha, gamma, beta: mp.tanh(alpha * x) * gamma + beta,  # Zhu et al. 2025
    "e_swish": lambda x, beta: beta * x * _logistic(x),  # Alcaide 2018
    "gish": lambda x: x * mp.log(2 - mp.exp(-mp.exp(x))),  # Kaytan et al. 2023
    "golu": lambda x, alpha, beta, gamma: x * alpha * mp.exp(-beta * mp.exp(-gamma * x)),  # Das et al. 2025
    "logish": lambda x: x * mp.log(1 + _logistic(x)),  # Zhu et al. 2021
    "phish": lambda x: x * mp.tanh(_gelu(x)),  # Naveen 2022
    "resech": lambda x: x / mp.cosh(x),  # Njikam & Zhao 2016
    "serf": lambda x: x * mp.erf(_softplus(x)),  # Nag et al. 2021
    "smish": lambda x: x * mp.tanh(mp.log(1 + _logistic(x))),  # Wang, Ren & Wang 2022
    "srs": lambda x, alpha, beta: x / (x / alpha + mp.exp(-x / beta)),  # Zhou et al. 2020
    "tanhexp": lambda x: x * mp.tanh(mp.exp(x)),  # Liu & Di 2020
    "tanhsoft1": lambda x, alpha: mp.tanh(alpha * x) * _softplus(x),  # Biswas et al. 2020
    "tanhsoft2": lambda x, beta, gamma: x * mp.tanh(beta * mp.exp(gamma * x)),
}
