from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

from app import __version__
from app.activations.evaluation import Undecidable
from app.api import problems
from app.api.body import BodyStalled
from app.main import create_app


def check(answer: httpx2.Response, status: int) -> dict[str, Any]:
    """Every error is problem+json of less than 4,000 bytes, with a sentence and the service's version."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-activations-version"] == __version__
    assert len(answer.content) < 4000
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["detail"]
    return problem


@pytest.mark.parametrize("route", ["activate", "derivative", "catalog"])
def test_an_unknown_function_brings_near_names(client: httpx2.Client, route: str) -> None:
    problem = check(client.get(f"/{route}/sigmod"), 404)
    assert "sigmoid" in problem["suggestions"]
    assert "sigmoid" in problem["detail"]
    assert check(client.get(f"/{route}/qqqqqqqqqq"), 404)["suggestions"] == []


@pytest.mark.parametrize("path", ["/nothing", "/activate", "/activate/", "/catalog/relu/x", "/docs/assets/"])
def test_an_unknown_path(client: httpx2.Client, path: str) -> None:
    check(client.get(path), 404)


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/activate/relu", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("PATCH", "/derivative/relu", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("DELETE", "/catalog", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/catalog/relu", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/docs", {"GET", "HEAD", "OPTIONS"}),
        ("TRACE", "/healthz", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_wrong_method_names_the_right_ones(
    client: httpx2.Client, method: str, path: str, allow: set[str]
) -> None:
    answer = client.request(method, path)
    check(answer, 405)
    assert set(answer.headers["allow"].split(", ")) == allow


def test_options_names_the_methods(client: httpx2.Client) -> None:
    answer = client.options("/activate/relu")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize(
    "path", ["/activate/relu?x=1", "/catalog", "/docs", "/openapi.json", "/healthz", "/nothing"]
)
def test_head_is_get_without_content(client: httpx2.Client, path: str) -> None:
    get, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    for key in ("content-length", "content-type", "x-activations-version"):
        assert head.headers[key] == get.headers[key]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"x": 1,}', b"x=1"])
def test_what_is_no_json(client: httpx2.Client, content: bytes) -> None:
    check(client.post("/activate/relu", content=content), 400)


LONG = '\U0001f600\x01"\\' * 2000


@pytest.mark.parametrize(
    "body",
    [
        {"x": LONG},
        {"x": [[LONG]]},
        {LONG: 1, "x": 1},
        {"x": 1, "dtype": LONG},
        {"x": 1, "params": {LONG: 1}},
        {"x": 1, "params": {"max_value": LONG}},
        {"x": 1, "wrt": LONG},
        {"x": 1, **{f"{LONG}{i}": i for i in range(900)}},
        {"x": 1, "params": {f"{LONG}{i}": i for i in range(500)}},
        {"x": 1, "params": {"max_value": [LONG] * 500}},
        {"x": 1, "params": {"max_value": {LONG: {LONG: 1}}}},
    ],
)
def test_no_error_answer_grows_with_what_was_sent(client: httpx2.Client, body: dict[str, Any]) -> None:
    problem = check(client.post("/derivative/relu", json=body), 422)
    assert 1 <= len(problem["errors"]) <= 10


@pytest.mark.parametrize(
    "address", ["/activate/{}", "/activate/relu?{}=1", "/{}", "/catalog?{}", "/activate/relu?x={}"]
)
def test_no_error_answer_grows_with_the_address(client: httpx2.Client, address: str) -> None:
    answer = client.get(address.format("%F0%9F%98%80%22%01" * 1200))
    check(answer, answer.status_code)
    assert answer.status_code in {404, 422}


def test_a_problem_stays_small_whatever_it_quotes() -> None:
    fault = {"loc": ["\x01" * 9999] * 100, "msg": "é" * 9999}
    answer = problems.problem(422, "\ud800" * 9999, errors=[fault] * 1000)
    assert len(answer.body) < 4000


def test_an_unforeseen_error_leaks_nothing() -> None:
    app = FastAPI()
    problems.install(app)

    @app.get("/")
    async def fail() -> None:
        raise RuntimeError("secret")

    answer = TestClient(app, raise_server_exceptions=False).get("/")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-activations-version"] == __version__
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text


@pytest.mark.parametrize(
    ("error", "status", "retry"),
    [
        (MemoryError(), 503, "1"),
        (BodyStalled(), 408, None),
        (ClientDisconnect(), 400, None),
        (Undecidable("2 results"), 422, None),
    ],
)
def test_errors_that_no_request_brings_about_by_itself(
    error: Exception, status: int, retry: str | None
) -> None:
    app = create_app()

    async def fail() -> None:
        raise error

    app.add_api_route("/fail", fail)
    answer = TestClient(app).get("/fail")
    check(answer, status)
    assert answer.headers.get("retry-after") == retry
