"""The functions that mix elements as their papers define them, their Jacobians and products with them.

Tensors are numpy object arrays of mpmath numbers; nothing of the app is used. Derivatives are difference
quotients (see `oracle.py`), and a product with a Jacobian is the derivative of the sum upstream . y.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from language import Path
from mpmath import mp, mpf
from numpy.typing import NDArray
from oracle import settled
from published_gated import GATED
from published_grouping import GROUPING
from published_normalizing import NORMALIZING
from tensors import Index, Row, Tensor, along
from ulp import Format


def crelu(path: Path, x: Tensor, axis: int) -> Tensor:
    """Shang, Sohn, Almeida & Lee 2016: both halves flat at 0."""

    def row(z: Row) -> Row:
        signs = [path.choose(partial(mp.sign, each)) for each in z]
        positive = [each * (sign > 0) for each, sign in zip(z, signs, strict=True)]
        return positive + [-each * (sign < 0) for each, sign in zip(z, signs, strict=True)]

    return along(axis, row, x)


def _first_largest(path: Path, z: Row) -> mpf:
    return z[path.choose(lambda: max(range(len(z)), key=lambda k: (z[k], -k)))]


def maxout(path: Path, x: Tensor, w: Any, b: Any, pool_size: Any) -> Tensor:
    """Goodfellow et al. 2013; of equal units the first is the largest."""
    if pool_size is not None:
        groups = range(0, x.shape[-1], pool_size)
        return along(-1, lambda z: [_first_largest(path, z[g : g + pool_size]) for g in groups], x)
    units = w[np.newaxis] if w.ndim == 2 else w  # (M, K, D)
    offsets = np.full(units.shape[:2], mpf(0)) if b is None else b.reshape(units.shape[:2])

    def row(z: Row) -> Row:
        totals = [unit @ np.array(z) + o for unit, o in zip(units, offsets, strict=True)]
        return [_first_largest(path, list(each)) for each in totals]

    y = along(-1, row, x)
    return y[..., 0] if w.ndim == 2 else y


def swiglu(path: Path, x: Tensor, axis: int, gate: str, beta: Any, w: Any, v: Any, b: Any, c: Any) -> Tensor:
    """Shazeer 2020: Swish_beta(x W + b) * (x V + c); without projections the halves of x."""

    def row(z: Row) -> Row:
        if w is None:
            halves = z[: len(z) // 2], z[len(z) // 2 :]
            gates, others = halves if gate == "first" else halves[::-1]
        else:
            gates, others = list(np.array(z) @ w), list(np.array(z) @ v)
            gates = gates if b is None else [g + o for g, o in zip(gates, b, strict=True)]
            others = others if c is None else [g + o for g, o in zip(others, c, strict=True)]
        return [g / (1 + mp.exp(-beta * g)) * other for g, other in zip(gates, others, strict=True)]

    return along(axis, row, x)


def dice(path: Path, x: Tensor, alpha: Any, eps: Any, mean: Any, var: Any, axis: int) -> Tensor:
    """Zhou et al. 2018; features are the axes other than `axis`, and statistics the batch's unless given."""
    moved = np.moveaxis(x, axis, 0)
    count = len(moved)
    own = sum(moved) / count
    centre = own if mean is None else mean
    spread = sum((moved - own) ** 2) / count if var is None else var

    def probability(s: mpf) -> mpf:
        return 1 / (1 + mp.exp(-s))

    root = np.frompyfunc(mp.sqrt, 1, 1)(spread + eps)
    p = np.frompyfunc(probability, 1, 1)((moved - centre) / root)
    return np.moveaxis(p * moved + (1 - p) * alpha * moved, 0, axis)


MIXING: Mapping[str, Callable[..., Tensor]] = {
    **NORMALIZING,
    **GROUPING,
    **GATED,
    "crelu": crelu,
    "maxout": maxout,
    "swiglu": swiglu,
    "dice": dice,
}


class Exact:
    """A published mixing function at given float64 inputs and hyperparameters."""

    def __init__(self, name: str, x: NDArray[Any], parameters: Mapping[str, Any], fmt: Format) -> None:
        self.function, self.fmt = MIXING[name], fmt
        self.arrays = {"x": np.asarray(x, dtype=np.float64)}
        self.fixed: dict[str, Any] = {}
        for key, value in parameters.items():
            if key != "axis" and isinstance(value, (float, list, tuple, np.ndarray)):
                self.arrays[key] = np.asarray(value, dtype=np.float64)
            else:
                self.fixed[key] = value
        self.variables = {
            f"{key}{list(index)}": float(array[index])
            for key, array in self.arrays.items()
            for index in np.ndindex(array.shape)
        }
        self._known: dict[tuple[Any, ...], tuple[Tensor, list[Any]]] = {}

    def _evaluate(self, path: Path, variables: Mapping[str, mpf]) -> Tensor:
        """y; remembered, for the derivatives of one output after the other ask for the same."""
        key = (mp.prec, *variables.values())
        if key not in self._known:
            arguments: dict[str, Any] = {}
            for name, array in self.arrays.items():
                tensor = self._tensor(array.shape, partial(self._variable, variables, name))
                arguments[name] = tensor if array.ndim else tensor[()]
            y = np.asarray(self.function(path, **arguments, **self.fixed), dtype=object)
            self._known[key] = y, path.taken
        y, path.taken = self._known[key]
        return y

    @staticmethod
    def _variable(variables: Mapping[str, mpf], name: str, index: Index) -> mpf:
        return variables[f"{name}{list(index)}"]

    def _tensor(self, shape: tuple[int, ...], entry: Callable[[Index], mpf]) -> Tensor:
        found = np.empty(shape, dtype=object)
        for index in np.ndindex(shape):
            found[index] = entry(index)
        return found

    @property
    def shape(self) -> tuple[int, ...]:
        return self._evaluate(Path(), {key: mpf(value) for key, value in self.variables.items()}).shape

    def value(self) -> Tensor:
        return self._tensor(
            self.shape, lambda index: settled(self._output(index), self.variables, "x", 0, self.fmt)
        )

    def _output(self, index: Index) -> Callable[[Path, Mapping[str, mpf]], mpf]:
        return lambda path, variables: self._evaluate(path, variables)[index]

    def _partial(self, index: Index, wrt: str) -> mpf:
        return settled(self._output(index), self.variables, wrt, 1, self.fmt)

    def jacobian(self, axis: int) -> Tensor:
        """(batch..., n_out, n_in): `axis` of x and of y moved last; without an axis in y (batch..., n_in)."""
        inputs = np.moveaxis(_places(self.arrays["x"].shape), axis, -1)
        outputs = _places(self.shape)
        alone = outputs.ndim < inputs.ndim
        outputs = outputs[..., np.newaxis] if alone else np.moveaxis(outputs, axis, -1)

        def entry(index: Index) -> mpf:
            *batch, i, j = index
            return self._partial(outputs[(*batch, i)], f"x{list(inputs[(*batch, j)])}")

        found = self._tensor((*outputs.shape, inputs.shape[-1]), entry)
        return np.take(found, 0, axis=-2) if alone else found

    def slope(self) -> Tensor:
        """For every element of y, with respect to the same element of x."""
        return self._tensor(self.shape, lambda index: self._partial(index, f"x{list(index)}"))

    def partials(self, wrt: str) -> Tensor:
        """All derivatives of y with respect to a hyperparameter: the shape of y, then its own."""
        rank = len(self.shape)

        def entry(index: Index) -> mpf:
            return self._partial(index[:rank], f"{wrt}{list(index[rank:])}")

        return self._tensor((*self.shape, *self.arrays[wrt].shape), entry)

    def vjp(self, upstream: NDArray[Any], wrt: str) -> Tensor:
        """The gradient of sum(upstream * y) with respect to x or a hyperparameter, in its shape."""
        weights = [mpf(float(each)) for each in np.asarray(upstream).reshape(-1)]

        def weighted(path: Path, variables: Mapping[str, mpf]) -> mpf:
            y = self._evaluate(path, variables).reshape(-1)
            return sum((weight * each for weight, each in zip(weights, y, strict=True)), mpf(0))

        def entry(index: Index) -> mpf:
            return settled(weighted, self.variables, f"{wrt}{list(index)}", 1, self.fmt)

        return self._tensor(self.arrays[wrt].shape, entry)


def _places(shape: tuple[int, ...]) -> NDArray[Any]:
    """An array of that shape that holds every element's own index."""
    found = np.empty(shape, dtype=object)
    for index in np.ndindex(shape):
        found[index] = index
    return found
