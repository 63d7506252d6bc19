"""What certainty costs: how many elements climb the ladder, and correct rounding beside the plain value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from functools import partial
from statistics import median
from typing import Any
from unittest.mock import patch

import numpy as np

from app.activations import Activation, elementwise, evaluation, find
from benchmarks.interleaved import by_turns, cpu_seconds, ratio
from benchmarks.page import Goal, Section, figure, table

NAMES = ("sigmoid", "tanh", "gelu", "swish", "mish", "softplus", "elu")
COUNT = 1_000_000


@dataclass
class Climbers:
    """How many elements went on to each rung of the ladder."""

    second_table: int = 0
    doubles: int = 0
    pairs: int = 0
    balls: int = 0


@contextmanager
def counted() -> Iterator[Climbers]:
    """Counts the elements that climb while functions of one number are evaluated."""
    climbers = Climbers()
    climb, settle_some = evaluation.climb, evaluation._settle_some  # noqa: SLF001  # the only place to count at
    further = [False]

    def from_tables(*given: Any, **named: Any) -> Any:
        further[0] = False
        result, doubtful = climb(*given, **named)
        climbers.doubles += doubtful.size
        return result, doubtful

    def from_doubles(*given: Any, **named: Any) -> Any:
        further[0] = True
        result, doubtful = climb(*given, **named)
        climbers.balls += doubtful.size
        return result, doubtful

    def second_rung(rung: Any, lanes: Any, chosen: Any, *given: Any, **named: Any) -> Any:
        if further[0]:
            climbers.pairs += chosen.size
        else:
            climbers.second_table += chosen.size
        return settle_some(rung, lanes, chosen, *given, **named)

    with (
        patch.object(elementwise, "climb", from_tables),
        patch.object(evaluation, "climb", from_doubles),
        patch.object(evaluation, "_settle_some", second_rung),
    ):
        yield climbers


def called(f: Activation, x: Any, order: int, dtype: str, *, exact: bool = False) -> Any:
    """The value, or the derivative of that order."""
    return f.derivative(x, order=order, dtype=dtype, exact=exact) if order else f(x, dtype, exact=exact)


def rounding_row(f: Activation, order: int, rounds: int) -> tuple[list[str], float, float, float]:
    """A line of the first table; the share that climbs, the ratio of costs, and nanoseconds more."""
    single = np.random.default_rng(5).normal(0, 3, COUNT).astype(np.float32)
    double = single.astype(np.float64)
    with counted() as climbers:
        called(f, single, order, "float32")
    works = {
        "rounded": cpu_seconds(partial(called, f, single, order, "float32")),
        "plain": cpu_seconds(partial(called, f, double, order, "float64")),
    }
    costs = by_turns(works, rounds)
    rounded, plain = (median(costs[each]) / COUNT * 1e9 for each in works)
    times = ratio(costs, "rounded", "plain")
    row = [label(f, order), *map(str, astuple(climbers)), figure(rounded), figure(plain), figure(times)]
    return row, (climbers.pairs + climbers.balls) / COUNT, times, rounded - plain


def exact_row(f: Activation, rounds: int) -> tuple[list[str], float]:
    """A line of the second table, and the largest number in it."""
    x = np.random.default_rng(6).normal(0, 3, COUNT // 5)
    works = {
        str(order): cpu_seconds(partial(called, f, x, order, "float64", exact=True)) for order in (0, 1, 2)
    }
    costs = by_turns(works, rounds)
    found = [median(costs[order]) / x.size * 1e9 for order in works]
    return [f"`{f.name}`", *map(figure, found)], max(found)


def label(f: Activation, order: int) -> str:
    """The function's name, with a prime for its derivative."""
    return f"`{f.name}`" + "′" * order


def section(quick: bool) -> Section:
    """Both tables."""
    rounds = 3 if quick else 9
    found = [rounding_row(find(name)(), order, rounds) for name in NAMES for order in (0, 1)]
    exact = [exact_row(find(name)(), 2 if quick else 5) for name in NAMES]
    heads = ("", "to the second table", "doubles", "pairs", "balls", "rounded, ns", "float64, ns", "ratio")
    text = f"""
{COUNT:,} random float32 from N(0, 3). Each is looked up in a table of polynomials; the columns count the
elements that climb from there to a finer table, to plain doubles (those beyond the tables' reach, and
beside kinks), to pairs of doubles and to balls. The goal counts the last two, which are dear. Then the
processor's time for an element, of the certified float32 result and of the float64 one within 4 ulp for the
same numbers, by turns.

{table(heads, [row for row, *_ in found])}

Correctly rounded float64, `exact`, of {COUNT // 5:,} numbers from N(0, 3), ns for an element:

{table(("", "value", "derivative", "second derivative"), [row for row, _ in exact])}
"""
    excess = max(min(times / 1.5, more / 1.0) for _, _, times, more in found)
    goals = [
        Goal(
            "certified float32: most elements that climb beyond doubles, in 100,000",
            max(each[1] for each in found) * 1e5,
            1,
        ),
        Goal("certified float32: cost, in units of the larger of 1.5 times and 1 ns more", excess, 1),
        Goal("`exact`: ns an element, at most", max(each[1] for each in exact), 300),
    ]
    return Section(text, goals)
