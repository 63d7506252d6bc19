"""Measurements by turns, A B A B ..., so that what else the machine does hits all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import TypeVar

Cost = TypeVar("Cost")
Costs = Mapping[str, list[float]]
"""What each work cost in each round."""


def by_turns(works: Mapping[str, Callable[[], Cost]], rounds: int) -> dict[str, list[Cost]]:
    """What each work says it cost, in each round; one more round goes before, to warm up."""
    costs: dict[str, list[Cost]] = {name: [] for name in works}
    for turn in range(rounds + 1):
        for name, work in works.items():
            cost = work()
            if turn:
                costs[name].append(cost)
    return costs


def ratio(costs: Costs, of: str, to: str) -> float:
    """The median over the rounds of one cost over another."""
    return median(a / b for a, b in zip(costs[of], costs[to], strict=True))


def cpu_seconds(work: Callable[[], object]) -> Callable[[], float]:
    """The time of the processors that the work takes in this process, all threads together."""

    def measured() -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    return measured
