"""The OpenAPI document: valid, true of the answers, and with examples that work."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from app.activations import CATALOG
from app.main import app

COMPUTE = ("/activate/{name}", "/derivative/{name}")


@pytest.fixture(scope="module")
def document(client: httpx2.Client) -> Any:
    answer = client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def resolved(document: Any, node: Any) -> Any:
    """What a node is, or what its $ref points to."""
    while isinstance(node, dict) and "$ref" in node:
        parts = node["$ref"].removeprefix("#/").split("/")
        node = document
        for part in parts:
            node = node[part]
    return node


def schema_of(document: Any, schema: Any) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for({**schema, "components": document["components"]})


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_document_is_valid_openapi_3_1(document: Any) -> None:
    assert document["openapi"].startswith("3.1.")
    validator = jsonschema_rs.validator_for(OPENAPI_31)
    assert [error.message for error in validator.iter_errors(document)] == []
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


def test_what_is_served_is_what_the_application_says(document: Any) -> None:
    assert document == json.loads(json.dumps(app.openapi()))


def test_every_reference_points_somewhere(document: Any) -> None:
    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                resolved(document, node)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)


def test_every_operation_is_described(document: Any) -> None:
    listed = {(method, path) for path, method, _ in operations(document)}
    assert {(method, path) for path in COMPUTE for method in ("get", "post")} < listed
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert operation["summary"], where
        for status, response in operation["responses"].items():
            response = resolved(document, response)
            assert "X-Activations-Version" in response["headers"], where
            answers = ["application/json", "application/x-npy"] if path in COMPUTE else ["application/json"]
            media = {"2": answers, "3": []}.get(status[0], ["application/problem+json"])
            assert list(response.get("content", {})) == media, where
        named = {resolved(document, parameter)["name"] for parameter in operation.get("parameters", [])}
        assert ("{name}" in path) == ("name" in named), where


@pytest.mark.parametrize("path", COMPUTE)
def test_every_function_has_an_example_that_works(client: httpx2.Client, document: Any, path: str) -> None:
    operation = document["paths"][path]["post"]
    content = operation["requestBody"]["content"]["application/json"]
    assert list(content["examples"]) == list(CATALOG)
    body = schema_of(document, content["schema"])
    answer = schema_of(document, operation["responses"]["200"]["content"]["application/json"]["schema"])
    for name, example in content["examples"].items():
        value = resolved(document, example)["value"]
        assert body.is_valid(value), name
        response = client.post(path.format(name=name), json=value)
        assert response.status_code == 200, response.text
        assert answer.is_valid(response.json()), response.text


@pytest.mark.parametrize(
    ("address", "path", "status"),
    [
        ("/catalog", "/catalog", "200"),
        ("/catalog/maxout", "/catalog/{name}", "200"),
        ("/catalog/rellu", "/catalog/{name}", "404"),
        ("/activate/softmax?x=0,0&axis=1", "/activate/{name}", "422"),
        ("/derivative/softmax?x=0,0", "/derivative/{name}", "200"),
        ("/healthz", "/healthz", "200"),
        ("/readyz", "/readyz", "200"),
    ],
)
def test_answers_are_as_described(
    client: httpx2.Client, document: Any, address: str, path: str, status: str
) -> None:
    answer = client.get(address)
    assert str(answer.status_code) == status, answer.text
    response = resolved(document, document["paths"][path]["get"]["responses"][status])
    schema = response["content"][answer.headers["content-type"]]["schema"]
    assert [error.message for error in schema_of(document, schema).iter_errors(answer.json())] == []
