"""What the compute routes have in common: reading a request in any format, answering it in any."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from app.activations import DTYPES, Activation, find
from app.api.body import read_body
from app.api.jobs import Job, answer, configured
from app.api.negotiation import format_of_answer, format_of_body
from app.api.query import message_of_query, refuse_query
from app.api.streaming import answer_file, streams
from app.settings import Settings
from app.wire import json, multipart, npy
from app.wire.errors import InvalidMessage, Malformed

Message = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """One thing to do with a function: how its request is written, and what makes a job of it."""

    options: tuple[str, ...]
    """What a query string may hold beside hyperparameters."""
    prepare: Callable[[type[Activation], Message, Settings], Job]
    tensors: tuple[str, ...] = ("x",)
    """What holds nested lists in JSON, and is an .npy file elsewhere."""
    needed: tuple[str, ...] = ("x",)
    """Those of them that are not null in JSON."""
    answers: tuple[str, ...] = (json.MEDIA_TYPE, npy.MEDIA_TYPE)
    """The media types of answers."""

    @property
    def formats(self) -> tuple[str, ...]:
        """The media types of requests; several files in one are a form."""
        forms = (multipart.MEDIA_TYPE,) if len(self.tensors) > 1 else ()
        return (json.MEDIA_TYPE, npy.MEDIA_TYPE, *forms)


async def answer_post(request: Request, name: str, operation: Operation) -> Response:
    """Answer a request whose numbers are its body."""
    kind = find(name)
    format_ = format_of_body(request.headers, operation.formats)
    if format_ == json.MEDIA_TYPE:
        media_type = format_of_answer(request.headers, operation.answers)
        refuse_query(request)
        body = await read_body(request)
        return await answer(request, len(body), partial(_of_json, operation, kind, body), media_type)
    media_type = format_of_answer(request.headers, operation.answers[::-1])
    message = message_of_query(request, kind, operation.options)
    if format_ == media_type == npy.MEDIA_TYPE and streams(configured(kind, message["params"])):
        prepare = partial(_of_array, operation, kind, message, request.app.state.settings)
        return await answer_file(request, prepare, bfloat16=message.get("dtype") == "bfloat16")
    body = await read_body(request)
    content_type = request.headers["content-type"] if format_ == multipart.MEDIA_TYPE else None
    of_files = partial(_of_files, operation, kind, message, body, content_type)
    return await answer(request, len(body), of_files, media_type)


async def answer_get(request: Request, name: str, operation: Operation) -> Response:
    """Answer a request that is all in its query string."""
    kind = find(name)
    media_type = format_of_answer(request.headers, (json.MEDIA_TYPE, npy.MEDIA_TYPE))
    message = message_of_query(request, kind, ("x", *operation.options))
    return await answer(request, 0, partial(operation.prepare, kind, message), media_type)


def _of_json(operation: Operation, kind: type[Activation], body: bytes, settings: Settings) -> Job:
    tensors = operation.tensors
    nullable = [name for name in tensors if name not in operation.needed]
    message = json.decode(body, tensors=tensors, nullable=nullable, max_elements=settings.max_elements)
    return operation.prepare(kind, message, settings)


def _of_files(
    operation: Operation,
    kind: type[Activation],
    message: Message,
    body: bytes,
    content_type: str | None,
    settings: Settings,
) -> Job:
    """Make the job of a body that is the file of x, or with `content_type` a form of files."""
    if content_type is None:
        tensors = {"x": _tensor("x", body, message, settings)}
    else:
        tensors = _tensors_of_form(operation, body, content_type, message, settings)
    return operation.prepare(kind, _with_tensors(message, tensors), settings)


def _of_array(
    operation: Operation, kind: type[Activation], message: Message, settings: Settings, x: NDArray[Any]
) -> Job:
    return operation.prepare(kind, _with_tensors(message, {"x": x}), settings)


def _with_tensors(message: Message, tensors: Mapping[str, NDArray[Any]]) -> Message:
    """Complete a message with its tensors; without a `dtype` it takes that of x, float64 for integers."""
    dtype = tensors["x"].dtype.name if "x" in tensors else ""
    return {"dtype": dtype if dtype in DTYPES else "float64", **message, **tensors}


def _tensors_of_form(
    operation: Operation, body: bytes, content_type: str, message: Message, settings: Settings
) -> dict[str, NDArray[Any]]:
    tensors: dict[str, NDArray[Any]] = {}
    for name, data in multipart.decode(body, content_type).items():
        if name not in operation.tensors:
            fault = f"{name[:60]} is no part of this form; there are {' and '.join(operation.tensors)}."
            raise InvalidMessage(fault, (name[:60],))
        try:
            tensors[name] = _tensor(name, data, message, settings)
        except Malformed as fault:
            raise Malformed(f"In the part {name}: {fault.message}") from None
    return tensors


def _tensor(name: str, data: bytes | memoryview, message: Message, settings: Settings) -> NDArray[Any]:
    is_bfloat16 = message.get("dtype") == "bfloat16"
    return npy.decode(data, name=name, bfloat16=is_bfloat16, max_elements=settings.max_elements)
