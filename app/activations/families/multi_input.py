"""Functions of several inputs, or of several linear maps of them."""

from __future__ import annotations

from functools import reduce
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.activations.arithmetic import Arithmetic
from app.activations.arithmetic.along import spoilt
from app.activations.axiswise import Axiswise
from app.activations.base import Equivalent, Properties, Reference
from app.activations.errors import InvalidInput
from app.activations.hyperparameters import LEARNABLE, Numbers


class Maxout(Axiswise):
    """The largest of several learned linear maps of x, or of adjacent inputs; a tie takes the first."""

    name: ClassVar = "maxout"
    formula_latex: ClassVar = r"\max_{k} \left(w_{o,k}^{\mathsf T} x + b_{o,k}\right)"
    derivative_latex: ClassVar = (
        r"\frac{\partial y_o}{\partial x} = w_{o,k^*},"
        r"\quad k^* = \arg\max_k \left(w_{o,k}^{\mathsf T} x + b_{o,k}\right)"
    )
    parameters_latex: ClassVar = {"w": r"\mathbf{1}[k = k^*]\, x", "b": r"\mathbf{1}[k = k^*]"}
    properties: ClassVar = Properties(smoothness="C0")
    equivalents: ClassVar = (
        Equivalent("tensorflow", "tfa.layers.Maxout", note="pools inputs that lie num_units apart"),
        Equivalent("paddle", "F.maxout", {"pool_size": 2}, "pools adjacent inputs of axis 1"),
    )
    reference: ClassVar = Reference(
        "Goodfellow, Warde-Farley, Mirza, Courville, Bengio", 2013, "Maxout networks", "ICML, arXiv:1302.4389"
    )

    example_params: ClassVar = {"w": [[1.0, 0.0, -1.0, 0.5], [0.0, 1.0, 1.0, -0.5]], "b": [0.0, 0.1]}

    w: Annotated[Numbers, LEARNABLE] | None = None
    """Weights: (pieces, features) for one unit, (units, pieces, features) for a layer of them."""
    b: Annotated[Numbers, LEARNABLE] | None = None
    """Biases of shape w.shape[:-1]; zeros if not given."""
    pool_size: Annotated[int, Field(ge=1)] | None = None
    """Instead of w and b: the maximum of that many adjacent inputs of the last axis."""

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if (self.w is None) == (self.pool_size is None):
            raise PydanticCustomError("maxout", "maxout needs either w, with b if wanted, or pool_size")
        if self.w is None:
            if self.b is not None:
                raise PydanticCustomError("maxout", "b goes with w")
        elif self.w.ndim not in (2, 3) or 0 in self.w.shape:
            raise PydanticCustomError(
                "maxout", "w should have shape (pieces, features) or (units, pieces, features)"
            )
        elif self.b is not None and self.b.shape != self.w.shape[:-1]:
            raise PydanticCustomError("maxout", "b should have the shape of w without its last axis")
        return self

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ("w", "b")

    def width(self, n: int) -> int | None:
        if self.w is None:
            if n % (self.pool_size or 1):
                raise InvalidInput(f"The last axis of x has {n} elements, which pool_size must divide.")
            return n // (self.pool_size or 1)
        if n != self.w.shape[-1]:
            raise InvalidInput(f"x has {n} features along its last axis, but w takes {self.w.shape[-1]}.")
        return None if self.w.ndim == 2 else int(self.w.shape[0])

    def work(self, n: int) -> int:
        return n if self.w is None else int(self.w.size)

    def _weights(self) -> Any:
        """w and b as (pieces, units, features) and (pieces, units)."""
        assert self.w is not None
        w = self.w.reshape(-1, *self.w.shape[-2:]).swapaxes(0, 1)
        b = np.zeros(w.shape[:-1]) if self.b is None else self.b.reshape(w.shape[1::-1]).T
        return w, b

    def _pieces(self, x: Any) -> list[Any]:
        """The linear maps' values, each (lanes, units)."""
        if self.w is None:
            return [x[..., k :: self.pool_size] for k in range(self.pool_size or 1)]
        return [(x[:, None, :] * w).sum()[..., 0] + b for w, b in zip(*self._weights(), strict=True)]

    def _winners(self, on: Arithmetic, x: Any) -> list[Any]:
        """For each piece 1 where it is the first that is largest, else 0."""
        pieces = self._pieces(x)
        one, zero = on.value.of(np.ones(pieces[0].shape)), on.value.of(np.zeros(pieces[0].shape))
        best, winners = pieces[0], [one]
        for piece in pieces[1:]:
            larger = on.value.select(piece.compare(">", best), one, zero)
            winners = [winner * (one - larger) for winner in winners] + [larger]
            best = on.value.largest(piece, best)
        return winners

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return reduce(lambda best, piece: on.value.largest(piece, best), self._pieces(x))

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        shares = [winner * upstream for winner in self._winners(on, x)]
        if self.w is None:
            joined = on.value.concatenate([share[..., None] for share in shares])
            return spoilt(joined.flat(), x)
        w, _ = self._weights()
        parts = ((share[:, None, :] * each.T).sum()[..., 0] for share, each in zip(shares, w, strict=True))
        return spoilt(reduce(lambda total, part: total + part, parts), x.max())

    def parameter_vjp(self, wrt: str, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        shares = [winner * upstream for winner in self._winners(on, x)]
        joined = on.value.concatenate([share[..., None] for share in shares])  # (lanes, units, pieces)
        return joined if wrt == "b" else joined[..., None] * x[:, None, None, :]


class Halved(Axiswise):
    """Of two elements half an axis apart, the larger first."""

    axis: int = -1
    """The axis whose halves a and b are compared."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ()

    def halves(self, x: Any) -> tuple[Any, Any]:
        half = x.shape[-1] // 2
        return x[..., :half], x[..., half:]

    def checked_half(self, n: int) -> int:
        if n % 2:
            raise InvalidInput(f"The axis to halve has {n} elements, which must be an even number.")
        return n // 2


class MaxFeatureMap(Halved):
    """The larger of the two halves of x, element by element; a tie takes the first."""

    name: ClassVar = "max_feature_map"
    aliases: ClassVar = ("mfm",)
    formula_latex: ClassVar = r"\max(a, b),\quad x = [a;\ b]"
    derivative_latex: ClassVar = (
        r"\frac{\partial y}{\partial a} = \mathbf{1}[a \ge b],"
        r"\quad \frac{\partial y}{\partial b} = \mathbf{1}[a < b]"
    )
    properties: ClassVar = Properties(zero_centred=True, smoothness="C0")
    reference: ClassVar = Reference(
        "Wu, He, Sun, Tan",
        2018,
        "A light CNN for deep face representation with noisy labels",
        "IEEE Transactions on Information Forensics and Security, arXiv:1511.02683",
    )

    def width(self, n: int) -> int:
        return self.checked_half(n)

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        a, b = self.halves(x)
        return on.value.largest(b, a)

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        a, b = self.halves(x)
        zero = on.value.of(np.zeros(a.shape))
        first = a.compare(">=", b)
        joined = [on.value.select(first, upstream, zero), on.value.select(first, zero, upstream)]
        return spoilt(on.value.concatenate(joined), x)


class MaxMin(Halved):
    """The larger and the smaller of the two halves of x, element by element: a permutation."""

    name: ClassVar = "maxmin"
    formula_latex: ClassVar = r"\left[\max(a, b);\ \min(a, b)\right],\quad x = [a;\ b]"
    derivative_latex: ClassVar = (
        r"\bar a = \mathbf{1}[a \ge b]\, \bar y_1 + \mathbf{1}[a < b]\, \bar y_2,"
        r"\quad \bar b = \mathbf{1}[a < b]\, \bar y_1 + \mathbf{1}[a \ge b]\, \bar y_2"
    )
    properties: ClassVar = Properties(zero_centred=True, smoothness="C0")
    reference: ClassVar = Reference(
        "Anil, Lucas, Grosse", 2019, "Sorting out Lipschitz function approximation", "ICML, arXiv:1811.05381"
    )

    def width(self, n: int) -> int:
        return 2 * self.checked_half(n)

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        a, b = self.halves(x)
        return on.value.concatenate([on.value.largest(b, a), -on.value.largest(-a, -b)])

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        a, b = self.halves(x)
        larger, smaller = self.halves(upstream)
        first = a.compare(">=", b)
        joined = [on.value.select(first, larger, smaller), on.value.select(first, smaller, larger)]
        return spoilt(on.value.concatenate(joined), x)
