"""`python -m benchmarks [--quick] [part ...]`: measures the parts named, or all, and writes the page."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from app.allocation import keep_freed_memory
from benchmarks import (
    alternatives,
    bodies,
    certification,
    dear,
    growth,
    kernels,
    latency,
    memory,
    page,
    small,
)
from benchmarks.page import Section


class Part(NamedTuple):
    """A section of the page, and what measures it."""

    title: str
    section: Callable[[bool], Section]


PARTS: Mapping[str, Part] = {
    "small": Part("Small requests", small.section),
    "json": Part("JSON: a million float64", bodies.json_section),
    "npy": Part(".npy: 64 MB of float32", bodies.npy_section),
    "memory": Part("Memory: 1.5 GB in a .npy file", memory.section),
    "latency": Part("Small requests while a large one is computed", latency.section),
    "growth": Part("Cost against size", growth.section),
    "kernels": Part("Kernels: a million float64 on one thread, beside PyTorch", kernels.section),
    "certification": Part("Certified rounding", certification.section),
    "dear": Part("Dear inputs", dear.section),
    "alternatives": Part("What one could use instead", alternatives.section),
}


def main() -> None:
    """Measure; print each section and put it into the page as it comes."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=page.__doc__)
    parser.add_argument("part", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="few repetitions, to try it; writes no page")
    chosen = parser.parse_args()
    if unknown := set(chosen.part) - set(PARTS):
        parser.error(f"There is no part {min(unknown)}; there are {', '.join(PARTS)}.")
    keep_freed_memory()  # as the service does: what is called here without it is to cost the same
    for name in chosen.part or PARTS:
        start = time.monotonic()
        print(f"# {name}", flush=True)
        found = PARTS[name].section(chosen.quick)
        print(found.text, *(" | ".join(goal.row()) for goal in found.goals), sep="\n")
        print(f"({time.monotonic() - start:.0f} s)\n", flush=True)
        if not chosen.quick:
            page.write({name: part.title for name, part in PARTS.items()}, name, found)


if __name__ == "__main__":
    main()
