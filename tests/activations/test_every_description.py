"""Laws: every catalog entry is complete, true to its class, and its example works."""

import json
import math
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from app.activations import CATALOG, DTYPES, Activation, UnknownActivation, find

every_function = pytest.mark.parametrize("name", CATALOG)
ENTRY = (
    "name aliases family summary formula derivative_formula hyperparameters kinks domain range properties "
    "accuracy equivalents reference params_schema example"
).split()
HYPERPARAMETER = "name type default range meaning learnable differentiable formula".split()


def balanced(latex: str) -> bool:
    depth = 0
    for bracket in latex.replace(r"\{", "").replace(r"\}", ""):
        depth += {"{": 1, "}": -1}.get(bracket, 0)
        if depth < 0:
            return False
    return depth == 0 and latex.count(r"\left") == latex.count(r"\right")


@every_function
def test_entries_are_complete(name: str) -> None:
    entry = CATALOG[name].describe()
    assert set(entry) == set(ENTRY)
    assert json.loads(json.dumps(entry, allow_nan=False)) == entry
    assert entry["name"] == name == CATALOG[name].name
    assert len(entry["summary"]) > 10
    for formula in (entry["formula"], entry["derivative_formula"]):
        assert formula.strip()
        assert balanced(formula)
    assert set(entry["accuracy"]) == set(DTYPES)


@every_function
def test_hyperparameters_are_described(name: str) -> None:
    cls = CATALOG[name]
    described = cls.describe()["hyperparameters"]
    assert [each["name"] for each in described] == list(cls.model_fields)
    for each in described:
        assert set(each) == set(HYPERPARAMETER)
        assert each["meaning"]
        assert each["type"]
        assert each["differentiable"] == (each["name"] in cls.differentiable())
        if each["differentiable"]:
            assert each["formula"]
            assert balanced(each["formula"])


@every_function
def test_the_schema_states_what_validation_accepts(name: str) -> None:
    cls = CATALOG[name]
    schema = cls.describe()["params_schema"]
    assert set(schema["properties"]) == set(cls.model_fields)
    assert schema["additionalProperties"] is False
    for field, stated in schema["properties"].items():
        with pytest.raises(ValidationError):
            cls.model_validate({**cls.example_body().get("params", {}), field: "no such value"})
        limits = [
            part for part in stated.get("anyOf", [stated]) if "exclusiveMinimum" in part or "minimum" in part
        ]
        for limit in limits:
            lowest = limit.get("exclusiveMinimum", limit.get("minimum"))
            with pytest.raises(ValidationError):
                cls.model_validate({**cls.example_body().get("params", {}), field: lowest - 1})


@every_function
def test_defaults_are_as_stated(name: str) -> None:
    """Giving the stated defaults makes the same function as giving nothing."""
    cls = CATALOG[name]
    params = cls.example_body().get("params", {})
    x = np.array(cls.example_body()["x"], dtype=float)
    stated = {each["name"]: each["default"] for each in cls.describe()["hyperparameters"]}
    given, plain = cls.model_validate({**stated, **params}), cls.model_validate(params)
    np.testing.assert_array_equal(given(x), plain(x))


@every_function
def test_unknown_and_untyped_hyperparameters_are_refused(name: str) -> None:
    cls = CATALOG[name]
    params = cls.example_body().get("params", {})
    wrong: list[dict[str, Any]] = [{"no_such_thing": 1.0}]
    wrong += [{field: value} for field in cls.model_fields for value in (math.nan, math.inf, "1", [True])]
    for each in wrong:
        with pytest.raises(ValidationError):
            cls.model_validate({**params, **each})


@every_function
def test_the_example_works_for_values_and_derivatives(name: str) -> None:
    body = CATALOG[name].describe()["example"]
    assert set(body) <= {"x", "params", "dtype", "exact"}
    f = find(name).model_validate(body.get("params", {})).settled()
    x = np.array(body["x"], dtype=float)
    for dtype in DTYPES:
        assert np.isfinite(f(x, dtype).astype(float)).all()
        assert np.isfinite(f.derivative(x, dtype=dtype).values.astype(float)).all()
    steps = f.properties.smoothness == "discontinuous"
    assert steps or f.derivative(x).values.any(), "an example that shows nothing"


@every_function
def test_names_and_aliases_find_the_class(name: str) -> None:
    cls = CATALOG[name]
    for known in (name, *cls.aliases):
        for spelling in (known, known.upper(), known.replace("_", "-"), known.replace("_", "")):
            assert find(spelling) is cls


def test_names_are_unique() -> None:
    known = [each.lower().replace("_", "") for cls in CATALOG.values() for each in (cls.name, *cls.aliases)]
    assert len(known) == len(set(known))
    assert list(CATALOG) == sorted(CATALOG)


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(UnknownActivation) as caught:
        find("soft_plus_inverze")
    assert "softplus_inverse" in caught.value.suggestions


def test_instances_are_values() -> None:
    """Frozen, equal if equal, and of no use with hyperparameters that were never validated."""
    for cls in CATALOG.values():
        params = cls.example_body().get("params", {})
        f: Activation = cls.model_validate(params)
        for field in cls.model_fields:
            with pytest.raises(ValidationError, match="frozen"):
                setattr(f, field, getattr(f, field))
