"""Photographs that nobody took: simulated captures of registered images, and of documents that nobody registers."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from docclf.errors import InputError
from docclf.metric.score import Score
from docclf.synthetic.capture import capture
from docclf.synthetic.draw import draw
from docclf.utils.process.threads import thread_count

STRENGTHS = (1.0, 1.75)  # of the captures, ordinary to bad, evenly spread: docs/calibrate.md says what chose them
_BATCH = 64
_STREAM = 977  # apart from the captures of evaluation sets
_FIRST, _WORLD = 5_000_000, 17  # designs of the cohort: neither trained nor tested on


def captures(images: Sequence[np.ndarray], each: int, seed: int = 0) -> Iterator[tuple[int, np.ndarray]]:
    """Yields (number of the image, simulated capture uint8 [h,w,3]), ``each`` of every image.

    Args:
        images: uint8 RGB [H,W,3].
        each: captures of each image.
        seed: of them all.

    Raises:
        InputError: ``each`` below 1.
    """
    if each < 1:
        raise InputError(f"captures={each}: want 1 or more simulated captures of each image.")
    strengths = np.linspace(*STRENGTHS, each) if each > 1 else [STRENGTHS[0]]

    def photograph(job: tuple[int, int]) -> tuple[int, np.ndarray]:
        number, k = job
        return number, capture(images[number], (_STREAM, seed, number, k), strength=float(strengths[k]))

    jobs = [(number, k) for number in range(len(images)) for k in range(each)]
    with ThreadPoolExecutor(thread_count(None)) as pool:
        for start in range(0, len(jobs), _BATCH):
            yield from pool.map(photograph, jobs[start : start + _BATCH])


def cohort(count: int, seed: int = 0) -> list[np.ndarray]:
    """Returns captures of ``count`` drawn documents that nobody registers, uint8 [h,w,3]."""
    drawn = (draw(_FIRST + i, i, _WORLD + seed) for i in range(count))
    return [photo for _, photo in captures(list(drawn), 1, seed + 1)]


def textureless(image: np.ndarray, least: float = 4.0) -> bool:
    """Returns whether the grey values of an image differ by less than ``least`` levels (their standard deviation)."""
    return float(image.mean(axis=2).std()) < least


@dataclass
class Scores:
    """What simulated photographs score.

    Args:
        cosine: of each photograph with each label [Q,L]; the nearest image counts for a label.
        label: number of the label [Q]; L and above: the n-th document of the cohort.
        by_query: cosines of the photographs with the cohort's documents, [Q,C].
        by_label: cosines of the cohort's documents with the labels, [C,L].
    """

    cosine: np.ndarray
    label: np.ndarray
    by_query: np.ndarray
    by_label: np.ndarray

    def scored(self, score: Score, own: float | None = None) -> np.ndarray:
        """Returns the scores [Q,L]; `own` takes the place of each photograph's cosine with its own label."""
        cosine = self.cosine.copy()
        if own is not None:
            rows = np.flatnonzero(self.label < cosine.shape[1])
            cosine[rows, self.label[rows]] = own
        return score(cosine, self.by_query, self.by_label)


def simulate(
    embed: Callable[[list[np.ndarray]], np.ndarray],
    images: Sequence[np.ndarray],
    labels: Sequence[str],
    each: int = 6,
    foreign: int = 100,
    seed: int = 0,
    progress: Callable[[int], object] = lambda done: None,
) -> Scores:
    """Returns the scores of simulated photographs of a register and of a foreign cohort.

    Args:
        embed: uint8 images to unit vectors [N,D].
        images: what is registered, uint8 RGB [H,W,3].
        labels: its labels [R].
        each: captures of each image.
        foreign: documents of the cohort.
        seed: of the captures.
        progress: told the photographs done since the last call.

    Raises:
        InputError: no image, or images and labels of other lengths.
    """
    if not images or len(images) != len(labels):
        raise InputError(
            f"{len(images)} images and {len(labels)} labels: want one label for each of at least one image."
        )
    names = sorted(set(labels))
    numbers = np.array([names.index(label) for label in labels])
    register = embed(list(images))
    vectors, asked, waiting = [], [], []

    def flush() -> None:
        if waiting:
            vectors.append(embed([photo for _, photo in waiting]))
            asked.extend(number for number, _ in waiting)
            progress(len(waiting))
            waiting.clear()

    for number, photo in captures(images, each, seed):
        waiting.append((int(numbers[number]), photo))
        if len(waiting) == _BATCH:
            flush()
    flush()
    strange = embed(cohort(foreign, seed))
    progress(foreign)
    # One half of the cohort is what cosines are measured against, the other plays the queries of no registered type.
    against, playing = strange[::2], strange[1::2]
    queries = np.concatenate([*vectors, playing])
    asked += range(len(names), len(names) + len(playing))
    return Scores(
        nearest(queries @ register.T, numbers, len(names)),
        np.array(asked),
        queries @ against.T,
        nearest(against @ register.T, numbers, len(names)),
    )


def nearest(cosines: np.ndarray, numbers: np.ndarray, count: int) -> np.ndarray:
    """Returns the highest cosine [N,L] with the images of each label, given that with every image [N,R]."""
    found = np.full((len(cosines), count), -np.inf, np.float32)
    for column, number in enumerate(numbers):
        np.maximum(found[:, number], cosines[:, column], out=found[:, number])
    return found
