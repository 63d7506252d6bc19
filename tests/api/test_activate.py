import math
from typing import Any

import httpx2
import numpy as np
import pytest

from app.activations import CATALOG


def test_the_answer_of_the_contract(client: httpx2.Client) -> None:
    body = '{"x": [[-1.0, 0.0], [0.5, 2.0]], "params": {"alpha": 0.2}, "dtype": "float32"}'
    answer = client.post("/activate/leaky_relu", content=body)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    expected = '{"name":"leaky_relu","dtype":"float32","shape":[2,2],"y":[[-0.2,0.0],[0.5,2.0]]}'
    assert answer.text == expected


@pytest.mark.parametrize("name", ["swish", "silu", "SiLU", "S-W-I-S-H", "swi_sh"])
def test_names_and_aliases_in_any_spelling_are_answered_with_the_canonical_name(
    client: httpx2.Client, name: str
) -> None:
    assert client.post(f"/activate/{name}", json={"x": 0}).json()["name"] == "swish"


@pytest.mark.parametrize("name", CATALOG)
def test_the_example_of_the_catalog_works_as_it_stands_on_both_routes(
    client: httpx2.Client, name: str
) -> None:
    example = client.get(f"/catalog/{name}").json()["example"]
    for route in ("activate", "derivative"):
        answer = client.post(f"/{route}/{name}", json=example)
        assert answer.status_code == 200, answer.text
        assert answer.json()["name"] == name


@pytest.mark.parametrize("x", [1.5, [], [[], []], [[[1.0]]], [[[[2.0, 3.0]]], [[[4.0, 5.0]]]]])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_any_rank_and_dtype(client: httpx2.Client, x: Any, dtype: str) -> None:
    answer = client.post("/activate/relu", json={"x": x, "dtype": dtype}).json()
    assert answer == {"name": "relu", "dtype": dtype, "shape": list(np.shape(x)), "y": x}


def test_x_is_rounded_to_the_dtype_first(client: httpx2.Client) -> None:
    answer = client.post(
        "/activate/relu", json={"x": [1.00390625 + 2**-40, 70000], "dtype": "bfloat16"}
    ).json()
    assert answer["y"] == [1.0078125, 70144.0]


def test_numbers_that_json_lacks_go_in_and_out_as_strings(client: httpx2.Client) -> None:
    body = b'{"x": ["NaN", NaN, "Infinity", -Infinity, -0.0, -0]}'
    answer = client.post("/activate/linear", content=body)
    assert answer.text.endswith('"y":["NaN","NaN","Infinity","-Infinity",-0.0,-0.0]}')


@pytest.mark.parametrize("route", ["activate", "derivative"])
def test_a_seed_that_was_drawn_comes_back_and_repeats_the_answer(client: httpx2.Client, route: str) -> None:
    body: dict[str, Any] = {"x": [-1.0] * 8, "params": {"training": True}}
    first = client.post(f"/{route}/rrelu", json=body).json()
    again = client.post(
        f"/{route}/rrelu", json={"x": body["x"], "params": body["params"] | {"seed": first["seed"]}}
    )
    assert "seed" not in again.json()
    assert first == again.json() | {"seed": first["seed"]}
    assert client.post(f"/{route}/rrelu", json=body).json()["seed"] != first["seed"]
    assert "seed" not in client.post(f"/{route}/rrelu", json={"x": -1.0}).json()


@pytest.mark.parametrize(
    ("name", "body", "loc", "says"),
    [
        ("relu", {}, ["x"], "required"),
        ("relu", {"x": 1, "parms": {}}, ["parms"], "did you mean params?"),
        ("relu", {"x": 1, "X": 1}, ["X"], ""),
        ("relu", {"x": 1, "order": 1}, ["order"], ""),
        ("relu", {"x": None}, ["x"], "null"),
        ("relu", {"x": [1, True]}, ["x", 1], "boolean"),
        ("relu", {"x": [[1, 2], [3]]}, ["x", 1], "length"),
        ("relu", {"x": 1, "dtype": "float8"}, ["dtype"], "'float64', 'float32', 'float16' or 'bfloat16'"),
        ("relu", {"x": 1, "dtype": None}, ["dtype"], "dtype"),
        ("relu", {"x": 1, "exact": 1}, ["exact"], "boolean"),
        ("relu", {"x": 1, "exact": "true"}, ["exact"], "boolean"),
        ("relu", {"x": 1, "params": None}, ["params"], "params"),
        ("relu", {"x": 1, "params": [1]}, ["params"], "params"),
        ("elu", {"x": 1, "params": {"alhpa": 1}}, ["params", "alhpa"], "did you mean alpha?"),
        ("tanh", {"x": 1, "params": {"alpha": 1}}, ["params", "alpha"], "hyperparameter of tanh"),
        ("elu", {"x": 1, "params": {"alpha": "1"}}, ["params", "alpha"], "params.alpha should be"),
        ("elu", {"x": 1, "params": {"alpha": True}}, ["params", "alpha"], "params.alpha should be"),
        ("elu", {"x": 1, "params": {"alpha": "NaN"}}, ["params", "alpha"], "params.alpha should be"),
        ("softmax", {"x": [1, 2], "params": {"temperature": 0}}, ["params", "temperature"], "greater than 0"),
        ("softmax", {"x": [1, 2], "params": {"axis": 1}}, ["params", "axis"], "axis"),
        ("softmax", {"x": [1, 2], "params": {"axis": 0.0}}, ["params", "axis"], "integer"),
        ("prelu", {"x": [[1, 2]], "params": {"alpha": [1, 2, 3]}}, ["params", "alpha"], "alpha"),
        ("maxout", {"x": [1, 2]}, None, "w"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    client: httpx2.Client, name: str, body: Any, loc: list[str | int] | None, says: str
) -> None:
    answer = client.post(f"/activate/{name}", json=body)
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert loc is None or problem["errors"][0]["loc"] == loc
    assert says in problem["errors"][0]["msg"]
    assert problem["detail"].startswith(problem["errors"][0]["msg"])


def test_bare_nan_is_no_hyperparameter(client: httpx2.Client) -> None:
    answer = client.post("/activate/elu", content=b'{"x": 1, "params": {"alpha": NaN}}')
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["params", "alpha"]


def test_exact_is_accepted_and_right(client: httpx2.Client) -> None:
    answer = client.post("/activate/tanh", json={"x": [0.5], "exact": True}).json()
    assert answer["y"] == [pytest.approx(math.tanh(0.5), rel=1e-15)]


def test_large_bodies_are_computed_off_the_event_loop_with_the_same_result(client: httpx2.Client) -> None:
    x = np.linspace(-4, 4, 20_000)
    large = client.post("/activate/relu", json={"x": x.tolist()}).json()
    assert large["y"] == np.maximum(x, 0).tolist()
    assert large["shape"] == [20_000]
