"""The value of a function: POST and GET /activate/{name}."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from fastapi import APIRouter, Request, Response

from app.activations import Activation, find
from app.api.bodies import ActivateBody
from app.api.body import read_json_body
from app.api.jobs import Job, answer, configured, drawn_seed, refuse_beyond
from app.api.query import message_of_query
from app.api.routes import LeanRoute
from app.api.validation import validated
from app.settings import Settings
from app.wire import json

router = APIRouter(route_class=LeanRoute, tags=["compute"])


@router.post("/activate/{name}")
async def activate(request: Request, name: str) -> Response:
    """The value of a function: y = f(x), element by element or along an axis."""
    kind = find(name)
    body = await read_json_body(request)
    return await answer(request, len(body), partial(_prepare_body, kind, body))


@router.get("/activate/{name}")
async def activate_query(request: Request, name: str) -> Response:
    """The value of a function at a handful of numbers; the answer's `y` is a list."""
    kind = find(name)
    message = message_of_query(request, kind, ("x", "dtype", "exact"))
    return await answer(request, 0, partial(_prepare, kind, message, as_list=True))


def _prepare_body(kind: type[Activation], body: bytes, settings: Settings) -> Job:
    return _prepare(kind, json.decode(body, max_elements=settings.max_elements), settings)


def _prepare(
    kind: type[Activation], message: Mapping[str, Any], settings: Settings, as_list: bool = False
) -> Job:
    body = validated(ActivateBody, message, "field of the body")
    function = configured(kind, body.params)
    elements = function.output_size(body.x.shape)
    refuse_beyond(settings.max_elements, elements, "send a smaller x")
    return Job(max(body.x.size, elements), partial(_value, function, body, as_list))


def _value(function: Activation, body: ActivateBody, as_list: bool) -> Mapping[str, Any]:
    settled = function.settled()
    y = settled(body.x, body.dtype, exact=body.exact)
    if as_list:  # one unit of maxout makes a single number of a list
        y = np.atleast_1d(y)
    message = {"name": function.name, "dtype": body.dtype, "shape": y.shape, "y": y}
    return message | drawn_seed(function, settled)
