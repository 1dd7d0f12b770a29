"""Draws what a sheet lies on, and holds the pictures of it."""

import threading
from pathlib import Path

import numpy as np

from docclf.augment.draws.checks import check_range, check_weights
from docclf.augment.draws.draw import Draw
from docclf.augment.draws.homography import backdrop
from docclf.augment.draws.params import GRID, Values
from docclf.errors import InputError
from docclf.imaging.read import read_image
from docclf.imaging.resize import squash
from docclf.imaging.scene.desk import desk

KINDS = ("photo", "desk", "document", "plain")
_DESKS, _DOCUMENTS = 48, 256  # pictures of each that are kept
_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


class Grounds:
    """A part of a natural image, of a drawn desk, of another document of the training set, or plain uneven tones.

    Args:
        kinds: weights of "photo", "desk", "document" and "plain". Desks take the place of photographs where there is
            no folder, and of documents where no training set is attached.
        folder: natural images, in any subfolders; null for none.
        count: of them that are kept in memory, spread evenly over their names.
        zoom: side of the part that is seen, share of the picture's.
        contrast: largest difference in lightness over a plain ground, levels.

    Raises:
        InputError: a range is not one, or the folder holds no image.
    """

    def __init__(self, kinds: dict[str, float], folder: str | None, count: int, zoom: list[float], contrast: float):
        self.kinds = check_weights("ground.kinds", kinds, KINDS)
        self.zoom = check_range("ground.zoom", zoom, 0.05, 1.0)
        self.contrast = check_range("ground.contrast", [0.0, contrast], 0.0, 255.0)[1]
        if count < 1:
            raise InputError(f"ground.count is {count}; give 1 picture or more, or ground.folder=null for none.")
        self._files = [] if folder is None else _files(folder, count)
        self._source, self._documents = None, np.zeros(0, dtype=np.int64)
        self._lock, self._pictures = threading.Lock(), {}

    def attach(self, source: object) -> None:
        """Takes documents of the training set as grounds too.

        Args:
            source: ``read(i) -> uint8 [H,W,3]``, with a length.
        """
        count = min(len(source), _DOCUMENTS)
        self._source, self._documents = source, np.arange(count) * len(source) // count
        self._pictures.clear()

    def draw(self, draw: Draw, out: Values, image_size: int) -> None:
        """Writes the fields pick, view and backdrop."""
        kinds = [KINDS.index(kind) for kind in self.kinds]
        kind, share = np.array(kinds)[draw.choice(self.kinds)], draw.random()
        sizes = np.array([len(self._files), _DESKS, len(self._documents), 0])
        kind = np.where((sizes[kind] == 0) & (kind != KINDS.index("plain")), KINDS.index("desk"), kind)
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        picked = starts[kind] + np.floor(share * sizes[kind]).astype(np.int64)
        out["pick"][:] = np.where(kind == KINDS.index("plain"), -1, picked)
        size = draw.uniform(*self.zoom)[:, None] * draw.uniform(0.75, 1.0, 2)
        place = draw.random(2) * (1.0 - size)
        mirrored = draw.chance(0.5)
        place[mirrored, 0] += size[mirrored, 0]
        size[mirrored, 0] *= -1.0
        out["view"][:] = np.concatenate([place, size], axis=1)
        steps = draw.uniform(-self.contrast, self.contrast, 4)
        # Four tones enlarged to the grid: a plain ground changes slowly.
        corner = steps.reshape(-1, 2, 2)
        share = np.linspace(0.0, 1.0, GRID)
        rows = corner[:, :1] * (1.0 - share[:, None]) + corner[:, 1:] * share[:, None]
        cells = rows[..., :1] * (1.0 - share) + rows[..., 1:] * share
        out["backdrop"][:] = backdrop(256.0 * draw.random(3), cells.reshape(-1, GRID * GRID))

    def pictures(self, side: int) -> np.ndarray:
        """uint8 [n,side,side,3]: all of them, in the order that pick counts."""
        with self._lock:
            if side not in self._pictures:
                photos = [squash(read_image(path), side) for path in self._files]
                desks = [desk(number, side) for number in range(_DESKS)]
                documents = [squash(self._source.read(int(i)), side) for i in self._documents]
                self._pictures[side] = np.stack(photos + desks + documents)
            return self._pictures[side]


def _files(folder: str, count: int) -> list[Path]:
    found = sorted(path for path in Path(folder).expanduser().rglob("*") if path.suffix.lower() in _ENDINGS)
    if not found:
        raise InputError(
            f"augment.ground.folder={folder}: no image lies there; name a folder of natural images, or null for desks "
            "that are drawn."
        )
    return [found[i * len(found) // min(count, len(found))] for i in range(min(count, len(found)))]
