"""Published definitions: exponential-linear units, rectifiers, shrinkage, polynomials; see `published.py`."""

from collections.abc import Callable, Mapping
from typing import Any

from mpmath import mp, mpf

# -- exponential-linear -----------------------------------------------------------------------------


def celu(x: mpf, alpha: Any) -> mpf:
    """Barron 2017."""
    return max(mpf(0), x) + min(mpf(0), alpha * (mp.exp(x / alpha) - 1))


def xielu(x: mpf, ap: Any, an: Any, beta: Any, eps: Any) -> mpf:
    """Huang & Schlag 2024, with the guard `eps` of transformers' XIELUActivation."""
    if x > 0:
        return ap * x * x + beta * x
    return (mp.exp(min(x, mpf(eps))) - 1 - x) * an + beta * x


def elish(x: mpf) -> mpf:
    """Basirat & Roth 2018."""
    return (x if x >= 0 else mp.exp(x) - 1) / (1 + mp.exp(-x))


def hard_elish(x: mpf) -> mpf:
    """Basirat & Roth 2018."""
    return (x if x >= 0 else mp.exp(x) - 1) * max(mpf(0), min(mpf(1), (x + 1) / 2))


def isrlu(x: mpf, alpha: Any) -> mpf:
    """Carlile et al. 2017."""
    return x if x >= 0 else x * (1 / mp.sqrt(1 + alpha * x**2))


def pelu(x: mpf, a: Any, b: Any) -> mpf:
    """Trottier, Giguère & Chaib-draa 2017."""
    return mpf(a) / b * x if x >= 0 else a * (mp.exp(x / b) - 1)


def serlu(x: mpf, lam: Any, alpha: Any) -> mpf:
    """Zhang & Li 2018."""
    return lam * x if x >= 0 else lam * (alpha * x * mp.exp(x))


def soft_exponential(x: mpf, alpha: Any) -> mpf:
    """Godfrey & Gashler 2015."""
    if alpha == 0:
        return x
    if alpha > 0:
        return (mp.exp(alpha * x) - 1) / alpha + alpha
    inner = 1 - alpha * (x + alpha)
    return -mp.log(inner) / alpha if inner > 0 else mp.ninf if inner == 0 else mp.nan


# -- rectifiers -------------------------------------------------------------------------------------


def arelu(x: mpf, alpha: Any, beta: Any) -> mpf:
    """Chen, Li & Xu 2020, as their code has it."""
    clamped = min(max(mpf(alpha), mpf("0.01")), mpf("0.99"))
    return max(x, mpf(0)) * (1 + 1 / (1 + mp.exp(-mpf(beta)))) - max(-x, mpf(0)) * clamped


def modrelu(x: mpf, b: Any) -> mpf:
    """Arjovsky, Shah & Bengio 2016: (|z| + b) z/|z| where |z| + b >= 0, else 0; real z."""
    if x == 0:
        return mpf(0)
    return (abs(x) + b) * x / abs(x) if abs(x) + b >= 0 else mpf(0)


def pact(x: mpf, alpha: Any) -> mpf:
    """Choi et al. 2018."""
    return (abs(x) - abs(x - alpha) + alpha) / 2


def plu(x: mpf, alpha: Any, c: Any) -> mpf:
    """Nicolae 2018."""
    return max(alpha * (x + c) - c, min(alpha * (x - c) + c, x))


def srelu(x: mpf, tl: Any, al: Any, tr: Any, ar: Any) -> mpf:
    """Jin et al. 2016."""
    if x >= tr:
        return tr + ar * (x - tr)
    return x if x > tl else tl + al * (x - tl)


# -- shrinkage --------------------------------------------------------------------------------------


def shrink(x: mpf, lambd: Any, bias: Any) -> mpf:
    """ONNX's operator Shrink."""
    if x < -lambd:
        return x + bias
    return x - bias if x > lambd else mpf(0)


def soft_shrink(x: mpf, lambd: Any) -> mpf:
    """Donoho 1995."""
    return mp.sign(x) * max(abs(x) - lambd, mpf(0))


# -- smooth rectifiers ------------------------------------------------------------------------------


def smelu(x: mpf, beta: Any) -> mpf:
    """Shamir, Lin & Coviello 2020."""
    if abs(x) <= beta:
        return (x + beta) ** 2 / (4 * mpf(beta))
    return max(x, mpf(0))


def smu(x: mpf, alpha: Any, mu: Any) -> mpf:
    """Biswas et al. 2021."""
    a = mpf(alpha)
    return ((1 + a) * x + (1 - a) * x * mp.erf(mu * (1 - a) * x)) / 2


def smu1(x: mpf, alpha: Any, mu: Any) -> mpf:
    """Biswas et al. 2021."""
    a = mpf(alpha)
    return ((1 + a) * x + mp.sqrt((x - a * x) ** 2 + mpf(mu) ** 2)) / 2


ELEMENTWISE: Mapping[str, Callable[..., mpf]] = {
    "celu": celu,
    "exponential": mp.exp,
    "xielu": xielu,
    "elish": elish,
    "elu_plus_one": lambda x: (x if x > 0 else mp.exp(x) - 1) + 1,
    "hard_elish": hard_elish,
    "isrlu": isrlu,
    "pelu": pelu,
    "serlu": serlu,
    "soft_exponential": soft_exponential,
    "abs": lambda x: x if x > 0 else -x,
    "relu_squared": lambda x: max(x, mpf(0)) ** 2,
    "star_relu": lambda x, scale, bias: scale * max(x, mpf(0)) ** 2 + bias,
    "threshold": lambda x, theta, value: x if x > theta else mpf(value),
    "tlu": lambda x, tau: max(x, mpf(tau)),
    "arelu": arelu,
    "displaced_relu": lambda x, delta: x if x >= -delta else -mpf(delta),
    "flexible_relu": lambda x, b: max(x, mpf(0)) + b,
    "modrelu": modrelu,
    "nlrelu": lambda x, beta: mp.log(beta * max(mpf(0), x) + 1),
    "pact": pact,
    "plu": plu,
    "rectified_tanh": lambda x: max(mpf(0), mp.tanh(x)),
    "repu": lambda x, s: max(mpf(0), x) ** s,
    "shifted_relu": lambda x: max(x, mpf(-1)),
    "srelu": srelu,
    "hard_shrink": lambda x, lambd: x if abs(x) > lambd else mpf(0),
    "shrink": shrink,
    "soft_shrink": soft_shrink,
    "tanh_shrink": lambda x: x - mp.tanh(x),
    "sparse_plus": lambda x: mpf(0) if x <= -1 else (x + 1) ** 2 / 4 if x < 1 else x,
    "sqrt_softplus": lambda x: mp.sqrt(mp.log(1 + mp.exp(x))),
    "squareplus": lambda x, b: (x + mp.sqrt(x**2 + b)) / 2,
    "bent_identity": lambda x: (mp.sqrt(x**2 + 1) - 1) / 2 + x,
    "shifted_softplus": lambda x: mp.log(mp.exp(x) / 2 + mpf(1) / 2),
    "smelu": smelu,
    "smu": smu,
    "smu1": smu1,
    "square": lambda x: x * x,
    "cube": lambda x: x * x * x,
}
