"""The sets of instructions that NumPy can do without here, as NPY_DISABLE_CPU_FEATURES wants them.

`python -m tests.exhaustive.features AVX512` lists what comes with AVX-512, `AVX2` all that is beyond the
baseline. Naming what a machine does not have, NumPy refuses; then the list is empty.
"""

import sys
from importlib import import_module

NUMPY = import_module("numpy._core._multiarray_umath")
"""Where NumPy's own tests read what it dispatches on."""
FIRST = {"AVX2": "X86_V3", "AVX512": "X86_V4"}
"""The levels of x86-64 that the sets begin with; NumPy lists what it dispatches on in ascending order."""


def features(without: str) -> list[str]:
    """What to disable; nothing on a machine that has nothing of it."""
    known: list[str] = NUMPY.__cpu_dispatch__
    beginning = known.index(FIRST[without]) if FIRST[without] in known else len(known)
    return [each for each in known[beginning:] if NUMPY.__cpu_features__[each]]


if __name__ == "__main__":
    sys.stdout.write(" ".join(features(sys.argv[1])))
