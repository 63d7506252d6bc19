"""Laws: every elementwise function's values and derivatives are the exact ones, rounded.

The oracle evaluates the formula in multiple precision and differentiates by difference quotients. A law
knows no function by name; what a class declares (kinks, domain, accuracy) it reads. What else is declared,
and what arrays go in and come out, is checked by the modules beside this one.
"""

import pytest
from drawn import few, instances
from grids import coarse
from hypothesis import given
from hypothesis import strategies as st
from laws import check, grid
from measure import CURVATURE, SLOPE, VALUE, Quantity, example, kinks, misrounded, quantities
from mpmath import mpf
from ulp import FLOAT64, FORMATS, Format, rounded

from app.activations import CATALOG
from app.activations.elementwise import Elementwise

FUNCTIONS = {name: cls for name, cls in CATALOG.items() if issubclass(cls, Elementwise)}
QUANTITIES = [(name, quantity) for name, cls in FUNCTIONS.items() for quantity in quantities(cls)]
BY_DEFAULT = [pair for pair in QUANTITIES if getattr(example(FUNCTIONS[pair[0]]), pair[1].wrt, 0) is not None]
NARROW = [fmt for fmt in FORMATS.values() if fmt is not FLOAT64]
IN_FORMATS = [  # values and slopes in every format, the rest in float64 and one of the others in turn
    pytest.param(name, quantity, fmt, id=f"{name}-{quantity}-{fmt.name}")
    for i, (name, quantity) in enumerate(BY_DEFAULT)
    for fmt in [FLOAT64, *(NARROW if quantity in (VALUE, SLOPE) else [NARROW[i % 3]])]
]


@pytest.mark.parametrize(("name", "quantity", "fmt"), IN_FORMATS)
def test_results_are_exact_within_the_declared_accuracy(name: str, quantity: Quantity, fmt: Format) -> None:
    f = example(FUNCTIONS[name])
    check(f, quantity, fmt, grid(f, quantity, fmt))


@pytest.mark.parametrize("quantity", [VALUE, SLOPE, CURVATURE], ids=str)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_exact_asks_for_correct_rounding(name: str, quantity: Quantity) -> None:
    f = example(FUNCTIONS[name])
    x = grid(f, quantity, FLOAT64)
    got = quantity.of(f, x, FLOAT64, exactly=True)
    assert not misrounded(x, got, quantity.exactly(f, x, FLOAT64), FLOAT64)


@pytest.mark.parametrize(("name", "quantity"), QUANTITIES, ids=str)
def test_drawn_hyperparameters(name: str, quantity: Quantity) -> None:
    @few
    @given(
        f=instances(FUNCTIONS[name]),
        fmt=st.sampled_from(list(FORMATS.values())),
        x=st.lists(st.floats(-1e3, 1e3) | st.floats(allow_nan=False), max_size=3),
    )
    def law(f: Elementwise, fmt: Format, x: list[float]) -> None:
        if getattr(f, quantity.wrt, 0.0) is not None:
            check(f, quantity, fmt, [*coarse(fmt, kinks(f)), *(rounded(mpf(each), fmt) for each in x)])

    law()
