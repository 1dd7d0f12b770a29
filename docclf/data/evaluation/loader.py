"""Evaluation loader: a labelled list of images, in order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch

from docclf.data.index.hashes import Hashes
from docclf.data.loader.threads import Buffers, stream
from docclf.errors import InputError
from docclf.imaging.resize import squash
from docclf.utils.process.threads import thread_count


@dataclass(frozen=True)
class EvaluationPart:
    """The register or the query side of an evaluation split.

    Attributes:
        names: path of each image relative to the root (or a made-up one, for simulated captures).
        labels: int64 [n], evaluation class numbers.
        read: `read(i)` returns image i, uint8 [H,W,3]; called from several threads.
        hashes: returns what the images are made of, each once; None when nobody can say.
        original: `original(i)` returns image i in its own size, where `read` gives it squashed.
    """

    names: list[str]
    labels: np.ndarray
    read: Callable[[int], np.ndarray] = field(repr=False)
    hashes: Callable[[], Hashes] | None = field(repr=False, default=None)
    original: Callable[[int], np.ndarray] | None = field(repr=False, default=None)

    def __post_init__(self):
        if len(self.names) != len(self.labels):
            raise ValueError(f"{len(self.names)} names but {len(self.labels)} labels")

    def __len__(self) -> int:
        return len(self.names)


class EvaluationLoader:
    """Yields (images uint8 [B,3,S,S], labels int64 [B], indices int64 [B]) over a part, in order, every time the same.

    The squashed images stay in memory when they fit, so that a validation after every epoch decodes (or simulates)
    each image once.

    Args:
        part: what is read.
        image_size: side S, pixels.
        batch_size: images per batch.
        threads: threads that read; None takes the cores of this process.
        prefetch: batches prepared ahead.
        keep_bytes: memory that may be spent on keeping the squashed images, bytes.
    """

    def __init__(
        self,
        part: EvaluationPart,
        image_size: int,
        batch_size: int = 256,
        threads: int | None = None,
        prefetch: int = 2,
        keep_bytes: int = 2**30,
    ):
        if batch_size < 1:
            raise InputError(f"batch_size={batch_size}: expected 1 or more.")
        self.part, self.image_size, self.batch_size, self.prefetch = part, image_size, batch_size, prefetch
        self.threads = thread_count(threads)
        self.wait_seconds = 0.0
        self._buffers = Buffers(min(batch_size, max(len(part), 1)), image_size, keep=prefetch + 2)
        shape = (len(part), image_size, image_size, 3)
        # Memory that is never written is never taken, so a loader that is not used costs nothing.
        self._kept = np.empty(shape, dtype=np.uint8) if np.prod(shape, dtype=np.int64) <= keep_bytes else None
        self._have = np.zeros(len(part), dtype=bool)

    def __len__(self) -> int:
        return -(-len(self.part) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        count = len(self.part)
        plan = (list(range(s, min(s + self.batch_size, count))) for s in range(0, count, self.batch_size))
        for images, jobs in stream(plan, self._fill, self._buffers, self.threads, self.prefetch, self._waited):
            labels = np.asarray(self.part.labels, dtype=np.int64)[jobs[0] : jobs[-1] + 1]
            yield images, torch.from_numpy(labels.copy()), torch.tensor(jobs, dtype=torch.int64)

    def _fill(self, i: int, out: np.ndarray) -> None:
        if self._have[i]:
            out[...] = self._kept[i]
            return
        try:
            out[...] = squash(self.part.read(i), self.image_size)
        except InputError:
            raise
        except Exception as error:
            raise RuntimeError(f"while preparing {self.part.names[i]} for evaluation") from error
        if self._kept is not None:
            self._kept[i] = out
            self._have[i] = True

    def _waited(self, seconds: float) -> None:
        self.wait_seconds += seconds
