"""Comparisons whose outcome is known beforehand: other people's results, powers of two, infinities."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf
from ulp import FORMATS, Format, following

from app.activations import CATALOG, InvalidInput
from app.activations.comparison import Bin, Comparison, compare

Exactly = Callable[[mpf], mpf]
TIGHT = {name: 1e-3 if name == "float64" else 1e-6 for name in FORMATS}


def compared(
    name: str, x: Any, y: Any, dtype: str = "float64", of: Any = "activate", **params: Any
) -> Comparison:
    f = CATALOG[name].model_validate(params)
    return compare(f, np.array(x, dtype=float), np.array(y, dtype=float), of, dtype)


def error(f: Exactly, x: float, y: float, dtype: str) -> float:
    """By the definition of the ulp, in 1200 bits."""
    fmt = FORMATS[dtype]
    with mp.workprec(1200):
        t = f(mpf(x))
        last = max(mp.floor(mp.log(abs(t), 2)) - fmt.precision + 1, fmt.smallest)
        return float(abs(mpf(y) - t) / mpf(2) ** last)


def gelu(x: mpf) -> mpf:
    return x * mp.erfc(-x / mp.sqrt(2)) / 2


def gelu_slope(x: mpf) -> mpf:
    return mp.erfc(-x / mp.sqrt(2)) / 2 + x * mp.npdf(x)


def mish_slope(x: mpf) -> mpf:
    inner = mp.log1p(mp.exp(x))
    return mp.tanh(inner) + x * mp.sech(inner) ** 2 / (1 + mp.exp(-x))


def tanh_slope(x: mpf) -> mpf:
    return mp.sech(x) ** 2


@pytest.mark.parametrize(
    ("name", "of", "f", "x", "y", "dtype"),
    [
        # PyTorch 2.13 on a CPU, arrays of 16
        ("gelu", "activate", gelu, -12.0, 0.0, "float32"),
        ("gelu", "activate", gelu, -12.0, -0.0, "float64"),
        ("gelu", "activate", gelu, -5.5, -1.6391277313232422e-07, "float32"),
        ("gelu", "derivative", gelu_slope, -6.0, -2.9802322387695312e-08, "float32"),
        ("gelu", "derivative", gelu_slope, -12.0, -2.5756604827956727e-31, "float64"),
        ("tanh", "derivative", tanh_slope, 9.0, 1.1920928955078125e-07, "float32"),
        ("tanh", "derivative", tanh_slope, 10.0, 0.0, "float32"),
        ("tanh", "derivative", tanh_slope, 20.0, 0.0, "float64"),
        ("mish", "derivative", mish_slope, -90.0, 8.194008692231508e-40, "float32"),
        ("mish", "derivative", mish_slope, -90.0, -7.292671235351558e-38, "float64"),
    ],
)
def test_other_peoples_results(name: str, of: str, f: Exactly, x: float, y: float, dtype: str) -> None:
    found = compared(name, [x], [y], dtype, of)
    assert found.max_ulp == pytest.approx(error(f, x, y, dtype), rel=1e-13, abs=TIGHT[dtype])
    assert found.exact == 0


@pytest.mark.parametrize("below", [2.0**-53, 2.0**-24, 2.0**-11, 2.0**-8, 0.5])
@pytest.mark.parametrize("x", [7.0, 9.5, 19.0, 20.0, 25.0, 60.0, 100.0, 170.0])
@pytest.mark.parametrize("dtype", FORMATS)
def test_just_below_a_power_of_two_the_ulp_is_the_smaller_one(dtype: str, x: float, below: float) -> None:
    y = min(1.0 - below, 1.0 - 2.0 ** -FORMATS[dtype].precision)
    found = compared("tanh", [-x, x, 0.0], [-y, y, 0.0], dtype)
    expected = pytest.approx(error(mp.tanh, x, y, dtype), rel=1e-13, abs=TIGHT[dtype])
    assert [each.ulp for each in found.worst] == [expected, expected]


@pytest.mark.parametrize("x", [200.0, 400.0, 1e30])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_however_near_below_a_power_of_two_the_ulp_is_the_smaller_one(dtype: str, x: float) -> None:
    assert compared("tanh", x, 0.5, dtype).max_ulp == 2.0 ** (FORMATS[dtype].precision - 1)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_at_a_power_of_two_the_ulp_is_the_larger_one(dtype: str) -> None:
    assert compared("tanh", math.inf, 0.5, dtype).max_ulp == 2.0 ** (FORMATS[dtype].precision - 2)


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize(("of", "x", "t"), [("derivative", 0.0, 0.5), ("derivative", 400.0, 1.0)])
def test_beside_what_is_a_power_of_two_it_is_the_larger_one(of: str, x: float, t: float, dtype: str) -> None:
    found = compared("gelu", [x], [1.25 * t], dtype, of)
    assert found.max_ulp == 2.0 ** (FORMATS[dtype].precision - 3)


@pytest.mark.parametrize("x", [-38.3, -38.45, -38.5, -38.55, -38.6, -39.0, -1e6])
@pytest.mark.parametrize("y", [0.0, -5e-324, 1e-323, -3e-322])
def test_the_last_results_before_0_are_measured_in_subnormals(x: float, y: float) -> None:
    found = compared("gelu", [x], [y])
    assert found.max_ulp == pytest.approx(error(gelu, x, y, "float64"), abs=1e-3)


@pytest.mark.parametrize(
    ("axis", "x", "of", "wrong"),
    [
        (-1, [[0.0, 30.0], [0.0, 1.0]], "activate", (0, 1)),
        (0, [[0.0, 0.0], [30.0, 1.0]], "activate", (1, 0)),
        (-1, [[0.0, 1.0], [30.0, 0.0]], "activate", (1, 0)),
    ],
)
def test_rows_are_looked_at_again_as_a_whole(
    axis: int, x: list[list[float]], of: str, wrong: tuple[int, int]
) -> None:
    y = CATALOG["softmax"].model_validate({"axis": axis})(np.array(x), exact=True)
    y[wrong] = 1 - 2.0**-20
    found = compared("softmax", x, y, of=of, axis=axis)
    assert found.worst[0].index == list(wrong)
    share = error(lambda z: 1 / (1 + mp.exp(-z)), 30.0, 1 - 2.0**-20, "float64")
    assert found.worst[0].ulp == pytest.approx(share, rel=1e-13)
    assert found.exact == 3


@pytest.mark.parametrize("rows", [1, 3])
def test_jacobians_are_looked_at_again_by_rows(rows: int) -> None:
    """Of maxout, whose y lacks the axis, and of concat_elu, whose y has a longer one: beside 1 and 0.5."""
    w = np.array([[0.5, 0.0], [0.0, 1.0]])
    x = np.tile([3.0, -1.0], (rows, 1))
    assert compared("maxout", x, np.tile([0.75, 0.0], (rows, 1)), of="derivative", w=w).max_ulp == 2.0**51
    slope = np.array([[1.0, 0.0], [0.0, math.exp(-1)], [-math.exp(-3), 0.0], [0.0, -1.0]])
    jacobian = np.tile(slope, (rows, 1, 1))
    assert compared("concat_elu", x, jacobian, of="derivative").max_ulp <= 1
    jacobian[-1, 0, 0] = 1.5
    found = compared("concat_elu", x, jacobian, of="derivative")
    assert (found.max_ulp, found.worst[0].index) == (2.0**51, [rows - 1, 0, 0])
    assert found.worst[0].x is None


@pytest.mark.parametrize(
    ("name", "x", "y", "dtype", "exact", "mismatched"),
    [
        ("exponential", [800.0, 800.0, 800.0, 800.0], [math.inf, -math.inf, 1.0, math.nan], "float64", 1, 3),
        ("exponential", [89.0, 89.0, 88.0], [math.inf, 3.4e38, math.inf], "float32", 1, 2),
        ("exponential", [12.0, 12.0, 11.0], [math.inf, 65504.0, math.inf], "float16", 1, 2),
        ("linear", [math.nan, math.nan, 1.0], [math.nan, 1.0, math.nan], "float64", 1, 2),
        ("linear", [math.inf, -math.inf, math.inf], [math.inf, math.inf, math.nan], "bfloat16", 1, 2),
        ("linear", [1e39, 1e39, 1.0], [1e39, math.inf, 1e39], "float32", 2, 1),
    ],
)
def test_what_is_not_finite_is_right_or_mismatched(
    name: str, x: list[float], y: list[float], dtype: str, exact: int, mismatched: int
) -> None:
    found = compared(name, x, y, dtype)
    assert (found.exact, found.mismatched_nonfinite) == (exact, mismatched)
    assert found.count == len(x)
    assert (found.max_ulp, found.max_abs, found.max_rel, found.worst) == (0, 0, 0, [])
    assert sum(each.count for each in found.histogram) == exact


def test_the_last_number_is_no_infinity() -> None:
    """An exact value beyond the largest number of the format may round to it all the same."""
    largest = FORMATS["float32"].huge
    found = compared("leaky_relu", [-largest] * 2, [-largest, -math.inf], "float32", alpha=1 + 2.0**-26)
    assert (found.exact, found.mismatched_nonfinite) == (1, 1)
    assert found.max_ulp == pytest.approx((2**24 - 1) * 2.0**-26, abs=1e-6)


@pytest.mark.parametrize("dtype", FORMATS)
def test_zeros_are_equal_whatever_their_signs(dtype: str) -> None:
    found = compared("linear", [0.0, -0.0, 0.0, -0.0], [-0.0, 0.0, 0.0, -0.0], dtype)
    assert (found.exact, found.max_ulp, found.worst) == (4, 0, [])
    assert compared("linear", 0.0, FORMATS[dtype].tiny, dtype).max_ulp == 1
    assert compared("linear", 0.0, FORMATS[dtype].tiny, dtype).max_rel == math.inf


def test_both_arrays_are_rounded_to_the_dtype_first() -> None:
    assert compared("linear", [1 + 2.0**-30], [1 - 2.0**-30], "float32").exact == 1


def steps(counts: dict[int, int], fmt: Format) -> tuple[list[float], list[float]]:
    """An x for the identity, and results so many members of the format off it so many times."""
    x, y = [], []
    for away, count in counts.items():
        start = result = 1.0 + 2.0 ** (1 - fmt.precision)
        for _ in range(away):
            result = following(result, fmt)
        x += [start] * count
        y += [result] * count
    return x, y


@pytest.mark.parametrize("dtype", FORMATS)
def test_summaries(dtype: str) -> None:
    fmt = FORMATS[dtype]
    x, y = steps({0: 150, 1: 30, 2: 10, 3: 7, 4: 1, 5: 1, 20: 1}, fmt)
    found = compared("linear", x, y, dtype)
    ulp = 2.0 ** (1 - fmt.precision)
    assert (found.count, found.exact, found.mismatched_nonfinite) == (200, 150, 0)
    assert found.max_ulp == 20
    assert found.mean_ulp == pytest.approx((30 + 20 + 21 + 4 + 5 + 20) / 200)
    assert found.p99_ulp == 4  # two of 200 are larger
    assert found.max_abs == 20 * ulp
    assert found.max_rel == pytest.approx(20 * ulp / (1 + ulp))
    assert found.histogram == [
        Bin(0.0, 2.0**-10, 150),
        Bin(0.5, 1.0, 30),
        Bin(1.0, 2.0, 10),
        Bin(2.0, 4.0, 8),
        Bin(4.0, 8.0, 1),
        Bin(16.0, 32.0, 1),
    ]
    assert [(each.index, each.ulp) for each in found.worst] == [
        ([199], 20),
        ([198], 5),
        ([197], 4),
        *(([190 + i], 3) for i in range(7)),
    ]


@pytest.mark.parametrize(("count", "rank"), [(1, 0), (2, 1), (99, 98), (100, 98), (101, 99), (1000, 989)])
def test_99_of_100_errors_do_not_exceed_p99(count: int, rank: int) -> None:
    x = np.ones(count)
    y = np.random.default_rng(count).permutation(1 + np.arange(count) * 2.0**-52)
    assert compared("linear", x, y).p99_ulp == rank


def test_the_first_of_equal_errors_are_shown() -> None:
    found = compared("linear", np.zeros((3, 4)), np.ones((3, 4)))
    assert [each.index for each in found.worst] == [[i, j] for i in range(3) for j in range(4)][:10]


def test_errors_beyond_float64_are_infinite() -> None:
    found = compared("exponential", [-700.0, -1e5, 0.0], [1e300, 1e300, 1.0])
    assert (found.max_ulp, found.mean_ulp, found.p99_ulp) == (math.inf, math.inf, math.inf)
    assert (found.max_abs, found.max_rel) == (1e300, math.inf)
    assert found.histogram == [Bin(0.0, 2.0**-10, 1), Bin(2.0**1023, math.inf, 2)]
    assert (found.count, found.exact, found.mismatched_nonfinite) == (3, 1, 0)
    opposite = compared("linear", [1.7e308], [-1.7e308])
    assert (opposite.max_abs, opposite.max_rel) == (math.inf, 2.0)
    assert opposite.max_ulp == pytest.approx(1.7e308 / 2.0**970)


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3)])
@pytest.mark.parametrize("name", ["gelu", "softmax"])
@pytest.mark.parametrize("of", ["activate", "derivative"])
def test_nothing_at_all(shape: tuple[int, ...], name: str, of: Any) -> None:
    f = CATALOG[name].model_validate({})
    x = np.zeros(shape)
    y = f(x) if of == "activate" else f.derivative(x).values
    found = compare(f, x, y, of)
    assert found == Comparison(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0, [], [])


@pytest.mark.parametrize(
    ("name", "of", "x", "y", "both"),
    [
        ("gelu", "activate", [1.0, 2.0], [[1.0, 2.0]], r"\[1, 2\], not \[2\]"),
        ("gelu", "derivative", 1.0, [1.0], r"\[1\], not \[\]"),
        ("glu", "activate", [1.0, 2.0], [1.0, 2.0], r"\[2\], not \[1\]"),
        ("softmax", "derivative", [1.0, 2.0], [1.0, 2.0], r"\[2\], not \[2, 2\]"),
    ],
)
def test_another_shape_is_refused_with_both(name: str, of: str, x: Any, y: Any, both: str) -> None:
    with pytest.raises(InvalidInput, match=both) as refusal:
        compared(name, x, y, of=of)
    assert refusal.value.loc == ("y",)


def test_what_is_given_is_not_written_to() -> None:
    x, y = np.array([-1.0, 30.0]), np.array([0.5, 0.5])
    for array in (x, y):
        array.flags.writeable = False
    assert compare(CATALOG["tanh"].model_validate({}), x, y).count == 2
