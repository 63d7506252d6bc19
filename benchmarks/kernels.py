"""The computation alone, on one thread, beside PyTorch's of the same function."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from app import threads
from app.activations import CATALOG, Activation
from app.activations.axiswise import Axiswise
from benchmarks import plots
from benchmarks.interleaved import Costs, by_turns, cpu_seconds, ratio
from benchmarks.page import Goal, Section, figure, table

COUNT = 1_000_000
WIDTH = 100
"""Elements in a row, for functions that mix them."""

Floats = NDArray[np.float64]
Peer = Callable[[torch.Tensor], torch.Tensor]

ARGUMENTS = {
    "nn.Threshold": "(0.5, 0.25)",
    "nn.Softmax": "(-1)",
    "nn.LogSoftmax": "(-1)",
    "nn.Softmin": "(-1)",
}
"""Of layers that have no defaults for them."""
LEFT_OUT = {
    "nn.Identity": "computes nothing",
    "F.gumbel_softmax": "draws other random numbers",
}


class Pair(NamedTuple):
    """A function, and PyTorch's."""

    function: Activation
    name: str
    peer: Peer

    def x(self) -> Floats:
        """Random numbers, as rows where they are mixed; for logit, between 0 and 1."""
        rng = np.random.default_rng(4)
        if not np.isfinite(self.function.domain.low):
            x = rng.normal(0, 3, COUNT)
        else:
            x = rng.uniform(self.function.domain.low, self.function.domain.high, COUNT)
        return x.reshape(-1, WIDTH) if isinstance(self.function, Axiswise) else x


def pairs() -> Iterator[Pair]:
    """Every function of the catalog that PyTorch has, with the hyperparameters that reproduce it."""
    for kind in CATALOG.values():
        for row in kind.equivalents:
            if row.framework == "torch" and row.name not in LEFT_OUT:
                function = kind.model_validate({**kind.example_params, **row.params})
                yield Pair(function, row.name, peer(row.name))
                break


def peer(name: str) -> Peer:
    """What PyTorch calls so."""
    if name == "torch.heaviside":
        half = torch.tensor(0.5, dtype=torch.float64)
        return lambda x: torch.heaviside(x, half)
    found = eval(name + ARGUMENTS.get(name, ""), {"torch": torch, "nn": torch.nn, "F": torch.nn.functional})
    if isinstance(found, type):
        found = found()
    return found.to(torch.float64).eval() if isinstance(found, torch.nn.Module) else found  # type: ignore[no-any-return]


def values(pair: Pair, rounds: int) -> Costs:
    """The processor's time for the values."""
    x = pair.x()
    tensor = torch.tensor(x)

    def theirs() -> None:
        with torch.no_grad():
            pair.peer(tensor)

    return by_turns({"ours": cpu_seconds(lambda: pair.function(x)), "theirs": cpu_seconds(theirs)}, rounds)


def derivatives(pair: Pair, rounds: int) -> Costs:
    """The processor's time for the product with an upstream; PyTorch's with the forward pass and without."""
    x = pair.x()
    leaf = torch.tensor(x, requires_grad=True)
    y = pair.peer(leaf)
    upstream = torch.ones_like(y)
    ones = upstream.numpy()

    def ours() -> None:
        pair.function.derivative(x, upstream=ones)

    def backward(y: torch.Tensor) -> Any:
        return torch.autograd.grad(y, leaf, upstream, retain_graph=True)

    works = {
        "ours": cpu_seconds(ours),
        "both": cpu_seconds(lambda: backward(pair.peer(leaf))),
        "backward": cpu_seconds(lambda: backward(y)),
    }
    return by_turns(works, rounds)


def has_gradient(f: Peer) -> bool:
    """Whether PyTorch differentiates it."""
    leaf = torch.ones(WIDTH, dtype=torch.float64, requires_grad=True)
    try:
        f(leaf).sum().backward()
    except RuntimeError:
        return False
    return True


def milliseconds(seconds: list[float]) -> str:
    """The median."""
    return figure(median(seconds) * 1e3)


def section(quick: bool) -> Section:
    """Ratios for every function, medians and the largest; on one thread, for PyTorch and for NumPy."""
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})
    threads._pool.cache_clear()  # noqa: SLF001  # it counts processors once
    torch.set_num_threads(1)
    try:
        return _section(3 if quick else 7)
    finally:
        os.sched_setaffinity(0, processors)
        threads._pool.cache_clear()  # noqa: SLF001  # as above


def _section(rounds: int) -> Section:
    rows, forward, both, alone = [], {}, {}, {}
    for pair in pairs():
        name = pair.function.name
        found = values(pair, rounds)
        forward[name] = ratio(found, "ours", "theirs")
        row = [f"`{name}`", f"`{pair.name}`", milliseconds(found["ours"]), milliseconds(found["theirs"])]
        row.append(figure(forward[name]))
        if has_gradient(pair.peer):
            found = derivatives(pair, rounds)
            both[name] = ratio(found, "ours", "both")
            alone[name] = ratio(found, "ours", "backward")
            row += [milliseconds(found[each]) for each in ("ours", "both", "backward")]
            row += [figure(both[name]), figure(alone[name])]
        else:
            row += [""] * 5
        rows.append((forward[name], row))
    rows.sort(key=lambda each: -each[0])
    heads = ["", "PyTorch", "value: ours, ms", "theirs", "ratio", "derivative: ours, ms"]
    heads += ["forward and backward", "backward", "ratio to both", "to backward"]
    text = f"""
The functions called in Python, without a server: the processor's time for {COUNT:,} float64 from N(0, 3)
(functions of rows: rows of {WIDTH}), by turns with PyTorch, both on one thread of one processor, with
malloc set as the service sets it ([allocation.py](../app/allocation.py)). Ours are within 4 ulp and hold that
in the tails; [docs/accuracy.md](../docs/accuracy.md) says how far PyTorch's are off. A derivative is the
product with an upstream; PyTorch's autograd needs the forward pass for it.

| ratio | median | largest |
| --- | --- | --- |
| values | {figure(median(forward.values()))} | {_largest(forward)} |
| derivative over forward and backward pass | {figure(median(both.values()))} | {_largest(both)} |
| derivative over backward pass alone | {figure(median(alone.values()))} | {_largest(alone)} |

{plots.bars("kernels", forward, "our time over PyTorch's for the values", (4, 15))}

{table(heads, [row for _, row in rows])}

Left out: {", ".join(f"`{name}`, which {why}" for name, why in LEFT_OUT.items())}.
"""
    goals = [
        Goal("kernels, values: median of the ratios to PyTorch", median(forward.values()), 4),
        Goal("kernels, values: largest of the ratios to PyTorch", max(forward.values()), 15),
    ]
    return Section(text, goals)


def _largest(ratios: dict[str, float]) -> str:
    name = max(ratios, key=lambda each: ratios[each])
    return f"{figure(ratios[name])} (`{name}`)"
