"""Functions of two halves of an axis, of which one is the gate: each result depends on two elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from app.activations.arithmetic import Arithmetic
from app.activations.arithmetic.along import spoilt
from app.activations.axiswise import Axiswise, Floats, Lanes, as_program
from app.activations.channels import checked_axes
from app.activations.errors import InvalidInput
from app.activations.evaluation import evaluate
from app.activations.formula import differentiate, latex, parse, partial_latex, run

Half = Literal["first", "second"]


class Halves(Lanes):
    """Lanes of two elements each: one in doubt takes no other with it up the ladder."""

    def evaluate(
        self,
        algorithm: Callable[..., Any],
        more: Mapping[str, Floats],
        width: int,
        target: np.dtype[Any],
        exact: bool,
        repeat: int = 1,
    ) -> NDArray[Any]:
        if repeat != 1 or not self.x.size:
            return super().evaluate(algorithm, more, width, target, exact, repeat)
        half = self.n // 2
        pairs = {
            # a half is a column, contiguous
            name: array.reshape(self.count, -1, half).swapaxes(0, 1).reshape(-1, self.count * half).T
            for name, array in {"x": self.x, **more}.items()
        }
        values = evaluate(as_program(algorithm), pairs, target, exact)
        return values.reshape(self.count, half, -1).swapaxes(1, 2).reshape(self.count, -1)


class Gated(Axiswise):
    """One half of the elements along an axis, the value a, with another, the gate b, as a formula says.

    Infinities follow IEEE arithmetic: a gate of -inf gives NaN where PyTorch's silu(-inf) and gelu(-inf) do.
    """

    formula: ClassVar[str]
    """In a, b and hyperparameters, for the default ones; the language is that of elementwise formulas."""

    axis: int = -1
    """The axis whose halves are value and gate."""
    gate: Half = "second"
    """Which half is the gate."""

    @property
    def expression_text(self) -> str:
        """The formula for the hyperparameters chosen."""
        return self.formula

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        return tuple(name for name in cls.model_fields if name in parse(cls.formula).symbols)

    @classmethod
    def formulas(cls) -> dict[str, str]:
        y = parse(cls.formula)
        slopes = (
            rf"\frac{{\partial y}}{{\partial {half}}} = {latex(differentiate(y, half))}" for half in "ab"
        )
        parameters = {
            name: partial_latex(name, latex(differentiate(y, name))) for name in cls.differentiable()
        }
        halves = r"\quad a = x_{\mathrm{value}},\ b = x_{\mathrm{gate}}"
        return {"y": f"y = {latex(y)},{halves}", "x": r",\quad ".join(slopes), **parameters}

    def _lanes(self, x: Floats) -> Lanes:
        return Halves(self, x, checked_axes(self.axis, x.shape))

    def width(self, n: int) -> int:
        if n % 2:
            raise InvalidInput(f"The axis to halve has {n} elements, which must be an even number.")
        return n // 2

    def _run(self, on: Arithmetic, x: Any, wrt: str | None = None) -> Any:
        """The formula's value, or its derivative, for each pair of elements."""
        half = x.shape[-1] // 2
        first, second = x[..., :half], x[..., half:]
        a, b = (first, second) if self.gate == "second" else (second, first)
        expression = parse(self.expression_text)
        expression = differentiate(expression, wrt) if wrt else expression
        numbers = {name: on.value.of(getattr(self, name)) for name in self.differentiable()}
        result = run(expression, {"a": a, "b": b, **numbers}, on)
        if result.shape != a.shape:
            result = result + on.value.of(np.zeros(a.shape))
        return spoilt(result, {"a": a, "b": b}.get(wrt or "", result))

    def forward(self, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return self._run(on, x)

    def vjp(self, on: Arithmetic, x: Any, upstream: Any, **lanes: Any) -> Any:
        value, gate = (upstream * self._run(on, x, half) for half in "ab")
        return on.value.concatenate([value, gate] if self.gate == "second" else [gate, value])

    def tangent(self, wrt: str, on: Arithmetic, x: Any, **lanes: Any) -> Any:
        return self._run(on, x, wrt)
