import shutil
import tempfile
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, NamedTuple

import anyio
import pytest

from app.api.spool import WINDOW, Spool, Storage, StorageExhausted

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


def test_bytes_come_out_as_they_went_in_without_waiting_for_anybody() -> None:
    async def work(storage: Storage) -> None:
        with Spool(storage, SIZE) as spool:
            for index in range(COUNT):
                await spool.put(block(index))
            found = b""
            while piece := await spool.get():
                found += piece
            assert found == b"".join(map(block, range(COUNT)))

    run(work)


@pytest.mark.parametrize("lead", [0, 1, 3, 4, 5, 11])
def test_the_one_who_gets_may_follow_at_any_distance(lead: int) -> None:
    async def work(storage: Storage) -> None:
        found = b""
        with Spool(storage, SIZE) as spool:

            async def get(count: int) -> None:
                nonlocal found
                target = len(found) + count * len(BLOCK)
                while len(found) < target:
                    found += await spool.get()

            async with anyio.create_task_group() as tasks:
                if lead == 0:  # who waits before there is anything
                    tasks.start_soon(get, COUNT)
                    await anyio.sleep(0.01)
                for index in range(COUNT):
                    await spool.put(block(index))
                    if lead and index >= lead:
                        await get(1)
                if lead:
                    await get(lead)
            assert await spool.get() == b""
        assert found == b"".join(map(block, range(COUNT)))

    run(work)


def test_a_file_is_used_from_its_start_again_once_it_has_been_read() -> None:
    async def work(storage: Storage) -> None:
        with Spool(storage, 1000 * len(BLOCK)) as spool:
            ends = set()
            for _ in range(3):
                for index in range(8):
                    await spool.put(block(index))
                for index in range(8):
                    assert await spool.get() == block(index)
                ends.add(spool._end)  # noqa: SLF001  # what the disk holds is no business of users
            assert ends == {8 * len(BLOCK) - WINDOW}

    run(work, 1000 * len(BLOCK))


def test_room_is_given_back_as_bytes_leave_and_in_the_end() -> None:
    async def work(storage: Storage) -> None:
        with Spool(storage, SIZE) as spool:
            for index in range(COUNT):
                await spool.put(block(index))
            with pytest.raises(StorageExhausted):
                storage.take(SIZE)
            for _ in range(COUNT // 2):
                await spool.get()
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

    async def work(storage: Storage) -> None:
        with Spool(storage, SIZE) as spool:
            for index in range(WINDOW // len(BLOCK)):
                await spool.put(block(index))
            with pytest.raises(StorageExhausted):
                await spool.put(block(0))

    run(work)
