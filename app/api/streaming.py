"""Elementwise functions of .npy files: computed block by block as the file arrives, in bounded memory.

Three things happen at once: the body is cut into blocks, these are computed in threads, and the results leave
as the client takes them. What it does not take yet waits in a spool, so that it may send everything before it
reads anything.
"""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.activations import Activation
from app.activations.elementwise import Elementwise
from app.api.body import Body, BodyTooLarge
from app.api.jobs import Job, array_and_headers, run
from app.api.problems import FORESEEN, answer
from app.api.protocol import ABORT
from app.api.spool import Kept, Spool
from app.settings import Settings
from app.wire import npy
from app.wire.errors import Malformed

BLOCK = 3 * 2**17
"""Numbers computed at a time: 1.5 MiB of float32, so that a thread pays off, but not several threads."""
_MAX_PARALLEL = 4
# Bytes waited for before anything is computed.
_START = 2**18

_log = logging.getLogger(__name__)


def streams(function: Activation) -> bool:
    """Whether each number of the function's result depends on one of x alone, and on no draw."""
    return isinstance(function, Elementwise) and not function.settled().draws((1,))


class AnswerStalled(Exception):
    """The client stopped reading the answer before it was complete."""


_EXPECTED: tuple[type[Exception], ...] = (*FORESEEN, AnswerStalled)


async def answer_file(
    request: Request, prepare: Callable[[NDArray[Any]], Job], *, bfloat16: bool
) -> Response:
    """Answer a request whose body is the file of x; `prepare` makes the job for an x."""
    settings: Settings = request.app.state.settings
    body = Body(request.scope, request.receive, settings, settings.max_stream_bytes)
    start = bytearray()
    header = None
    while header is None and (chunk := await body.chunk()):
        start += chunk
        header = npy.read_header(start, bfloat16=bfloat16)
    if header is None:
        raise Malformed(npy.CUT_OFF)
    if header.file_bytes > settings.max_stream_bytes:
        raise BodyTooLarge(settings.max_stream_bytes)
    if body.length is not None:
        header.require_length(body.length)
    while len(start) < _START and (chunk := await body.chunk()):
        start += chunk
    if body.length is None and (body.complete or len(start) > header.file_bytes):
        header.require_length(len(start))
    transformation = Transformation(prepare(header.numbers(b"")), header)
    data = memoryview(start)[header.length :]
    if body.complete:
        return await run(request, header.size > settings.inline_elements, partial(transformation.whole, data))
    return StreamedFile(request, body, data, transformation)


@dataclass(frozen=True)
class Transformation:
    """What makes the numbers of one file of those of another, of the same shape and order."""

    job: Job
    """With a function that streams, and an x of no elements."""
    header: npy.Header

    def head(self) -> tuple[bytes, dict[str, str], int]:
        """The start of the answer, the HTTP headers that go with it, and how long the answer is in all.

        Raises InvalidInput where the hyperparameters do not fit the file.
        """
        array, headers = array_and_headers(self.job.compute(self._function(0, 0), self.job.x))
        shape, fortran_order = self.header.shape, self.header.fortran_order
        start = npy.write_header(array.dtype, shape, fortran_order=fortran_order)
        return start, headers, len(start) + self.header.size * array.dtype.itemsize

    def block(self, data: memoryview, first: int) -> memoryview:
        """The bytes of the results for the numbers in `data`, which are those from `first` on."""
        x = self.header.numbers(data)
        y, _ = array_and_headers(self.job.compute(self._function(first, first + x.size), x))
        if np.may_share_memory(x, y):  # the memory of x is used again
            y = y.copy()
        return y.view(np.uint8).data

    def whole(self, data: memoryview) -> Response:
        """The answer to a file that has arrived in full, with these numbers."""
        head, headers, _ = self.head()
        return Response(head + self.block(data, 0), headers=headers, media_type=npy.MEDIA_TYPE)

    def _function(self, first: int, last: int) -> Activation:
        """The function for these numbers as a flat array, each of which becomes a channel of its own."""
        function, shape = self.job.function, self.header.shape
        assert isinstance(function, Elementwise), "it streams"
        separate: dict[str, Any] = {}
        for name in type(function).model_fields:
            value = getattr(function, name)
            if isinstance(value, np.ndarray) and value.size != 1:
                layout = function.channels(value, name, shape).shape
                axis = next(i for i, length in enumerate(layout) if length != 1)
                stride = math.prod(shape[:axis] if self.header.fortran_order else shape[axis + 1 :])
                separate[name] = value[np.arange(first, last) // max(1, stride) % max(1, shape[axis])]
        return function.model_copy(update=separate | {"axis": 0}) if separate else function


class StreamedFile(Response):
    """An answer that leaves while the body still arrives; `start` is what has arrived of the numbers.

    What is wrong with the rest of the body, once the answer has begun, aborts the connection.
    """

    media_type = npy.MEDIA_TYPE

    def __init__(
        self, request: Request, body: Body, start: memoryview, transformation: Transformation
    ) -> None:
        state = request.app.state
        settings: Settings = state.settings
        self._head, headers, self._size = transformation.head()
        self._unsent = self._size
        self._begun = self._sending = False
        self._transformation = transformation
        self._body = body
        body.unread(start)
        self._workers, self._patience = state.workers, settings.answer_stall_seconds
        self._spool = Spool(state.storage, self._size - len(self._head))
        self._parallel = min(settings.workers, _MAX_PARALLEL)
        self._computing: asyncio.Queue[asyncio.Future[Kept]] = asyncio.Queue()
        # The last blocks to be computed and their memory, which is used again.
        self._ring: deque[tuple[memoryview, asyncio.Future[Kept]]] = deque()
        self.status_code, self.background = 200, None
        self.init_headers(headers | {"Content-Length": str(self._size)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._stream(receive, send)
        except _EXPECTED as error:
            if not self._begun:
                await answer(error)(scope, receive, send)
            elif not isinstance(error, ClientDisconnect):
                _log.warning("An answer was cut off: %r", error)
                await _abort(scope, receive)

    async def _stream(self, receive: Receive, send: Send) -> None:
        with self._spool:
            try:
                async with asyncio.TaskGroup() as tasks:
                    reading = tasks.create_task(self._read(receive))
                    await self._write(send)
                    reading.cancel()  # which watches the client
            except ExceptionGroup as errors:
                raise errors.exceptions[0] from None
            finally:
                await self._drop()

    async def _read(self, receive: Receive) -> None:
        """Cut the body into blocks to be computed."""
        header, loop = self._transformation.header, asyncio.get_running_loop()
        for first in range(0, header.size, BLOCK):
            count = min(BLOCK, header.size - first)
            if len(self._ring) <= self._parallel:
                buffer = memoryview(bytearray(count * header.dtype.itemsize))
            else:
                buffer, computing = self._ring.popleft()
                await _result(computing)
            data = buffer[: count * header.dtype.itemsize]
            if await self._body.fill(data) < len(data):
                raise Malformed("The .npy file ends before the numbers that its header promises.")
            if first + BLOCK >= header.size:  # the answer to a wrong request must not become complete
                await self._require_end()
            computing = loop.run_in_executor(self._workers, self._block, data, first)
            self._ring.append((buffer, computing))
            self._computing.put_nowait(computing)
        await self._watch(receive)

    async def _require_end(self) -> None:
        if await self._body.fill(memoryview(bytearray(1))):
            raise Malformed("More bytes follow the numbers of the .npy file than its header promises.")

    async def _watch(self, receive: Receive) -> None:
        """Raise ClientDisconnect or AnswerStalled if the client goes or pauses before it has everything."""
        while unsent := self._unsent:
            try:
                async with asyncio.timeout(self._patience):
                    message = await receive()
            except TimeoutError:
                if self._sending and self._unsent == unsent:
                    raise AnswerStalled from None
            else:
                if message["type"] == "http.disconnect" and self._unsent:
                    raise ClientDisconnect

    def _block(self, data: memoryview, first: int) -> Kept:
        return self._spool.put(self._transformation.block(data, first))

    async def _drop(self) -> None:
        """Wait for blocks that nobody wants any more: they use the spool, and what they raise is known."""
        left = [computing for _, computing in self._ring]
        while not self._computing.empty():
            left.append(self._computing.get_nowait())
        await asyncio.gather(*left, return_exceptions=True)

    async def _write(self, send: Send) -> None:
        """Send the results in their order."""
        while self._unsent:
            block = await self._spool.get(await _result(await self._computing.get()))
            if not self._begun:  # not before: the computation may fail
                self._begun = True
                headers = self.raw_headers
                await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
                await self._send(send, self._head)
            await self._send(send, block)

    async def _send(self, send: Send, block: bytes | memoryview) -> None:
        self._unsent -= len(block)
        self._sending = True
        await send({"type": "http.response.body", "body": block, "more_body": self._unsent > 0})
        self._sending = False


async def _result(computing: asyncio.Future[Kept]) -> Kept:
    """Wait for a block; whoever waits may be cancelled, the thread that computes it can't be."""
    if not computing.done():
        await asyncio.wait((computing,))
    return computing.result()


async def _abort(scope: Scope, receive: Receive) -> None:
    """Close the connection at once; another server than ours does it when it sees what is missing."""
    if ABORT in scope.get("extensions", {}):
        scope["extensions"][ABORT]["abort"]()
        while (await receive())["type"] != "http.disconnect":
            pass
