"""Bytes that can't leave yet, because the client does not read them: in memory, then in a temporary file."""

import asyncio
import os
import shutil
import tempfile
from collections import deque
from types import TracebackType
from typing import IO, Self

import anyio.to_thread

WINDOW = 4 * 2**20
"""The most bytes of an answer that wait in memory."""
_READ = 2**20


class StorageExhausted(Exception):
    """There is no room for another temporary file."""

    message = (
        "The answer may have to wait in a temporary file, and there is no room for another of its size;"
        " try again later, or send less at once."
    )


class Storage:
    """The room that the temporary files of all requests may take together."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    def take(self, size: int) -> None:
        """Set room aside; StorageExhausted if neither the limit nor the disk has that much left."""
        if size <= 0:
            return
        try:
            free = shutil.disk_usage(tempfile.gettempdir()).free
        except OSError:  # no directory for temporary files
            free = 0
        if size > min(self._left, free):
            raise StorageExhausted
        self._left -= size

    def give_back(self, size: int) -> None:
        """Let others have room that is no longer needed."""
        self._left += max(0, size)


class Spool:
    """A queue of bytes between one task that puts and one that gets; room in `storage` for `size` of them.

    Putting never waits for the one who gets. Raises StorageExhausted, at the start or when the disk is full.
    """

    def __init__(self, storage: Storage, size: int) -> None:
        self._storage = storage
        self._room = max(0, size - WINDOW)
        self._to_come = size
        self._blocks: deque[memoryview] = deque()
        self._file: IO[bytes] | None = None
        # Where the file goes on, for the one who puts and for the one who gets.
        self._end = self._start = 0
        self._progress = asyncio.Event()

    def __enter__(self) -> Self:
        self._storage.take(self._room)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._storage.give_back(self._room)
        if self._file is not None:
            self._file.close()

    async def put(self, block: memoryview) -> None:
        """Add bytes, whose memory then belongs to the spool."""
        if self._start == self._end:  # nobody reads the file now
            if sum(map(len, self._blocks)) + len(block) <= WINDOW:
                self._blocks.append(block)
                self._progress.set()
                return
            self._start = self._end = 0
        await anyio.to_thread.run_sync(self._write, block)
        self._end += len(block)
        self._progress.set()

    async def get(self) -> bytes | memoryview:
        """Wait for the next bytes; none where all have been got."""
        while self._to_come and not self._blocks and self._start == self._end:
            self._progress.clear()
            await self._progress.wait()
        if self._blocks:
            block: bytes | memoryview = self._blocks.popleft()
        elif self._to_come:
            block = await anyio.to_thread.run_sync(self._read)
            self._start += len(block)
        else:
            return b""
        self._to_come -= len(block)
        freed = self._room - max(0, min(self._room, self._to_come))
        self._storage.give_back(freed)
        self._room -= freed
        return block

    def _write(self, block: memoryview) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # closed by __exit__
            done = 0
            while done < len(block):
                done += os.pwrite(self._file.fileno(), block[done:], self._end + done)
        except OSError as error:
            raise StorageExhausted from error

    def _read(self) -> bytes:
        assert self._file is not None, "there is something in it"
        return os.pread(self._file.fileno(), min(_READ, self._end - self._start), self._start)
