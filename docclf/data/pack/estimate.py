"""What a pack will take, told before the work starts: bytes, seconds, images a second."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import cv2

from docclf.data.pack.items import PackItems
from docclf.errors import InputError
from docclf.utils.process.threads import thread_count

_SAMPLE = 48  # images that are encoded on trial
_MARGIN = 1.02  # of the predicted bytes; keys, hashes and checksums come on top
_BESIDE = 2**20


@dataclass(frozen=True)
class Prediction:
    """What packing will take.

    Args:
        images: how many.
        bytes: of the whole folder.
        rate: images a second and thread, CPU time, measured on a sample.
        threads: threads that will work.
    """

    images: int
    bytes: int
    rate: float
    threads: int

    @property
    def seconds(self) -> float:
        """Time if every thread has a core of its own and reading keeps up."""
        return self.images / (self.rate * self.threads)

    def __str__(self) -> str:
        return (
            f"{self.images} images, {self.bytes / 1e9:.2f} GB, about {duration(self.seconds)} with {self.threads} "
            f"threads at {self.rate:.0f} images/s each"
        )


def predict(items: PackItems, threads: int | None = None) -> Prediction:
    """Returns what packing will take, from a sample spread over the images.

    Raises:
        InputError: naming a file of the sample that changed or cannot be read.
    """
    count = len(items)
    chosen = sorted({k * count // _SAMPLE for k in range(_SAMPLE)})
    cv2.setNumThreads(0)
    start = time.thread_time()
    sizes = [len(part) if isinstance(part, bytes) else part.nbytes for part in map(items.encoded, chosen)]
    spent = max(time.thread_time() - start, 1e-6)
    keys = sum(len(key.encode(errors="surrogateescape")) + 4 for key in items.keys)
    body = count * sum(sizes) / len(sizes) * (_MARGIN if items.compact else 1)
    beside = keys + count * (32 + (8 if items.compact else 0)) + _BESIDE
    return Prediction(count, int(body + beside), len(chosen) / spent, thread_count(threads))


def check_space(out: str | Path, need: int) -> None:
    """Refuses a disk that is too small before anything is written; what an unfinished pack holds there counts as free.

    Args:
        out: folder of the pack; need not exist yet.
        need: bytes.

    Raises:
        InputError: with what is needed, what is free, and what would help.
    """
    out = Path(out).expanduser().absolute()
    there = sum(file.stat().st_size for file in out.iterdir() if file.is_file()) if out.is_dir() else 0
    disk = next(folder for folder in (out, *out.parents) if folder.is_dir())
    free = shutil.disk_usage(disk).free
    if there + free < need:
        raise InputError(
            f"--out={out}: the pack takes {need / 1e9:.2f} GB and {(there + free) / 1e9:.2f} GB are free there; "
            "nothing was written. Free space, choose another disk, lower --side, or pack with --compact."
        )


def duration(seconds: float) -> str:
    """Returns seconds as a person says them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
