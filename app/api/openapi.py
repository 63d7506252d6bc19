"""The OpenAPI 3.1 document: what FastAPI knows of the routes, completed with what is read by hand in them."""

from functools import cache
from typing import Any, NamedTuple

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from app.activations import CATALOG, DTYPES
from app.api import problems
from app.api.caching import Page, tagged, unless_known
from app.api.catalog import FAMILIES, FRAMEWORKS
from app.api.routes import LeanRoute
from app.api.schemas import DOCUMENTED_MODELS
from app.wire import json, multipart, npy

router = APIRouter(route_class=LeanRoute, include_in_schema=False)

Schema = dict[str, Any]

_DESCRIPTION = """
The reference for neural-network activation functions: values, derivatives, Jacobians and vector-Jacobian
products of every function in `GET /catalog`, as the exact result rounded to the dtype asked for.

    curl localhost:8000/activate/gelu -d '{"x": [[-1.0, 0.0], [0.5, 2.0]], "dtype": "float32"}'

Tensors are nested lists of numbers of any rank up to 32. NaN and infinities are the strings `"NaN"`,
`"Infinity"` and `"-Infinity"` in both directions. Errors are `application/problem+json` (RFC 9457).

Arrays go in and out as NumPy's `.npy` files too, with everything else in the query string. Elementwise
functions are computed while such a file arrives, however long it is.

    curl --data-binary @x.npy -H 'Content-Type: application/x-npy' -o y.npy localhost:8000/activate/gelu
"""
_NAME = """A function's canonical name. Its aliases (`silu` for `swish`) and other spellings (`LeakyReLU`,
`leaky-relu`) work as well; answers carry the canonical name."""
_X = "Numbers with commas between them, or NaN, Infinity, -Infinity."
_PARAMS = """Hyperparameters by name; lists as numbers with commas between them or as JSON: `w=[[1,2],[3,4]]`.
One that shares its name with another parameter of the request takes a prefix: on `/derivative`,
taylor_softmax's `order` is `params.order`."""
_DTYPE = "x is rounded to it first, and the exact result is rounded to it."
_EXACT = "Round float64 results correctly too; the narrower dtypes always are."
_WRT = "x, or the name of a differentiable hyperparameter."
_ORDER = "2: the second derivative of an elementwise function."
_OF = "Whether y holds values, or derivatives by x."
_NOT_JSON = "For .npy files; a JSON body holds it itself."
_DTYPE_OF_FILE = "If left out: that of the file, float64 for integers. Files of bfloat16 (V2) must name it."
_FAMILY = "Only functions of this family: {}."
_FRAMEWORK = "Only functions that this framework has: {}. `tf`, `pytorch`, `torch.nn` and the like work too."
_Q = """Only functions that have each of these words in a name, here or in a framework (`nn.SiLU`), in the
family, the summary or the name of a framework."""
_ERRORS = {
    304: "The client has this answer already.",
    400: "The body is not JSON, or not an .npy file of numbers.",
    404: "There is no such function; `suggestions` has near names.",
    406: "`Accept` excludes every format of the answer.",
    408: "The body stopped arriving.",
    413: "The body, the tensor in it or the result would be larger than the service allows.",
    414: "The query string is too long.",
    415: "The body is in a format that is not read here; where none is stated it is read as JSON.",
    422: "Well-formed but wrong; `errors` says where.",
    507: "The answer to a long .npy file may have to wait in a temporary file, and there is no room for it.",
}


# Without an example Swagger UI fills in a text for every hyperparameter of every function.
_OBJECT: Schema = {"style": "form", "explode": True, "example": {}}
_FILE: Schema = {"schema": {"type": "string", "format": "binary"}}
_HEADERS = {
    "Version": "The version of the service.",
    "Name": "Of an answer as .npy: the canonical name of the function.",
    "Dtype": "Of an answer as .npy: its dtype. bfloat16 is stored as ml_dtypes does, as items of type V2.",
    "Kind": "Of an answer as .npy: elementwise, jacobian or vjp.",
    "Wrt": "Of an answer as .npy: what the derivative is with respect to.",
    "Order": "Of an answer as .npy: the order of the derivative.",
    "Seed": "Of an answer as .npy: the seed that was drawn, for a random function that got none.",
}


class Documented(NamedTuple):
    """What the endpoint of an operation reads and answers, beyond what its route says."""

    answer: str
    parameters: tuple[str, ...] = ()
    body: str | None = None
    errors: tuple[int, ...] = ()
    headers: tuple[str, ...] = ()
    """Those of an answer that is an .npy file, if there is such an answer."""
    files: tuple[str, ...] = ()
    """The parts of a form of .npy files, if such a body is read."""
    needed: tuple[str, ...] = ("x",)
    """The tensors that no body may lack. If x is all, one file is a body, and so is the catalog's example."""


_BODY_ERRORS = (400, 404, 406, 408, 413, 414, 415, 422)
_QUERY_ERRORS = (404, 406, 413, 414, 422)
_OF_VALUES = ("Name", "Dtype", "Seed")
_OF_DERIVATIVES = ("Name", "Dtype", "Kind", "Wrt", "Order", "Seed")
_OPERATIONS = {
    "activate": Documented(
        "ActivateAnswer",
        ("name", "body_params", "body_dtype", "body_exact"),
        "ActivateBody",
        (*_BODY_ERRORS, 507),
        _OF_VALUES,
    ),
    "activate_query": Documented(
        "ActivateAnswer",
        ("name", "x", "params", "dtype", "exact"),
        errors=_QUERY_ERRORS,
        headers=_OF_VALUES,
    ),
    "derivative": Documented(
        "DerivativeAnswer",
        ("name", "body_params", "body_wrt", "body_order", "body_dtype", "body_exact"),
        "DerivativeBody",
        (*_BODY_ERRORS, 507),
        _OF_DERIVATIVES,
        ("x", "upstream"),
    ),
    "derivative_query": Documented(
        "DerivativeAnswer",
        ("name", "x", "params", "wrt", "order", "dtype", "exact"),
        errors=_QUERY_ERRORS,
        headers=_OF_DERIVATIVES,
    ),
    "compare": Documented(
        "CompareAnswer",
        ("name", "body_params", "body_of", "body_dtype"),
        "CompareBody",
        _BODY_ERRORS,
        files=("x", "y"),
        needed=("x", "y"),
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
        "headers": {
            key: {"description": description, "schema": {"type": "string"}}
            for key, description in _HEADERS.items()
        },
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
        operation["requestBody"] = {"required": True, "content": _bodies(documented.body, documented)}
    content = {json.MEDIA_TYPE: _json(documented.answer)}
    if documented.headers:
        content[npy.MEDIA_TYPE] = _FILE
    operation["responses"] = {"200": _response("The answer.", content, documented.headers)}
    for status in documented.errors:
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/{status}"}


def _bodies(model: str, documented: Documented) -> Schema:
    """Describe the formats of a body: JSON, one .npy file, a form of several."""
    content = {json.MEDIA_TYPE: _json(model)}
    if documented.needed == ("x",):
        examples = {name: {"$ref": f"#/components/examples/{name}"} for name in CATALOG}
        content = {json.MEDIA_TYPE: _json(model) | {"examples": examples}, npy.MEDIA_TYPE: _FILE}
    if documented.files:
        form = {
            "type": "object",
            "properties": dict.fromkeys(documented.files, _FILE["schema"]),
            "required": list(documented.needed),
            "additionalProperties": False,
        }
        encoding = {name: {"contentType": npy.MEDIA_TYPE} for name in documented.files}
        content[multipart.MEDIA_TYPE] = {"schema": form, "encoding": encoding}
    return content


def _error(status: int) -> Schema:
    return _response(_ERRORS[status], {problems.MEDIA_TYPE: _json("Problem")} if status >= 400 else {})


def _response(description: str, content: Schema, headers_of_file: tuple[str, ...] = ()) -> Schema:
    headers = {
        f"X-Activations-{key}": {"$ref": f"#/components/headers/{key}"}
        for key in ("Version", *headers_of_file)
    }
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
    keys = {key: {"type": "string"} for kind in CATALOG.values() for key in kind.model_fields}
    hyperparameters = {"type": "object", "properties": keys}
    return {
        "name": {"name": "name", "in": "path", "required": True, "description": _NAME, "schema": names},
        "x": _query(
            "x", _X, {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Number"}}
        )
        | {"required": True, "style": "form", "explode": False, "example": [-1, 0.5, 2]},
        "params": _query("params", _PARAMS, hyperparameters) | _OBJECT,
        "dtype": _query("dtype", _DTYPE, {"type": "string", "enum": list(DTYPES), "default": "float64"}),
        "exact": _query("exact", _EXACT, {"type": "boolean", "default": False}),
        "wrt": _query("wrt", _WRT, {"type": "string", "default": "x"}),
        "order": _query("order", _ORDER, {"type": "integer", "enum": [1, 2], "default": 1}),
        # Without defaults, which Swagger UI would send along with a JSON body.
        "body_params": _query("params", f"{_PARAMS} {_NOT_JSON}", hyperparameters) | _OBJECT,
        "body_dtype": _query(
            "dtype", f"{_DTYPE} {_DTYPE_OF_FILE} {_NOT_JSON}", {"type": "string", "enum": list(DTYPES)}
        ),
        "body_of": _query("of", f"{_OF} {_NOT_JSON}", {"type": "string", "enum": ["activate", "derivative"]}),
        "body_exact": _query("exact", f"{_EXACT} {_NOT_JSON}", {"type": "boolean"}),
        "body_wrt": _query("wrt", f"{_WRT} {_NOT_JSON}", {"type": "string"}),
        "body_order": _query("order", f"{_ORDER} {_NOT_JSON}", {"type": "integer", "enum": [1, 2]}),
        "family": _query("family", _FAMILY.format(", ".join(FAMILIES)), {"type": "string"}),
        "framework": _query("framework", _FRAMEWORK.format(", ".join(FRAMEWORKS)), {"type": "string"}),
        "q": _query("q", _Q, {"type": "string"}),
    }


def _query(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": schema}
