"""The processor's own floating-point flags, as NumPy reports them after each operation.

Underflow and overflow are rare, and asking every element would cost more than the arithmetic. The
flags say for free that a whole operation had none; only where one was raised are elements looked at.
"""

from __future__ import annotations

import threading

import numpy as np


class _Flags(threading.local):
    def __init__(self) -> None:
        self.raised = False

    def __call__(self, kind: str, flag: int) -> None:
        self.raised = True


flags = _Flags()


def watching() -> np.errstate:
    """A context in which `flags.raised` turns true when an operation overflows, underflows or is invalid."""
    return np.errstate(all="call", call=flags)
