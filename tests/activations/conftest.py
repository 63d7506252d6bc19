"""The laws over the whole catalog are some 12,000 cases: a run takes a sample, LAWS=all every one."""

import os
import zlib

import pytest

SAMPLE = 6
"""One in so many cases of a law is run; which ones depends on their names alone."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the cases that are not in the sample."""
    if os.environ.get("LAWS") == "all":
        return
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        law = item.path.name.startswith("test_every_") and item.path.parent.name == "activations"
        drawn = zlib.crc32(item.name.encode()) % SAMPLE == 0
        (kept if drawn or not law else left_out).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left_out)
