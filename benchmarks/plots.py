"""The pictures of the page, as SVG files whose bytes depend on the figures alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

HERE = Path(__file__).parent
PLOTS = HERE / "plots"

mpl.rcParams |= {"svg.hashsalt": "benchmarks", "svg.fonttype": "none", "font.size": 9}


def lines(name: str, series: Mapping[str, Sequence[tuple[float, float]]], x: str, y: str) -> str:
    """Curves on logarithmic axes; the Markdown that shows them."""
    figure, axes = _drawn(7, 4.5)
    for label, points in series.items():
        axes.plot(*zip(*points, strict=True), "--" if "echo" in label else "-", marker=".", label=label)
    axes.set(xscale="log", yscale="log", xlabel=x, ylabel=y)
    axes.legend()
    return _saved(figure, name, f"{y} against {x}")


def bars(name: str, values: Mapping[str, float], x: str, marks: Sequence[float] = ()) -> str:
    """Horizontal bars, the largest on top, with lines at the marks; the Markdown that shows them."""
    figure, axes = _drawn(7, 1 + 0.17 * len(values))
    rising = sorted(values, key=lambda each: values[each])
    axes.barh(rising, [values[each] for each in rising], color="#4477aa")
    for mark in marks:
        axes.axvline(mark, color="#cc3311", linewidth=1)
    axes.margins(y=0.01)
    axes.set(xscale="log", xlabel=x)
    return _saved(figure, name, x)


def _drawn(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure((width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.grid(alpha=0.3)
    axes.set_axisbelow(True)
    return figure, axes


def _saved(figure: Figure, name: str, text: str) -> str:
    PLOTS.mkdir(exist_ok=True)
    figure.savefig(PLOTS / f"{name}.svg", metadata={"Date": None, "Creator": None})
    return f"![{text}](plots/{name}.svg)"
