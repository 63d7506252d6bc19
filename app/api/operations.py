"""What the compute routes have in common: reading a request in any format, answering it in any."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope

from app.activations import CATALOG, DTYPES, Activation, find
from app.api.body import Body
from app.api.headers import fields
from app.api.jobs import Job, answer, configured, response_at_once
from app.api.negotiation import format_of_answer, formats
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

    @cached_property
    def formats(self) -> tuple[str, ...]:
        """The media types of requests; several files in one are a form."""
        forms = (multipart.MEDIA_TYPE,) if len(self.tensors) > 1 else ()
        return (json.MEDIA_TYPE, npy.MEDIA_TYPE, *forms)

    @cached_property
    def nullable(self) -> tuple[str, ...]:
        """The tensors that may be null in JSON."""
        return tuple(name for name in self.tensors if name not in self.needed)


async def answer_post(scope: Scope, receive: Receive, name: str, operation: Operation) -> Response:
    """Answer a request whose numbers are its body."""
    kind = CATALOG.get(name) or find(name)
    settings: Settings = scope["app"].state.settings
    sent = fields(scope["headers"])
    format_, media_type = _formats(sent, operation)
    if format_ == json.MEDIA_TYPE:
        if scope["query_string"]:
            refuse_query(scope["query_string"])
        body = await Body(scope, receive, settings).whole()
        return await answer(scope, settings, len(body), partial(_of_json, operation, kind, body), media_type)
    request = Request(scope, receive)
    message = message_of_query(request, kind, operation.options)
    if format_ == media_type == npy.MEDIA_TYPE and streams(configured(kind, message["params"])):
        prepare = partial(_of_array, operation, kind, message, settings)
        return await answer_file(request, prepare, bfloat16=message.get("dtype") == "bfloat16")
    body = await Body(scope, receive, settings).whole()
    content_type = sent[b"content-type"].decode("latin-1") if format_ == multipart.MEDIA_TYPE else None
    of_files = partial(_of_files, operation, kind, message, body, content_type)
    return await answer(scope, settings, len(body), of_files, media_type)


def answer_small(
    headers: Sequence[tuple[bytes, bytes]], name: str, body: bytes, operation: Operation, settings: Settings
) -> Response | None:
    """Answer a small request in JSON at once; None if it is none. Raises what is wrong with it."""
    kind = CATALOG.get(name)
    if kind is None or len(body) > settings.inline_bytes:
        return None
    format_, media_type = _formats(fields(headers), operation)
    if format_ != json.MEDIA_TYPE:
        return None
    job = _of_json(operation, kind, body, settings)
    return response_at_once(job, settings, media_type)


async def answer_get(request: Request, name: str, operation: Operation) -> Response:
    """Answer a request that is all in its query string."""
    kind = find(name)
    accept = fields(request.scope["headers"]).get(b"accept", b"").decode("latin-1")
    media_type = format_of_answer(accept, (json.MEDIA_TYPE, npy.MEDIA_TYPE))
    message = message_of_query(request, kind, ("x", *operation.options))
    settings: Settings = request.app.state.settings
    prepare = partial(operation.prepare, kind, message)
    return await answer(request.scope, settings, 0, prepare, media_type)


def _formats(sent: Mapping[bytes, bytes], operation: Operation) -> tuple[str, str]:
    """Choose the media types to read and to answer in, by a request's header fields."""
    return formats(
        sent.get(b"content-type", b""),
        sent.get(b"content-encoding", b""),
        sent.get(b"accept", b""),
        operation.formats,
        operation.answers,
    )


def _of_json(
    operation: Operation, kind: type[Activation], body: bytes | bytearray, settings: Settings
) -> Job:
    tensors, nullable = operation.tensors, operation.nullable
    message = json.decode(body, tensors=tensors, nullable=nullable, max_elements=settings.max_elements)
    return operation.prepare(kind, message, settings)


def _of_files(
    operation: Operation,
    kind: type[Activation],
    message: Message,
    body: bytes | bytearray,
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
    operation: Operation, body: bytes | bytearray, content_type: str, message: Message, settings: Settings
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


def _tensor(name: str, data: npy.Bytes, message: Message, settings: Settings) -> NDArray[Any]:
    is_bfloat16 = message.get("dtype") == "bfloat16"
    return npy.decode(data, name=name, bfloat16=is_bfloat16, max_elements=settings.max_elements)
