"""Derivatives, Jacobians and vector-Jacobian products: POST and GET /derivative/{name}."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from app.activations import Activation, find
from app.api.bodies import DerivativeBody
from app.api.body import read_json_body
from app.api.jobs import Job, answer, configured, drawn_seed, refuse_beyond
from app.api.query import message_of_query
from app.api.routes import LeanRoute
from app.api.validation import validated
from app.settings import Settings
from app.wire import json

router = APIRouter(route_class=LeanRoute, tags=["compute"])


@router.post("/derivative/{name}")
async def derivative(request: Request, name: str) -> Response:
    """The derivative of a function by x or by a hyperparameter; with `upstream`, its product with that."""
    kind = find(name)
    body = await read_json_body(request)
    return await answer(request, len(body), partial(_prepare_body, kind, body))


@router.get("/derivative/{name}")
async def derivative_query(request: Request, name: str) -> Response:
    """The derivative of a function at a handful of numbers; the answer's `derivative` is a list."""
    kind = find(name)
    message = message_of_query(request, kind, ("x", "dtype", "exact", "wrt", "order"))
    return await answer(request, 0, partial(_prepare, kind, message))


def _prepare_body(kind: type[Activation], body: bytes, settings: Settings) -> Job:
    tensors, nullable = ("x", "upstream"), ("upstream",)
    message = json.decode(body, tensors=tensors, nullable=nullable, max_elements=settings.max_elements)
    return _prepare(kind, message, settings)


def _prepare(kind: type[Activation], message: Mapping[str, Any], settings: Settings) -> Job:
    body = validated(DerivativeBody, message, "field of the body")
    function = configured(kind, body.params)
    upstream = body.upstream is not None
    elements = function.output_size(body.x.shape, derivative=True, wrt=body.wrt, upstream=upstream)
    limit = settings.max_elements if elements <= body.x.size else settings.max_jacobian_elements
    refuse_beyond(limit, elements, "send upstream for the vector-Jacobian product, or a smaller x")
    return Job(max(body.x.size, elements), partial(_derivative, function, body))


def _derivative(function: Activation, body: DerivativeBody) -> Mapping[str, Any]:
    settled = function.settled()
    kind, values = settled.derivative(
        body.x, body.wrt, body.order, body.upstream, body.dtype, exact=body.exact
    )
    return {
        "name": function.name,
        "dtype": body.dtype,
        "wrt": body.wrt,
        "order": body.order,
        "kind": kind,
        "shape": values.shape,
        "derivative": values,
    } | drawn_seed(function, settled)
