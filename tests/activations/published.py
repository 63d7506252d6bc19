"""The functions as their papers and frameworks define them, written from those and not from the app.

Textbook forms, cancelling and overflowing as they please: multiple precision makes up for it. Arguments
are mpmath numbers; hyperparameters have the catalog's names. Elementwise functions map a number to a
number; those that mix elements are in `published_mixing.py`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from mpmath import mp, mpf


def _clip(x: mpf, low: Any, high: Any) -> mpf:
    return mpf(low) if x < low else mpf(high) if x > high else x


def _logistic(x: mpf) -> mpf:
    return 1 / (1 + mp.exp(-x))


def _normal_cdf(x: mpf) -> mpf:
    return mp.erfc(-x / mp.sqrt(2)) / 2


# -- rectifiers ------------------------------------------------------------------------------------


def relu(x: mpf, max_value: Any, negative_slope: Any, threshold: Any) -> mpf:
    """Nair & Hinton 2010; keras.layers.ReLU: max_value bounds what is above the threshold, and no more."""
    if x < threshold:
        return negative_slope * (x - threshold)
    return x if max_value is None else min(x, mpf(max_value))


def leaky_relu(x: mpf, alpha: Any, max_value: Any) -> mpf:
    """Maas, Hannun & Ng 2013; max_value as in keras.layers.ReLU, which leaves the left part alone."""
    if x <= 0:
        return alpha * x
    return x if max_value is None else min(x, mpf(max_value))


def prelu(x: mpf, alpha: Any) -> mpf:
    """He, Zhang, Ren & Sun 2015."""
    return max(mpf(0), x) + alpha * min(mpf(0), x)


def rrelu(x: mpf, lower: Any, upper: Any, draw: Any) -> mpf:
    """Xu, Wang, Chen & Li 2015, in the frameworks' form (slope, not divisor); `draw` is uniform in [0, 1)."""
    slope = mpf(lower) + (mpf(upper) - mpf(lower)) * (mpf(1) / 2 if draw is None else draw)
    return x if x >= 0 else slope * x


def thresholded_relu(x: mpf, theta: Any) -> mpf:
    """Konda, Memisevic & Krueger 2015."""
    return x if x > theta else mpf(0)


def clipped_relu(x: mpf, max_value: Any) -> mpf:
    """Hannun et al. 2014 (Deep Speech)."""
    return min(max(mpf(0), x), mpf(max_value))


# -- exponential ------------------------------------------------------------------------------------


def elu(x: mpf, alpha: Any) -> mpf:
    """Clevert, Unterthiner & Hochreiter 2016."""
    return x if x > 0 else alpha * (mp.exp(x) - 1)


def mpelu(x: mpf, alpha: Any, beta: Any) -> mpf:
    """Li, Fan, Li, Wu & Ming 2018."""
    return x if x > 0 else alpha * (mp.exp(beta * x) - 1)


def selu(x: mpf, scale: Any, alpha: Any) -> mpf:
    """Klambauer, Unterthiner, Mayr & Hochreiter 2017."""
    return scale * x if x > 0 else scale * (alpha * mp.exp(x) - alpha)


# -- sigmoids ---------------------------------------------------------------------------------------


def tanh(x: mpf) -> mpf:
    if abs(x) > 2**40:
        return mp.sign(x) * (1 - mp.exp(-2 * abs(x)))
    return (mp.exp(x) - mp.exp(-x)) / (mp.exp(x) + mp.exp(-x))


def hard_sigmoid(x: mpf, slope: Any, offset: Any) -> mpf:
    """Courbariaux, Bengio & David 2015; Gulcehre et al. 2016 for the slope 1/4 (hard_logistic)."""
    return _clip(slope * x + offset, 0, 1)


def logit(x: mpf, eps: Any) -> mpf:
    if eps is not None:
        x = _clip(x, mpf(eps), 1 - mpf(eps))
    if x in (0, 1):
        return mp.inf if x == 1 else mp.ninf
    return mp.log(x / (1 - x)) if 0 < x < 1 else mp.nan


# -- smooth rectifiers ------------------------------------------------------------------------------


def softplus(x: mpf, beta: Any) -> mpf:
    """Dugas et al. 2001."""
    return mp.log(1 + mp.exp(beta * x)) / beta


def softplus_inverse(x: mpf) -> mpf:
    return mp.log(mp.exp(x) - 1) if x > 0 else mp.ninf if x == 0 else mp.nan


def swish(x: mpf, beta: Any) -> mpf:
    """Ramachandran, Zoph & Le 2017; Elfwing, Uchibe & Doya 2018 (beta = 1)."""
    return x / (1 + mp.exp(-beta * x))


def gelu(x: mpf, approximate: Any, mean: Any, std: Any) -> mpf:
    """Hendrycks & Gimpel 2016: x P(X <= x), X normal; both approximations for the standard normal."""
    if approximate == "tanh":
        return gelu_tanh(x)
    if approximate == "sigmoid":
        return quick_gelu(x)
    return x * _normal_cdf((x - mean) / std)


def gelu_tanh(x: mpf) -> mpf:
    inner = mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3)
    return x / 2 * (1 + mp.tanh(inner))


def quick_gelu(x: mpf) -> mpf:
    return x * _logistic(mp.mpf("1.702") * x)


def mish(x: mpf) -> mpf:
    """Misra 2019."""
    return x * mp.tanh(mp.log(1 + mp.exp(x)))


# -- noisy (Gulcehre, Moczulski, Denil & Bengio 2016, algorithm 1) ----------------------------------


def _noisy(x: mpf, hard: mpf, linear: mpf, alpha: Any, c: Any, p: Any, noise: str, draw: Any) -> mpf:
    """`draw` is xi ~ N(0, 1); without one its expectation: sqrt(2/pi) for |xi|, 0 for xi."""
    delta = hard - linear
    direction = -mp.sign(x) * mp.sign(1 - mpf(alpha))
    scale = c * (_logistic(p * delta) - mpf(1) / 2) ** 2
    if noise == "half_normal":
        xi = mp.sqrt(2 / mp.pi) if draw is None else abs(draw)
    else:
        xi = mpf(0) if draw is None else draw
    return alpha * hard + (1 - mpf(alpha)) * linear + direction * scale * xi


def noisy_hard_tanh(x: mpf, alpha: Any, c: Any, p: Any, noise: str, draw: Any) -> mpf:
    return _noisy(x, _clip(x, -1, 1), x, alpha, c, p, noise, draw)


def noisy_hard_sigmoid(x: mpf, alpha: Any, c: Any, p: Any, noise: str, draw: Any) -> mpf:
    linear = x / 4 + mpf(1) / 2
    return _noisy(x, _clip(linear, 0, 1), linear, alpha, c, p, noise, draw)


def noisy_relu(x: mpf, c: Any, draw: Any) -> mpf:
    return max(mpf(0), x if draw is None else x + c * draw)


ELEMENTWISE: Mapping[str, Callable[..., mpf]] = {
    "linear": lambda x: x,
    "relu": relu,
    "relu6": lambda x: _clip(x, 0, 6),
    "negative_part": lambda x: max(-x, mpf(0)),
    "clipped_relu": clipped_relu,
    "leaky_relu": leaky_relu,
    "prelu": prelu,
    "rrelu": rrelu,
    "thresholded_relu": thresholded_relu,
    "elu": elu,
    "selu": selu,
    "mpelu": mpelu,
    "sigmoid": _logistic,
    "hard_sigmoid": hard_sigmoid,
    "hard_logistic": hard_sigmoid,
    "log_sigmoid": lambda x: mp.log(_logistic(x)),
    "tanh": tanh,
    "hard_tanh": lambda x, min_value, max_value: _clip(x, min_value, max_value),
    "softsign": lambda x: x / (1 + abs(x)),
    "logit": logit,
    "softplus": softplus,
    "softplus_inverse": softplus_inverse,
    "swish": swish,
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "quick_gelu": quick_gelu,
    "mish": mish,
    "noisy_hard_tanh": noisy_hard_tanh,
    "noisy_hard_sigmoid": noisy_hard_sigmoid,
    "noisy_relu": noisy_relu,
}
