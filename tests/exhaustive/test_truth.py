"""The exact numbers of the exhaustive run are those of the laws' oracle, and so are its verdicts."""

import math
import zlib
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from measure import SLOPE, VALUE, example, right
from mpmath import mp, mpf
from published_mixing import Exact
from ulp import FLOAT64, FORMATS, Format, error_in_ulp, following, rounded

from app.activations import CATALOG, find
from app.activations.axiswise import Axiswise
from app.activations.elementwise import Elementwise
from tests.exhaustive import balls, rows, verify
from tests.exhaustive.truth import Exactly, Truth, errors, parted, verdict
from tests.exhaustive.verify import Piece

FUNCTIONS = {name: cls for name, cls in CATALOG.items() if issubclass(cls, Elementwise)}
POINTS = [-800.0, -91.25, -17.3, -6.0, -3.7, -1.2784645, -0.7, -3e-9, -1e-40, 5e-324, 1e-20, 0.02, 0.4]
POINTS += [0.50001, 0.9999, 1.5, 2.9, 6.1, 19.0, 40.5, 700.25, 3e5, 1e30]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_exact_numbers_are_the_oracles(name: str) -> None:
    """By mpmath and difference quotients of the formula, where that is about as much as the eye can see."""
    f = example(FUNCTIONS[name])
    x = POINTS[zlib.crc32(name.encode()) % 3 :: 3]
    for quantity, truth in zip((VALUE, SLOPE), Exactly(f, x)(), strict=True):
        assert_same(quantity.exactly(f, x, FLOAT64), truth)


def assert_same(numbers: Sequence[mpf | None], truth: Truth) -> None:
    for t, nearest, rest in zip(numbers, truth.nearest.flat, truth.rest.flat, strict=True):
        assert t is not None
        if mp.isnan(t):
            assert math.isnan(nearest)
        elif math.isinf(rounded(t, FLOAT64)):
            assert nearest == rounded(t, FLOAT64)
        else:
            with mp.workprec(6000):
                left = (t - mpf(float(nearest))) / mpf(math.ulp(nearest))
                assert abs(left - (0 if math.isnan(rest) else float(rest))) < 1e-12


@pytest.mark.parametrize("name", rows.NAMES)
def test_the_exact_rows_are_the_oracles(name: str) -> None:
    f = find(name)()
    assert isinstance(f, Axiswise)
    matrices = [matrix for matrix in rows.inputs(name, FORMATS["float16"]) if np.isfinite(matrix).all()]
    for matrix in matrices[0], matrices[6], matrices[13]:  # plain, near ties, shifted by 40
        x = matrix[:2]
        expected = Exact(name, x, {key: getattr(f, key) for key in type(f).model_fields}, FLOAT64)
        value, jacobian = rows.exact_rows(f, x)
        assert_same(list(expected.value().flat), value)
        assert_same(list(expected.jacobian(-1).flat), jacobian)


@st.composite
def exact_numbers(draw: st.DrawFn, fmt: Format) -> tuple[mpf, float]:
    """A number on or beside a midpoint of the format, or anywhere, and a result that may be its rounding."""
    y = rounded(mpf(draw(st.floats(allow_nan=False, width=64))), fmt)
    up = min(following(abs(y), fmt), math.ldexp(1.0, fmt.largest))
    with mp.workprec(3000):
        middle = (mpf(min(abs(y), fmt.huge)) + mpf(up)) / 2
        beside = draw(st.sampled_from([0, 1, -1])) * mpf(2) ** draw(st.integers(-1400, -1))
        t = middle * (1 + beside) * draw(st.sampled_from([1, -1])) * draw(st.sampled_from([1, mpf("0.77")]))
    nearby = [rounded(t, fmt), following(rounded(t, fmt), fmt), -following(-rounded(t, fmt), fmt), -y, y]
    return t, draw(st.sampled_from(nearby))


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda fmt: fmt.name)
def test_verdicts_and_errors_are_those_of_exact_arithmetic(fmt: Format) -> None:
    @given(exact_numbers(fmt))
    def law(pair: tuple[mpf, float]) -> None:
        t, y = pair
        nearest = rounded(t, FLOAT64)
        with mp.workprec(3000):
            left = t - mpf(nearest) if math.isfinite(nearest) else mpf(0)
            rest = float(left / mpf(math.ulp(min(abs(nearest), FLOAT64.huge))))
            rest = rest or int(mp.sign(left)) * math.ulp(0.0)
        truth = Truth(np.array([nearest]), np.array([rest]))
        wrong, doubt = verdict(np.array([y]), truth, fmt)
        assert not doubt[0]
        assert wrong[0] != right(y, t, fmt)
        expected = error_in_ulp(y, t, fmt)
        assert errors(np.array([y]), truth, fmt)[0] == pytest.approx(expected, rel=1e-12, abs=1e-12)

    law()


def test_what_balls_do_not_show_is_in_doubt() -> None:
    """A rest too small to be seen matters where the nearest double is halfway between two members."""
    truth = Truth(np.array([1 + 2.0**-11, 1.0]), np.array([math.nan, math.nan]))
    assert verdict(np.array([1.0, 1.0]), truth, FORMATS["float16"])[1].tolist() == [True, False]


@pytest.mark.parametrize(("name", "x"), [("tanh_shrink", 2.0**24 + 3), ("e_swish", 2.0**24 + 2)])
def test_ties_are_broken_by_what_no_precision_shows(name: str, x: float) -> None:
    """x - tanh(x) and 1.5 x sigmoid(x): exp(-2**24) takes 24 million bits to be seen beside 1."""
    f = example(FUNCTIONS[name])
    exactly = Exactly(f, [x])
    assert math.isnan(exactly()[0].rest[0])
    above, below = name == "tanh_shrink", name == "e_swish"
    rest = exactly.harder([0], FORMATS["float32"])[0].rest[0]
    assert (rest > 0, rest < 0) == (above, below)


def test_comparisons_that_balls_do_not_decide_are_refused() -> None:
    third = balls.mpf(1) / 3
    with pytest.raises(balls.Undecided):
        assert third < 1 - 2 * third
    assert parted((third - third).value) is None


def shifted(y: np.ndarray, fmt: Format) -> np.ndarray:
    """The results, but for one, that is the next member of the format."""
    wrong = np.array(y)
    wrong[7] = following(float(wrong[7]), fmt)
    return wrong


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda fmt: fmt.name)
def test_one_wrong_result_is_noticed(fmt: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    cls = find("swish")
    honest = cls.__call__
    monkeypatch.setattr(
        cls, "__call__", lambda self, x, dtype, exact: shifted(honest(self, x, dtype, exact=exact), fmt)
    )
    finding = verify.verify(Piece("swish", fmt.name, None))
    assert len(finding.misrounded) == 1
    assert "swish, value" in finding.misrounded[0]


def test_the_bounds_are_the_catalogs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalog that promised more would be found out."""
    piece = Piece("gelu", "float64", None)
    cls = find("gelu")
    bounds = cls.describe()["accuracy"]
    assert verify.accuracy(cls) == bounds
    assert not [line for line in verify.verify(piece).misrounded if "got 0.0" not in line]
    monkeypatch.setattr(
        cls, "describe", lambda: {"accuracy": {**bounds, "float64": dict.fromkeys(bounds["float64"], 0.5)}}
    )
    verify.accuracy.cache_clear()
    assert verify.verify(piece).misrounded
    verify.accuracy.cache_clear()
