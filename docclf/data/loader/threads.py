"""Work done ahead of its consumer by threads: the engine under the training loader and the evaluation loader."""

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import cv2
import numpy as np
import torch

# Small enough that threads finish a batch together, large enough that handing out work costs nothing.
CHUNK = 16

Result = TypeVar("Result")
Task = Callable[[], None]


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


def run_ahead(
    plan: Iterator[tuple[Result, list[Task]]], threads: int, prefetch: int, waited: Callable[[float], None]
) -> Iterator[Result]:
    """Yields the results of a plan in order, each when all its tasks are done.

    Args:
        plan: a result and the tasks that complete it; read lazily, in the consumer's thread.
        threads: threads that run tasks. The exception of a task is raised to the consumer at its result.
        prefetch: results worked on ahead of the one the consumer holds, at least 1.
        waited: told the seconds the consumer waited for each result.
    """
    cv2.setNumThreads(0)  # the threads here are the parallelism; OpenCV's own would oversubscribe the cores
    stop = threading.Event()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="docclf-batch")

    def work(task: Task) -> None:
        if not stop.is_set():
            task()

    def finish(result: Result, futures: list) -> Result:
        start = time.perf_counter()
        for future in futures:
            future.result()
        waited(time.perf_counter() - start)
        return result

    ahead: deque = deque()
    try:
        for result, tasks in plan:
            ahead.append((result, [pool.submit(work, task) for task in tasks]))
            del result, tasks  # or the arrays of a batch would live one batch longer
            if len(ahead) > prefetch:
                yield finish(*ahead.popleft())
        while ahead:
            yield finish(*ahead.popleft())
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


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
        fill: `fill(job, out)` writes one image into `out` uint8 [S,S,3]; runs in a thread.
        buffers: where the arrays come from.
        threads: see `run_ahead`, as for the others.
        prefetch: batches prepared ahead.
        waited: told the seconds of waiting.
    """

    def work(jobs: list, out: np.ndarray) -> None:
        for job, image in zip(jobs, out, strict=True):
            fill(job, image)

    def planned() -> Iterator[tuple[tuple[np.ndarray, list], list[Task]]]:
        for jobs in plan:
            array = buffers.take(len(jobs))
            chunk = max(1, min(CHUNK, len(jobs) // threads))
            starts = range(0, len(jobs), chunk)
            yield (array, jobs), [partial(work, jobs[s : s + chunk], array[s : s + chunk]) for s in starts]
            del array

    for array, jobs in run_ahead(planned(), threads, prefetch, waited):
        yield as_images(array), jobs
        del array


def as_images(array: np.ndarray) -> torch.Tensor:
    """Returns uint8 [B,S,S,3] as [B,3,S,S] in channels-last memory: nothing moves, and convolutions want that."""
    return torch.from_numpy(array).permute(0, 3, 1, 2)
