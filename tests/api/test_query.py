from typing import Any

import httpx2
import pytest


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/activate/relu?x=-1,0,1", [0.0, 0.0, 1.0]),
        ("/activate/relu?x=2", [2.0]),
        ("/activate/linear?x=NaN,Infinity,-Infinity,-0", ["NaN", "Infinity", "-Infinity", -0.0]),
        ("/activate/linear?x=1e5,1e+5,1E-1,.5,2.,%201", [1e5, 1e5, 0.1, 0.5, 2.0, 1.0]),
        ("/activate/leaky_relu?x=-1,0,1&alpha=0.1", [-0.1, 0.0, 1.0]),
        ("/activate/leaky_relu?x=-2&alpha=1&max_value=null", [-2.0]),
        ("/activate/linear?x=0.1&dtype=float16", [0.099975586]),
        ("/activate/tanh?x=0&exact=true", [0.0]),
        ("/activate/prelu?x=-1,-2&alpha=0.5,0.25", [-0.5, -0.5]),
        ("/activate/prelu?x=-1,-2&alpha=[0.5,0.25]", [-0.5, -0.5]),
        ("/activate/maxout?x=1,2&w=[[1,0],[0,1]]&b=0,0", [2.0]),
        ("/activate/softmax?x=0,0&axis=[0]", [0.5, 0.5]),
        ("/activate/softmax?x=0,0&axis=-1", [0.5, 0.5]),
        ("/activate/taylor_softmax?x=0,2&order=4", [0.125, 0.875]),
        ("/activate/gelu?x=0&approximate=none", [0.0]),
        ("/activate/rrelu?x=1&training=true&seed=3", [1.0]),
        ("/derivative/leaky_relu?x=-3,2&wrt=alpha&order=1", [-3.0, 0.0]),
        ("/derivative/swish?x=0&order=2", [0.5]),
        ("/derivative/softmax?x=0,0", [[0.25, -0.25], [-0.25, 0.25]]),
        ("/derivative/softmax?x=0,0&axis=[0]", [[0.25, -0.25], [-0.25, 0.25]]),
        # t(0) = 1, t(2) = 1 + 2 + 2 and t' is 1 and 3 for order 2; t(2) = 7 and t' = 1 + 2 + 2 + 4/3 for 4
        ("/derivative/taylor_softmax?x=0,0&order=1", [[0.25, -0.25], [-0.25, 0.25]]),
        (
            "/derivative/taylor_softmax?x=0,2&params.order=4",
            [[0.109375, -0.09895833333333333], [-0.109375, 0.09895833333333333]],
        ),
    ],
)
def test_a_message_written_as_a_query(client: httpx2.Client, address: str, expected: list[Any]) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    message = answer.json()
    assert repr(message.get("y", message.get("derivative"))) == repr(expected)


@pytest.mark.parametrize(
    ("address", "loc"),
    [
        ("/activate/relu", ["x"]),
        ("/activate/relu?x=", ["x", 0]),
        ("/activate/relu?x=1,a", ["x", 1]),
        ("/activate/relu?x=1,,2", ["x", 1]),
        ("/activate/relu?x=inf", ["x", 0]),
        ("/activate/relu?x=1_000", ["x", 0]),
        ("/activate/relu?x=0x10", ["x", 0]),
        ("/activate/relu?x=%D9%A1", ["x", 0]),
        ("/activate/relu?x=1e999", ["x", 0]),
        ("/activate/relu?x=" + "9" * 400, ["x", 0]),
        ("/activate/relu?x=[1,2]", ["x", 0]),
        ("/activate/relu?x=1&x=2", ["x"]),
        ("/activate/relu?x=1&alpha=1", ["alpha"]),
        ("/activate/relu?x=1&order=1", ["order"]),
        ("/activate/relu?x=1&dtype=double", ["dtype"]),
        ("/activate/relu?x=1&exact=yes", ["exact"]),
        ("/activate/elu?x=1&alpha=true", ["params", "alpha"]),
        ("/activate/elu?x=1&alpha=NaN", ["params", "alpha"]),
        ("/activate/elu?x=1&alpha=", ["params", "alpha"]),
        ("/activate/elu?x=1&alpha=1e999", ["params", "alpha"]),
        ("/activate/softmax?x=1&axis=0.0", ["params", "axis"]),
        ("/activate/softmax?x=1,2&axis=0,1", ["params", "axis"]),
        ("/activate/softmax?x=1,2&axis=[0,0]", ["params", "axis"]),
        ("/activate/softmax?x=1,2&axis=[]", ["params", "axis"]),
        ("/activate/maxout?x=1,2&w=[[1,0],[0,1]", ["params", "w"]),
        ("/activate/maxout?x=1,2&w=" + "[" * 5000, ["params", "w"]),
        ("/activate/gelu?x=1&approximate=1", ["params", "approximate"]),
        ("/derivative/relu?x=1&order=1.0", ["order"]),
        ("/derivative/relu?x=1&order=true", ["order"]),
        ("/derivative/relu?x=1&upstream=1", ["upstream"]),
        ("/derivative/taylor_softmax?x=1&order=4", ["order"]),
        ("/derivative/taylor_softmax?x=1&params.order=3", ["params", "order"]),
        ("/derivative/leaky_relu?x=1&params.alpha=1", ["params.alpha"]),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    client: httpx2.Client, address: str, loc: list[str | int]
) -> None:
    answer = client.get(address)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["loc"] == loc


def test_a_query_string_beside_a_body_is_refused(client: httpx2.Client) -> None:
    answer = client.post("/activate/relu?dtype=float32", json={"x": 1})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["dtype"]
    assert client.post("/activate/relu?=", json={"x": 1}).status_code == 422


@pytest.mark.parametrize("query", ["", "&", "&&"])
def test_a_query_string_that_says_nothing_is_none(client: httpx2.Client, query: str) -> None:
    assert client.post(f"/activate/relu?{query}", json={"x": 1}).status_code == 200
    assert client.get(f"/activate/relu?x=1&{query}").status_code == 200


def test_a_query_string_that_is_too_long_is_refused(client: httpx2.Client) -> None:
    answer = client.get("/activate/relu?x=" + "1," * 17_000 + "1")
    assert answer.status_code == 414
    assert "POST" in answer.json()["detail"]
