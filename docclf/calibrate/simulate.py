"""Photographs that nobody took: simulated captures of registered images, and of documents that nobody registers."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

import numpy as np

from docclf.calibrate.photographs import Photographs
from docclf.calibrate.worker import Worker, photographs
from docclf.errors import InputError
from docclf.synthetic.draw import draw
from docclf.utils.process.threads import thread_count

CAPTURES, FEWER, MANY = 12, 6, 300  # of each image, and of each where there are more images than MANY
COHORT = 100
_PROCESSES = 1500  # photographs from which processes of their own pay
_BATCH = 64
_FIRST, _WORLD = 5_000_000, 17  # designs of the cohort: neither trained nor tested on


def each_of(images: int, asked: int | None = None) -> int:
    """Returns how many captures of each image are made, unless told.

    Raises:
        InputError: fewer than 1 was asked for.
    """
    if asked is not None and asked < 1:
        raise InputError(f"captures={asked}: want 1 or more simulated captures of each image.")
    return asked or (CAPTURES if images <= MANY else FEWER)


def captures(
    images: Sequence[np.ndarray], each: int, seed: int = 0, first: int = 0
) -> Iterator[tuple[int, np.ndarray]]:
    """Yields (number of the image, simulated capture uint8 [h,w,3]), ``each`` of every image, in order.

    Args:
        images: uint8 RGB [H,W,3].
        each: captures of each image.
        seed: of them all.
        first: number that the first image counts as, so that images added later are photographed anew.

    Raises:
        InputError: ``each`` below 1.
    """
    each_of(len(images), each)
    threads = thread_count(None)
    workers = [Worker() for _ in range(threads)] if len(images) * each >= _PROCESSES else []
    free: SimpleQueue[Callable] = SimpleQueue()
    for one in workers or [photographs] * threads:
        free.put(one)

    def shoot(number: int) -> list[np.ndarray]:
        one = free.get()
        try:
            return one(images[number], first + number, each, seed)
        finally:
            free.put(one)

    try:
        with ThreadPoolExecutor(threads) as pool:
            step = max(2 * threads, _BATCH // each)
            for start in range(0, len(images), step):
                numbers = range(start, min(start + step, len(images)))
                for number, photos in zip(numbers, pool.map(shoot, numbers), strict=True):
                    yield from ((number, photo) for photo in photos)
    finally:
        for one in workers:
            one.close()


def cohort(count: int, seed: int = 0) -> list[np.ndarray]:
    """Returns captures of ``count`` drawn documents that nobody registers, uint8 [h,w,3]."""
    drawn = (draw(_FIRST + i, i, _WORLD + seed) for i in range(count))
    return [photo for _, photo in captures(list(drawn), 1, seed + 1)]


def textureless(image: np.ndarray, least: float = 4.0) -> bool:
    """Returns whether the grey values of an image differ by less than ``least`` levels (their standard deviation)."""
    return float(image.mean(axis=2).std()) < least


Check = Callable[[np.ndarray, np.ndarray], list[tuple[int, float]]]


def simulate(
    embed: Callable[[list[np.ndarray]], np.ndarray],
    images: Sequence[np.ndarray],
    each: int | None = None,
    foreign: int = COHORT,
    seed: int = 0,
    progress: Callable[[int], object] = lambda done: None,
    check: Check | None = None,
) -> Photographs:
    """Returns simulated photographs of a register and of a foreign cohort, embedded.

    Args:
        embed: uint8 images to unit vectors [N,D].
        images: what is registered, uint8 RGB [H,W,3].
        each: captures of each image; None: see `each_of`.
        foreign: documents of the cohort, 4 or more.
        seed: of the captures.
        progress: told the photographs done since the last call.
        check: a photograph and its vector to the registered images that verification checked, and their scores.

    Raises:
        InputError: no image, or too small a cohort.
    """
    if not len(images):
        raise InputError("there is no registered image to photograph; register at least one.")
    if foreign < 4:
        raise InputError(f"cohort={foreign}: want 4 or more drawn documents that play what is not registered.")
    strange = cohort(foreign, seed)
    vectors = embed(strange)
    # One half of the cohort is what cosines are measured against, the other plays the queries of no registered type.
    found = Photographs(against=vectors[::2], foreign=vectors[1::2])
    if check is not None:
        for number, (photo, vector) in enumerate(zip(strange[1::2], vectors[1::2], strict=True)):
            found.check_foreign(number, check(photo, vector))
    progress(foreign)
    return photograph(found, embed, images, each_of(len(images), each), seed, 0, progress, check)


def photograph(
    found: Photographs,
    embed: Callable[[list[np.ndarray]], np.ndarray],
    images: Sequence[np.ndarray],
    each: int,
    seed: int,
    first: int,
    progress: Callable[[int], object] = lambda done: None,
    check: Check | None = None,
) -> Photographs:
    """Adds photographs of registered images, the rows from ``first`` on; arguments as in `simulate`."""
    waiting: list[tuple[int, np.ndarray]] = []

    def flush() -> None:
        if waiting:
            vectors = embed([photo for _, photo in waiting])
            at = found.add(vectors, np.array([first + number for number, _ in waiting]))
            if check is not None:
                for k, ((_, photo), vector) in enumerate(zip(waiting, vectors, strict=True)):
                    found.check(at + k, check(photo, vector))
            progress(len(waiting))
            waiting.clear()

    for shot in captures(images, each, seed, first):
        waiting.append(shot)
        if len(waiting) == _BATCH:
            flush()
    flush()
    return found
