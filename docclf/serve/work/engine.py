"""One thread that embeds and compares: what waits is taken together; nothing else touches model or shelves."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.gallery import storage
from docclf.gallery.embedder import BATCH, Embedder, open_model
from docclf.serve.work.shelf import Memory
from docclf.store.base import Store
from docclf.store.retry import Down

Job = tuple[np.ndarray | None, Callable[[np.ndarray | None], Any], Future]


class Full(Exception):
    """More requests wait than the service holds; the caller may come again."""


class Engine:
    """Runs jobs in order, those that wait together in one batch of the network.

    Args:
        model: path of the ONNX file or checkpoint.
        store: what is registered.
        waiting: jobs that may wait.

    Attributes:
        embedder: the model that answers now; another one takes its place between two batches.
        memory: shelves, to be touched in jobs only.
        trouble: what keeps it from the newest rows or weights, or None.

    Raises:
        InputError: the store holds vectors of another model.
    """

    def __init__(self, model: str, store: Store, waiting: int = 64) -> None:
        self.path, self.store, self.trouble = model, store, None
        self.embedder: Embedder = opened(model)
        facts = store.facts()
        if "fingerprint" in facts:
            probe = np.array(facts.get("probe", []), np.float32)
            storage.check_model(store.address, facts["fingerprint"], probe, self.embedder)
        else:
            store.keep(about(self.embedder))
        self.memory = Memory(store)
        self.memory.refresh()
        self._jobs: queue.Queue[Job | None] = queue.Queue(waiting)
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[np.ndarray | None], Any], pixels: np.ndarray | None = None) -> Future:
        """Returns the future of ``job(vector)``, of ``job(None)`` without pixels.

        Args:
            job: run in the engine's thread, so it may look at `memory`.
            pixels: uint8 RGB [H,W,3] to embed for it.

        Raises:
            Full: too many wait.
        """
        future: Future = Future()
        try:
            self._jobs.put_nowait((pixels, job, future))
        except queue.Full:
            raise Full from None
        return future

    def waiting(self) -> int:
        """Returns how many jobs wait."""
        return self._jobs.qsize()

    def close(self) -> None:
        """Finishes what waits and ends the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            jobs, last = [first], False
            while len(jobs) < BATCH and not last:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
                last = job is None
                jobs += [] if job is None else [job]
            self._refresh()
            self._answer(jobs)
            if last:
                return

    def _answer(self, jobs: list[Job]) -> None:
        jobs = [job for job in jobs if job[2].set_running_or_notify_cancel()]
        seen = [pixels for pixels, _, _ in jobs if pixels is not None]
        try:
            vectors = iter(self.embedder(seen) if seen else ())
        except Exception as error:
            for _, _, future in jobs:
                future.set_exception(error)
            return
        for pixels, job, future in jobs:
            vector = None if pixels is None else next(vectors)
            try:
                future.set_result(job(vector))
            except Exception as error:
                future.set_exception(error)

    def _refresh(self) -> None:
        """Takes over rows, and the model when the rows are another's now; what cannot be had leaves what there is."""
        try:
            wanted = self.store.facts().get("fingerprint") if self.store.since(self.memory.state) else None
            if wanted not in (None, self.embedder.fingerprint):
                fresh = opened(self.path)
                if fresh.fingerprint != wanted:
                    raise InputError(
                        f"the register is of the model {wanted[:17]}, the file is {fresh.fingerprint[:17]}"
                    )
                self.embedder = fresh
            self.memory.refresh()
            self.trouble = None
        except (InputError, Down) as error:
            self.trouble = str(error)


def opened(path: str) -> Embedder:
    """Returns a model for one thread."""
    return open_model(path, light=1)


def about(embedder: Embedder) -> dict[str, Any]:
    """Returns the facts that bind a store to a model."""
    probe = embedder.probe().tolist()
    return {"fingerprint": embedder.fingerprint, "image_size": embedder.image_size, "probe": probe}
