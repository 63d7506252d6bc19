"""Running the work of a request: small jobs where they are, larger ones in threads off the event loop."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.activations import HURRY, Activation, ResultTooLarge, Unprepared
from app.api.validation import validated
from app.settings import Settings
from app.wire import json, npy

Result = TypeVar("Result")
_LONG = 2**15
"""Elements from which an answer in JSON is written in pieces."""
Message = Mapping[str, Any]


class Job(NamedTuple):
    """A validated computation."""

    elements: int
    """How many numbers it touches."""
    function: Activation
    x: NDArray[Any]
    compute: Callable[[Activation, NDArray[Any]], Message]
    """What makes the message to answer with, of the function and x."""


class Whole(Response):
    """A result in one piece, without what Starlette's own class finds out about every answer."""

    def __init__(self, body: bytes, media_type: str, headers: Mapping[str, str] | None = None) -> None:
        self.status_code, self.background, self.body = 200, None, body
        self.raw_headers = [(b"content-type", media_type.encode()), (b"content-length", b"%d" % len(body))]
        for name, value in (headers or {}).items():
            self.raw_headers.append((name.lower().encode(), value.encode("latin-1")))


class Pieces(Response):
    """An answer in pieces, which are never joined: that would touch as much new memory again."""

    def __init__(self, pieces: Sequence[bytes | memoryview], media_type: str) -> None:
        self.pieces = pieces
        length = str(sum(map(len, pieces)))
        super().__init__(headers={"Content-Length": length}, media_type=media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        for piece in self.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def answer(
    scope: Scope, settings: Settings, size: int, prepare: Callable[[Settings], Job], media_type: str
) -> Response:
    """Answer with what the job computes that `prepare` makes of a request of `size` bytes."""
    if size <= settings.inline_bytes:
        job = prepare(settings)
    else:
        job = await _in_thread(scope, partial(prepare, settings))
    at_once = response_at_once(job, settings, media_type)
    if at_once is not None:
        return at_once
    return await _in_thread(scope, partial(response, job, media_type))


async def run(request: Request, threaded: bool, work: Callable[[], Result]) -> Result:
    """Do the work here, or in a thread when its turn comes."""
    return await _in_thread(request.scope, work) if threaded else work()


async def _in_thread(scope: Scope, work: Callable[[], Result]) -> Result:
    return await asyncio.get_running_loop().run_in_executor(scope["app"].state.workers, work)


def response_at_once(job: Job, settings: Settings, media_type: str) -> Response | None:
    """Compute and answer what takes no longer than handing it to a thread; None for all else."""
    if job.elements > settings.inline_elements:
        return None
    hurry = HURRY.set(True)
    try:
        return response(job, media_type)
    except Unprepared:
        return None
    finally:
        HURRY.reset(hurry)


def response(job: Job, media_type: str) -> Response:
    """Compute, and answer in this format."""
    message = job.compute(job.function, job.x)
    if media_type == json.MEDIA_TYPE:
        if job.elements > _LONG:
            return Pieces(list(json.encode_pieces(message)), media_type)
        return Whole(json.encode(message), media_type)
    array, headers = array_and_headers(message)
    body = npy.encode(array)
    if job.elements > _LONG:
        return Response(body, headers=headers, media_type=media_type)
    return Whole(bytes(body), media_type, headers)


def array_and_headers(message: Message) -> tuple[NDArray[Any], dict[str, str]]:
    """Split a message for a format that holds nothing but its array: the other members become headers."""
    headers: dict[str, str] = {}
    for key, value in message.items():
        if isinstance(value, np.ndarray):
            array = value
        elif key != "shape":  # the file says it
            headers[f"X-Activations-{key.capitalize()}"] = str(value)
    return array, headers


def configured(kind: type[Activation], params: Mapping[str, Any]) -> Activation:
    """Make the function with these hyperparameters; InvalidRequest if they are not for it."""
    return _made(kind, params) if params else _default(kind)


def _made(kind: type[Activation], params: Mapping[str, Any]) -> Activation:
    return validated(kind, params, f"hyperparameter of {kind.name}", under=("params",))


@cache
def _default(kind: type[Activation]) -> Activation:
    return _made(kind, {})


def drawn_seed(settled: Activation) -> dict[str, int]:
    """Give the seed to answer with, where a function that needs one came without."""
    return settled.model_dump(include={"seed"})


def refuse_beyond(limit: int, elements: int, advice: str) -> None:
    """Raise ResultTooLarge, before anything is computed, if the result has more elements than the limit."""
    if elements > limit:
        raise ResultTooLarge(f"The result would have {elements:,} numbers, more than {limit:,}; {advice}.")
