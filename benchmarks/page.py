"""benchmarks/README.md: a section for each part, what it should reach and whether it does."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
PAGE = HERE / "README.md"
RESULTS = HERE / "results.json"
"""The sections as they were last measured, so that a part can be measured alone."""
VERSIONS = ("numpy", "uvicorn", "uvloop", "orjson", "python-flint", "fastapi", "pydantic", "torch", "scipy")

HEAD = """\
# Benchmarks

How much the service costs beside the least that it could, and beside what else one could use. `make bench`
measures everything anew and writes this page, in a quarter of an hour; `make bench PARTS="small npy"`
measures some parts of it.

All figures are ratios or medians of runs by turns, A B A B, on one machine at one time: the ratios carry
over to other machines, the times do not. A server is one process, `python -m app` as `make serve` runs it,
with everything that checks requests in place; clients are on the same machine, through the loopback device.

{machine}

{goals}
"""


class Goal(NamedTuple):
    """A figure and the limit it should keep."""

    what: str
    measured: float
    limit: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    def row(self) -> tuple[str, ...]:
        limit = f"{'at least' if self.at_least else 'at most'} {self.limit:g}"
        return self.what, figure(self.measured), limit, "yes" if self.met else "**no**"


class Section(NamedTuple):
    """What a part of the benchmarks found."""

    text: str
    goals: Sequence[Goal] = ()


def figure(number: float) -> str:
    """Three significant digits."""
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write(titles: Mapping[str, str], part: str, section: Section) -> None:
    """Put a section into the page, in the order of the titles, beside those measured before."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    day = datetime.now(UTC).date().isoformat()
    goals = [goal._asdict() for goal in section.goals]
    kept[part] = {"measured": day, "text": section.text, "goals": goals}
    kept = {name: kept[name] for name in titles if name in kept}
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n")
    rows = [Goal(**goal).row() for each in kept.values() for goal in each["goals"]]
    summary = table(("", "measured", "goal", "met"), rows)
    text = HEAD.format(machine=machine(), goals=summary)
    for name, each in kept.items():
        text += f"\n## {titles[name]}\n\n{each['text'].strip()}\n\n*Measured on {each['measured']}.*\n"
    PAGE.write_text(text)


def machine() -> str:
    """What the figures were measured on and with."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True, check=False
    ).stdout.strip()
    packages = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    return (
        f"Machine: {model or platform.machine()}, {os.cpu_count()} processors, {memory:.0f} GiB,"
        f" {platform.system()} {platform.release()}. Python {platform.python_version()}, {packages}."
        f" Commit {commit or 'unknown'}."
    )
