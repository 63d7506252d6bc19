"""Bytes that can't leave yet, because the client does not read them: in memory, then in a temporary file."""

import asyncio
import os
import shutil
import tempfile
from threading import Lock
from types import TracebackType
from typing import IO, NamedTuple, Self, TypeAlias

WINDOW = 4 * 2**20
"""The most bytes of an answer that wait in memory."""


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


class Filed(NamedTuple):
    """A block that waits in the file, and where."""

    start: int
    length: int


Kept: TypeAlias = memoryview | Filed


class Spool:
    """Blocks of an answer of `size` bytes that wait until they can leave, all but the last of one length.

    There is room in `storage` for all of them, so that putting never waits for the one who gets. Raises
    StorageExhausted, at the start or when the disk is full.
    """

    def __init__(self, storage: Storage, size: int) -> None:
        self._storage = storage
        self._room = max(0, size - WINDOW)
        self._to_come = size
        self._in_memory = 0
        self._file: IO[bytes] | None = None
        self._end = 0
        # Where blocks were in the file that have been got.
        self._free: list[int] = []
        self._lock = Lock()

    def __enter__(self) -> Self:
        self._storage.take(self._room)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._storage.give_back(self._room)
        if self._file is not None:
            self._file.close()

    def put(self, block: memoryview) -> Kept:
        """Keep a block, whose memory then is the spool's; in any thread, since the disk may be slow."""
        with self._lock:
            if self._in_memory + len(block) <= WINDOW:
                self._in_memory += len(block)
                return block
        try:
            return self._write(block)
        except OSError as error:
            raise StorageExhausted from error

    async def get(self, kept: Kept) -> bytes | memoryview:
        """Take a block out again."""
        if isinstance(kept, Filed):
            block: bytes | memoryview = await asyncio.to_thread(self._read, kept)
        else:
            block = kept
            with self._lock:
                self._in_memory -= len(block)
        self._to_come -= len(block)
        freed = self._room - max(0, min(self._room, self._to_come))
        self._storage.give_back(freed)
        self._room -= freed
        return block

    def _write(self, block: memoryview) -> Filed:
        with self._lock:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # closed by __exit__
            if self._free:
                start = self._free.pop()
            else:
                start, self._end = self._end, self._end + len(block)
        done = 0
        while done < len(block):
            done += os.pwrite(self._file.fileno(), block[done:], start + done)
        return Filed(start, len(block))

    def _read(self, filed: Filed) -> bytes:
        assert self._file is not None, "there is something in it"
        block = b""
        while left := filed.length - len(block):
            block += os.pread(self._file.fileno(), left, filed.start + len(block))
        with self._lock:
            self._free.append(filed.start)
        return block
