"""A hard pair that was verified: the crop beside the registered image, and the points that agree, drawn."""

from dataclasses import dataclass

import cv2
import numpy as np

from docclf.report.picture.thumbnail import data_uri

_SIDE = 200
_GREEN, _YELLOW = (0, 150, 80), (240, 180, 0)
_LINES = 40


@dataclass
class Evidence:
    """What verification saw of a pair.

    Args:
        crop: the straightened sheet, uint8 [h,w,3], or None where no outline was found.
        corners: of the sheet in the photo [4,2], relative; or None.
        lines: points that agree float64 [n,4]: in the photo, then in the registered image, relative.
        why: one sentence.
    """

    crop: np.ndarray | None
    corners: np.ndarray | None
    lines: np.ndarray
    why: str

    def crop_uri(self) -> str | None:
        """Returns the crop as a data URI; None without one."""
        return None if self.crop is None else data_uri(self.crop, 120)

    def drawing_uri(self, photo: np.ndarray, sheet: np.ndarray) -> str:
        """Returns photo and registered image side by side, the outline and the points that agree drawn in.

        Args:
            photo, sheet: uint8 [H,W,3].
        """
        left, right = _small(photo), _small(sheet)
        canvas = np.full((max(len(left), len(right)), left.shape[1] + right.shape[1] + 8, 3), 255, np.uint8)
        canvas[: len(left), : left.shape[1]] = left
        canvas[: len(right), left.shape[1] + 8 :] = right
        sizes = np.array([left.shape[1], left.shape[0], right.shape[1], right.shape[0]])
        if self.corners is not None:
            outline = np.rint(np.clip(self.corners, -5, 5) * sizes[:2]).astype(np.int32)
            inside = np.ascontiguousarray(canvas[: len(left), : left.shape[1]])
            canvas[: len(left), : left.shape[1]] = cv2.polylines(inside, [outline], True, _YELLOW, 2, cv2.LINE_AA)
        every = max(1, -(-len(self.lines) // _LINES))
        for line in np.rint(self.lines[::every] * sizes).astype(int):
            start, end = tuple(map(int, line[:2])), (int(line[2]) + left.shape[1] + 8, int(line[3]))
            cv2.line(canvas, start, end, _GREEN, 1, cv2.LINE_AA)
            for place in (start, end):
                cv2.circle(canvas, place, 2, _GREEN, -1, cv2.LINE_AA)
        return data_uri(canvas, 2 * _SIDE + 8)


def _small(image: np.ndarray) -> np.ndarray:
    scale = _SIDE / max(image.shape[:2])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
