"""What no law can say about functions that mix elements: non-finite entries, ties, and worked examples."""

import math
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from app.activations import DTYPES, Activation, InvalidInput, find

INF, NAN = math.inf, math.nan
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


@every_dtype
def test_softmax_of_infinities(dtype: str) -> None:
    """A row with +inf is undefined, as in the frameworks; -inf is an element that is not there."""
    softmax = find("softmax")()
    x = np.array([[0.0, INF, 1.0], [-INF, 2.0, 1.0], [-INF, -INF, -INF], [NAN, 0.0, 0.0], [0.0, 2.0, 1.0]])
    y = softmax(x, dtype).astype(float)
    assert np.isnan(y[[0, 2, 3]]).all()
    assert y[1, 0] == 0
    assert y[1, 1:].tolist() == softmax(np.array([2.0, 1.0]), dtype).astype(float).tolist()
    assert y[4].tolist() == softmax(x[4], dtype).astype(float).tolist()


def test_softmax_keeps_small_entries() -> None:
    """PyTorch and JAX are 50 to 100 ulp off, and 0 in float32 below exp(-87)."""
    y = find("softmax")()(np.array([-104.0, 0.0]), "float64", exact=True)
    assert y.tolist() == [6.813556821545298513418186e-46, 1.0]
    assert float(find("softmax")()(np.array([-103.0, 0.0]), "float32")[0]) == float(
        np.float32(math.exp(-103))
    )
    assert find("softmax")()(np.array([-700.0, 0.0]))[0] == pytest.approx(
        9.859676543759770856705373e-305, rel=1e-15
    )


def test_softmax_jacobian_of_a_dominant_entry() -> None:
    """y (1 - y) is not computed from a rounded y: it is the small entry's weight."""
    jacobian = find("softmax")().derivative(np.array([50.0, 0.0])).values
    small = math.exp(-50)
    assert jacobian == pytest.approx(np.array([[small, -small], [-small, small]]), rel=1e-15)


@every_dtype
def test_ties_go_to_the_first(dtype: str) -> None:
    """As torch.max(dim) has it; no halves."""
    maxout = find("maxout").model_validate({"pool_size": 3})
    assert maxout.derivative(np.array([2.0, 2.0, 2.0]), dtype=dtype).values.astype(float).tolist() == [
        [1, 0, 0]
    ]
    weighted = find("maxout").model_validate({"w": [[1.0, 0.0], [0.0, 1.0]]})
    assert weighted.derivative(np.array([3.0, 3.0]), dtype=dtype).values.astype(float).tolist() == [1, 0]
    bias = find("maxout").model_validate({"w": [[1.0, 0.0], [0.0, 1.0]], "b": [0.0, 0.0]})
    shares = bias.derivative(np.array([3.0, 3.0]), "b", upstream=np.array(1.0), dtype=dtype).values
    assert shares.astype(float).tolist() == [1, 0]


def test_maxout_of_zero_and_x_is_relu() -> None:
    maxout = find("maxout").model_validate({"w": [[0.0], [1.0]]})
    x = np.array([[-1.0], [0.0], [2.5]])
    assert maxout(x).tolist() == [0.0, 0.0, 2.5]
    assert maxout.derivative(x).values.tolist() == [[0.0], [0.0], [1.0]]


def test_maxout_pools_adjacent_inputs() -> None:
    """As Paddle and Chainer; TensorFlow Addons takes inputs that lie units apart."""
    x = np.array([1.0, 5.0, 2.0, 4.0, 3.0, 6.0])
    assert find("maxout").model_validate({"pool_size": 2})(x).tolist() == [5.0, 4.0, 6.0]
    assert find("maxout").model_validate({"pool_size": 3})(x).tolist() == [5.0, 6.0]


@pytest.mark.parametrize(
    "params",
    [{}, {"w": [[1.0]], "pool_size": 2}, {"pool_size": 2, "b": [1.0]}, {"w": [1.0]}, {"pool_size": 0}],
)
def test_maxout_needs_one_meaning(params: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        find("maxout").model_validate(params)


@every_dtype
def test_crelu_is_flat_at_zero_on_both_sides(dtype: str) -> None:
    crelu = find("crelu")()
    assert not crelu.derivative(np.array([0.0, -0.0]), dtype=dtype).values.any()
    assert crelu(np.array([1.0, -2.0]), dtype).astype(float).tolist() == [1.0, 0.0, 0.0, 2.0]


def test_swiglu_gates_the_first_half() -> None:
    """Shazeer's Swish(xW) * xV; torch's GLU gates the second."""
    x = np.array([1.0, 10.0])
    swish = 1 / (1 + math.exp(-1))
    assert find("swiglu")()(x)[0] == pytest.approx(10 * swish, rel=1e-15)
    second = find("swiglu").model_validate({"gate": "second"})
    assert second(x)[0] == pytest.approx(10 / (1 + math.exp(-10)), rel=1e-15)
    projected = find("swiglu").model_validate({"w": [[1.0], [0.0]], "v": [[0.0], [1.0]]})
    assert projected(x) == find("swiglu")()(x)


def test_dice_has_no_affine_part() -> None:
    """(1 - p) alpha x + p x, p the sigmoid of x standardised: no gamma and beta as in BatchNorm1d."""
    x = np.array([[1.0], [3.0]])  # mean 2, population variance 1
    p = 1 / (1 + math.exp(-1 / math.sqrt(1 + 1e-9)))
    y = find("dice").model_validate({"alpha": 0.5})(x)
    assert y[:, 0] == pytest.approx([(1 - p) + 0.5 * p, 3 * p + 1.5 * (1 - p)], rel=1e-15)
    given = find("dice").model_validate({"alpha": 0.5, "mean": 2.0, "var": 1.0})
    assert given(x) == pytest.approx(y, rel=1e-15)
    assert given.derivative(x).kind == "elementwise"


def test_an_x_that_does_not_fit_is_refused() -> None:
    for name, params, shape in [
        ("swiglu", {}, (2, 3)),
        ("maxout", {"pool_size": 2}, (2, 3)),
        ("maxout", {"w": [[1.0, 2.0]]}, (2, 3)),
        ("dice", {"alpha": [0.1, 0.2]}, (4, 3)),
        ("softmax", {"axis": 2}, (2, 3)),
        ("prelu", {"alpha": [0.1, 0.2]}, (4, 3)),
    ]:
        f = find(name).model_validate(params)
        with pytest.raises(InvalidInput):
            f(np.ones(shape))
        with pytest.raises(InvalidInput):
            f.derivative(np.ones(shape))


def test_wrong_questions_are_refused() -> None:
    softmax, elu = find("softmax")(), find("elu")()
    x = np.ones((2, 3))
    wrong: list[tuple[Activation, dict[str, Any]]] = [
        (softmax, {"order": 2}),
        (elu, {"order": 3}),
        (elu, {"wrt": "beta"}),
        (elu, {"upstream": np.ones((3, 2))}),
        (softmax, {"upstream": np.ones(3)}),
        (elu, {"order": 2, "upstream": x}),
        (find("leaky_relu")(), {"wrt": "max_value"}),
    ]
    for f, question in wrong:
        with pytest.raises(InvalidInput):
            f.derivative(x, **question)
