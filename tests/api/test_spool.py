import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import anyio
import pytest

from app.api.spool import WINDOW, Kept, Spool, Storage, StorageExhausted

BLOCK = bytes(range(256)) * 4096
COUNT = 12
SIZE = COUNT * len(BLOCK)


class Usage(NamedTuple):
    free: int


def block(index: int) -> memoryview:
    return memoryview(bytes([index]) + BLOCK[1:])


def run(work: Callable[[Storage], Coroutine[Any, Any, None]], limit: int = SIZE) -> None:
    async def limited(storage: Storage) -> None:
        with anyio.fail_after(20):
            await work(storage)

    storage = Storage(limit)
    anyio.run(limited, storage)
    storage.take(limit)  # all of it has been given back


def test_blocks_come_out_as_they_went_in_in_any_order() -> None:
    async def work(storage: Storage) -> None:
        with Spool(storage, SIZE) as spool:
            kept = [spool.put(block(index)) for index in range(COUNT)]
            for index in (*range(1, COUNT, 2), *range(0, COUNT, 2)):
                assert await spool.get(kept[index]) == block(index)

    run(work)


@pytest.mark.parametrize("lead", [0, 1, 3, 4, 5, 11])
def test_the_one_who_gets_may_follow_at_any_distance(lead: int) -> None:
    async def work(storage: Storage) -> None:
        with Spool(storage, SIZE) as spool:
            waiting: deque[Kept] = deque()
            found = b""
            for index in range(COUNT):
                waiting.append(spool.put(block(index)))
                if len(waiting) > lead:
                    found += await spool.get(waiting.popleft())
            for kept in waiting:
                found += await spool.get(kept)
        assert found == b"".join(map(block, range(COUNT)))

    run(work)


def test_many_threads_may_put_at_once() -> None:
    async def work(storage: Storage) -> None:
        with Spool(storage, SIZE) as spool, ThreadPoolExecutor(COUNT) as threads:
            kept = list(threads.map(spool.put, map(block, range(COUNT))))
            assert sum(isinstance(one, memoryview) for one in kept) == WINDOW // len(BLOCK)
            for index in range(COUNT):
                assert await spool.get(kept[index]) == block(index)

    run(work)


def test_the_file_is_no_longer_than_what_has_waited_in_it_at_a_time() -> None:
    async def work(storage: Storage) -> None:
        with Spool(storage, 1000 * len(BLOCK)) as spool:
            ends = set()
            for _ in range(3):
                for kept in [spool.put(block(index)) for index in range(8)]:
                    await spool.get(kept)
                ends.add(spool._end)  # noqa: SLF001  # what the disk holds is no business of users
            assert ends == {8 * len(BLOCK) - WINDOW}

    run(work, 1000 * len(BLOCK))


def test_room_is_given_back_as_bytes_leave_and_in_the_end() -> None:
    async def work(storage: Storage) -> None:
        with Spool(storage, SIZE) as spool:
            kept = [spool.put(block(index)) for index in range(COUNT)]
            with pytest.raises(StorageExhausted):
                storage.take(SIZE)
            for one in kept[: COUNT // 2]:
                await spool.get(one)
            storage.take(SIZE // 2)
            storage.give_back(SIZE // 2)

    run(work)


def test_no_room_is_known_before_the_first_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (WINDOW, 0):
        with Spool(Storage(1), size):
            pass
    with pytest.raises(StorageExhausted), Spool(Storage(1), WINDOW + 2):
        pass
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(free=1))
    with pytest.raises(StorageExhausted), Spool(Storage(10 * SIZE), WINDOW + 2):
        pass


def test_a_disk_that_fills_up(monkeypatch: pytest.MonkeyPatch) -> None:
    full = partial(open, "/dev/full", "r+b")
    monkeypatch.setattr(tempfile, "TemporaryFile", full)

    with Spool(Storage(SIZE), SIZE) as spool:
        for index in range(WINDOW // len(BLOCK)):
            spool.put(block(index))
        with pytest.raises(StorageExhausted):
            spool.put(block(0))
