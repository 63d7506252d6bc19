from collections.abc import Mapping
from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, Field

from app.api import validation
from app.api.validation import InvalidRequest, validated


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    size: Annotated[float, Field(gt=0)]
    axes: int | list[int] = 0


def faults(
    values: Mapping[str, object], under: tuple[str, ...] = ()
) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(InvalidRequest) as caught:
        validated(Form, values, "field of the form", under)
    return [(fault.loc, fault.message) for fault in caught.value.faults]


def test_what_fits_is_made() -> None:
    assert validated(Form, {"size": 2, "axes": [1]}, "field") == Form(size=2, axes=[1])


@pytest.mark.parametrize(
    ("values", "loc", "message"),
    [
        ({}, ("p", "size"), "p.size is required."),
        ({"size": True}, ("p", "size"), "p.size should be a valid number."),
        ({"size": 0}, ("p", "size"), "p.size should be greater than 0."),
        ({"size": 1, "sice": 1}, ("p", "sice"), "sice is no field of the form; did you mean size?"),
        ({"size": 1, "q": 1}, ("p", "q"), "q is no field of the form; there are size, axes."),
        ({"size": 1, "axes": "x"}, ("p", "axes"), "p.axes should be a valid integer."),
    ],
)
def test_each_fault_is_a_sentence(values: dict[str, object], loc: tuple[str, ...], message: str) -> None:
    assert faults(values, under=("p",)) == [(loc, message)]


def test_the_members_of_a_union_are_one_fault() -> None:
    assert [loc for loc, _ in faults({"size": "x", "axes": {}})] == [("size",), ("axes",)]


def test_a_million_unknown_fields_cost_no_more_than_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def compare(name: str, known: object, n: int) -> list[str]:
        compared.append(name)
        return []

    monkeypatch.setattr(validation, "get_close_matches", compare)
    assert len(faults({"size": 1} | {f"k{i}": 0 for i in range(100_000)})) <= 10
    assert len(compared) <= 10
