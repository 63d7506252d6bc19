"""Laws: functions that draw random numbers draw them from NumPy's Philox keyed by the seed, in C order."""

from typing import Any

import numpy as np
import pytest
from measure import SLOPE, VALUE, Quantity, bits, errors, quantities
from numpy.typing import NDArray
from ulp import FLOAT64

from app.activations import CATALOG, DTYPES, evaluation
from app.activations.elementwise import Elementwise

STOCHASTIC = {
    name: cls for name, cls in CATALOG.items() if issubclass(cls, Elementwise) and "seed" in cls.model_fields
}
every_function = pytest.mark.parametrize("name", STOCHASTIC)
X = np.linspace(-4.0, 4.0, 60).reshape(3, 4, 5)


def training(name: str, seed: int | None = 12345) -> Elementwise:
    f = STOCHASTIC[name].model_validate({"training": True, "seed": seed})
    assert isinstance(f, Elementwise)
    return f


@every_function
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_same_seed_gives_the_same_bits(name: str, dtype: str) -> None:
    first, again = training(name)(X, dtype), training(name)(X.copy(), dtype)
    assert bits(first) == bits(again)
    assert bits(first) != bits(training(name, 54321)(X, dtype))


@every_function
def test_seeds_of_any_size(name: str) -> None:
    found = {bits(training(name, seed)(X)) for seed in (0, 1, 2**32, 2**53 + 1, 2**64 - 1)}
    assert len(found) == 5


@every_function
def test_draws_follow_c_order(name: str) -> None:
    """A shorter array gets the first of the draws that a longer one gets, whatever its shape."""
    flat = training(name)(X.reshape(-1))
    assert bits(training(name)(X)) == bits(flat)
    assert bits(training(name)(X.reshape(-1)[:17])) == bits(flat[:17])
    assert bits(training(name)(X.reshape(5, 12))) == bits(flat)
    assert bits(training(name)(np.asfortranarray(X))) == bits(flat)


@every_function
def test_block_size_does_not_change_the_draws(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = training(name)(X, "float32")
    monkeypatch.setattr(evaluation, "BLOCK", 7)
    assert bits(training(name)(X, "float32")) == bits(whole)


@every_function
def test_a_seed_is_drawn_only_where_one_is_needed(name: str) -> None:
    f = training(name, None)
    settled = f.settled()
    assert isinstance(getattr(settled, "seed"), int)  # noqa: B009 - not every function has a seed
    assert settled.settled() is settled
    assert bits(settled(X)) == bits(training(name, getattr(settled, "seed"))(X))  # noqa: B009
    assert bits(settled(X)) != bits(f.settled()(X))
    expectation = STOCHASTIC[name]()
    assert expectation.settled() is expectation


@every_function
def test_derivatives_use_the_draw(name: str) -> None:
    """Each element's slope is that of the function with the number drawn for it."""
    f = training(name)
    x = X.reshape(-1).tolist()
    for quantity in (VALUE, SLOPE, *quantities(type(f))[3:]):
        truth = quantity.exactly(f, x, FLOAT64)
        assert errors(x, quantity.of(f, x, FLOAT64), truth, FLOAT64)[0][0] <= 4


@every_function
def test_draws_are_random(name: str) -> None:
    """Where noise acts at all, neighbours and seeds differ; without it the mean or the median is left."""
    x = np.full(4000, -3.0)
    y = training(name)(x)
    assert len(np.unique(y)) > 1 or not expected_noise(name)
    calm = STOCHASTIC[name]()(x)
    spread = y.std() / np.sqrt(len(y))
    share = (y <= calm[0]).mean()
    assert abs(y.mean() - calm[0]) <= 5 * spread + 1e-12 or abs(share - 0.5) <= 2.5 / np.sqrt(len(y))


def expected_noise(name: str) -> bool:
    """Whether the derivative with respect to x at -3 depends on the draw, or the value does."""
    slopes: NDArray[Any] = training(name).derivative(np.full(50, -3.0)).values
    return len(np.unique(slopes)) > 1


@every_function
def test_without_training_nothing_is_drawn(name: str) -> None:
    plain = STOCHASTIC[name]()
    seeded = STOCHASTIC[name].model_validate({"seed": 7})
    assert bits(plain(X)) == bits(seeded(X))
    assert Quantity("x", 1).of(plain, [0.5], FLOAT64) == Quantity("x", 1).of(seeded, [0.5], FLOAT64)
