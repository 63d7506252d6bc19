"""Running the work of a request: small jobs where they are, larger ones in threads off the event loop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from app.activations import Activation, ResultTooLarge
from app.api.validation import validated
from app.settings import Settings
from app.wire import json

Result = TypeVar("Result")


@dataclass(frozen=True)
class Job:
    """A validated computation: how many numbers it touches, and what makes the message to answer with."""

    elements: int
    run: Callable[[], Mapping[str, Any]]


async def answer(request: Request, size: int, prepare: Callable[[Settings], Job]) -> Response:
    """Answer with what the job computes that `prepare` makes of a request of `size` bytes."""
    settings: Settings = request.app.state.settings
    job = await _run(request, size > settings.inline_bytes, partial(prepare, settings))
    content = await _run(request, job.elements > settings.inline_elements, partial(_content, job))
    return Response(content, media_type=json.MEDIA_TYPE)


async def _run(request: Request, threaded: bool, work: Callable[[], Result]) -> Result:
    if not threaded:
        return work()
    return await anyio.to_thread.run_sync(work, limiter=request.app.state.limiter)


def _content(job: Job) -> bytes:
    return json.encode(job.run())


def configured(kind: type[Activation], params: Mapping[str, Any]) -> Activation:
    """Make the function with these hyperparameters; InvalidRequest if they are not for it."""
    return validated(kind, params, f"hyperparameter of {kind.name}", under=("params",))


def drawn_seed(function: Activation, settled: Activation) -> dict[str, int]:
    """Give the seed to answer with: that of `settled`, if `function` came without the one it needs."""
    return {} if settled is function else settled.model_dump(include={"seed"})


def refuse_beyond(limit: int, elements: int, advice: str) -> None:
    """Raise ResultTooLarge, before anything is computed, if the result has more elements than the limit."""
    if elements > limit:
        raise ResultTooLarge(f"The result would have {elements:,} numbers, more than {limit:,}; {advice}.")
