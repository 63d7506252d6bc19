import io

import httpx2
import numpy as np
import pytest

from app.api.negotiation import best
from app.wire import npy

JSON, NPY = "application/json", "application/x-npy"
BODIES = {JSON: b'{"x": 1}', NPY: npy.encode(np.array(1.0))}


@pytest.mark.parametrize(
    ("accept", "choice"),
    [
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/html, */*;q=0.1", "application/json"),
        ("APPLICATION/X-NPY", "application/x-npy"),
        ("application/json;q=0.5, application/x-npy", "application/x-npy"),
        ("application/json;q=0, */*", "application/x-npy"),
        ("*/*;q=0.1, application/x-npy;q=0", "application/json"),
        ("application/json; charset=utf-8; q=0.9", "application/json"),
        ("application/json;q=nan", "application/json"),
        (" , ", "application/json"),
        ("text/html", None),
        ("application/*;q=0", None),
        ("application/jsonp", None),
        ("*/*;q=0.000", None),
    ],
)
def test_the_best_format_an_accept_header_allows(accept: str, choice: str | None) -> None:
    assert best(accept, ("application/json", "application/x-npy")) == choice


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "Application/JSON; charset=UTF-8",
        "application/x-www-form-urlencoded",
        "application/vnd.activations+json",
    ],
)
def test_bodies_read_as_json(client: httpx2.Client, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = client.post("/activate/relu", content=b'{"x": 1}', headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/jsonp"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "x" * 5000},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_other_bodies_are_refused(client: httpx2.Client, headers: dict[str, str]) -> None:
    answer = client.post("/activate/relu", content=b'{"x": 1}', headers=headers)
    assert answer.status_code == 415
    assert len(answer.content) < 4000


@pytest.mark.parametrize(
    "address", ["/activate/relu?x=1", "/derivative/relu?x=1", "/catalog", "/catalog/relu"]
)
@pytest.mark.parametrize(("accept", "status"), [("text/html", 406), ("text/html, */*;q=0.1", 200), ("", 200)])
def test_answers_that_the_client_does_not_take(
    client: httpx2.Client, address: str, accept: str, status: int
) -> None:
    assert client.get(address, headers={"Accept": accept}).status_code == status


@pytest.mark.parametrize("route", ["activate", "derivative"])
@pytest.mark.parametrize("sent", [JSON, NPY])
@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, None),
        ("*/*", None),
        ("application/*", None),
        (f"{JSON}, {NPY}", None),
        ("text/html, */*;q=0.1", None),
        (JSON, JSON),
        (NPY, NPY),
        (f"{JSON};q=0.9, {NPY};q=0.8", JSON),
        (f"{NPY};q=0, */*", JSON),
    ],
)
def test_accept_chooses_the_format_of_the_answer_and_else_the_request_does(
    client: httpx2.Client, route: str, sent: str, accept: str | None, expected: str | None
) -> None:
    headers = {"Content-Type": sent} | ({"Accept": accept} if accept else {})
    request = client.build_request("POST", f"/{route}/relu", content=BODIES[sent], headers=headers)
    if accept is None:
        del request.headers["Accept"]
    answer = client.send(request)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == (expected or sent)
    y = np.load(io.BytesIO(answer.content)) if answer.content[:1] == b"\x93" else answer.json()
    assert y == 1.0 if isinstance(y, np.ndarray) else y[{"activate": "y"}.get(route, route)] == 1.0


@pytest.mark.parametrize("address", ["/activate/relu?x=1", "/derivative/relu?x=1"])
def test_a_query_is_answered_in_json_unless_accept_says_otherwise(
    client: httpx2.Client, address: str
) -> None:
    assert client.get(address).headers["content-type"] == JSON
    answer = client.get(address, headers={"Accept": NPY})
    assert answer.headers["content-type"] == NPY
    np.testing.assert_array_equal(np.load(io.BytesIO(answer.content)), [1.0])


@pytest.mark.parametrize("sent", [JSON, NPY])
@pytest.mark.parametrize("accept", ["text/html", "application/octet-stream", "application/*;q=0"])
def test_a_post_whose_answer_the_client_does_not_take(client: httpx2.Client, sent: str, accept: str) -> None:
    headers = {"Content-Type": sent, "Accept": accept}
    answer = client.post("/activate/relu", content=BODIES[sent], headers=headers)
    assert answer.status_code == 406
    assert answer.headers["content-type"] == "application/problem+json"
    assert JSON in answer.json()["detail"]
    assert NPY in answer.json()["detail"]
