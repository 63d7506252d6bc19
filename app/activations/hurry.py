"""Callers who can't wait, such as an event loop: they get Unprepared where something has to be made first."""

from __future__ import annotations

from contextvars import ContextVar

HURRY: ContextVar[bool] = ContextVar("HURRY", default=False)
"""Whether the caller is one."""


class Unprepared(RuntimeError):
    """Nobody has asked for this before: it takes up to 150 ms once, and microseconds from then on."""


def prepare() -> None:
    """To be called before making what is kept. Raises Unprepared."""
    if HURRY.get():
        raise Unprepared
