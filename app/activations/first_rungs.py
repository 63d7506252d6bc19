"""What an elementwise function tries first on all of x: a choice, a table, or a few operations.

Infinities and NaN are among these x, and whatever needs a closer look is left in doubt.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.activations.arithmetic import DOUBLE, QUICK, Arithmetic
from app.activations.arithmetic.double import Double
from app.activations.arithmetic.errorfree import Array
from app.activations.arithmetic.quick import quickly
from app.activations.clipping import bounds, clip
from app.activations.constants import Constants, numbers_of
from app.activations.evaluation import BLOCK, Loop, Program, Rung, in_arithmetic
from app.activations.formula import Expression, run
from app.activations.formula.expression import symbol, transcendental
from app.activations.lookup import doubles, singles
from app.activations.rounding import DTYPES
from app.activations.tables import BLOCK as PAIRS
from app.activations.tables import ROUGH, Cells, Table, is_quick, tabulate

LOOKED_UP = 65_536
"""Elements looked up at a time: no more temporaries than that would pay for."""


@lru_cache(maxsize=4096)
def first_rungs(
    expression: Expression,
    constants: Constants,
    lanes: tuple[str, ...],
    known: bool,
    target: np.dtype[Any],
    exact: bool,
) -> tuple[Rung | Loop, ...]:
    """The rungs for an expression in `lanes`, of which x is one, and constants, which may be well `known`.

    There may be none.
    """
    if "x" not in expression.symbols:
        return ()
    held = (
        bounds(expression, numbers_of(constants)) if lanes == ("x",) and target in DTYPES.values() else None
    )
    if held:
        return (Loop(partial(clip, *held), LOOKED_UP),)
    exactly = target not in DTYPES.values() or (exact and target == np.float64)
    program = program_of(times_upstream(expression, lanes), numbers_of(constants))
    compute = in_arithmetic(DOUBLE, program)
    if not exactly and not transcendental(expression):
        compute = quickly(in_arithmetic(QUICK, program), compute)
    computed = Rung(compute, BLOCK)
    if not known or not set(lanes) <= {"x", "upstream"}:
        return (computed,)
    if is_quick(expression, constants):
        # a table costs more to make than most of these are ever asked
        return (computed, Rung(partial(_fine, expression, constants), PAIRS))
    table = tabulate(expression, constants)
    return (computed,) if table is None else _looked_up(table, target, exactly)


def _looked_up(table: Table, target: np.dtype[Any], exactly: bool) -> tuple[Rung | Loop, ...]:
    fine = Rung(partial(_weighted, table.fine), PAIRS)
    if exactly:
        return (fine,)
    if target == np.float64:
        return (Loop(partial(_look_up, doubles, table.rough), LOOKED_UP), fine)
    if target == np.float32:
        return (Loop(partial(_look_up, singles, table.narrow), LOOKED_UP), fine)
    return (Rung(partial(_weighted, partial(_plain, table.rough)), LOOKED_UP), fine)


def program_of(expression: Expression, numbers: Mapping[str, float]) -> Program:
    """The expression for all arithmetics."""

    def program(arithmetic: Arithmetic, values: Mapping[str, Any]) -> Any:
        constants = {name: arithmetic.value.of(number) for name, number in numbers.items()}
        return run(expression, {**values, **constants}, arithmetic)

    return program


def times_upstream(expression: Expression, lanes: Collection[str]) -> Expression:
    """The expression, multiplied where there is an upstream."""
    return expression * symbol("upstream") if "upstream" in lanes else expression


def _fine(expression: Expression, constants: Constants, lanes: Mapping[str, NDArray[Any]]) -> Double:
    table = tabulate(expression, constants)
    return _weighted(_unknown if table is None else table.fine, lanes)


def _unknown(x: Array) -> Double:
    return Double(np.full_like(x, np.nan))


def _weighted(look_up: Callable[[Array], Double], lanes: Mapping[str, NDArray[Any]]) -> Double:
    value = look_up(lanes["x"].astype(np.float64, copy=False))
    return value * Double.exact(lanes["upstream"]) if "upstream" in lanes else value


def _look_up(
    loop: Callable[..., int], cells: Cells, lanes: Mapping[str, NDArray[Any]], out: NDArray[Any]
) -> NDArray[np.intp]:
    doubtful = np.empty(out.size, np.intp)
    x = lanes["x"].astype(out.dtype, copy=False)
    return doubtful[: loop(cells, x, lanes.get("upstream", _NONE), out, doubtful)].copy()


def _plain(cells: Cells, x: Array) -> Double:
    value = np.empty_like(x)
    doubles(cells, x, _NONE, value, np.empty(x.size, np.intp))
    return Double(value, None, ROUGH)


_NONE = np.empty(0)
