"""Memory that is given back stays with the process: the next array costs no page faults."""

import subprocess
import sys

PROGRAM = """
import resource
import numpy as np
from app.allocation import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        [np.ones(2**20) for _ in range(3)]  # 24 MiB, freed together
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
print(faults())
keep_freed_memory()
faults()
print(faults())
"""


def test_arrays_reuse_what_was_freed() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert after < 100 < before
