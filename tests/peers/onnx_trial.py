"""The catalog's ONNX equivalents on the operator test cases that the onnx package carries.

Not named test_*, so that only `make test-peers` collects it.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx.backend.test.case.node import collect_testcases

from app.activations import CATALOG
from app.activations.base import Activation, Equivalent
from app.activations.rounding import DTYPES

Inputs = dict[str, NDArray[Any]]

TOLERANCES = {"float32": 1e-5, "float16": 2e-3, "bfloat16": 1e-2}
"""Relative, and a hundredth of it absolute: the results expected are computed in the narrow format itself."""

HYPERPARAMETERS: Mapping[str, Mapping[str, str]] = {
    "Celu": {"alpha": "alpha"},
    "Clip": {"min": "min_value", "max": "max_value"},
    "Elu": {"alpha": "alpha"},
    "Gelu": {"approximate": "approximate"},
    "HardSigmoid": {"alpha": "slope", "beta": "offset"},
    "Hardmax": {"axis": "axis"},
    "LeakyRelu": {"alpha": "alpha"},
    "LogSoftmax": {"axis": "axis"},
    "PRelu": {"slope": "alpha"},
    "Selu": {"alpha": "alpha", "gamma": "scale"},
    "Shrink": {"lambd": "lambd", "bias": "bias"},
    "Softmax": {"axis": "axis"},
    "SwiGLU": {"alpha": "beta"},
    "Swish": {"alpha": "beta"},
    "ThresholdedRelu": {"alpha": "theta"},
}
"""What the catalog calls an operator's attributes and further inputs."""


class Part(NamedTuple):
    """Which of an operator's cases are the function's, by hyperparameters some of which it does not have."""

    holds: Callable[[Mapping[str, Any]], bool]
    implied: frozenset[str] = frozenset()


PARTS = {
    "gelu_tanh": Part(lambda given: given.get("approximate") == "tanh", frozenset({"approximate"})),
    "hard_shrink": Part(lambda given: not given.get("bias"), frozenset({"bias"})),
    "hard_tanh": Part(lambda given: given.get("min_value", 1) < given.get("max_value", -1)),
    "relu6": Part(
        lambda given: (given.get("min_value"), given.get("max_value")) == (0, 6),
        frozenset({"min_value", "max_value"}),
    ),
    "soft_shrink": Part(lambda given: given.get("bias") == given["lambd"], frozenset({"bias"})),
}
WHOLE = Part(lambda given: True)

WITHOUT_CASE = {"relu6"}
"""No case clips to [0, 6]; hard_tanh is tried with other bounds."""


class Case(NamedTuple):
    """An operator applied to an x, with its other inputs and attributes as hyperparameters."""

    operator: str
    name: str
    x: NDArray[Any]
    given: dict[str, Any]
    expected: NDArray[Any]


def cases() -> Iterator[Case]:
    operators = {operator(row) for row in ROWS}
    with warnings.catch_warnings():  # those of other operators' cases, about overflow
        warnings.simplefilter("ignore")
        collected: Iterable[Any] = collect_testcases(None)
    for each in collected:
        node, *others = each.model.graph.node
        if others or node.op_type not in operators:
            continue
        names = [name for name in node.input if name]
        attributes = {one.name: plain(onnx.helper.get_attribute_value(one)) for one in node.attribute}
        for arrays, (expected, *_) in each.data_sets:
            if all(str(getattr(array, "dtype", "")) in DTYPES for array in arrays):
                inputs = dict(zip(names, arrays, strict=True))
                yield case(node.op_type, each.name, inputs, attributes, expected)


def plain(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def case(
    operator: str, name: str, inputs: Inputs, attributes: dict[str, Any], expected: NDArray[Any]
) -> Case:
    known = HYPERPARAMETERS.get(operator, {})
    x = np.concatenate(
        [value for key, value in inputs.items() if key not in known], axis=-1
    )  # SwiGLU has two
    given = {known[key]: value for key, value in attributes.items()}
    for key in inputs.keys() & known.keys():
        if inputs[key].ndim == 0:
            given[known[key]] = float(inputs[key])
        else:  # one for every element: the elements are the channels
            given[known[key]] = np.broadcast_to(inputs[key], x.shape).ravel()
            x, expected = x.ravel(), expected.ravel()
    return Case(operator, name, x, given, expected)


class Row(NamedTuple):
    kind: type[Activation]
    equivalent: Equivalent

    def __str__(self) -> str:
        return f"{self.kind.name}: onnx {self.equivalent.name}"


def operator(row: Row) -> str:
    """`Gelu(approximate=tanh)` is the operator Gelu."""
    return row.equivalent.name.partition("(")[0]


ROWS = [
    Row(kind, equivalent)
    for kind in CATALOG.values()
    for equivalent in kind.equivalents
    if equivalent.framework == "onnx"
]
CASES = list(cases())


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_operator_cases(row: Row) -> None:
    part = PARTS.get(row.kind.name, WHOLE)
    own = [each for each in CASES if each.operator == operator(row) and part.holds(each.given)]
    assert bool(own) != (row.kind.name in WITHOUT_CASE)
    for each in own:
        given = {key: value for key, value in each.given.items() if key not in part.implied}
        function = row.kind.model_validate({**row.equivalent.params, **given})
        dtype = str(each.x.dtype)
        y = function(each.x, dtype).astype(np.float64)
        tolerance = TOLERANCES[dtype]
        np.testing.assert_allclose(
            each.expected.astype(np.float64), y, rtol=tolerance, atol=tolerance / 100, err_msg=each.name
        )
