"""POST /compare/{name}: what goes in and out; what it measures is tested in tests/activations."""

import io
import itertools
import json
import math
from typing import Any

import httpx2
import jsonschema_rs
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.activations import CATALOG, DTYPES
from tests.conftest import Launch

MEMBERS = [
    *("name", "of", "dtype", "count", "max_ulp", "mean_ulp", "p99_ulp", "max_abs", "max_rel", "exact"),
    *("mismatched_nonfinite", "histogram", "worst"),
]
STATISTICS = ("max_ulp", "mean_ulp", "p99_ulp", "max_abs", "max_rel")


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_the_request_of_the_contract(client: httpx2.Client) -> None:
    body = {"x": [-6.0, -5.0], "y": [0.0, -1.43e-06], "of": "activate", "params": {}, "dtype": "float32"}
    answer = client.post("/compare/GELU", json=body)
    assert answer.status_code == 200, answer.text
    message = answer.json()
    assert list(message) == MEMBERS
    assert (message["name"], message["of"], message["dtype"], message["count"]) == (
        "gelu",
        "activate",
        "float32",
        2,
    )
    assert [each["index"] for each in message["worst"]] == [[0], [1]]
    assert message["worst"][0]["expected"] == -5.9195258e-09
    assert message["max_ulp"] == pytest.approx(13329587.25168, abs=1e-4)


def test_the_example_of_the_document_gives_the_answer_shown_there(client: httpx2.Client) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    answer = client.post("/compare/gelu", json=schemas["CompareBody"]["example"]).json()
    assert answer == schemas["CompareAnswer"]["example"]


@pytest.mark.parametrize("of", ["activate", "derivative"])
@pytest.mark.parametrize(("name", "dtype"), list(zip(CATALOG, itertools.cycle(DTYPES), strict=False)))
def test_the_services_own_answers_are_right(client: httpx2.Client, name: str, dtype: str, of: str) -> None:
    body = CATALOG[name].example_body() | {"dtype": dtype}
    own = client.post(f"/{of}/{name}", json=body | {"exact": True}).json()
    y = own["y" if of == "activate" else "derivative"]
    answer = client.post(f"/compare/{name}", json=body | {"y": y, "of": of})
    assert answer.status_code == 200, answer.text
    message = answer.json()
    assert message["count"] == message["exact"] == np.size(y)
    assert message["max_ulp"] <= 0.5 + (1e-3 if dtype == "float64" else 1e-6)


def test_defaults(client: httpx2.Client) -> None:
    answer = client.post("/compare/relu", json={"x": 1, "y": 1}).json()
    assert (answer["of"], answer["dtype"]) == ("activate", "float64")


@pytest.mark.parametrize("x", [[], [[], []]])
def test_no_elements(client: httpx2.Client, x: Any) -> None:
    answer = client.post("/compare/tanh", json={"x": x, "y": x}).json()
    assert {answer[key] for key in STATISTICS} == {0}
    assert (answer["count"], answer["histogram"], answer["worst"]) == (0, [], [])


def test_what_json_has_no_numbers_for_is_written_in_words(client: httpx2.Client) -> None:
    x, y = ["NaN", "Infinity", -700, 1], ["NaN", "-Infinity", 1e300, "NaN"]
    answer = client.post("/compare/exponential", json={"x": x, "y": y})
    message = json.loads(answer.content, parse_constant=pytest.fail)
    assert (message["exact"], message["mismatched_nonfinite"]) == (1, 2)
    assert (message["max_ulp"], message["mean_ulp"], message["max_rel"]) == ("Infinity",) * 3
    assert message["histogram"][-1] == {"above": 2.0**1023, "to": "Infinity", "count": 1}
    assert message["worst"][0]["ulp"] == "Infinity"


@pytest.mark.parametrize(
    ("name", "body", "loc", "says"),
    [
        ("relu", {"x": 1}, ["y"], "required"),
        ("relu", {"y": 1}, ["x"], "required"),
        ("relu", {"x": 1, "y": None}, ["y"], "null"),
        ("relu", {"x": 1, "y": True}, ["y"], "boolean"),
        ("relu", {"x": 1, "y": "1"}, ["y"], "string"),
        ("relu", {"x": [1, 2], "y": [[1], [2, 3]]}, ["y", 1], "length"),
        ("relu", {"x": [1, 2], "y": [[1, 2]]}, ["y"], "[1, 2], not [2]"),
        ("softmax", {"x": [1, 2], "y": [1, 2], "of": "derivative"}, ["y"], "[2], not [2, 2]"),
        ("relu", {"x": 1, "y": 1, "of": "vjp"}, ["of"], "'activate' or 'derivative'"),
        ("relu", {"x": 1, "y": 1, "of": None}, ["of"], "of"),
        ("relu", {"x": 1, "y": 1, "wrt": "x"}, ["wrt"], "wrt"),
        ("relu", {"x": 1, "y": 1, "exact": True}, ["exact"], "exact"),
        ("relu", {"x": 1, "y": 1, "dtype": "float8"}, ["dtype"], "bfloat16"),
        ("elu", {"x": 1, "y": 1, "params": {"alpha": -1}}, ["params", "alpha"], "greater"),
        ("softmax", {"x": 1, "y": 1}, ["params", "axis"], "axis"),
        ("rrelu", {"x": 1, "y": 1, "params": {"training": True}}, ["params", "seed"], "seed"),
        ("gumbel_softmax", {"x": [1, 2], "y": [1, 2]}, ["params", "seed"], "seed"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    client: httpx2.Client, name: str, body: Any, loc: list[str | int], says: str
) -> None:
    answer = client.post(f"/compare/{name}", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["loc"] == loc
    assert says in answer.json()["errors"][0]["msg"]


def test_a_seed_makes_random_functions_comparable(client: httpx2.Client) -> None:
    body: dict[str, Any] = {"x": [-1, -1, 2], "params": {"training": True, "seed": 42}}
    y = client.post("/activate/rrelu", json=body | {"exact": True}).json()["y"]
    assert client.post("/compare/rrelu", json=body | {"y": y}).json()["exact"] == 3


def test_other_methods_and_formats_are_refused(client: httpx2.Client) -> None:
    assert client.get("/compare/relu?x=1&y=1").status_code == 405
    assert client.post("/compare/rellu", json={"x": 1, "y": 1}).status_code == 404
    body = {"x": 1, "y": 1}
    refused = client.post("/compare/relu", json=body, headers={"Accept": "application/x-npy"})
    assert refused.status_code == 406
    assert (
        client.post("/compare/relu", content=npy(1.0), headers={"Content-Type": "text/csv"}).status_code
        == 415
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_files_as_the_parts_of_a_form(client: httpx2.Client, dtype: str) -> None:
    x = np.array([[-6.0, -5.0], [30.0, 1.0]], ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    y = np.array([[0.0, -1.43e-06], [0.75, 1.0]], x.dtype)
    as_json = {"x": x.tolist(), "y": y.tolist(), "dtype": dtype, "of": "derivative", "params": {"beta": 2.0}}
    expected = client.post("/compare/swish", json=as_json).json()
    query = {"of": "derivative", "beta": "2"} | ({"dtype": dtype} if dtype == "bfloat16" else {})
    files = {"x": ("x.npy", npy(x)), "y": ("y.npy", npy(y))}
    answer = client.post("/compare/swish", params=query, files=files)
    assert answer.status_code == 200, answer.text
    assert answer.json() == expected
    assert expected["dtype"] == dtype


def test_a_file_that_is_missing_is_named(client: httpx2.Client) -> None:
    alone = client.post(
        "/compare/relu", content=npy(np.ones(3)), headers={"Content-Type": "application/x-npy"}
    )
    form = client.post("/compare/relu", files={"x": ("x.npy", npy(np.ones(3)))})
    for answer in (alone, form):
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["loc"] == ["y"]


NUMBERS = st.floats(width=32) | st.sampled_from([5e-324, 1e308, -1e-310, 1.0, 0.5, -0.0, math.inf, 1e300])


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(["gelu", "tanh", "exponential", "relu", "softmax", "mish", "snake", "logit"]),
    pairs=st.lists(st.tuples(NUMBERS, NUMBERS), max_size=12),
    of=st.sampled_from(["activate", "derivative"]),
    dtype=st.sampled_from(sorted(DTYPES)),
)
def test_any_numbers_are_measured(
    client: httpx2.Client, name: str, pairs: list[tuple[float, float]], of: str, dtype: str
) -> None:
    x, y = [list(column) for column in zip(*pairs, strict=True)] or [[], []]
    if name == "softmax" and of == "derivative":
        y = [y] * len(x)
    answer = client.post(f"/compare/{name}", content=json.dumps({"x": x, "y": y, "of": of, "dtype": dtype}))
    assert answer.status_code in {200, 422} if name == "softmax" else answer.status_code == 200, answer.text
    message = json.loads(answer.content, parse_constant=pytest.fail)
    if answer.status_code == 200:
        assert message["count"] == np.size(y)
        counted = message["count"] - message["mismatched_nonfinite"]
        assert sum(each["count"] for each in message["histogram"]) == counted
        assert all(message[key] == "Infinity" or message[key] >= 0 for key in STATISTICS)


@pytest.mark.parametrize(
    ("x", "y"), [(1e300, 0.5), (-1e300, 0.5), (5e-324, 1.0), (30.0, 0.999), (-745.0, 1.0)]
)
@pytest.mark.parametrize("of", ["activate", "derivative"])
def test_no_number_is_a_bomb(client: httpx2.Client, of: str, x: float, y: float) -> None:
    """Twenty thousand hard numbers take a moment, whether they are the same or not."""
    same, different = [x] * 20_000, (x * (1 + np.arange(20_000) * 2.0**-40)).tolist()
    for xs in (same, different):
        answer = client.post("/compare/tanh", json={"x": xs, "y": [y] * 20_000, "of": of}, timeout=5)
        assert answer.status_code == 200


def test_the_limits_are_those_of_derivatives(launch: Launch) -> None:
    with launch({"ACTIVATIONS_MAX_JACOBIAN_ELEMENTS": "8", "ACTIVATIONS_MAX_ELEMENTS": "4"}) as server:
        for body in ({"x": [1, 2, 3], "of": "derivative", "y": [[1]]}, {"x": [1], "y": [1, 2, 3, 4, 5]}):
            answer = httpx2.post(f"{server.url}/compare/softmax", json=body)
            assert answer.status_code == 413, answer.text


def test_answers_are_as_described(client: httpx2.Client) -> None:
    document = client.get("/openapi.json").json()
    schema = {"$ref": "#/components/schemas/CompareAnswer", "components": document["components"]}
    validator = jsonschema_rs.validator_for(schema)
    for body in (
        {"x": [-700, 1, "NaN"], "y": [1e300, 3, 1]},
        {"x": 1, "y": 2, "dtype": "bfloat16"},
        {"x": [[0, 1]], "y": [[[1, 2], [3, 4]]], "of": "derivative"},
    ):
        name = "softmax" if "of" in body else "exponential"
        answer = client.post(f"/compare/{name}", json=body)
        assert [error.message for error in validator.iter_errors(answer.json())] == [], answer.text
