"""How far somebody's own results are from the exact ones: POST /compare/{name}."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from numpy.typing import NDArray

from app.activations import Activation
from app.activations.comparison import compare as measure
from app.api.bodies import CompareBody
from app.api.jobs import Job, configured, refuse_beyond
from app.api.operations import Operation, answer_post
from app.api.routes import LeanRoute
from app.api.validation import Fault, InvalidRequest, validated
from app.settings import Settings
from app.wire import json

router = APIRouter(route_class=LeanRoute, tags=["compute"])


@router.post("/compare/{name}")
async def compare(request: Request, name: str) -> Response:
    """The errors of somebody's own values or derivatives of a function, in ulp of the exact ones."""
    return await answer_post(request.scope, request.receive, name, OPERATION)


def _prepare(kind: type[Activation], message: Mapping[str, Any], settings: Settings) -> Job:
    body = validated(CompareBody, message, "field of the body")
    function = configured(kind, body.params)
    if function.settled() is not function:
        advice = (
            f"{function.name} draws random numbers; give the seed that y was computed with as params.seed."
        )
        raise InvalidRequest([Fault(("params", "seed"), advice)])
    elements = function.output_size(body.x.shape, derivative=body.of == "derivative")
    limit = settings.max_elements if elements <= body.x.size else settings.max_jacobian_elements
    refuse_beyond(limit, elements, "send a smaller x")
    return Job(max(body.x.size, body.y.size, elements), function, body.x, partial(_comparison, body))


def _comparison(body: CompareBody, function: Activation, x: NDArray[Any]) -> Mapping[str, Any]:
    found = measure(function, x, body.y, body.of, body.dtype)
    return {"name": function.name, "of": body.of, "dtype": body.dtype} | {
        **vars(found),
        "histogram": [vars(each) for each in found.histogram],
        "worst": [vars(each) for each in found.worst],
    }


OPERATION = Operation(
    options=("dtype", "of"),
    prepare=_prepare,
    tensors=("x", "y"),
    needed=("x", "y"),
    answers=(json.MEDIA_TYPE,),
)
