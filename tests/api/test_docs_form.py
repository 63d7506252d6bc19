"""Swagger UI at /docs: pressing Execute on a GET works before anything is filled in.

What the form holds at first was read off a browser (Swagger UI 5): the example of a parameter, else its
default, else, if it is required, the first of its choices; for an object without an example, a text for every
member it could have.
"""

from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from app.main import app

DOCUMENT = app.openapi()
PATHS = [path for path, operations in DOCUMENT["paths"].items() if "get" in operations]


def parameters(path: str) -> list[Any]:
    components = DOCUMENT["components"]["parameters"]
    references = DOCUMENT["paths"][path]["get"].get("parameters", [])
    return [components[reference["$ref"].rpartition("/")[2]] for reference in references]


def prefilled(parameter: Any) -> Any:
    schema = parameter["schema"]
    if "example" in parameter:
        return parameter["example"]
    if "default" in schema:
        return schema["default"]
    if schema["type"] == "object":
        return dict.fromkeys(schema["properties"], "string")
    return schema["enum"][0] if parameter.get("required") else None


@pytest.mark.parametrize("path", PATHS)
def test_a_form_works_as_it_stands(client: httpx2.Client, path: str) -> None:
    query: dict[str, Any] = {}
    for parameter in parameters(path):
        value = prefilled(parameter)
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", value)
        elif isinstance(value, dict):
            query |= value
        elif value is not None:
            text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
            query[parameter["name"]] = text.lower() if isinstance(value, bool) else text
    answer = client.get(f"{path}?{urlencode(query)}")
    assert answer.status_code == 200, answer.text


def test_no_field_looks_empty_that_is_not() -> None:
    """Swagger UI shows nothing where a list's item is 0."""
    for parameter in DOCUMENT["components"]["parameters"].values():
        if isinstance(parameter.get("example"), list):
            assert all(parameter["example"]), parameter["name"]
