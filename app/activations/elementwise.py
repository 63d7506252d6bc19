"""Functions of one number: everything follows from the formula."""

from __future__ import annotations

import math
from abc import ABC
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from app.activations.arithmetic.double import Double
from app.activations.base import REALS, Activation, Derivative, Interval, rounded, rounded_doubles
from app.activations.constants import Constants, constants_of
from app.activations.errors import InvalidInput
from app.activations.evaluation import Loop, Rung, climb, evaluate
from app.activations.first_rungs import first_rungs, program_of, times_upstream
from app.activations.formula import Expression, differentiate, latex, parse, partial_latex
from app.activations.limits import limits
from app.activations.rounding import DTYPES, TARGETS, narrow, to_dtype


class _Plan(NamedTuple):
    """How an expression is evaluated."""

    numbers: Mapping[str, float]
    """The symbols that are one number for all x."""
    arrays: Mapping[str, NDArray[np.float64]]
    """Those with a number for each x."""
    rungs: tuple[Rung | Loop, ...]
    """What is tried first on all x, infinities and NaN among them; none where the domain has ends."""


class Elementwise(Activation, ABC):
    """A function of each x alone, stated by its formula.

    The formula is a Python expression over x, the hyperparameters, pi and the vocabulary; values and
    derivatives of every order are derived from it. Where hyperparameters choose between formulas, a class
    overrides `expression_text`.
    """

    formula: ClassVar[str]
    """The formula for the default hyperparameters."""
    general: ClassVar[str] = ""
    """The formula with every hyperparameter in it, where `formula` leaves some out."""

    @property
    def expression_text(self) -> str:
        """The formula for the hyperparameters chosen."""
        return self.formula

    @classmethod
    def differentiable(cls) -> tuple[str, ...]:
        symbols = parse(cls.general or cls.formula).symbols
        return tuple(name for name in cls.model_fields if name in symbols)

    @classmethod
    def formulas(cls) -> dict[str, str]:
        y = parse(cls.formula)
        general = parse(cls.general or cls.formula)
        return {
            "y": f"y = {latex(y)}",
            "x": rf"\frac{{dy}}{{dx}} = {latex(differentiate(y, 'x'))}",
            **{
                name: partial_latex(name, latex(differentiate(general, name)))
                for name in cls.differentiable()
            },
        }

    def support(self) -> Interval:
        """The open interval outside of which the function is not a number."""
        return self.domain

    def draws(self, shape: Sequence[int]) -> Mapping[str, NDArray[np.float64] | float]:
        """The formula's further symbols, such as random draws: a number, or one for each element."""
        return {}

    def channels(
        self, parameter: NDArray[np.float64], name: str, shape: Sequence[int]
    ) -> NDArray[np.float64]:
        """An array-valued hyperparameter laid out along its axis of an x of that shape."""
        raise InvalidInput(f"{name} must be one number.", ("params", name))

    def output_size(
        self, shape: Sequence[int], *, derivative: bool = False, wrt: str = "x", upstream: bool = False
    ) -> int:
        return (
            np.size(getattr(self, wrt, 0.0)) if derivative and upstream and wrt != "x" else math.prod(shape)
        )

    def sources(self, marked: NDArray[np.bool_], shape: Sequence[int]) -> NDArray[np.bool_]:
        return marked

    def __call__(self, x: NDArray[Any], dtype: str = "float64", *, exact: bool = False) -> NDArray[Any]:
        return self._evaluated(parse(self.expression_text), x, dtype, exact)

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
        expression = parse(self.expression_text)
        for _ in range(order):
            expression = differentiate(expression, wrt)
        if upstream is None:
            return Derivative("elementwise", self._evaluated(expression, x, dtype, exact))
        if order != 1:
            raise InvalidInput("With upstream, order must be 1.", ("order",))
        if upstream.shape != x.shape:
            shapes = f"{list(upstream.shape)}, not {list(x.shape)}"
            raise InvalidInput(f"upstream must have the shape of y; it has {shapes}.", ("upstream",))
        weights = rounded_doubles(upstream, dtype)
        if wrt == "x":
            return Derivative("vjp", self._evaluated(expression, x, dtype, exact, weights))
        products = self._evaluated(expression, rounded(x, dtype), "float64", exact, weights)
        return Derivative("vjp", self._summed(products, wrt, dtype))

    @classmethod
    @lru_cache(maxsize=4096)
    def _well_known(cls, constants: Constants) -> bool:
        """Whether hyperparameters are what they are by default, or what a framework has them be."""
        defaults = {name: info.get_default() for name, info in cls.model_fields.items()}
        return any(
            all(np.array_equal(np.ravel(values.get(name, ())), [number]) for name, number, _ in constants)
            for values in (defaults, *({**defaults, **row.params} for row in cls.equivalents))
        )

    def _summed(self, products: NDArray[np.float64], wrt: str, dtype: str) -> NDArray[Any]:
        """The products summed to the shape of a hyperparameter, without further rounding errors."""
        parameter = np.asarray(getattr(self, wrt), dtype=np.float64)
        if parameter.size == 1:
            rows = products.reshape(1, -1)
        else:
            layout = self.channels(parameter, wrt, products.shape)
            axis = next(i for i, n in enumerate(layout.shape) if n != 1)
            rows = np.moveaxis(products, axis, 0).reshape(parameter.size, -1)
        if not rows.size:
            return np.zeros(parameter.shape, DTYPES[dtype])
        with np.errstate(all="ignore"):
            total = Double(rows).sum()
        return narrow(total.hi[:, 0], total.lo[:, 0], DTYPES[dtype]).reshape(parameter.shape)  # type: ignore[index]

    # -- evaluation --------------------------------------------------------------------------------

    def _evaluated(
        self,
        expression: Expression,
        x: NDArray[Any],
        dtype: str,
        exact: bool,
        upstream: NDArray[np.float64] | None = None,
    ) -> NDArray[Any]:
        """The expression at every x, times `upstream` if given, rounded once."""
        target = TARGETS[dtype]
        if x.dtype != target or not x.flags.c_contiguous:
            x = rounded(x, dtype)
        if not x.size:
            return np.empty(x.shape, target)
        alone = upstream is None
        plan = self._plans.get((expression, target, exact, alone))
        if plan is None:
            plan = self._planned(expression, x, target, exact, alone)
        if target.itemsize == 2 and x.size > _PATTERNS.size and alone and not plan.arrays:
            every = self._evaluated(expression, _PATTERNS.view(target), dtype, exact)
            return every[x.view(_PATTERNS.dtype)]
        lanes = {"x": x.reshape(-1), **plan.arrays}
        if upstream is not None:
            lanes["upstream"] = upstream.reshape(-1)
        if not plan.rungs:
            return self._settled(expression, plan.numbers, lanes, target, exact).reshape(x.shape)
        result, rest = climb(plan.rungs, lanes, target, exact)
        if rest.size:
            chosen = {name: array[rest] for name, array in lanes.items()}
            result[rest] = self._settled(expression, plan.numbers, chosen, target, exact)
        return result.reshape(x.shape)

    def __copy__(self) -> Self:
        """What `model_copy` changes: a copy has no plans yet."""
        copy = super().__copy__()
        copy.__dict__.pop("_plans", None)
        return copy

    @cached_property
    def _plans(self) -> dict[tuple[Any, ...], _Plan]:
        """What `_planned` has found, as long as it does not depend on x: finding it again takes as long as
        computing some hundred values.
        """
        return {}

    def _planned(
        self, expression: Expression, x: NDArray[Any], target: np.dtype[Any], exact: bool, alone: bool
    ) -> _Plan:
        """How to evaluate the expression at such x, `alone` or times an upstream."""
        numbers, arrays = self._symbols(expression, x)
        names = ("x", *arrays) if alone else ("x", *arrays, "upstream")
        rungs: tuple[Rung | Loop, ...] = ()
        if self.support() == REALS:
            constants = constants_of(numbers)
            rungs = first_rungs(expression, constants, names, self._well_known(constants), target, exact)
        plan = _Plan(numbers, {name: array.reshape(-1) for name, array in arrays.items()}, rungs)
        if not arrays and expression.symbols <= {"x", "pi", *type(self).model_fields}:
            self._plans[expression, target, exact, alone] = plan
        return plan

    def _settled(
        self,
        expression: Expression,
        numbers: Mapping[str, float],
        lanes: Mapping[str, NDArray[Any]],
        target: np.dtype[Any],
        exact: bool,
    ) -> NDArray[Any]:
        """The expression at every x of a few, by the ladder from doubles on, and its limits at the ends."""
        with np.errstate(invalid="ignore"):  # a signalling NaN
            lanes = {name: array.astype(np.float64) for name, array in lanes.items()}
        low, high = self.support()
        ordinary = (lanes["x"] > low) & (lanes["x"] < high)
        if "upstream" in lanes:
            ordinary &= np.isfinite(lanes["upstream"])
        result = np.full(ordinary.shape, np.nan, target)
        if ordinary.any():
            chosen = {name: array[ordinary] for name, array in lanes.items()}
            program = program_of(times_upstream(expression, lanes), numbers)
            result[ordinary] = evaluate(program, chosen, target, exact)
        if not ordinary.all():
            self._settle_ends(expression, numbers, lanes, ~ordinary, result, exact)
        return result

    def _settle_ends(
        self,
        expression: Expression,
        numbers: Mapping[str, float],
        lanes: dict[str, NDArray[np.float64]],
        special: NDArray[np.bool_],
        result: NDArray[Any],
        exact: bool,
    ) -> None:
        """Limits at infinities and ends of the domain, with what the frameworks' rules make of `upstream`."""
        lanes = {name: array[special] for name, array in lanes.items()}
        x = lanes.pop("x")
        upstream = lanes.pop("upstream", None)
        target = np.dtype(np.float64) if upstream is not None else result.dtype
        values = np.full(x.shape, np.nan, target)
        low, high = self.support()
        inside = np.isfinite(x) & (x > low) & (x < high)
        if inside.any():
            within = {"x": x[inside], **{name: array[inside] for name, array in lanes.items()}}
            values[inside] = evaluate(program_of(expression, numbers), within, target, exact)
        for at in (low, high):
            here = x == at
            if here.any():
                there = {name: array[here] for name, array in lanes.items()}
                side = np.full(int(here.sum()), 1.0 if at == low else -1.0)
                program = program_of(expression, numbers)
                if math.isinf(at):
                    values[here] = limits(program, there, -side, None, target, exact)
                else:
                    values[here] = limits(program, there, side, at, target, exact)
        if upstream is not None:
            with np.errstate(all="ignore"):
                values = to_dtype(values * upstream, result.dtype)
        result[special] = values

    def _symbols(
        self, expression: Expression, x: NDArray[Any]
    ) -> tuple[dict[str, float], dict[str, NDArray[np.float64]]]:
        """The expression's symbols but x: those that are one number, and those that differ by element."""
        numbers: dict[str, float] = {}
        arrays: dict[str, NDArray[np.float64]] = {}
        names = expression.symbols - {"x", "pi"}
        if not names:
            return numbers, arrays
        draws = self.draws(x.shape)
        for name in sorted(names):
            value = draws[name] if name in draws else getattr(self, name)
            if isinstance(value, (int, float)):
                numbers[name] = float(value)
            elif np.size(value) == 1:
                numbers[name] = float(np.reshape(value, ()))
            elif name in draws:
                arrays[name] = np.asarray(value)
            else:
                arrays[name] = np.broadcast_to(self.channels(np.asarray(value), name, x.shape), x.shape)
        return numbers, arrays


_PATTERNS = np.arange(2**16, dtype=np.uint16)
"""Every number of two bytes there is."""
