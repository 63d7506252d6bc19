"""Functions that give several outputs for an input, or for a group of inputs as many."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from app.activations.arithmetic import Arithmetic
from app.activations.arithmetic.along import Indices, ascending, first_largest, marked, spoilt, taken
from app.activations.axiswise import Axiswise
from app.activations.base import Equivalent, Interval, Properties, Reference
from app.activations.errors import InvalidInput


class CReLU(Axiswise):
    """The positive and the negative part of x, joined along an axis."""

    name: ClassVar = "crelu"
    formula_latex: ClassVar = r"\left[\max(0, x);\ \max(0, -x)\right]"
    derivative_latex: ClassVar = r"\left[\mathbf{1}[x > 0];\ -\mathbf{1}[x < 0]\right]"
    range: ClassVar = Interval(0, np.inf)
    properties: ClassVar = Properties(zero_centred=True, smoothness="C0")
    equivalents: ClassVar = (Equivalent("tensorflow", "tf.nn.crelu"),)
    reference: ClassVar = Reference(
        "Shang, Sohn, Almeida, Lee",
        2016,
        "Understanding and improving convolutional neural networks via concatenated rectified linear units",
        "ICML, arXiv:1603.05201",
    )

    axis: int = -1
    """The axis along which both parts are joined."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ()

    def width(self, n: int) -> int:
        return 2 * n

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        zero = on.value.of(np.zeros(x.shape))
        return on.value.concatenate([on.value.largest(x, zero), on.value.largest(-x, zero)])

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        n = x.shape[-1]
        zero = on.value.of(np.zeros(x.shape))
        left = on.value.select(x.compare("<", zero), -upstream[..., n:], zero)
        return spoilt(on.value.select(x.compare(">", zero), upstream[..., :n], left), x)


class ConcatELU(Axiswise):
    """ELU of x and of -x, joined along an axis."""

    name: ClassVar = "concat_elu"
    formula_latex: ClassVar = (
        r"\left[E(x);\ E(-x)\right],"
        r"\quad E(x) = \begin{cases} x & x > 0 \\ e^x - 1 & \text{otherwise} \end{cases}"
    )
    derivative_latex: ClassVar = r"\left[e^{\min(x, 0)};\ -e^{\min(-x, 0)}\right]"
    range: ClassVar = Interval(-1, np.inf)
    properties: ClassVar = Properties(zero_centred=True, smoothness="C1")
    reference: ClassVar = Reference(
        "Salimans, Karpathy, Chen, Kingma",
        2017,
        "PixelCNN++: Improving the PixelCNN with discretized logistic mixture likelihood and other "
        "modifications",
        "ICLR, arXiv:1701.05517",
    )

    axis: int = -1
    """The axis along which both parts are joined."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ()

    def width(self, n: int) -> int:
        return 2 * n

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        zero = on.value.of(np.zeros(x.shape))

        def elu(t: Any) -> Any:
            below = on.apply("expm1", -on.value.largest(-t, zero))
            return on.value.select(t.compare(">", zero), t, below)

        return on.value.concatenate([elu(x), elu(-x)])

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        n = x.shape[-1]
        zero = on.value.of(np.zeros(x.shape))

        def slope(t: Any) -> Any:
            return on.apply("exp", -on.value.largest(-t, zero))

        return upstream[..., :n] * slope(x) - upstream[..., n:] * slope(-x)


class Grouped(Axiswise):
    """Groups of adjacent elements along an axis, each for itself."""

    axis: int = -1
    """The axis along which adjacent elements form groups."""

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return ()

    @abstractmethod
    def size(self) -> int:
        """How many elements make a group."""

    def width(self, n: int) -> int:
        if n % self.size():
            raise InvalidInput(
                f"The axis to group has {n} elements, of which {self.size()} must make a group."
            )
        return n

    def groups(self, x: Any) -> tuple[Any, Indices]:
        """x as (lanes, groups, size), and where each group begins."""
        places = np.arange(x.shape[-1]).reshape(-1, self.size())
        return x[:, places], places[:, :1]


class GroupSort(Grouped):
    """Each group of adjacent elements in ascending order: a permutation, which keeps the gradient's norm."""

    name: ClassVar = "group_sort"
    formula_latex: ClassVar = (
        r"y_{kG + 1} \le \dots \le y_{kG + G}:\ \text{the sorted}\ x_{kG + 1}, \dots, x_{kG + G},"
        r"\quad G = \mathrm{group\_size}"
    )
    derivative_latex: ClassVar = (
        r"\frac{\partial y_i}{\partial x_j} = \mathbf{1}[y_i\ \text{comes from}\ x_j]"
    )
    properties: ClassVar = Properties(zero_centred=True, smoothness="C0")
    reference: ClassVar = Reference(
        "Anil, Lucas, Grosse", 2019, "Sorting out Lipschitz function approximation", "ICML, arXiv:1811.05381"
    )

    group_size: Annotated[int, Field(ge=1)] = 2
    """Elements in a group; a tie keeps its order."""

    def size(self) -> int:
        return self.group_size

    def _order(self, x: Any) -> Indices:
        groups, begins = self.groups(x)
        return (ascending(groups) + begins).reshape(x.shape)

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return taken(x, self._order(x))

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        return spoilt(taken(upstream, np.argsort(self._order(x), axis=-1)), x)


class LWTA(Grouped):
    """Of each block of adjacent elements the first that is largest stays; the others become 0."""

    name: ClassVar = "lwta"
    aliases: ClassVar = ("local_winner_take_all",)
    formula_latex: ClassVar = (
        r"x_i\, \mathbf{1}\left[i = \min \arg\max_{k \in B(i)} x_k\right],\quad B(i)\ \text{the block of}\ i"
    )
    derivative_latex: ClassVar = (
        r"\frac{\partial y_i}{\partial x_j}"
        r" = \delta_{ij}\, \mathbf{1}\left[i = \min \arg\max_{k \in B(i)} x_k\right]"
    )
    properties: ClassVar = Properties(zero_centred=True, smoothness="discontinuous")
    reference: ClassVar = Reference(
        "Srivastava, Masci, Kazerounian, Gomez, Schmidhuber", 2013, "Compete to compute", "NIPS"
    )

    block_size: Annotated[int, Field(ge=1)] = 2
    """Elements in a block."""

    def size(self) -> int:
        return self.block_size

    def _only_winners(self, on: Arithmetic, x: Any, values: Any) -> Any:
        groups, begins = self.groups(x)
        winners = (first_largest(groups) + begins)[..., 0]
        zero = on.value.of(np.zeros(x.shape))
        chosen = marked(on.value, x.shape, winners).compare(">", zero)
        return spoilt(on.value.select(chosen, values, zero), x)

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return self._only_winners(on, x, x)

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        return self._only_winners(on, x, upstream)
