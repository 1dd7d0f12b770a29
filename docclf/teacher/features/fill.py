"""Running a tower once over all training images."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from docclf.errors import InputError
from docclf.imaging.resize import squash
from docclf.teacher.tower import Tower
from docclf.utils.process.threads import thread_count

SAVE_EVERY = 16  # batches between two notes of what is done: what a kill may cost


def fill(
    rows: np.ndarray,
    source: Any,
    tower: Tower,
    side: int,
    device: torch.device,
    start: int,
    batch_size: int,
    threads: int | None,
    save: Callable[[int], None],
) -> None:
    """Writes the tower's features of all images from number ``start`` on into ``rows`` float16 [N,W].

    Args:
        rows: what is filled.
        source: with ``read(i) -> uint8 [H,W,3]``, from several threads at once.
        tower: the network.
        side: to which images are squashed, pixels: the clean view.
        device: on which the tower runs.
        start: rows that are done; a multiple of ``batch_size``, so that batches are those of an uninterrupted run.
        batch_size: images per run of the tower.
        threads: threads that read; ``None`` takes the cores of this process.
        save: told how many rows are done.

    Raises:
        InputError: an image that cannot be read, or features that float16 cannot hold.
    """
    total, since = len(source), 0
    start -= start % batch_size
    with tqdm(total=total, initial=start, desc="the teacher looks at the images", unit="image", disable=None) as bar:
        for first, images in _batches(source, side, start, batch_size, threads):
            features = tower(torch.from_numpy(images).permute(0, 3, 1, 2).to(device))
            if not (features.abs() < 65504).all():
                raise InputError(
                    f"the teacher's features of the images {first} to {first + len(images) - 1} do not fit float16; "
                    "give teacher.source=online, or another teacher."
                )
            rows[first : first + len(images)] = features.half().cpu().numpy()
            bar.update(len(images))
            since += 1
            if since == SAVE_EVERY or first + len(images) == total:
                save(first + len(images))
                since = 0


def _batches(
    source: Any, side: int, start: int, batch_size: int, threads: int | None
) -> Iterator[tuple[int, np.ndarray]]:
    """Yields (first number, uint8 [n,side,side,3]); the next batch is read while the tower looks at this one."""

    def read(i: int) -> np.ndarray:
        try:
            return squash(source.read(i), side)
        except InputError as error:
            raise InputError(f"{source.name(i)}: {error}") from error

    def submit(first: int) -> tuple[int, list]:
        return first, [pool.submit(read, i) for i in range(first, min(first + batch_size, len(source)))]

    with ThreadPoolExecutor(thread_count(threads), thread_name_prefix="docclf-teacher") as pool:
        ahead = submit(start) if start < len(source) else None
        while ahead:
            (first, jobs), after = ahead, ahead[0] + len(ahead[1])
            ahead = submit(after) if after < len(source) else None
            yield first, np.stack([job.result() for job in jobs])
