"""A class dropped into the families is in the catalog, and under the laws, without another edit."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Annotated, ClassVar

import numpy as np
import pytest
from laws import check, grid
from measure import VALUE, Quantity, quantities
from pydantic import Field
from ulp import FORMATS, Format

from app.activations import families
from app.activations.base import Interval, Properties
from app.activations.catalog import collect, modules
from app.activations.elementwise import Elementwise

SOURCE = '''
"""A family that a test dropped in."""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from app.activations.base import Interval, Properties
from app.activations.elementwise import Elementwise


class Scratch(Elementwise):
    """A gate that nobody has published: x times the sigmoid of x and its tanh, bent at a threshold."""

    name: ClassVar = "scratch_gate"
    aliases: ClassVar = ("scratch",)
    formula: ClassVar = "x*sigmoid(gain*x + 0.1*tanh(x)) if x > bend else log1p(x**2)*erf(x)/3"
    kinks: ClassVar = ("bend",)
    properties: ClassVar = Properties(zero_centred=False, smoothness="discontinuous")

    gain: Annotated[float, Field(gt=0)] = 1.5
    """Sharpness of the gate."""
    bend: float = -0.75
    """Where the formula changes."""
'''


@pytest.fixture
def dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A module of the families package that lies somewhere else."""
    (tmp_path / "dropped_in.py").write_text(SOURCE)
    monkeypatch.setattr(families, "__path__", [*families.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    yield importlib.import_module("app.activations.families.dropped_in")
    del sys.modules["app.activations.families.dropped_in"]


def test_it_is_collected(dropped: ModuleType) -> None:
    catalog = collect(modules())
    assert catalog["scratch_gate"] is dropped.Scratch
    assert len(catalog) == len(collect(module for module in modules() if module is not dropped)) + 1


def test_it_is_described(dropped: ModuleType) -> None:
    entry = dropped.Scratch.describe()
    assert entry["family"] == "dropped-in"
    assert r"\sigma" in entry["formula"]
    assert "erf" in entry["derivative_formula"]
    assert [each["name"] for each in entry["hyperparameters"]] == ["gain", "bend"]
    assert entry["hyperparameters"][0]["formula"]
    assert np.isfinite(dropped.Scratch()(np.array(entry["example"]["x"]))).all()


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda fmt: fmt.name)
def test_it_is_under_the_laws(dropped: ModuleType, fmt: Format) -> None:
    f = dropped.Scratch(gain=0.7)
    for quantity in quantities(dropped.Scratch):
        check(f, quantity, fmt, grid(f, quantity, fmt)[::3])


class Wrong(Elementwise):
    """A function whose kernel is overridden by a hand-written one that is not its formula."""

    name: ClassVar = "wrong"
    formula: ClassVar = "tanh(x)*slope"
    range: ClassVar = Interval(-1, 1)
    properties: ClassVar = Properties("increasing", "odd", zero_centred=True)

    slope: Annotated[float, Field(gt=0)] = 1.0
    """Slope at 0."""

    def __call__(self, x: np.ndarray, dtype: str = "float64", *, exact: bool = False) -> np.ndarray:
        return (super().__call__(x, dtype, exact=exact) * (1 + 1e-15)).astype(dtype)


def test_a_wrong_one_is_found_out() -> None:
    f = Wrong()
    with pytest.raises(AssertionError):
        check(f, VALUE, FORMATS["float64"], grid(f, VALUE, FORMATS["float64"]))
    for quantity in (Quantity("x", 1), Quantity("slope", 1)):
        check(f, quantity, FORMATS["float64"], grid(f, quantity, FORMATS["float64"]))


def test_classes_are_collected_from_where_they_are_declared() -> None:
    """An import into a family's module does not make a class the family's."""
    module = ModuleType("elsewhere")
    module.__dict__["Wrong"] = Wrong
    assert not collect([module])
    assert collect([sys.modules[__name__]])["wrong"] is Wrong
