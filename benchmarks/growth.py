"""How the cost of a request grows with the number of elements."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import numpy as np

from benchmarks import plots
from benchmarks.bodies import as_json, as_npy
from benchmarks.client import JSON, NPY, seconds_at_once
from benchmarks.interleaved import by_turns
from benchmarks.page import Section, figure, table
from benchmarks.servers import ECHO, SERVICE, serving

PATH = "/activate/gelu"
LARGEST_JSON, LARGEST_NPY = 7, 8
"""Powers of ten; the first is as much as the service takes, ACTIVATIONS_MAX_ELEMENTS."""
ROUNDS = (50, 50, 50, 50, 30, 15, 7, 3, 3)


def work(port: int, path: str, body: bytes, media_type: str) -> Callable[[], float]:
    """An exchange that says how long it took."""
    return lambda: seconds_at_once(port, path, body, media_type)


def section(quick: bool) -> Section:
    """A curve for each format, and one for each echo."""
    names = ("JSON, float64", "JSON, echo", ".npy, float32", ".npy, echo")
    curves: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    settings = {"ACTIVATIONS_MAX_BODY_BYTES": str(2**28)}
    with serving(SERVICE, settings) as service, serving(ECHO) as echo:
        for power, rounds in enumerate(ROUNDS[:-2] if quick else ROUNDS):
            x = np.random.default_rng(8).standard_normal(10**power, np.float32)
            x *= 3
            bodies = [(as_npy(x), NPY, names[2:])]
            if power <= LARGEST_JSON:
                bodies.append((as_json(x.astype(np.float64)), JSON, names[:2]))
            del x
            works = {}
            for body, media_type, (ours, floor) in bodies:
                works[ours] = work(service.port, PATH, body, media_type)
                works[floor] = work(echo.port, "/", body, media_type)
            for name, seconds in by_turns(works, 3 if quick else rounds).items():
                curves[name].append((10**power, median(seconds)))
    rows = []
    for place, (size, _) in enumerate(curves[names[2]]):
        times = [curve[place][1] if place < len(curve) else None for curve in curves.values()]
        rows.append(
            [f"10^{round(np.log10(size))}", *("" if time is None else duration(time) for time in times)]
        )
    text = f"""
`POST {PATH}` of 1 to 10^{LARGEST_NPY} elements from N(0, 3), each on a new connection; medians, by turns
with the echo. JSON to 10^{LARGEST_JSON}, with `ACTIVATIONS_MAX_BODY_BYTES` raised to 256 MiB.

{plots.lines("growth", curves, "elements", "seconds")}

{table(("elements", *names), rows)}
"""
    return Section(text)


def duration(seconds: float) -> str:
    """With a unit that fits."""
    return f"{figure(seconds)} s" if seconds >= 1 else f"{figure(seconds * 1e3)} ms"
