"""Finding the sheets of a photo: a first look at the whole of it, then a closer one at each answer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.imaging.resize import at_most, squash
from docclf.locator import quad as quads
from docclf.locator.decode import Sheet, sheets
from docclf.locator.model import open_model
from docclf.locator.training.samples import MARGIN

RELEASED = Path(__file__).resolve().parents[2] / "experiments" / "released" / "locator" / "locator.onnx"
MOST_PIXELS = 1280  # longer side of what is looked at; a straightened sheet still comes from the photo itself
SMALLEST = 0.01  # share of the photo below which nothing is taken for a sheet
MOST_OF = 0.5  # overlap of a sheet with the photo from which the whole photo is looked at as well
FLAT = 2.0  # grey levels: what varies less shows nothing


@dataclass(frozen=True)
class Found:
    """A sheet in a photo.

    Args:
        corners: float64 [4,2], x and y in pixels of the photo, clockwise, the first the upper left as the photo lies;
            they may be outside of it.
        confidence: 0 to 1, how well the corners agree with what the network takes for a sheet.
        whole: the photo is the sheet: nothing is to be cut off.
    """

    corners: np.ndarray
    confidence: float
    whole: bool = False


class Locator:
    """Finds the sheets of a photo with the network of docclf.locator.

    Args:
        path: ``locator.onnx`` or ``locator.ckpt``; ``None`` takes the released one.
        looks: closer looks at each answer of the first; 0 takes that as it is.
        least: confidence below which nothing is taken for a sheet.
        whole: overlap of a sheet with the photo from which the whole photo is the answer.
        turns: quarter turns of a located sheet that are compared, 4, or 1 where photos are known to be upright.
        threads: of onnxruntime or torch; ``None`` leaves them as they are.

    Raises:
        InputError: no such file, one that is no locator, or a setting out of range.
    """

    def __init__(
        self,
        path: str | None = None,
        looks: int = 1,
        least: float = 0.5,
        whole: float = 0.75,
        turns: int = 4,
        threads: int | None = None,
    ) -> None:
        if looks < 0 or turns not in (1, 4) or not 0 <= least <= 1 or not 0 <= whole <= 1:
            raise InputError(
                f"locate.looks={looks}, turns={turns}, least={least}, whole={whole}: want looks of 0 or more, 1 or 4 "
                "turns, and shares from 0 to 1."
            )
        self.path, self.looks, self.least, self.whole, self.turns = str(path or RELEASED), looks, least, whole, turns
        self.model = open_model(self.path, threads)
        self.side = self.model.side

    def locate(self, image: np.ndarray) -> list[Found]:
        """Returns the sheets of a photo, the one with the largest confident area first; none where there is none.

        Args:
            image: uint8 RGB [H,W,3] of any size.

        Raises:
            InputError: an image of another kind.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
            raise InputError(f"an image is {image.dtype} {image.shape}; want uint8 [H,W,3], RGB.")
        size = np.array(image.shape[1::-1], dtype=np.float64)
        small = at_most(image, MOST_PIXELS)
        if small.std(axis=(0, 1)).max() < FLAT:
            return []
        logits, votes = self.model(squash(small, self.side)[None])
        found = sheets(logits[0], votes[0])
        for _ in range(self.looks if found else 0):
            found = self._closer(small, found)
        found = [sheet for sheet in _apart(found) if sheet.confidence >= self.least]
        return [self._answer(sheet, size) for sheet in found]

    def straightened(self, image: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, Found | None]:
        """Returns the first sheet of a photo as an upright rectangle, uint8 [h,w,3], and where it was.

        Where nothing is found, or the photo is the sheet, it is the photo itself, squashed.

        Args:
            image: uint8 RGB [H,W,3].
            size: (w, h), pixels.
        """
        found = self.locate(image)
        if not found or found[0].whole:
            corners = quads.SQUARE * image.shape[1::-1]
            side = size[0] == size[1]
            return squash(image, size[0]) if side else quads.straighten(image, corners, size), (found or [None])[0]
        return quads.straighten(image, found[0].corners, size), found[0]

    def views(self, image: np.ndarray, side: int) -> tuple[list[np.ndarray], list[Found | None]]:
        """Returns what an embedding is to be shown of a photo, squashed to squares [side,side,3], and what each shows.

        A sheet that was cut out may lie any way round, so it comes in each of its turns, counterclockwise by a quarter
        each; the corners of each begin with the upper left of the sheet as it then lies. Where the sheet is most of the
        photo the whole photo comes last, since it may be cropped already. A photo that is the sheet, or where none was
        found, comes once, as it lies.
        """
        crop, found = self.straightened(image, (side, side))
        if found is None or found.whole:
            return [crop], [found]
        shown = [np.ascontiguousarray(np.rot90(crop, k)) for k in range(self.turns)]
        answers = [Found(np.roll(found.corners, -k, axis=0), found.confidence) for k in range(self.turns)]
        size = np.array(image.shape[1::-1])
        inside = np.clip(found.corners / size, 0, 1)
        if quads.convex(inside) and quads.overlap(inside, quads.SQUARE) >= MOST_OF:
            shown.append(squash(image, side))
            answers.append(Found(quads.SQUARE * size, found.confidence, True))
        return shown, answers

    def register_views(self, image: np.ndarray, side: int) -> tuple[list[np.ndarray], Found | None]:
        """Returns what stands for a registered image, whose mean embedding is registered: itself, and its sheet.

        A product picture has a margin that a photo of the sheet does not show, and one that was cropped to the
        picture's frame does. Both are squashed to squares [side,side,3].
        """
        crop, found = self.straightened(image, (side, side))
        return [squash(image, side), *([crop] if found is not None and not found.whole else [])], found

    def describe(self) -> dict[str, Any]:
        """Returns what the results name of it."""
        settings = {name: getattr(self, name) for name in ("looks", "least", "whole", "turns")}
        return {"name": Path(self.path).name, "sha256": self.model.sha256, "side": self.side, **settings}

    def _closer(self, image: np.ndarray, found: list[Sheet]) -> list[Sheet]:
        """Returns the sheets again, each looked at alone, straightened with a margin round it."""
        size = np.array(image.shape[1::-1])
        looks = [quads.expanded(quads.upright(sheet.corners), MARGIN) for sheet in found]
        crops = np.stack([quads.straighten(image, look * size, (self.side, self.side)) for look in looks])
        logits, votes = self.model(crops)
        parts = zip(found, looks, logits, votes, strict=True)
        return [_nearest(sheet, look, sheets(mask, vote, _shown(look, len(mask)))) for sheet, look, mask, vote in parts]

    def _answer(self, sheet: Sheet, size: np.ndarray) -> Found:
        inside = np.clip(sheet.corners, 0, 1)
        if quads.convex(inside) and quads.overlap(inside, quads.SQUARE) >= self.whole:
            return Found(quads.SQUARE * size, sheet.confidence, True)
        return Found(quads.upright(sheet.corners * size), sheet.confidence)


def _shown(look: np.ndarray, rows: int) -> np.ndarray:
    """Returns which places of a closer look lie in the photo, and not on its repeated rim [rows,rows]."""
    y, x = (np.mgrid[0:rows, 0:rows] + 0.5) / rows
    place = quads.through(quads.homography(quads.SQUARE, look), np.stack([x.ravel(), y.ravel()], axis=1))
    return ((place >= 0) & (place <= 1)).all(axis=1).reshape(rows, rows).astype(np.float64)


def _nearest(sheet: Sheet, look: np.ndarray, found: list[Sheet]) -> Sheet:
    """Returns that of the sheets in a closer look which is the one looked at, in frames of the photo."""
    matrix = quads.homography(quads.SQUARE, look)
    known = quads.through(np.linalg.inv(matrix), sheet.corners)
    shared = [quads.overlap(other.corners, known) for other in found]
    if not shared or max(shared) < 0.4:
        return Sheet(sheet.corners, sheet.confidence * 0.5)  # the closer look denies it
    best = found[int(np.argmax(shared))]
    corners = quads.through(matrix, best.corners)
    return Sheet(corners, best.confidence) if quads.convex(corners) else sheet


def _apart(found: list[Sheet]) -> list[Sheet]:
    """Returns the sheets whose place no better one takes, the largest confident area first."""
    seen = {id(sheet): quads.area(np.clip(sheet.corners, 0, 1)) for sheet in found}
    kept: list[Sheet] = []
    for sheet in sorted(found, key=lambda sheet: -sheet.confidence * seen[id(sheet)]):
        if seen[id(sheet)] >= SMALLEST and all(quads.overlap(sheet.corners, other.corners) < 0.4 for other in kept):
            kept.append(sheet)
    return kept
