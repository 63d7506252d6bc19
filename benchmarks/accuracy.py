"""Writes docs/accuracy.md: how far this service, PyTorch, JAX and SciPy are from the exact results.

`make accuracy` runs it, in the environment of `make test-peers`.
"""

import math
import platform
from collections import defaultdict
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import scipy
import torch
from measure import kinks
from numpy.typing import NDArray
from ulp import FORMATS, Format

from app import __version__
from app.activations import Activation, find
from app.activations.axiswise import Axiswise
from app.activations.elementwise import Elementwise
from benchmarks.peers import LIBRARIES, PEERS, results
from tests.exhaustive import inputs
from tests.exhaustive.rows import exact_rows
from tests.exhaustive.truth import Exactly, Truth, errors

PAGE = Path(__file__).parent.parent / "docs" / "accuracy.md"
FEW = "float32", "float64"
COUNT = 50_000
"""Inputs from N(0, 3), beside the strata."""

Floats = NDArray[np.float64]


class Worst(NamedTuple):
    """The largest error in ulp, and the function, the input and the result that have it."""

    ulp: float
    name: str = ""
    x: Any = None
    y: float = 0.0

    def __str__(self) -> str:
        return f"{self.size} at {self.place}" if self.ulp else "0"

    @property
    def size(self) -> str:
        if math.isnan(self.y):
            return "NaN"
        if math.isinf(self.y) and self.ulp > 0.5:
            return "Infinity"
        if math.isinf(self.ulp):
            return "> 1e308"
        mantissa, _, exponent = f"{self.ulp:.1e}".partition("e")
        return f"{self.ulp:.2f}" if self.ulp < 1000 else f"{mantissa}e{int(exponent)}"

    @property
    def place(self) -> str:
        if np.ndim(self.x) == 0:
            return f"{self.x:.6g}"
        return "({})".format(", ".join(f"{each:.3g}" for each in self.x))


Cells = dict[str, Worst]
Table = dict[tuple[str, int, str], Cells]
"""For a format, an order of derivative and a function: each library's worst."""


def ordinary(x: Floats, truth: Truth, fmt: Format) -> NDArray[np.bool_]:
    """Where neither x (nor its row) nor the exact result is subnormal, or underflows."""
    inputs_are = ((x == 0) | (np.abs(x) >= fmt.normal)).reshape(len(x), -1).all(axis=1)
    exact: NDArray[np.bool_] = (np.abs(truth.nearest) >= fmt.normal) | np.isnan(truth.nearest)
    exact |= (truth.nearest == 0) & (truth.rest == 0)
    exact &= inputs_are.reshape(-1, *[1] * (exact.ndim - 1))
    return exact


def worst(name: str, x: Floats, y: Floats, truth: Truth, fmt: Format, among: NDArray[np.bool_]) -> Worst:
    """The worst of the results that are `among` those to be looked at; x is a vector or a matrix of rows."""
    error = np.where(among, errors(y, truth, fmt), -1.0)
    place = np.unravel_index(np.argmax(error), error.shape)
    return Worst(float(error[place]), name, x[place[0]], float(y[place]))


def points(f: Elementwise, fmt: Format) -> Floats:
    """The strata, N(0, 3), the neighbourhoods of what is special; not the kinks, a matter of convention."""
    drawn = 3 * np.random.default_rng(3).standard_normal(COUNT)
    found = np.unique(np.concatenate([inputs.ordinary(fmt), drawn, inputs.special(f, fmt)]))
    found = np.unique(found.astype(fmt.name).astype(np.float64))
    inside = (found > f.domain.low) & (found < f.domain.high)
    return found[inside & ~np.isin(found, kinks(f))]


def rows(fmt: Format) -> Floats:
    """Rows of four: plain ones, near ties, one that dominates, differences in the tails of exp."""
    drawn = np.random.default_rng(4)
    plain = 3 * drawn.standard_normal((1000, 4))
    leading = plain + np.array([20.0, 0, 0, 0]) * drawn.uniform(0, 4, (1000, 1))
    near = plain[:, :1] * (1 + drawn.integers(-3, 4, plain.shape) * 2.0 ** (1 - fmt.precision))
    return np.concatenate([plain, leading, near, 16 * plain]).astype(fmt.name).astype(np.float64)


def exactly(f: Activation, fmt: Format) -> tuple[Floats, tuple[Truth, Truth]]:
    """Inputs, and the exact values and derivatives."""
    if isinstance(f, Elementwise):
        x = points(f, fmt)
        return x, Exactly(f, x.tolist())()
    assert isinstance(f, Axiswise)
    x = rows(fmt)
    return x, exact_rows(f, x)


def measured() -> tuple[Table, Table]:
    """The largest errors where everything is a normal number, and where something is subnormal."""
    normal: Table = defaultdict(dict)
    subnormal: Table = defaultdict(dict)
    for (name, peers), fmt in product(PEERS.items(), map(FORMATS.__getitem__, FEW)):
        print(name, fmt.name, flush=True)
        f = find(name)()
        x, truths = exactly(f, fmt)
        for order, truth in enumerate(truths):
            among = ordinary(x, truth, fmt)
            for library, y in results(f, peers, x.astype(fmt.name), order).items():
                key = fmt.name, order, name
                normal[key][library] = worst(name, x, y, truth, fmt, among)
                subnormal[key][library] = worst(name, x, y, truth, fmt, ~among)
    return normal, subnormal


def table(cells: Table, fmt: str, order: int) -> str:
    """One row for each function."""
    libraries = LIBRARIES[: 4 - order]
    lines = ["| | " + " | ".join(libraries) + " |", "| --- |" + " --- |" * len(libraries)]
    for name in PEERS:
        found = cells[fmt, order, name]
        lines.append(f"| `{name}` | " + " | ".join(str(found.get(each, "")) for each in libraries) + " |")
    return "\n".join(lines)


def summary(cells: Table) -> str:
    """One row for each library: its worst function."""
    heads = [(fmt, order) for fmt in FEW for order in (0, 1)]
    titles = [f"{'derivatives' if order else 'values'}, {fmt}" for fmt, order in heads]
    lines = ["| | " + " | ".join(titles) + " |", "| --- |" + " --- |" * len(titles)]
    for library in LIBRARIES:
        row = []
        for fmt, order in heads:
            found = [
                each[library] for key, each in cells.items() if key[:2] == (fmt, order) and library in each
            ]
            top = max(found, default=None, key=lambda each: each.ulp)
            row.append(f"{top.size}: `{top.name}` at {top.place}" if top else "")
        lines.append(f"| {library} | " + " | ".join(row) + " |")
    return "\n".join(lines)


TEXT = """\
# Accuracy

How far this service, PyTorch, JAX and SciPy are from the exact result at their worst. `make accuracy`
measures it anew and writes this page.

## What was measured

An error is given in ulp, units in the last place: the distance between a result and the exact number t,
divided by 2^(floor(log2 |t|) - p + 1), where p is 24 for float32 and 53 for float64. A correctly rounded
result is at most 0.5 ulp off. An error of 1e7 in float32, or of 9e15 in float64, leaves no digit right: the
result is 0, say, where it should not be, or has the wrong sign. The tables have each function's largest
error and the x that has it. *NaN* is a result that is not a number where there is one, or the other way
round, and *Infinity* an infinite one where the exact one is well within the range.

- This service {version}, PyTorch {torch}, JAX {jax}, SciPy {scipy}, NumPy {numpy}, Python {python}, on a
  CPU ({machine}). All get the same x and compute in its dtype. This service's float64 results are those
  without `exact`; with it they are correctly rounded.
- Derivatives are PyTorch's `autograd.grad` and JAX's `vmap(grad)`; of functions of rows, the Jacobian.
  SciPy has none.
- Functions have the catalog's names and default hyperparameters. `gelu_tanh` is PyTorch's `gelu` with
  `approximate='tanh'`, and JAX's as it comes. An empty cell: the library does not have the function.
- float32: {strata:,} numbers, as many from every binade between -3.4e38 and 3.4e38, with random mantissas,
  and {count:,} from N(0, 3). float64: {doubles:,} numbers between -1.8e308 and 1.8e308, from every fourth
  binade, from N(0, 3), between -1 and 1, from the tails of the exponentials, and {count:,} more from N(0,
  3). Both: the neighbours of the zeros of the function and of its derivative. Kinks themselves are left
  out: which derivative a function has there is a convention. Functions of rows: {rows:,} rows of four,
  plain, nearly equal, far apart, and with one that dominates.
- The exact numbers are evaluated in ball arithmetic from the published definitions, by
  [tests/exhaustive](../tests/exhaustive). That knows nothing of the service's own arithmetics, and is
  itself held against mpmath.

These are the worst cases over all that a format holds. Most results of every library are far better, and an
error far out in a tail need not matter to a network; it does to whoever takes a library as the reference
for a kernel.

{tables}
## Subnormal numbers

The tables above leave out where x or the exact result is subnormal (below 1.2e-38 in float32, 2.2e-308 in
float64) or underflows, since JAX flushes such numbers to 0 on a CPU, coming in and going out. Each
library's largest error there, an ulp being the smallest subnormal number if the result is subnormal:

{subnormal}
"""


def page(normal: Table, subnormal: Table) -> str:
    """The page, in Markdown."""
    tables = [
        f"## {'Derivatives' if order else 'Values'} in {fmt}\n\n{table(normal, fmt, order)}\n"
        for fmt, order in product(FEW, (0, 1))
    ]
    return TEXT.format(
        version=__version__,
        torch=torch.__version__,
        jax=jax.__version__,
        scipy=scipy.__version__,
        numpy=np.__version__,
        python=platform.python_version(),
        machine=platform.machine(),
        strata=inputs.ordinary(FORMATS["float32"]).size,
        doubles=inputs.ordinary(FORMATS["float64"]).size,
        count=COUNT,
        rows=len(rows(FORMATS["float32"])),
        tables="\n".join(tables),
        subnormal=summary(subnormal),
    )


if __name__ == "__main__":
    PAGE.write_text(page(*measured()))
