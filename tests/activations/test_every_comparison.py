"""Laws: results that are off by known amounts are measured as off by so much.

What is compared are the oracle's exact results, rounded and moved to other members of the format; how far
these are from the exact results themselves is computed in integers.
"""

import math
import random
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
from grids import coarse
from measure import SLOPE, VALUE, Quantity, example, kinks
from mpmath import mp, mpf
from numpy.typing import NDArray
from published_mixing import MIXING, Exact
from tensors import Tensor
from ulp import FLOAT64, FORMATS, Format, error_in_ulp, following, rounded, ulp

from app.activations import CATALOG, Activation
from app.activations.axiswise import Axiswise
from app.activations.comparison import WORST, compare
from app.activations.elementwise import Elementwise

ELEMENTWISE = {name: cls for name, cls in CATALOG.items() if issubclass(cls, Elementwise)}
MIXED = {name: cls for name, cls in CATALOG.items() if issubclass(cls, Axiswise) and name in MIXING}
IN_FORMATS = pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda fmt: fmt.name)
UNTOLD = 2.0**-60
"""Nearer to a power of two than this, it takes more than the oracle to tell on which side a result lies, and
so which ulp is its own; `test_comparison.py` has such results."""
COUNTED = 2.0**800
"""The oracle counts no more ulps than some 2**900."""


def wrong(t: mpf, fmt: Format, some: random.Random) -> float:
    """A result for the exact one, often another."""
    y = rounded(t, fmt)
    if not (math.isfinite(y) and told(t)):
        return y
    up, down = following(y, fmt), -following(-y, fmt)
    choice = some.choice([y, up, down, up, following(up, fmt), 0.0, -y, 1.25 * y, y * 2.0**-20, 1.0])
    choice = rounded(mpf(choice), fmt)
    return choice if math.isfinite(choice) and error_in_ulp(choice, t, fmt) < COUNTED else y


def told(t: mpf) -> bool:
    """Whether the oracle can tell the exact result's ulp."""
    mantissa, _ = mp.frexp(abs(t))
    return bool(t == 0 or min(mantissa - 0.5, 1 - mantissa) > UNTOLD)


def check(f: Activation, x: NDArray[Any], truth: Tensor, quantity: Quantity, fmt: Format) -> None:
    """Compares wrong results: the largest errors one by one, all of them in their mean and maxima."""
    some = random.Random(truth.size)
    exact: Sequence[mpf] = truth.reshape(-1).tolist()
    y = [wrong(t, fmt, some) for t in exact]
    of = "activate" if quantity is VALUE else "derivative"
    found = compare(f, x, np.array(y).reshape(truth.shape), of, fmt.name)  # type: ignore[arg-type]
    errors = [error_in_ulp(each, t, fmt) for each, t in zip(y, exact, strict=True)]
    tolerance = 1e-3 if fmt is FLOAT64 else 1e-6
    close = partial(pytest.approx, rel=1e-12, abs=tolerance)
    assert [each.ulp for each in found.worst] == close(sorted(errors, reverse=True)[: len(found.worst)])
    assert len(found.worst) <= min(WORST, len(errors))
    for each in found.worst:
        place = int(np.ravel_multi_index(each.index, truth.shape))
        assert each.ulp == close(errors[place]), (f, x, y[place], exact[place])
        assert float(each.y) == y[place]
        assert float(each.expected) == rounded(exact[place], fmt)
        assert each.x is None or float(each.x) == x.reshape(-1)[place]
    assert found.count == len(errors)
    assert found.mismatched_nonfinite == 0
    right = [each == rounded(t, fmt) or math.isnan(each) for each, t in zip(y, exact, strict=True)]
    assert found.exact == sum(right)
    assert found.max_ulp == close(max(errors))
    assert found.mean_ulp == close(sum(errors) / len(errors))
    assert sum(each.count for each in found.histogram) == len(errors)
    finite = [(mpf(each), t) for each, t in zip(y, exact, strict=True) if math.isfinite(each)]
    off = max((abs(each - t) for each, t in finite), default=0)
    spacing = max((ulp(t, fmt) for _, t in finite), default=0)
    assert abs(found.max_abs - off) <= tolerance * spacing + mpf(2) ** -1074 + off / 2**50


@IN_FORMATS
@pytest.mark.parametrize("quantity", [VALUE, SLOPE], ids=str)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_functions_of_each_element(name: str, quantity: Quantity, fmt: Format) -> None:
    f = example(ELEMENTWISE[name])
    points = [x for x in coarse(fmt, kinks(f)) if not math.isnan(x)]
    truth = quantity.exactly(f, points, fmt)
    known = [(x, t) for x, t in zip(points, truth, strict=True) if t is not None]
    assert len(known) > 4
    for start in range(0, len(known), WORST):
        x, exact = zip(*known[start : start + WORST], strict=True)
        check(f, np.array(x), np.array(exact, dtype=object), quantity, fmt)


@IN_FORMATS
@pytest.mark.parametrize("name", MIXED)
def test_functions_that_mix_elements(name: str, fmt: Format) -> None:
    body = MIXED[name].example_body()
    f = MIXED[name].model_validate(body.get("params", {}))
    x = np.vectorize(lambda each: rounded(mpf(each), fmt))(np.array(body["x"], dtype=float))
    exact = Exact(name, x, {key: getattr(f, key) for key in type(f).model_fields}, fmt)
    axis = f.mixed_axis()
    assert isinstance(axis, int)
    for quantity, truth in ((VALUE, exact.value()), (SLOPE, exact.jacobian(axis))):
        check(f, x, truth, quantity, fmt)
