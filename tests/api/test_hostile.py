"""Whatever is sent, the answer is a sound one: no 500, no traceback, no growing error, and the server lives.

The server's process is the judge of the rest: its fixture fails on a traceback in the log.
"""

import json
from typing import Any
from urllib.parse import urlencode

import httpx2
import numpy as np
import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app.activations import CATALOG
from app.main import app
from tests.conftest import Server

NAMES = st.sampled_from(sorted(CATALOG))
ROUTES = st.sampled_from(["activate", "derivative"])
NUMBERS = st.floats() | st.integers(-(2**70), 2**70) | st.sampled_from([-0.0, 1e308, 5e-324, 2**64])
LEAVES = (
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5) | st.sampled_from(["NaN", "-Infinity", "x"])
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)
FLOATS = st.floats(allow_infinity=False, allow_nan=False) | st.floats(-8, 8)
VALUES = (
    st.booleans() | st.integers(-2, 3) | st.floats(-4, 4) | st.lists(st.floats(-4, 4), max_size=5) | ANYTHING
)
DTYPES = st.sampled_from(["float64", "float32", "float16", "bfloat16"])
TENSORS = st.recursive(NUMBERS, lambda inner: st.lists(inner, max_size=3))


@st.composite
def messages(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    """Requests that work, of any function, with up to two members replaced by something else."""
    name, route = draw(NAMES), draw(ROUTES)
    kind = CATALOG[name]
    fields = list(kind.model_fields) or ["alpha"]
    example = kind.describe()["example"]
    message = {"params": {}, "dtype": draw(DTYPES), "exact": draw(st.booleans()), **example}
    if draw(st.booleans()):
        message["x"] = draw(arrays(float, np.shape(message["x"]), elements=FLOATS)).tolist()
    replacements = {
        "x": TENSORS | ANYTHING,
        "params": st.dictionaries(st.sampled_from(fields), VALUES, max_size=3) | ANYTHING,
        "dtype": ANYTHING,
        "exact": ANYTHING,
    }
    if route == "derivative":
        message |= {"wrt": draw(st.sampled_from(["x", *fields])), "order": draw(st.integers(1, 2))}
        replacements |= {"wrt": ANYTHING, "order": ANYTHING, "upstream": st.just(message["x"]) | ANYTHING}
    for key in draw(st.lists(st.sampled_from(sorted(replacements)), max_size=2)):
        message[key] = draw(replacements[key])
    return route, name, message


def check(answer: httpx2.Response) -> None:
    assert answer.status_code in {200, 400, 404, 405, 413, 422}, answer.text
    if answer.status_code == 200:
        json.loads(answer.content, parse_constant=pytest.fail)
    else:
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.content) < 4000
        assert len(answer.json()["detail"]) > 10


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(messages())
def test_requests_that_are_nearly_right(client: httpx2.Client, sent: tuple[str, str, Any]) -> None:
    route, name, message = sent
    check(client.post(f"/{route}/{name}", content=json.dumps(message)))


@pytest.mark.parametrize("name", CATALOG)
def test_tensors_without_elements(client: httpx2.Client, name: str) -> None:
    params = CATALOG[name].describe()["example"].get("params", {})
    empties: list[list[list[float]]] = [[], [[], []]]
    for x in empties:
        body: dict[str, Any] = {"x": x, "params": params}
        check(client.post(f"/activate/{name}", json=body))
        for wrt in ("x", *CATALOG[name].model_fields):
            for upstream in (None, x):
                check(client.post(f"/derivative/{name}", json=body | {"wrt": wrt, "upstream": upstream}))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80), st.integers(0, 60), st.integers(0, 60))
def test_bodies_with_bytes_torn_out_and_put_in(
    client: httpx2.Client, junk: bytes, start: int, length: int
) -> None:
    body = b'{"x": [[-1.0, NaN], [0.5e-1, "Infinity"]], "params": {"alpha": 0.2}, "dtype": "float32"}'
    check(client.post("/activate/leaky_relu", content=body[:start] + junk + body[start + length :]))


@settings(max_examples=200, deadline=None)
@given(
    ROUTES,
    NAMES,
    st.lists(st.tuples(st.sampled_from(["x", "alpha", "dtype", "axis", "w"]), st.text()), max_size=4),
)
def test_queries_of_any_text(
    client: httpx2.Client, route: str, name: str, pairs: list[tuple[str, str]]
) -> None:
    check(client.get(f"/{route}/{name}?{urlencode(pairs)}"))


BOMBS = {
    "unclosed lists": "[" * 100_000,
    "an unclosed tensor": '{"x": ' + "[" * 100_000,
    "a closed tensor": '{"x": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "unclosed objects": '{"x": ' * 100_000,
    "closed objects": '{"params": ' + '{"a": ' * 100_000 + "1" + "}" * 100_001,
    "deep params": '{"x": 1, "params": ' + "[" * 1000 + "]" * 1000 + "}",
    "a deep tensor with NaN": '{"x": [' + "[" * 50 + "]" * 50 + ", NaN]}",
    "escaped quotes": '{"x": "' + '\\"' * 1_000_000 + "[" * 100_000,
    "a long integer": '{"x": [' + "9" * 1_000_000 + "]}",
    "a long exponent": '{"x": 1e' + "9" * 1_000_000 + "}",
    "a long fraction": '{"x": 0.' + "0" * 1_000_000 + "1}",
    "many members": "{" + ",".join(f'"k{i}": 0' for i in range(200_000)) + "}",
    "many hyperparameters": '{"x": 1, "params": {' + ",".join(f'"k{i}": 0' for i in range(200_000)) + "}}",
    "strings for numbers": '{"x": 1, "params": {"w": [' + '"a",' * 200_000 + "1]}}",
    "negative zeros": '{"x": [' + "-0," * 200_000 + "1]}",
    "a late fault": '{"x": [' + "NaN," * 200_000 + "true]}",
    "a late ragged list": '{"x": [' + "[]," * 200_000 + "[1]]}",
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("name", ["relu", "maxout"])
def test_bombs_do_no_harm(client: httpx2.Client, name: str, bomb: str) -> None:
    check(client.post(f"/activate/{name}", content=BOMBS[bomb], timeout=10))


@pytest.mark.parametrize("x", ["-Infinity", "Infinity", 1e300, 1e-42, "NaN"])
@pytest.mark.parametrize("route", ["activate", "derivative"])
def test_no_number_is_a_bomb(client: httpx2.Client, route: str, x: object) -> None:
    """Twenty thousand of the same hard number take a moment (1e300 is infinite in float32)."""
    answer = client.post(f"/{route}/mish", json={"x": [x] * 20_000, "dtype": "float32"}, timeout=5)
    assert answer.status_code == 200


schemathesis.serializer.alias("application/x-npy", "application/octet-stream")
schema = schemathesis.openapi.from_dict(app.openapi())


@schema.parametrize()
@settings(max_examples=15, deadline=None)
def test_the_described_operations_hold_what_they_say(case: schemathesis.Case[Any], server: Server) -> None:
    # Only canonical names are described, so that people can choose from a list; aliases work all the same.
    assume((case.path_parameters or {}).get("name", "relu") in CATALOG)
    # Schemas can't say that lists must be of equal length, or which function takes which hyperparameter.
    case.call_and_validate(base_url=server.url, excluded_checks=[positive_data_acceptance])
