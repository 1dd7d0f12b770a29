"""Pixels of a batch, written by threads: each image is read once for all samples and views made of it."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from docclf.data.loader.threads import CHUNK, Buffers, Task
from docclf.data.pixels.source import Source
from docclf.data.pixels.views import Expanded, part
from docclf.errors import InputError
from docclf.imaging.resize import squash

SECOND = 1 << 40  # added to the turn of a second view: the same number as in docclf/augment/draws/draw.py
VIEWS = ("clean", "second")


class View(NamedTuple):
    """How one view of the samples is made of their images: drawn for many samples at once, made one by one.

    Attributes:
        plan: `plan(turns [n], indices [n], progress)` draws what is random about them.
        make: `make(image uint8 [H,W,3], plan, place) -> uint8 [side,side,3]` of the sample at that place of the plan.
    """

    plan: Callable[[np.ndarray, np.ndarray, float], object]
    make: Callable[[np.ndarray, object, int], np.ndarray]


def makers(augment, image_size: int, views: tuple[str, ...]) -> dict[str, View]:
    """Returns how each view of a sample is made of its image on the CPU; the student's is called "images".

    Args:
        augment: see `docclf.augment.base.Augmentation`; None to squash only.
        image_size: side S, pixels.
        views: the views asked for besides the student's.

    Raises:
        InputError: a second view is asked for without an augmentation.
    """
    if unknown := set(views) - set(VIEWS):
        raise ValueError(f"views {sorted(unknown)}: expected some of {', '.join(VIEWS)}")
    if "second" in views and augment is None:
        raise InputError("augment=none makes no second view, which the loss or the teacher asks for; choose another.")
    clean = squashing(image_size)
    made = {"images": clean if augment is None else _augmenting(augment, 0)}
    if "clean" in views:
        made["clean"] = clean
    if "second" in views:
        made["second"] = _augmenting(augment, SECOND)
    return made


def squashing(side: int) -> View:
    """The view that is only squashed to a side, pixels."""
    return View(lambda turns, indices, progress: None, lambda image, plan, place: squash(image, side))


def _augmenting(augment, shift: int) -> View:
    return View(lambda turns, indices, progress: augment.plan(turns + shift, indices, progress), augment.apply)


class naming:
    """Adds the file's name to whatever goes wrong inside."""

    def __init__(self, source: Source, index: int, turn: int):
        self.source, self.index, self.turn = source, index, turn

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind, error, trace) -> None:
        if error is None:
            return
        name = self.source.name(self.index)
        if isinstance(error, InputError):
            raise InputError(f"{name}: {error}") from error
        if isinstance(error, Exception):
            raise RuntimeError(f"while preparing {name} (sample {self.index}, pass {self.turn})") from error


class Fill:
    """Makes batches of one source on the CPU.

    Args:
        source: what is read.
        makers: how each view is made of an image; None copies or squashes the images to `side`.
        side: side of what is made, pixels.
        batch_size: samples of a batch.
        threads: threads that will run the tasks.
        keep: batches whose memory is kept.
    """

    def __init__(
        self, source: Source, makers: dict[str, View] | None, side: int, batch_size: int, threads: int, keep: int
    ):
        self.source, self.side, self.threads = source, side, threads
        self._expanded = isinstance(source, Expanded)
        self._fold = source.fold if self._expanded else 1
        self._copy = makers is None and source.side == side
        self._makers = makers or {"images": squashing(side)}
        self._buffers = {name: Buffers(batch_size, side, keep) for name in self._makers}

    def start(
        self, indices: np.ndarray, turns: np.ndarray, progress: float = 1.0
    ) -> tuple[dict[str, np.ndarray], list[Task]]:
        """Returns the arrays of a batch, uint8 [n,side,side,3] by view, and the tasks that fill them.

        Args:
            indices: numbers of the samples, int64 [n].
            turns: pass numbers, int64 [n].
            progress: share of training done.
        """
        count = len(indices)
        arrays = {name: buffers.take(count) for name, buffers in self._buffers.items()}
        if self._copy:
            cuts = np.linspace(0, count, min(self.threads, count) + 1).astype(int)
            parts = [slice(a, b) for a, b in zip(cuts, cuts[1:], strict=False)]
            return arrays, [partial(self._gather, indices[part], arrays["images"][part]) for part in parts]
        images = indices // self._fold
        shares = _shares(images, max(1, min(CHUNK, count // self.threads)))
        return arrays, [partial(self._make, share, images, indices, turns, progress, arrays) for share in shares]

    def _gather(self, indices: np.ndarray, out: np.ndarray) -> None:
        self.source.gather(indices, out)

    def _make(self, share: np.ndarray, images, indices, turns, progress: float, arrays: dict[str, np.ndarray]) -> None:
        have, image = -1, None
        plans = {name: view.plan(turns[share], indices[share], progress) for name, view in self._makers.items()}
        for row, place in enumerate(share.tolist()):
            wanted = int(images[place])
            with naming(self.source, int(indices[place]), int(turns[place])):
                if wanted != have:
                    image, have = (self.source.source if self._expanded else self.source).read(wanted), wanted
                piece = part(image, int(indices[place]), self._fold) if self._expanded else image
                for name, view in self._makers.items():
                    arrays[name][place] = view.make(piece, plans[name], row)


def _shares(images: np.ndarray, size: int) -> list[np.ndarray]:
    """Returns the places of a batch in shares of about `size`; places of the same image lie in one share together."""
    order = np.argsort(images, kind="stable")
    cuts, last = [], 0
    for edge in (np.flatnonzero(np.diff(images[order])) + 1).tolist():
        if edge - last >= size:
            cuts.append(edge)
            last = edge
    return np.split(order, cuts)
