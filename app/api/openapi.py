"""The OpenAPI 3.1 document: what FastAPI knows of the routes, completed with what is read by hand in them."""

from functools import cache
from typing import Any, NamedTuple

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from app.activations import CATALOG, DTYPES
from app.api import problems
from app.api.caching import Page, tagged, unless_known
from app.api.headers import VERSION_HEADER
from app.api.routes import LeanRoute
from app.api.schemas import DOCUMENTED_MODELS
from app.wire import json

router = APIRouter(route_class=LeanRoute, include_in_schema=False)

Schema = dict[str, Any]

_DESCRIPTION = """
The reference for neural-network activation functions: values, derivatives, Jacobians and vector-Jacobian
products of every function in `GET /catalog`, as the exact result rounded to the dtype asked for.

    curl localhost:8000/activate/gelu -d '{"x": [[-1.0, 0.0], [0.5, 2.0]], "dtype": "float32"}'

Tensors are nested lists of numbers of any rank up to 32. NaN and infinities are the strings `"NaN"`,
`"Infinity"` and `"-Infinity"` in both directions. Errors are `application/problem+json` (RFC 9457).
"""
_NAME = """A function's canonical name. Its aliases (`silu` for `swish`) and other spellings (`LeakyReLU`,
`leaky-relu`) work as well; answers carry the canonical name."""
_X = "Numbers with commas between them, or NaN, Infinity, -Infinity."
_PARAMS = (
    "Hyperparameters by name; lists as numbers with commas between them or as JSON, like w=[[1,2],[3,4]]."
)
_DTYPE = "x is rounded to it first, and the exact result is rounded to it."
_EXACT = "Round float64 results correctly too; the narrower dtypes always are."
_WRT = "x, or the name of a differentiable hyperparameter."
_ORDER = "2: the second derivative of an elementwise function."
_Q = "Only functions with this text in a name, here or in a framework, in the family or in the summary."
_ERRORS = {
    304: "The client has this answer already.",
    400: "The body is not JSON.",
    404: "There is no such function; `suggestions` has near names.",
    406: "`Accept` excludes JSON.",
    408: "The body stopped arriving.",
    413: "The body, the tensor in it or the result would be larger than the service allows.",
    414: "The query string is too long.",
    415: "The body is neither JSON nor of an unstated type.",
    422: "Well-formed but wrong; `errors` says where.",
}


class Documented(NamedTuple):
    """What the endpoint of an operation reads and answers, beyond what its route says."""

    answer: str
    parameters: tuple[str, ...] = ()
    body: str | None = None
    errors: tuple[int, ...] = ()


_BODY_ERRORS = (400, 404, 406, 408, 413, 415, 422)
_QUERY_ERRORS = (404, 406, 413, 414, 422)
_OPERATIONS = {
    "activate": Documented("ActivateAnswer", ("name",), "ActivateBody", _BODY_ERRORS),
    "activate_query": Documented(
        "ActivateAnswer", ("name", "x", "params", "dtype", "exact"), errors=_QUERY_ERRORS
    ),
    "derivative": Documented("DerivativeAnswer", ("name",), "DerivativeBody", _BODY_ERRORS),
    "derivative_query": Documented(
        "DerivativeAnswer",
        ("name", "x", "params", "wrt", "order", "dtype", "exact"),
        errors=_QUERY_ERRORS,
    ),
    "catalog": Documented("Catalog", ("family", "framework", "q"), errors=(304, 406, 414, 422)),
    "catalog_entry": Documented("CatalogEntry", ("name",), errors=(304, 404, 406, 414, 422)),
    "live": Documented("Health"),
    "ready": Documented("Health"),
}


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """This document."""
    return unless_known(request, _page(request.app))


@cache
def _page(app: FastAPI) -> Page:
    return tagged(json.encode(app.openapi()))


def document(app: FastAPI) -> Schema:
    """Make the OpenAPI document of `app`, once."""
    if app.openapi_schema is None:
        app.openapi_schema = _document(app)
    return app.openapi_schema


def _document(app: FastAPI) -> Schema:
    schema = get_openapi(
        title=app.title, version=app.version, description=_DESCRIPTION.strip(), routes=app.routes
    )
    _, definitions = models_json_schema(
        [(model, "validation") for model in DOCUMENTED_MODELS], ref_template="#/components/schemas/{model}"
    )
    schema["components"] = {
        "schemas": dict(sorted(definitions["$defs"].items())),
        "parameters": _parameters(),
        "examples": _examples(),
        "responses": {str(status): _error(status) for status in _ERRORS},
        "headers": {"Version": {"description": "The version of the service.", "schema": {"type": "string"}}},
    }
    for operations in schema["paths"].values():
        for operation in operations.values():
            _complete(operation, _OPERATIONS[operation["operationId"]])
    return schema


def _complete(operation: Schema, documented: Documented) -> None:
    operation["summary"] = operation.pop("description").rstrip(".")
    operation.pop("parameters", None)
    if documented.parameters:
        operation["parameters"] = [
            {"$ref": f"#/components/parameters/{key}"} for key in documented.parameters
        ]
    if documented.body:
        examples = {name: {"$ref": f"#/components/examples/{name}"} for name in CATALOG}
        content = _json(documented.body) | {"examples": examples}
        operation["requestBody"] = {"required": True, "content": {json.MEDIA_TYPE: content}}
    operation["responses"] = {"200": _response("The answer.", {json.MEDIA_TYPE: _json(documented.answer)})}
    for status in documented.errors:
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/{status}"}


def _error(status: int) -> Schema:
    return _response(_ERRORS[status], {problems.MEDIA_TYPE: _json("Problem")} if status >= 400 else {})


def _response(description: str, content: Schema) -> Schema:
    headers = {VERSION_HEADER: {"$ref": "#/components/headers/Version"}}
    return {"description": description, "headers": headers} | ({"content": content} if content else {})


def _json(model: str) -> Schema:
    return {"schema": {"$ref": f"#/components/schemas/{model}"}}


def _examples() -> Schema:
    """Give a body for every function, which works as it stands."""
    facts = [kind.describe() for kind in CATALOG.values()]
    return {
        fact["name"]: {"summary": f"{fact['name']}: {fact['summary']}", "value": fact["example"]}
        for fact in facts
    }


def _parameters() -> Schema:
    """Describe the parameters of paths and queries, by the key that Documented.parameters has for them."""
    names = {"type": "string", "enum": list(CATALOG)}
    families = ", ".join(sorted({kind.family for kind in CATALOG.values()}))
    hyperparameters = {key: {"type": "string"} for kind in CATALOG.values() for key in kind.model_fields}
    return {
        "name": {"name": "name", "in": "path", "required": True, "description": _NAME, "schema": names},
        "x": _query(
            "x", _X, {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Number"}}
        )
        | {"required": True, "style": "form", "explode": False, "example": [-1, 0.5, 2]},
        "params": _query("params", _PARAMS, {"type": "object", "properties": hyperparameters})
        # Without an example Swagger UI fills in a text for every hyperparameter of every function.
        | {"style": "form", "explode": True, "example": {}},
        "dtype": _query("dtype", _DTYPE, {"type": "string", "enum": list(DTYPES), "default": "float64"}),
        "exact": _query("exact", _EXACT, {"type": "boolean", "default": False}),
        "wrt": _query("wrt", _WRT, {"type": "string", "default": "x"}),
        "order": _query("order", _ORDER, {"type": "integer", "enum": [1, 2], "default": 1}),
        "family": _query("family", f"Only functions of this family: {families}.", {"type": "string"}),
        "framework": _query("framework", "Only functions this framework has.", {"type": "string"}),
        "q": _query("q", _Q, {"type": "string"}),
    }


def _query(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": schema}
