"""The value of a function: POST and GET /activate/{name}."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from fastapi import APIRouter, Request, Response
from numpy.typing import NDArray

from app.activations import Activation
from app.api.bodies import ActivateBody
from app.api.jobs import Job, configured, drawn_seed, refuse_beyond
from app.api.operations import Operation, answer_get, answer_post
from app.api.routes import LeanRoute
from app.api.validation import validated
from app.settings import Settings

router = APIRouter(route_class=LeanRoute, tags=["compute"])


@router.post("/activate/{name}")
async def activate(request: Request, name: str) -> Response:
    """The value of a function: y = f(x), element by element or along an axis."""
    return await answer_post(request.scope, request.receive, name, OPERATION)


@router.get("/activate/{name}")
async def activate_query(request: Request, name: str) -> Response:
    """The value of a function at a handful of numbers; the answer's `y` is a list."""
    return await answer_get(request, name, _LIST)


# The body of most requests, but for its x: validating it again would take as long as finding the values.
_BARE = ActivateBody(x=np.empty(0), params={})


def _prepare(
    kind: type[Activation], message: Mapping[str, Any], settings: Settings, as_list: bool = False
) -> Job:
    body = _BARE if message.keys() == {"x"} else validated(ActivateBody, message, "field of the body")
    function, x = configured(kind, body.params), message["x"]
    elements = function.output_size(x.shape)
    refuse_beyond(settings.max_elements, elements, "send a smaller x")
    return Job(max(x.size, elements), function, x, partial(_value, body, as_list))


def _value(body: ActivateBody, as_list: bool, function: Activation, x: NDArray[Any]) -> Mapping[str, Any]:
    settled = function.settled()
    y = settled(x, body.dtype, exact=body.exact)
    if as_list:  # one unit of maxout makes a single number of a list
        y = np.atleast_1d(y)
    message = {"name": function.name, "dtype": body.dtype, "shape": y.shape, "y": y}
    return message if settled is function else message | drawn_seed(settled)


OPERATION = Operation(options=("dtype", "exact"), prepare=_prepare)
_LIST = replace(OPERATION, prepare=partial(_prepare, as_list=True))
