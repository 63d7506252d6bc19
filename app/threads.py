"""Work on large arrays, shared by all processors: NumPy and compiled loops let go of the GIL."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

LARGE = 2**19
"""Elements from which on several threads are faster than one."""
_SHARES = 4
"""Parts of the work for each thread: few, since handing one over costs as much as a thousand elements."""


@cache
def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _pool() -> ThreadPoolExecutor | None:
    return ThreadPoolExecutor(processors(), thread_name_prefix="blocks") if processors() > 1 else None


def spread(work: Callable[[Item], Result], items: Sequence[Item], elements: int = LARGE) -> list[Result]:
    """The results of the work on all items in order, by one thread if these hold few elements together."""
    pool = _pool() if elements >= LARGE else None
    if pool is None:
        return list(map(work, items))
    size = -(-len(items) // (_SHARES * processors()))
    shares = [items[start : start + size] for start in range(0, len(items), size)]
    return [
        result for results in pool.map(lambda share: list(map(work, share)), shares) for result in results
    ]
