"""The formulas are the published ones: each against a definition written from its source.

Inputs and hyperparameters are drawn; the app's formula and the definition must be the same number to
20 digits, which no slip of a sign, a constant or a branch survives.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from definitions import PUBLISHED, hyperparameters, noise
from drawn import few, instances
from hypothesis import given
from hypothesis import strategies as st
from measure import example, formula, kinks, symbols
from mpmath import mp, mpf
from oracle import exact

from app.activations import CATALOG
from app.activations.elementwise import Elementwise

SEEDS = """
    clipped_relu crelu dice elu gelu gelu_tanh hard_logistic hard_sigmoid hard_tanh leaky_relu linear
    log_sigmoid logit maxout mish mpelu negative_part noisy_hard_sigmoid noisy_hard_tanh noisy_relu prelu
    quick_gelu relu relu6 rrelu selu sigmoid softmax softplus softplus_inverse softsign swiglu swish tanh
    thresholded_relu
""".split()
AROUND = [-7.3, -3.0, -2.0, -1.0, -0.31, -1e-3, 0.0, 1e-3, 0.27, 0.5, 0.88, 1.0, 2.0, 3.3, 6.0, 9.4]
NEGLIGIBLE = mp.ldexp(1, -1100)


def test_every_function_of_the_seeds_is_there() -> None:
    assert set(SEEDS) <= set(CATALOG)


def test_every_elementwise_function_has_a_definition() -> None:
    assert {name for name, cls in CATALOG.items() if issubclass(cls, Elementwise)} == set(PUBLISHED)


def definition(f: Elementwise, draw: Mapping[str, Any]) -> Any:
    return lambda path, variables: PUBLISHED[f.name](variables["x"], **hyperparameters(f), **draw)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_formula_is_the_published_one(name: str) -> None:
    @few
    @given(f=instances(CATALOG[name]), more=st.lists(st.floats(-30, 30), max_size=4))
    def law(f: Elementwise, more: list[float]) -> None:
        kinky = [at + beside for at in kinks(f) for beside in (-1e-9, 0, 1e-9)]
        x = [*AROUND, *kinky, *(each for each in more if abs(each) > 1e-9)]
        text = formula(f.expression_text)
        for each, given_here, draw in zip(x, symbols(f, text, (len(x),)), noise(f, len(x)), strict=True):
            ours, theirs = exact(text, each, given_here), exact(definition(f, draw), each, {})
            with mp.workprec(200):
                same = ours == theirs or abs(ours - theirs) <= abs(theirs) * mpf(10) ** -20 + NEGLIGIBLE
            assert same or (mp.isnan(ours) and mp.isnan(theirs)), (f, each, ours, theirs)

    law()


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_formula_shown_is_the_one_evaluated(name: str) -> None:
    """Where a class evaluates another text than the one it shows: both are the same for the defaults."""
    cls = CATALOG[name]
    assert issubclass(cls, Elementwise)
    f = example(cls)
    shown, evaluated = formula(f.formula), formula(f.expression_text)
    if shown == evaluated or shown.names - evaluated.names - {"x"} - set(type(f).model_fields):
        return
    for at in AROUND:
        numbers = [symbols(f, text, (1,))[0] for text in (shown, evaluated)]
        ours, theirs = (
            exact(text, at, given) for text, given in zip((shown, evaluated), numbers, strict=True)
        )
        with mp.workprec(200):
            assert ours == theirs or abs(ours - theirs) <= abs(theirs) * mpf(10) ** -20
