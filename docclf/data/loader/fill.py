"""Pixels of a batch, written by threads: each image is read once for all samples and views made of it."""

from collections.abc import Callable
from functools import partial

import numpy as np

from docclf.data.loader.threads import CHUNK, Buffers, Task
from docclf.data.pixels.source import Source
from docclf.data.pixels.views import Expanded, part
from docclf.errors import InputError
from docclf.imaging.resize import squash

SECOND = 1 << 40  # added to the turn of a second view: the same number as in docclf/augment/draws/draw.py
VIEWS = ("clean", "second")
# writes the view called `name` of one sample: make(image uint8 [H,W,3], turn, index) -> uint8 [side,side,3]
Make = Callable[[np.ndarray, int, int], np.ndarray]


def makers(augment, image_size: int, views: tuple[str, ...]) -> dict[str, Make]:
    """Returns how each view of a sample is made of its image on the CPU; the student's is called "images".

    Args:
        augment: `augment(image, epoch, index)`, or None to squash only.
        image_size: side S, pixels.
        views: the views asked for besides the student's.

    Raises:
        InputError: a second view is asked for without an augmentation.
    """

    def clean(image: np.ndarray, turn: int, index: int) -> np.ndarray:
        return squash(image, image_size)

    if unknown := set(views) - set(VIEWS):
        raise ValueError(f"views {sorted(unknown)}: expected some of {', '.join(VIEWS)}")
    if "second" in views and augment is None:
        raise InputError("augment=none makes no second view, which the loss or the teacher asks for; choose another.")
    made: dict[str, Make] = {"images": clean if augment is None else augment}
    if "clean" in views:
        made["clean"] = clean
    if "second" in views:
        made["second"] = lambda image, turn, index: augment(image, turn + SECOND, index)
    return made


def make_one(makers: dict[str, Make], source: Source, image: np.ndarray, turn: int, index: int, outs: dict) -> None:
    """Writes all views of one sample.

    Args:
        makers: how each view is made.
        source: what the image was read from; names it in errors.
        image: the sample's image, uint8 [H,W,3].
        turn: pass number of the sample.
        index: number of the sample.
        outs: view name to uint8 [side,side,3].
    """
    with naming(source, index, turn):
        for name, make in makers.items():
            outs[name][...] = make(image, turn, index)


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
        self, source: Source, makers: dict[str, Make] | None, side: int, batch_size: int, threads: int, keep: int
    ):
        self.source, self.side, self.threads = source, side, threads
        self._expanded = isinstance(source, Expanded)
        self._fold = source.fold if self._expanded else 1
        self._copy = makers is None and source.side == side
        self._makers = makers or {"images": lambda image, turn, index: squash(image, side)}
        self._buffers = {name: Buffers(batch_size, side, keep) for name in self._makers}

    def start(self, indices: np.ndarray, turns: np.ndarray) -> tuple[dict[str, np.ndarray], list[Task]]:
        """Returns the arrays of a batch, uint8 [n,side,side,3] by view, and the tasks that fill them.

        Args:
            indices: numbers of the samples, int64 [n].
            turns: pass numbers, int64 [n].
        """
        count = len(indices)
        arrays = {name: buffers.take(count) for name, buffers in self._buffers.items()}
        if self._copy:
            cuts = np.linspace(0, count, min(self.threads, count) + 1).astype(int)
            parts = [slice(a, b) for a, b in zip(cuts, cuts[1:], strict=False)]
            return arrays, [partial(self._gather, indices[part], arrays["images"][part]) for part in parts]
        images = indices // self._fold
        shares = _shares(images, max(1, min(CHUNK, count // self.threads)))
        return arrays, [partial(self._make, share, images, indices, turns, arrays) for share in shares]

    def _gather(self, indices: np.ndarray, out: np.ndarray) -> None:
        self.source.gather(indices, out)

    def _make(self, share: np.ndarray, images: np.ndarray, indices: np.ndarray, turns: np.ndarray, arrays) -> None:
        have, image = -1, None
        for place in share.tolist():
            index, turn, wanted = int(indices[place]), int(turns[place]), int(images[place])
            if wanted != have:
                with naming(self.source, index, turn):
                    image, have = (self.source.source if self._expanded else self.source).read(wanted), wanted
            piece = part(image, index, self._fold) if self._expanded else image
            outs = {name: array[place] for name, array in arrays.items()}
            make_one(self._makers, self.source, piece, turn, index, outs)


def _shares(images: np.ndarray, size: int) -> list[np.ndarray]:
    """Returns the places of a batch in shares of about `size`; places of the same image lie in one share together."""
    order = np.argsort(images, kind="stable")
    cuts, last = [], 0
    for edge in (np.flatnonzero(np.diff(images[order])) + 1).tolist():
        if edge - last >= size:
            cuts.append(edge)
            last = edge
    return np.split(order, cuts)
