"""The functions that compare elements, or give several outputs, as their papers define them."""

from collections.abc import Callable, Mapping
from functools import partial

from language import Path
from mpmath import mp, mpf
from tensors import Row, Tensor, along


def concat_elu(path: Path, x: Tensor, axis: int) -> Tensor:
    """Salimans et al. 2017."""

    def elu(t: mpf) -> mpf:
        return t if path.choose(lambda: t > 0) else mp.expm1(t)

    return along(axis, lambda z: [elu(t) for t in z] + [elu(-t) for t in z], x)


def _sorted(path: Path, z: Row) -> Row:
    order = path.choose(lambda: sorted(range(len(z)), key=lambda place: z[place]))
    return [z[place] for place in order]


def group_sort(path: Path, x: Tensor, axis: int, group_size: int) -> Tensor:
    """Anil, Lucas & Grosse 2019: ascending."""

    def row(z: Row) -> Row:
        groups = [z[i : i + group_size] for i in range(0, len(z), group_size)]
        return [each for group in groups for each in _sorted(path, group)]

    return along(axis, row, x)


def _first_larger(pairs: list[tuple[mpf, mpf]]) -> list[bool]:
    return [a >= b for a, b in pairs]


def maxmin(path: Path, x: Tensor, axis: int) -> Tensor:
    """Anil, Lucas & Grosse 2019, on halves."""

    def row(z: Row) -> Row:
        pairs = list(zip(z[: len(z) // 2], z[len(z) // 2 :], strict=True))
        kept: list[bool] = path.choose(partial(_first_larger, pairs))
        ordered = [pair if keep else pair[::-1] for pair, keep in zip(pairs, kept, strict=True)]
        return [larger for larger, _ in ordered] + [smaller for _, smaller in ordered]

    return along(axis, row, x)


def max_feature_map(path: Path, x: Tensor, axis: int) -> Tensor:
    """Wu, He, Sun & Tan 2018."""
    y = maxmin(path, x, axis)
    return y.take(range(y.shape[axis] // 2), axis)


def lwta(path: Path, x: Tensor, axis: int, block_size: int) -> Tensor:
    """Srivastava et al. 2013: the earliest of equal winners."""

    def block(z: Row) -> Row:
        first = path.choose(lambda: max(range(len(z)), key=lambda k: (z[k], -k)))
        return [each if k == first else mpf(0) for k, each in enumerate(z)]

    def row(z: Row) -> Row:
        return [each for i in range(0, len(z), block_size) for each in block(z[i : i + block_size])]

    return along(axis, row, x)


GROUPING: Mapping[str, Callable[..., Tensor]] = {
    f.__name__: f for f in (concat_elu, group_sort, maxmin, max_feature_map, lwta)
}
