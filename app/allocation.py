"""What malloc does with memory that is given back: by default glibc returns arrays to the kernel at once, and
the next one costs a page fault for every 4 KiB of it.
"""

import ctypes
import sys

# malloc.h; mallopt(3)
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8


def keep_freed_memory(limit: int = 2**26) -> None:
    """Keep up to `limit` bytes for the arrays to come, in one arena for all threads. For glibc alone.

    To be called before there are threads.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)
        mallopt(_TRIM_THRESHOLD, limit)
        mallopt(_MMAP_THRESHOLD, 2**25)  # the largest that it takes
