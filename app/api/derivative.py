"""Derivatives, Jacobians and vector-Jacobian products: POST and GET /derivative/{name}."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from numpy.typing import NDArray

from app.activations import Activation
from app.api.bodies import DerivativeBody
from app.api.jobs import Job, configured, drawn_seed, refuse_beyond
from app.api.operations import Operation, answer_get, answer_post
from app.api.routes import LeanRoute
from app.api.validation import validated
from app.settings import Settings

router = APIRouter(route_class=LeanRoute, tags=["compute"])


@router.post("/derivative/{name}")
async def derivative(request: Request, name: str) -> Response:
    """The derivative of a function by x or by a hyperparameter; with `upstream`, its product with that."""
    return await answer_post(request.scope, request.receive, name, OPERATION)


@router.get("/derivative/{name}")
async def derivative_query(request: Request, name: str) -> Response:
    """The derivative of a function at a handful of numbers; the answer's `derivative` is a list."""
    return await answer_get(request, name, OPERATION)


def _prepare(kind: type[Activation], message: Mapping[str, Any], settings: Settings) -> Job:
    body = validated(DerivativeBody, message, "field of the body")
    function = configured(kind, body.params)
    upstream = body.upstream is not None
    elements = function.output_size(body.x.shape, derivative=True, wrt=body.wrt, upstream=upstream)
    limit = settings.max_elements if elements <= body.x.size else settings.max_jacobian_elements
    refuse_beyond(limit, elements, "send upstream for the vector-Jacobian product, or a smaller x")
    return Job(max(body.x.size, elements), function, body.x, partial(_derivative, body))


def _derivative(body: DerivativeBody, function: Activation, x: NDArray[Any]) -> Mapping[str, Any]:
    settled = function.settled()
    kind, values = settled.derivative(x, body.wrt, body.order, body.upstream, body.dtype, exact=body.exact)
    message = {
        "name": function.name,
        "dtype": body.dtype,
        "wrt": body.wrt,
        "order": body.order,
        "kind": kind,
        "shape": values.shape,
        "derivative": values,
    }
    return message if settled is function else message | drawn_seed(settled)


OPERATION = Operation(options=("dtype", "exact", "wrt", "order"), prepare=_prepare, tensors=("x", "upstream"))
