"""Arrays as .npy files, in and out; what streams is in tests/test_streaming.py."""

import io
import json
from typing import Any
from urllib.parse import urlencode

import httpx2
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.activations import CATALOG, DTYPES, find
from app.wire import npy
from tests.conftest import Launch

NPY = "application/x-npy"
X = np.array([[-3.0, -0.5, 0.0], [0.75, 2.0, 40.0]])


def saved(array: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def loaded(answer: httpx2.Response) -> NDArray[Any]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == NPY
    assert answer.content.startswith(b"\x93NUMPY\1\0")
    array: NDArray[Any] = np.load(io.BytesIO(answer.content), allow_pickle=False)
    return array


def post(client: httpx2.Client, address: str, array: NDArray[Any], **headers: str) -> httpx2.Response:
    return client.post(address, content=saved(array), headers={"Content-Type": NPY} | headers)


def assert_same(found: NDArray[Any], expected: NDArray[Any]) -> None:
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8"])
def test_the_answer_is_of_the_dtype_that_was_sent(client: httpx2.Client, dtype: str) -> None:
    x = X.astype(dtype)
    answer = post(client, "/activate/gelu", x)
    assert_same(loaded(answer), find("gelu")()(X, x.dtype.name))
    assert answer.headers["x-activations-name"] == "gelu"
    assert answer.headers["x-activations-dtype"] == x.dtype.name


@pytest.mark.parametrize("dtype", "int8 int16 int32 int64 uint8 uint16 uint32 uint64".split())
def test_integers_give_float64(client: httpx2.Client, dtype: str) -> None:
    integers = np.array([[0, 1], [2, 100]]).astype(dtype)
    assert_same(loaded(post(client, "/activate/tanh", integers)), find("tanh")()(integers.astype(float)))


def test_integers_beyond_the_reach_of_float64_are_rounded_to_it(client: httpx2.Client) -> None:
    integers = np.array([2**53 + 1, 2**64 - 1, 2**63 + 1025], np.uint64)
    assert loaded(post(client, "/activate/linear", integers)).tolist() == [2.0**53, 2.0**64, 2.0**63 + 2048]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sent", DTYPES)
def test_dtype_in_the_query_rounds_x_first(client: httpx2.Client, sent: str, dtype: str) -> None:
    x = (X * (1 + 2**-9)).astype(DTYPES[sent])
    answer = post(client, f"/activate/swish?dtype={dtype}", x)
    if sent == "bfloat16" and dtype != sent:  # two opaque bytes might be anything
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["loc"] == ["x"]
        return
    found = loaded(answer)
    if dtype == "bfloat16":
        assert found.dtype == np.dtype("V2")
        found = found.view(ml_dtypes.bfloat16)
    assert_same(found, find("swish")()(x, dtype))


def test_fortran_order(client: httpx2.Client) -> None:
    x = np.asfortranarray(X)
    assert b"'fortran_order': True" in saved(x)
    np.testing.assert_array_equal(loaded(post(client, "/activate/softmax", x)), find("softmax")()(X))


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (1,) * 32])
def test_any_shape(client: httpx2.Client, shape: tuple[int, ...]) -> None:
    assert_same(loaded(post(client, "/activate/relu", np.ones(shape))), np.ones(shape))


def test_hyperparameters_are_in_the_query(client: httpx2.Client) -> None:
    y = loaded(post(client, "/activate/leaky_relu?alpha=0.2", X))
    assert_same(y, find("leaky_relu").model_validate({"alpha": 0.2})(X))
    y = loaded(post(client, "/activate/prelu?alpha=0.1,0.2,0.3", X))
    assert_same(y, find("prelu").model_validate({"alpha": [0.1, 0.2, 0.3]})(X))
    w = [[[1.0, 2.0, -3.0], [0.5, 0.0, 4.0]]]
    y = loaded(post(client, f"/activate/maxout?w={w}".replace(" ", ""), X))
    assert_same(y, find("maxout").model_validate({"w": w})(X))


def test_exact(client: httpx2.Client) -> None:
    x = np.linspace(-12, 12, 500)
    assert_same(loaded(post(client, "/activate/mish?exact=true", x)), find("mish")()(x, exact=True))


@pytest.mark.parametrize("order", [1, 2])
def test_derivatives(client: httpx2.Client, order: int) -> None:
    answer = post(client, f"/derivative/swish?order={order}&beta=1.5", X)
    assert_same(loaded(answer), find("swish").model_validate({"beta": 1.5}).derivative(X, order=order).values)
    headers = {
        key: answer.headers[f"x-activations-{key}"] for key in ("kind", "wrt", "order", "dtype", "name")
    }
    expected = {"kind": "elementwise", "wrt": "x", "order": str(order), "dtype": "float64", "name": "swish"}
    assert headers == expected


def test_a_derivative_by_a_hyperparameter_and_a_jacobian(client: httpx2.Client) -> None:
    answer = post(client, "/derivative/prelu?wrt=alpha&alpha=0.5", X)
    assert_same(loaded(answer), find("prelu").model_validate({"alpha": 0.5}).derivative(X, "alpha").values)
    answer = post(client, "/derivative/softmax", X)
    assert answer.headers["x-activations-kind"] == "jacobian"
    assert_same(loaded(answer), find("softmax")().derivative(X).values)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["softmax", "gelu"])
def test_upstream_is_the_second_file_of_a_form(client: httpx2.Client, name: str, dtype: Any) -> None:
    x, upstream = X.astype(dtype), np.arange(6, dtype=dtype).reshape(2, 3)
    files = {"x": ("x.npy", saved(x)), "upstream": ("u.npy", saved(upstream))}
    answer = client.post(f"/derivative/{name}", files=files)
    assert answer.headers["x-activations-kind"] == "vjp"
    expected = find(name)().derivative(x, upstream=upstream, dtype=np.dtype(dtype).name).values
    assert_same(loaded(answer), expected)
    answer = client.post(f"/derivative/{name}", files=files, headers={"Accept": "application/json"})
    assert_same(np.array(answer.json()["derivative"], dtype), expected)


def test_a_form_may_leave_upstream_out(client: httpx2.Client) -> None:
    answer = client.post("/derivative/tanh?order=2", files={"x": saved(X)})
    assert_same(loaded(answer), find("tanh")().derivative(X, order=2).values)


@pytest.mark.parametrize(
    ("files", "status", "words"),
    [
        ({"upstream": saved(X)}, 422, "x is required"),
        ({"x": saved(X), "y": saved(X)}, 422, "y is no part"),
        ({"x": saved(X), "upstream": b"1"}, 400, "In the part upstream: The body is not an .npy file"),
        ({"x": saved(X), "upstream": saved(X[0])}, 422, "upstream must have the shape of y"),
        ({"x": saved(X), "upstream": saved(X > 0)}, 422, "upstream is of dtype '|b1'"),
    ],
)
def test_forms_that_do_not_fit(
    client: httpx2.Client, files: dict[str, bytes], status: int, words: str
) -> None:
    answer = client.post("/derivative/tanh", files=files)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert words in answer.json()["detail"]


def test_a_drawn_seed_is_a_header_and_repeats_the_answer(client: httpx2.Client) -> None:
    drawn = post(client, "/activate/rrelu?training=true", np.full(100, -1.0))
    seed = drawn.headers["x-activations-seed"]
    again = post(client, f"/activate/rrelu?training=true&seed={seed}", np.full(100, -1.0))
    assert "x-activations-seed" not in again.headers
    assert_same(loaded(again), loaded(drawn))


@pytest.mark.parametrize("route", ["activate", "derivative"])
def test_json_and_npy_carry_the_same_numbers(client: httpx2.Client, route: str) -> None:
    as_json = post(client, f"/{route}/gelu", X, Accept="application/json").json()
    key = "y" if route == "activate" else route
    request = {"x": X.tolist()}
    as_npy = loaded(client.post(f"/{route}/gelu", json=request, headers={"Accept": NPY}))
    assert_same(as_npy, np.array(as_json[key]))
    assert as_json["shape"] == [2, 3]


@pytest.mark.parametrize("route", ["activate", "derivative"])
@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b'{"x": 1}', 400),
        (saved(X)[:-1], 400),
        (saved(X) + b"\0", 400),
        (saved(np.array([None])), 400),
        (saved(np.zeros(2, [("a", "<f4")])), 400),
        (saved(X > 0), 422),
        (saved(X + 1j), 422),
        (saved(X.astype(ml_dtypes.bfloat16)), 422),
    ],
)
def test_what_is_no_file_of_numbers(client: httpx2.Client, route: str, content: bytes, status: int) -> None:
    for name in ("relu", "softmax"):
        answer = client.post(f"/{route}/{name}", content=content, headers={"Content-Type": NPY})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize(
    ("query", "loc"),
    [
        ("dtype=float8", ["dtype"]),
        ("exact=1", ["exact"]),
        ("x=1", ["x"]),
        ("upstream=1", ["upstream"]),
        ("alpha=big", ["params", "alpha"]),
        ("alpha=1&alpha=2", ["alpha"]),
        ("beta=1", ["beta"]),
        ("alpha=0.1,0.2", ["params", "alpha"]),
        ("alpha=0.1,0.2,0.3&axis=5", ["params", "axis"]),
    ],
)
def test_queries_that_do_not_fit(client: httpx2.Client, query: str, loc: list[str]) -> None:
    answer = post(client, f"/activate/prelu?{query}", X)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == loc


@pytest.mark.parametrize(
    ("query", "loc"), [("order=3", ["order"]), ("wrt=beta", ["wrt"]), ("order=one", ["order"])]
)
def test_queries_of_derivatives_that_do_not_fit(client: httpx2.Client, query: str, loc: list[str]) -> None:
    answer = post(client, f"/derivative/gelu?{query}", X)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == loc


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(CATALOG)),
    st.sampled_from(["activate", "derivative"]),
    st.sampled_from("e f d b H q".split()),
    st.sampled_from(["", "dtype=float16", "dtype=bfloat16", "exact=true"]),
    st.binary(max_size=12),
    st.integers(0, 140),
    st.integers(0, 12),
)
def test_files_with_bytes_torn_out_and_put_in(
    client: httpx2.Client, name: str, route: str, code: str, query: str, junk: bytes, start: int, length: int
) -> None:
    example = CATALOG[name].describe()["example"]
    params = {key: json.dumps(value) for key, value in example.get("params", {}).items()}
    file = saved(np.array(example["x"]).astype(code))
    content = file[:start] + junk + file[start + length :]
    address = f"/{route}/{name}?{urlencode(params)}&{query}"
    answer = client.post(address, content=content, headers={"Content-Type": NPY})
    assert answer.status_code in {200, 400, 422}, answer.text
    if answer.status_code == 200:
        loaded(answer)
    else:
        assert len(answer.json()["detail"]) > 10


def test_limits(launch: Launch) -> None:
    limits = {"ACTIVATIONS_MAX_ELEMENTS": "100", "ACTIVATIONS_MAX_BODY_BYTES": "1000"}
    with launch(limits) as server, httpx2.Client(base_url=server.url) as client:
        for name in ("softmax", "relu"):
            assert post(client, f"/activate/{name}", np.zeros(100)).status_code == 200
            headers = {"Content-Type": NPY, "Accept": "application/json"}
            for size, dtype in ((101, "i1"), (120, "f8")):
                content = npy.encode(np.zeros(size, dtype))
                answer = client.post(f"/activate/{name}", content=content, headers=headers)
                assert answer.status_code == 413, answer.text
