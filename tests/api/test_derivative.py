from typing import Any

import httpx2
import pytest


def test_the_answer_of_the_contract(client: httpx2.Client) -> None:
    body = {"x": [-1.0, 0.0, 2.0], "params": {}, "wrt": "x", "order": 1, "upstream": None, "dtype": "float64"}
    answer = client.post("/derivative/gelu", json=body)
    assert answer.status_code == 200
    message = answer.json()
    assert list(message) == ["name", "dtype", "wrt", "order", "kind", "shape", "derivative"]
    values = message.pop("derivative")
    assert values == pytest.approx([-0.0833154705876863, 0.5, 1.085231801078197], rel=1e-15)
    assert message == {
        "name": "gelu",
        "dtype": "float64",
        "wrt": "x",
        "order": 1,
        "kind": "elementwise",
        "shape": [3],
    }


@pytest.mark.parametrize(
    ("name", "body", "kind", "expected"),
    [
        ("relu", {"x": 2.0}, "elementwise", 1.0),
        ("relu", {"x": []}, "elementwise", []),
        ("relu", {"x": [[-1, 2]], "upstream": [[3, 4]]}, "vjp", [[0.0, 4.0]]),
        ("leaky_relu", {"x": [-3, 2], "wrt": "alpha"}, "elementwise", [-3.0, 0.0]),
        ("leaky_relu", {"x": [-3, -2, 1], "wrt": "alpha", "upstream": [1, 2, 3]}, "vjp", -7.0),
        (
            "prelu",
            {"x": [[-3, 2]], "params": {"alpha": [0.5, 0.25]}, "wrt": "alpha"},
            "elementwise",
            [[-3.0, 0.0]],
        ),
        ("softmax", {"x": [0, 0]}, "jacobian", [[0.25, -0.25], [-0.25, 0.25]]),
        ("softmax", {"x": [0, 0], "upstream": [4, 0]}, "vjp", [1.0, -1.0]),
        ("swish", {"x": [0.0], "order": 2}, "elementwise", [0.5]),
        ("tanh", {"x": [0.0], "exact": True}, "elementwise", [1.0]),
        ("relu", {"x": ["NaN"]}, "elementwise", ["NaN"]),
    ],
)
def test_kinds(client: httpx2.Client, name: str, body: Any, kind: str, expected: Any) -> None:
    answer = client.post(f"/derivative/{name}", json=body)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["kind"], answer.json()["derivative"]) == (kind, expected)


@pytest.mark.parametrize(
    ("name", "body", "loc"),
    [
        ("relu", {"x": 1, "order": True}, ["order"]),
        ("relu", {"x": 1, "order": 1.0}, ["order"]),
        ("relu", {"x": 1, "order": "1"}, ["order"]),
        ("relu", {"x": 1, "order": 0}, ["order"]),
        ("relu", {"x": 1, "order": 3}, ["order"]),
        ("relu", {"x": 1, "order": 10**30}, ["order"]),
        ("softmax", {"x": [1, 2], "order": 2}, ["order"]),
        ("relu", {"x": 1, "wrt": "y"}, ["wrt"]),
        ("relu", {"x": 1, "wrt": None}, ["wrt"]),
        ("relu", {"x": 1, "wrt": "w" * 100_000}, ["wrt"]),
        ("rrelu", {"x": 1, "wrt": "seed"}, ["wrt"]),
        ("relu", {"x": [1, 2], "upstream": [1]}, ["upstream"]),
        ("relu", {"x": [1, 2], "upstream": 1}, ["upstream"]),
        ("relu", {"x": [1, 2], "upstream": [1, None]}, ["upstream", 1]),
        ("relu", {"x": [1, 2], "upstream": {}}, ["upstream"]),
        ("softmax", {"x": [1, 2], "upstream": [[1, 2]]}, ["upstream"]),
        ("relu", {"x": 1, "upstrem": 1}, ["upstrem"]),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    client: httpx2.Client, name: str, body: Any, loc: list[str | int]
) -> None:
    answer = client.post(f"/derivative/{name}", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["loc"] == loc


def test_a_jacobian_by_an_array_points_to_upstream(client: httpx2.Client) -> None:
    body = {"x": [1, 2], "params": {"w": [[1, 2], [3, 4]]}, "wrt": "w"}
    answer = client.post("/derivative/maxout", json=body)
    assert answer.status_code == 422
    assert "upstream" in answer.json()["detail"]
