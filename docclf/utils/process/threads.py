"""How many threads work at once: one number for whatever reads, draws or computes."""

import os


def thread_count(threads: int | None = None) -> int:
    """Returns the threads to use: the given number, or the cores this process may run on."""
    if threads is not None:
        return max(1, threads)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
