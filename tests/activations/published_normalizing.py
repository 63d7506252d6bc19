"""The normalizing functions as their papers and frameworks define them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from language import Path, exponential
from mpmath import mp, mpf
from tensors import Row, Tensor, along


def _normalised(weights: Row) -> Row:
    total = sum(weights, mpf(0))
    return [each / total for each in weights]


def _shares(z: Row) -> Row:
    return _normalised([exponential(each - max(z)) for each in z])


def _over(axis: Any, f: Callable[[Row], Row], x: Tensor) -> Tensor:
    """f applied along one axis, or along several joined."""
    if isinstance(axis, int):
        return along(axis, f, x)
    moved = np.moveaxis(x, axis, range(-len(axis), 0))
    joined = moved.reshape(*moved.shape[: -len(axis)], -1)
    return np.moveaxis(along(-1, f, joined).reshape(moved.shape), range(-len(axis), 0), axis)


def softmax(path: Path, x: Tensor, axis: Any, temperature: Any) -> Tensor:
    """Bridle 1990."""
    return _over(axis, lambda z: _shares([each / temperature for each in z]), x)


def softmin(path: Path, x: Tensor, axis: Any) -> Tensor:
    """torch.nn.Softmin."""
    return _over(axis, lambda z: _shares([-each for each in z]), x)


def log_softmax(path: Path, x: Tensor, axis: Any, temperature: Any) -> Tensor:
    """torch.nn.LogSoftmax, with a temperature as softmax's; the sum is taken without its largest term."""

    def row(z: Row) -> Row:
        scaled = [each / temperature for each in z]
        leader = path.choose(lambda: max(range(len(z)), key=lambda k: scaled[k]))
        others = [exponential(each - scaled[leader]) for k, each in enumerate(scaled) if k != leader]
        total = mp.log1p(sum(others, mpf(0)))
        return [each - scaled[leader] - total for each in scaled]

    return _over(axis, row, x)


def ssmax(path: Path, x: Tensor, axis: int, s: Any) -> Tensor:
    """Nakanishi 2025: softmax of (s ln n) x."""
    return along(axis, lambda z: _shares([s * mp.log(len(z)) * each for each in z]), x)


def sigsoftmax(path: Path, x: Tensor, axis: int) -> Tensor:
    """Kanai et al. 2018."""

    def row(z: Row) -> Row:
        logarithms = [each + _log_sigmoid(each) for each in z]
        return _shares(logarithms)

    return along(axis, row, x)


def _log_sigmoid(t: mpf) -> mpf:
    return t - mp.log1p(exponential(t)) if t < 0 else -mp.log1p(exponential(-t))


def softmax_one(path: Path, x: Tensor, axis: int) -> Tensor:
    """Miller 2023: 1 is the exponential of 0."""
    return along(axis, lambda z: _shares([*z, mpf(0)])[:-1], x)


def solu(path: Path, x: Tensor, axis: int) -> Tensor:
    """Elhage et al. 2022."""
    return along(axis, lambda z: [a * b for a, b in zip(z, _shares(z), strict=True)], x)


def spherical_softmax(path: Path, x: Tensor, axis: int, eps: Any) -> Tensor:
    """de Brebisson & Vincent 2015."""
    return along(axis, lambda z: _normalised([each * each + eps for each in z]), x)


def taylor_softmax(path: Path, x: Tensor, axis: int, order: int) -> Tensor:
    """de Brebisson & Vincent 2015; higher orders as Banerjee et al. 2020."""

    def row(z: Row) -> Row:
        return _normalised([sum((t**i / mp.factorial(i) for i in range(order + 1)), mpf(0)) for t in z])

    return along(axis, row, x)


def squash(path: Path, x: Tensor, axis: int) -> Tensor:
    """Sabour, Frosst & Hinton 2017, equation 1."""

    def row(z: Row) -> Row:
        square = sum((each * each for each in z), mpf(0))
        if square == 0:
            return [mpf(0)] * len(z)
        return [square / (1 + square) * each / mp.sqrt(square) for each in z]

    return along(axis, row, x)


def hardmax(path: Path, x: Tensor, axis: int) -> Tensor:
    """The ONNX operator of that name: 1 for the first largest."""

    def row(z: Row) -> Row:
        first = path.choose(lambda: max(range(len(z)), key=lambda k: (z[k], -k)))
        return [mpf(k == first) for k in range(len(z))]

    return along(axis, row, x)


def _support(z: Row, root: Callable[[Row], mpf]) -> list[int]:
    """The largest elements, as many as lie above the threshold that they themselves give."""
    order = sorted(range(len(z)), key=lambda k: -z[k])
    kept = order[:1]
    for count in range(2, len(z) + 1):
        if z[order[count - 1]] <= root([z[k] for k in order[: count - 1]]):
            break
        kept = order[:count]
    return kept


def sparsemax(path: Path, x: Tensor, axis: int) -> Tensor:
    """Martins & Astudillo 2016, algorithm 1."""

    def threshold(kept: Row) -> mpf:
        return (sum(kept, mpf(0)) - 1) / len(kept)

    def row(z: Row) -> Row:
        kept = path.choose(lambda: _support(z, threshold))
        tau = threshold([z[k] for k in kept])
        return [each - tau if k in kept else mpf(0) for k, each in enumerate(z)]

    return along(axis, row, x)


def _entmax_threshold(kept: Row, alpha: Any) -> mpf:
    """tau with the sum of (z - tau)**(1/(alpha - 1)) equal to 1, by Newton's method from below."""
    power = 1 / (alpha - 1)
    tau = max(kept) - 1
    for _ in range(400):
        gaps = [each - tau for each in kept]
        excess = sum((gap**power for gap in gaps), mpf(0)) - 1
        step = excess / (power * sum((gap ** (power - 1) for gap in gaps), mpf(0)))
        if tau + step == tau or abs(step) < mp.ldexp(1, 8 - mp.prec):
            return tau + step
        tau += step
    raise ArithmeticError("no threshold")


def entmax(path: Path, x: Tensor, axis: int, alpha: Any) -> Tensor:
    """Peters, Niculae & Martins 2019."""

    def row(z: Row) -> Row:
        scaled = [each * (alpha - 1) for each in z]
        kept = path.choose(lambda: _support(scaled, partial(_entmax_threshold, alpha=alpha)))
        tau = _entmax_threshold([scaled[k] for k in kept], alpha)
        power = 1 / (alpha - 1)
        return [(each - tau) ** power if k in kept else mpf(0) for k, each in enumerate(scaled)]

    return along(axis, row, x)


def gumbel_softmax(path: Path, x: Tensor, axis: int, tau: Any, hard: bool, seed: int) -> Tensor:
    """Jang, Gu & Poole 2017, straight-through if hard; noise from NumPy's Philox."""
    generator = np.random.Generator(np.random.Philox(key=seed))
    noisy = x + generator.gumbel(size=x.size).reshape(x.shape)

    def row(z: Row) -> Row:
        soft = _shares([each / tau for each in z])
        if not hard:
            return soft
        first = path.choose(lambda: max(range(len(z)), key=lambda k: (z[k], -k)))
        gaps = path.choose(lambda: [(k == first) - each for k, each in enumerate(soft)])
        return [each + gap for each, gap in zip(soft, gaps, strict=True)]

    return along(axis, row, noisy)


NORMALIZING: Mapping[str, Callable[..., Tensor]] = {
    f.__name__: f
    for f in (
        *(softmax, softmin, log_softmax, ssmax, sigsoftmax, softmax_one, solu, spherical_softmax),
        *(taylor_softmax, squash, hardmax, sparsemax, entmax, gumbel_softmax),
    )
}
