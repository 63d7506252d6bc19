"""The gated units as their papers and frameworks define them: a value, and b the gate."""

from collections.abc import Callable, Mapping
from typing import Any

from language import Path
from mpmath import mp, mpf
from tensors import Row, Tensor, along

Unit = Callable[[mpf, mpf], mpf]


def _gated(x: Tensor, axis: int, gate: str, unit: Unit) -> Tensor:
    def row(z: Row) -> Row:
        first, second = z[: len(z) // 2], z[len(z) // 2 :]
        values, gates = (first, second) if gate == "second" else (second, first)
        return [unit(a, b) for a, b in zip(values, gates, strict=True)]

    return along(axis, row, x)


def _sigmoid(t: mpf) -> mpf:
    return 1 / (1 + mp.exp(-t))


def glu(path: Path, x: Tensor, axis: int, gate: str) -> Tensor:
    """Dauphin et al. 2017."""
    return _gated(x, axis, gate, lambda a, b: a * _sigmoid(b))


def geglu(path: Path, x: Tensor, axis: int, gate: str, approximate: str) -> Tensor:
    """Shazeer 2020; the approximation is Hendrycks & Gimpel's."""

    def gelu(t: mpf) -> mpf:
        if approximate == "none":
            return t * mp.erfc(-t / mp.sqrt(2)) / 2
        return t / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (t + mp.mpf("0.044715") * t**3)))

    return _gated(x, axis, gate, lambda a, b: a * gelu(b))


def reglu(path: Path, x: Tensor, axis: int, gate: str) -> Tensor:
    """Shazeer 2020: flat at 0."""

    def rectified(t: mpf) -> mpf:
        return t if path.choose(lambda: t > 0) else mpf(0)

    return _gated(x, axis, gate, lambda a, b: a * rectified(b))


def gtu(path: Path, x: Tensor, axis: int, gate: str) -> Tensor:
    """van den Oord et al. 2016."""
    return _gated(x, axis, gate, lambda a, b: mp.tanh(a) * _sigmoid(b))


def bilinear(path: Path, x: Tensor, axis: int, gate: str) -> Tensor:
    """Shazeer 2020."""
    return _gated(x, axis, gate, lambda a, b: a * b)


def swiglu_clamped(path: Path, x: Tensor, axis: int, gate: str, alpha: Any, limit: Any) -> Tensor:
    """The experts of gpt-oss; torch.clamp passes derivatives on at the limits themselves."""

    def clamped(low: Any, high: Any, t: mpf) -> mpf:
        side = path.choose(lambda: 1 if t > high else -1 if low is not None and t < low else 0)
        return t if side == 0 else high if side > 0 else low

    def unit(a: mpf, b: mpf) -> mpf:
        swish_of = clamped(None, limit, b)
        return (clamped(-limit, limit, a) + 1) * swish_of * _sigmoid(alpha * swish_of)

    return _gated(x, axis, gate, unit)


GATED: Mapping[str, Callable[..., Tensor]] = {
    f.__name__: f for f in (glu, geglu, reglu, gtu, bilinear, swiglu_clamped)
}
