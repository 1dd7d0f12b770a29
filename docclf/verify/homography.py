"""Verification: which candidates of an embedding show the very sheet that is in the photo, and where it lies."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from docclf.errors import InputError
from docclf.imaging.feature.local import Fit, Points, fitted, points, shrunk
from docclf.verify import calibration as coefficients
from docclf.verify.frame import corners, covered, straight
from docclf.verify.shortlist import votes
from docclf.verify.store import Store

TEXTURE = 40  # points below which a registered image cannot be told by them
CLEAR = 25  # points that agree from which the sheet is taken as found, and the search goes on only among
RIVAL = 0.2  # candidates with this share of its votes: another sheet in the photo, or a sibling
FLAT = 3.0  # standard deviation of grey values below which a photo shows nothing

Embed = Callable[[list[np.ndarray]], np.ndarray]


@dataclass(frozen=True)
class Checked:
    """What became of one candidate.

    Args:
        row: number of the registered image.
        score: probability that the photo shows it, in (0, 1).
        state: found, missed or blank (`docclf.verify.calibration.FEATURES`).
        cosine: of the photo with it.
        after: of the straightened sheet with it; None where no sheet was found.
        inliers: matches that the homography explains.
        covered: share of the sheet inside their hull.
        corners: the sheet in the photo [4,2] relative to width and height, from its top left clockwise; or None.
        why: what stands against it, or "".
        voted: whether local features named it.
    """

    row: int
    score: float
    state: str
    cosine: float
    after: float | None
    inliers: int
    covered: float
    corners: np.ndarray | None
    why: str
    voted: bool


class Homography:
    """Checks the best candidates of the embedding, and those that local features name themselves.

    Args:
        top: candidates of the embedding.
        votes: candidates that local features bring; 0 leaves that search out.
        side: longest side at which points are looked for, pixels.
        points: of an image, at most.
        ratio: of the distances to the nearest and the second nearest point.
        tolerance: of a match that the homography explains, pixels of the registered image.
        calibration: file of coefficients; None takes those shipped for the model, see `suited`.

    Raises:
        InputError: a setting out of range, or a file that is no calibration.
    """

    def __init__(self, top: int = 8, votes: int = 12, side: int = 400, points: int = 600, ratio: float = 0.75,
                 tolerance: float = 3.0, calibration: str | None = None) -> None:  # fmt: skip
        if top < 0 or votes < 0 or top + votes < 1 or side < 32 or points < TEXTURE or not 0 < ratio <= 1:
            raise InputError(
                f"verify.top={top}, votes={votes}, side={side}, points={points}, ratio={ratio}: want a candidate at "
                f"least, 32 pixels or more, {TEXTURE} points or more, and a ratio in (0, 1]."
            )
        self.top, self.votes, self.side, self.most = top, votes, side, points
        self.ratio, self.tolerance = ratio, tolerance
        self.given = calibration is not None
        self.calibration = coefficients.load(calibration) if calibration is not None else coefficients.shipped("")

    def suited(self, fingerprint: str) -> "Homography":
        """Takes the coefficients that come for the model of that fingerprint, unless a file was given; returns itself.

        A model without coefficients of its own keeps those of another, and ``calibration.fits`` tells so.
        """
        if not self.given:
            self.calibration = coefficients.shipped(fingerprint)
        return self

    def settings(self) -> dict:
        """Returns what a stored gallery must have in common with its matcher."""
        return {"side": self.side, "points": self.most}

    def describe(self, image: np.ndarray) -> Points:
        """Returns the points of an image uint8 [H,W,3] of any size; it is shrunk first."""
        return points(image, self.side, self.most)

    def fit(self, photo: Points, sheet: Points) -> Fit:
        """Returns the matches of a photo with a registered image, and their homography."""
        return fitted(photo, sheet, self.ratio, self.tolerance)

    def candidates(self, photo: Points, cosines: np.ndarray, store: Store) -> dict[int, float]:
        """Returns the rows to check and the votes for each, 0 where only the embedding names it; in this order."""
        voted = votes(photo, store, self.votes) if self.votes and len(store) > self.top else {}
        best = np.lexsort((np.arange(len(cosines)), -cosines))[: self.top].tolist()
        return voted | {row: 0.0 for row in best if row not in voted}

    def check(self, image: np.ndarray, cosines: np.ndarray, store: Store, vectors: np.ndarray,
              embed: Embed) -> list[Checked]:  # fmt: skip
        """Returns what became of each candidate, best first; none for a photo of one colour.

        Args:
            image: the photo, uint8 RGB [H,W,3], of any size.
            cosines: of its embedding with each registered image [R].
            store: their local features.
            vectors: their unit vectors [R,D].
            embed: images uint8 [H,W,3] to unit vectors [N,D].
        """
        small = shrunk(image, self.side)
        if small.mean(axis=2).std() < FLAT:
            return []
        photo = self.describe(small)
        voted, rows, enough = self.candidates(photo, cosines, store), [], 0.0
        sheets, fits, outlines = {}, {}, {}
        for row, weight in voted.items():
            if weight < enough:
                continue
            rows.append(row)
            sheets[row] = store.points(row)
            fits[row] = self.fit(photo, sheets[row])
            outlines[row] = corners(fits[row], photo, sheets[row])
            if outlines[row][0] is not None and fits[row].count >= CLEAR:
                enough = max(enough, RIVAL * weight)
        seen = [row for row in rows if outlines[row][0] is not None]
        crops = [straight(small, outlines[row][0], sheets[row].width / sheets[row].height) for row in seen]
        after = dict(zip(seen, np.einsum("nd,nd->n", embed(crops), vectors[seen]) if seen else [], strict=True))
        found = [
            self._checked(
                row, float(cosines[row]), after.get(row), fits[row], sheets[row], *outlines[row], voted[row] > 0
            )
            for row in rows
        ]
        return _rivals(found)

    def _checked(self, row: int, cosine: float, after: float | None, fit: Fit, sheet: Points,
                 quad: np.ndarray | None, why: str, voted: bool) -> Checked:  # fmt: skip
        if after is not None:
            share = covered(fit, sheet)
            score = self.calibration.score("found", cosine, float(after), float(np.log2(fit.count)), share)
            return Checked(row, score, "found", cosine, float(after), fit.count, share, quad, "", voted)
        state = "missed"
        if len(sheet) < TEXTURE:
            state, why = "blank", f"the registered image has {len(sheet)} points: too few to verify, the cosine decides"
        score = self.calibration.score(state, cosine)
        return Checked(row, score, state, cosine, None, fit.count, 0.0, None, why, voted)


def _rivals(found: list[Checked]) -> list[Checked]:
    """Candidates, best first; one that only its cosine speaks for gives way to one that was found."""
    strongest = max([one.score for one in found if one.state == "found"], default=0.0)
    rated = [
        one if one.state != "blank" else Checked(**{**vars(one), "score": one.score * (1 - strongest)}) for one in found
    ]
    return sorted(rated, key=lambda one: (-one.score, one.row))


def combined(cosines: np.ndarray, found: list[Checked]) -> np.ndarray:
    """Returns one float32 score for each registered image [R]: verified ones in (0, 1], the others below, in order.

    A pair that was not verified has (cosine - 1) / 2, which lies in [-1, 0] and keeps the order of the cosines.
    """
    scores = ((np.clip(cosines.astype(np.float64), -1, 1) - 1) / 2).astype(np.float32)
    for one in found:
        scores[one.row] = max(np.float32(one.score), np.finfo(np.float32).tiny)
    return scores
