"""Batches filled by threads: the engine under the training loader and the evaluation loader."""

import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import cv2
import numpy as np
import torch

# Small enough that threads finish a batch together, large enough that handing out work costs nothing.
_CHUNK = 16


def thread_count(threads: int | None) -> int:
    """Returns the threads to use: the given number, or the cores this process may run on."""
    if threads is not None:
        return max(1, threads)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Buffers:
    """Hands out uint8 [n,side,side,3] arrays and takes one back when the last tensor on it is gone.

    Reuse avoids the page faults of a fresh batch (50 MB for 1,024 images of 128 px), and counting owners instead of
    batches means that a consumer may keep a batch for as long as it likes.
    """

    def __init__(self, batch_size: int, side: int, keep: int):
        self._shape = (batch_size, side, side, 3)
        self._free: deque[np.ndarray] = deque(maxlen=keep)

    def take(self, count: int) -> np.ndarray:
        """Returns an array of `count` images; its memory comes back by itself."""
        try:
            whole = self._free.pop()
        except IndexError:
            whole = np.empty(self._shape, dtype=np.uint8)
        view = whole[:count]
        weakref.finalize(view, self._free.append, whole).atexit = False
        return view


def stream(
    plan: Iterator[list],
    fill: Callable[[object, np.ndarray], None],
    buffers: Buffers,
    threads: int,
    prefetch: int,
    waited: Callable[[float], None],
) -> Iterator[tuple[torch.Tensor, list]]:
    """Yields (images uint8 [B,3,S,S], jobs) for each list of jobs in the plan, in order.

    Args:
        plan: one list of jobs per batch; read lazily.
        fill: `fill(job, out)` writes one image into `out` uint8 [S,S,3]; runs in a thread; its exception is raised
            to the consumer at the batch it belongs to.
        buffers: where the arrays come from.
        threads: threads that fill.
        prefetch: batches prepared ahead of the one the consumer holds, at least 1.
        waited: told the seconds the consumer waited for each batch.
    """
    cv2.setNumThreads(0)  # the threads here are the parallelism; OpenCV's own would oversubscribe the cores
    stop = threading.Event()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="docclf-batch")

    def work(jobs: list, out: np.ndarray) -> None:
        for job, image in zip(jobs, out, strict=True):
            if stop.is_set():
                return
            fill(job, image)

    def submit(jobs: list) -> tuple[np.ndarray, list, list[Future]]:
        array = buffers.take(len(jobs))
        chunk = max(1, min(_CHUNK, len(jobs) // threads))
        starts = range(0, len(jobs), chunk)
        return array, jobs, [pool.submit(work, jobs[s : s + chunk], array[s : s + chunk]) for s in starts]

    ahead: deque = deque()
    try:
        for jobs in plan:
            ahead.append(submit(jobs))
            if len(ahead) > prefetch:
                yield _finish(*ahead.popleft(), waited)
        while ahead:
            yield _finish(*ahead.popleft(), waited)
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _finish(array: np.ndarray, jobs: list, futures: list[Future], waited: Callable) -> tuple[torch.Tensor, list]:
    start = time.perf_counter()
    for future in futures:
        future.result()
    waited(time.perf_counter() - start)
    # A channels-last view: no transposition here, and the memory layout convolutions want.
    return torch.from_numpy(array).permute(0, 3, 1, 2), jobs
