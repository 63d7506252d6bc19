"""Functions that mix the elements along an axis: an algorithm and its vector-Jacobian product.

Both are written once, for values of any arithmetic, whose last axis is the one mixed (several are joined)
and whose first counts the lanes. The Jacobian is the product with every unit vector.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from app.activations.arithmetic import DOUBLE, Arithmetic
from app.activations.arithmetic.double import Double
from app.activations.base import Activation, Derivative, rounded_doubles
from app.activations.channels import checked_axes
from app.activations.errors import InvalidInput
from app.activations.evaluation import BLOCK, Program, evaluate
from app.activations.formula import partial_latex
from app.activations.rounding import TARGETS, narrow

Shape = tuple[int, ...]
Floats = NDArray[np.float64]


class Axiswise(Activation, ABC):
    """A function of all elements along one axis at once."""

    formula_latex: ClassVar[str]
    derivative_latex: ClassVar[str]
    parameters_latex: ClassVar[Mapping[str, str]] = {}
    """The derivative with respect to each differentiable hyperparameter."""

    example_x: ClassVar = [[1.0, 2.0, 3.0, 4.0], [-1.0, 0.5, 0.0, 2.0]]

    # -- what a family writes ----------------------------------------------------------------------

    @abstractmethod
    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        """y of shape (lanes, width) for x of shape (lanes, n)."""

    @abstractmethod
    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        """The sum over outputs of upstream times their derivatives in x, of the shape of x."""

    def tangent(self, wrt: str, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        """The derivative of y, in its shape, with respect to a hyperparameter that is one number a lane."""
        raise TypeError(f"{self.name} declares {wrt} differentiable, but says no derivative")

    def parameter_vjp(self, wrt: str, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        """Upstream times the derivatives in a hyperparameter: (lanes, *its shape)."""
        return (upstream * self.tangent(wrt, on, x, **lanes)).sum()[..., 0]

    @classmethod
    def formulas(cls) -> dict[str, str]:
        parameters = {name: partial_latex(name, text) for name, text in cls.parameters_latex.items()}
        return {"y": f"y = {cls.formula_latex}", "x": cls.derivative_latex, **parameters}

    def mixed_axis(self) -> int | list[int]:
        axis: int | list[int] = getattr(self, "axis", -1)
        return axis

    def width(self, n: int) -> int | None:
        """How many outputs a lane of n has; None where y has no axis of its own. Raises InvalidInput."""
        return n

    def work(self, n: int) -> int:
        """Elements that a lane of n takes while it is computed."""
        return n

    def per_lane(self, shape: Shape) -> Mapping[str, Floats]:
        """Hyperparameters that differ by lane, for an x whose other axes have that shape: shape + (1,)."""
        return {}

    def draws(self, shape: Shape) -> Mapping[str, Floats]:
        """Numbers of the shape of x that the algorithm takes beside it."""
        return {}

    # -- what everybody else calls -----------------------------------------------------------------

    def output_size(
        self, shape: Sequence[int], *, derivative: bool = False, wrt: str = "x", upstream: bool = False
    ) -> int:
        axes = checked_axes(self.mixed_axis(), shape)
        if derivative and not upstream:
            self._checked_jacobian()
        n = math.prod(shape[axis] for axis in axes)
        outer = math.prod(s for i, s in enumerate(shape) if i not in axes)
        width = self.width(n)
        outputs = outer * (1 if width is None else width)
        if not derivative:
            return outputs
        if upstream:
            return math.prod(shape) if wrt == "x" else np.size(getattr(self, wrt, 0.0))
        return outputs * n if wrt == "x" else outputs

    def sources(self, marked: NDArray[np.bool_], shape: Sequence[int]) -> NDArray[np.bool_]:
        axes = checked_axes(self.mixed_axis(), shape)
        if marked.ndim == len(shape) and self.width(math.prod(shape[axis] for axis in axes)) is not None:
            lanes: NDArray[np.bool_] = np.any(marked, axis=axes, keepdims=True)
            return lanes
        # without an axis in the place of the mixed one, or with those of a Jacobian behind the others
        outer = len(shape) - len(axes)
        return np.expand_dims(marked.reshape(*marked.shape[:outer], -1).any(axis=-1), axes)

    def __call__(self, x: NDArray[Any], dtype: str = "float64", *, exact: bool = False) -> NDArray[Any]:
        lanes = self._lanes(rounded_doubles(x, dtype))
        y = lanes.evaluate(self.forward, {}, lanes.outputs, TARGETS[dtype], exact)
        return lanes.restored(y, lanes.width)

    def derivative(
        self,
        x: NDArray[Any],
        wrt: str = "x",
        order: int = 1,
        upstream: NDArray[Any] | None = None,
        dtype: str = "float64",
        *,
        exact: bool = False,
    ) -> Derivative:
        self._checked_wrt(wrt, order)
        if order != 1:
            message = f"{self.name} mixes elements, so order must be 1."
            raise InvalidInput(message, ("order",))
        lanes = self._lanes(rounded_doubles(x, dtype))
        target = TARGETS[dtype]
        if upstream is not None:
            weights = lanes.weights(rounded_doubles(upstream, dtype))
            if wrt != "x":
                return Derivative("vjp", lanes.summed(partial(self.parameter_vjp, wrt), weights, wrt, target))
            dx = lanes.evaluate(self.vjp, {"upstream": weights}, lanes.n, target, exact)
            return Derivative("vjp", lanes.restored(dx, lanes.n))
        self._checked_jacobian()
        if wrt == "x":
            return Derivative("jacobian", lanes.jacobian(target, exact))
        if np.ndim(getattr(self, wrt)):
            message = f"The derivative with respect to the array {wrt} needs upstream, and is summed with it."
            raise InvalidInput(message, ("wrt",))
        dy = lanes.evaluate(partial(self.tangent, wrt), {}, lanes.outputs, target, exact)
        return Derivative(
            "jacobian", dy.reshape(lanes.outer if lanes.width is None else (*lanes.outer, lanes.width))
        )

    def _checked_jacobian(self) -> None:
        axis = self.mixed_axis()
        if not isinstance(axis, int) and len(axis) > 1:
            message = f"Over several axes {self.name} needs upstream for its derivative; give it or one axis."
            raise InvalidInput(message, ("params", "axis"))

    def _lanes(self, x: Floats) -> Lanes:
        return Lanes(self, x, checked_axes(self.mixed_axis(), x.shape))


def as_program(algorithm: Callable[..., Any]) -> Program:
    """The algorithm, which takes its lanes by name, as the ladder calls it."""

    def program(on: Arithmetic, values: Mapping[str, Any]) -> Any:
        return algorithm(on, **values)

    return program


class Lanes:
    """An x cut into lanes along an axis, or along several joined to one, and the way back."""

    def __init__(self, function: Axiswise, x: Floats, axes: tuple[int, ...]) -> None:
        self.function = function
        self.axes = axes
        self.shape: Shape = x.shape
        self.mixed: Shape = tuple(x.shape[axis] for axis in axes)
        self.outer: Shape = tuple(size for i, size in enumerate(x.shape) if i not in axes)
        self.n = math.prod(self.mixed)
        self.width = function.width(self.n)
        self.outputs = 1 if self.width is None else self.width
        self.count = math.prod(self.outer)
        self.x = self._cut(x, self.n)
        self.extras = {
            name: np.ascontiguousarray(np.broadcast_to(array, (*self.outer, 1))).reshape(self.count, 1)
            for name, array in function.per_lane(self.outer).items()
        } | {name: self._cut(array, self.n) for name, array in function.draws(x.shape).items()}

    def _cut(self, array: Floats, width: int) -> Floats:
        moved = np.moveaxis(array, self.axes, range(-len(self.axes), 0))
        return np.ascontiguousarray(moved).reshape(self.count, width)

    def weights(self, upstream: Floats) -> Floats:
        """An upstream, checked and cut into lanes."""
        expected = list(self.shape)
        if self.width is None:
            del expected[self.axes[0]]
        elif len(self.axes) == 1:
            expected[self.axes[0]] = self.width
        if list(upstream.shape) != expected:
            shapes = f"{list(upstream.shape)}, not {expected}"
            raise InvalidInput(f"upstream must have the shape of y; it has {shapes}.", ("upstream",))
        return upstream.reshape(self.count, 1) if self.width is None else self._cut(upstream, self.width)

    def restored(self, values: NDArray[Any], width: int | None) -> NDArray[Any]:
        """Lanes of that width laid out like x."""
        if width is None:
            return values.reshape(self.outer)
        mixed = (width,) if len(self.axes) == 1 else self.mixed
        return np.moveaxis(values.reshape(*self.outer, *mixed), range(-len(mixed), 0), self.axes)

    def evaluate(
        self,
        algorithm: Callable[..., Any],
        more: Mapping[str, Floats],
        width: int,
        target: np.dtype[Any],
        exact: bool,
        repeat: int = 1,
    ) -> NDArray[Any]:
        """The algorithm on every lane, each taken `repeat` times in a row."""
        inputs = {"x": self.x, **self.extras}
        if repeat > 1:
            inputs = {name: np.repeat(array, repeat, axis=0) for name, array in inputs.items()}
        if self.count * repeat * self.n * width == 0:
            return np.zeros((self.count * repeat, width), target)

        return evaluate(
            as_program(algorithm), {**inputs, **more}, target, exact, max(1, self.function.work(self.n))
        )

    def jacobian(self, target: np.dtype[Any], exact: bool) -> NDArray[Any]:
        """(outer..., width, n); without the width where y has no axis of its own."""
        units = np.tile(np.eye(self.outputs), (self.count, 1))
        rows = self.evaluate(self.function.vjp, {"upstream": units}, self.n, target, exact, self.outputs)
        width = () if self.width is None else (self.width,)
        return rows.reshape(*self.outer, *width, self.n)

    def summed(
        self, algorithm: Callable[..., Any], weights: Floats, wrt: str, target: np.dtype[Any]
    ) -> NDArray[Any]:
        """The products of all lanes summed to the hyperparameter's shape, in pairs of doubles."""
        shape = np.shape(getattr(self.function, wrt))
        size = math.prod(shape)
        if self.count * self.n == 0:
            return np.zeros(shape, target)
        inputs = {"x": self.x, "upstream": weights, **self.extras}
        length = max(1, BLOCK // max(1, self.function.work(self.n), size))
        # one number a lane, for an array along the last of the other axes: summed over lanes at the end
        own = wrt in self.extras and size > 1
        total = Double.exact(np.zeros(size))
        parts: list[Double] = []
        with np.errstate(all="ignore"):
            for start in range(0, self.count, length):
                block = {name: Double.exact(array[start : start + length]) for name, array in inputs.items()}
                products = algorithm(DOUBLE, **block)
                if own:
                    parts.append(products)
                else:
                    total = total + products.rows(size).sum()[..., 0]
            if parts:
                total = Double.concatenate(parts).rows(size).sum()[..., 0]
        return narrow(total.hi, total.lo, target).reshape(shape)
