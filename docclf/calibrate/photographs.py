"""Simulated photographs as a gallery keeps them: vectors, and what verification said of them; and their scores."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from docclf.score.rule import Score, nearest

_TINY = np.finfo(np.float32).tiny


def _none(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


@dataclass
class Photographs:
    """Simulated photographs of registered images, and a cohort of foreign documents, as unit vectors.

    Args:
        against: what cosines are measured against, float32 [A,D].
        foreign: what plays the queries of no registered type [F,D].
        vectors: photographs [P,D].
        owner: row of the registered image that each shows, int64 [P].
        checked: what verification scored: photograph (foreign ones count from -1 down), row and score, float32 [n,3].
    """

    against: np.ndarray
    foreign: np.ndarray
    vectors: np.ndarray = field(default_factory=lambda: _none(0, 0))
    owner: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    checked: np.ndarray = field(default_factory=lambda: _none(0, 3))

    def __len__(self) -> int:
        return len(self.owner)

    def add(self, vectors: np.ndarray, owner: np.ndarray) -> int:
        """Adds photographs; returns the number of the first."""
        at = len(self)
        self.vectors = np.concatenate([self.vectors, vectors]) if at else vectors
        self.owner = np.concatenate([self.owner, owner.astype(np.int64)])
        return at

    def check(self, photograph: int, found: list[tuple[int, float]]) -> None:
        """Notes the registered images that verification checked a photograph against, and their scores."""
        rows = np.array([(photograph, row, score) for row, score in found], np.float32).reshape(-1, 3)
        self.checked = np.concatenate([self.checked, rows])

    def check_foreign(self, number: int, found: list[tuple[int, float]]) -> None:
        """Notes the same of a foreign document."""
        self.check(-1 - number, found)

    def kept(self, rows: list[int]) -> "Photographs":
        """Returns what is left when only some registered images are, in that order."""
        place = np.full(max([*self.owner.tolist(), *rows, *self.checked[:, 1].astype(int).tolist(), -1]) + 1, -1)
        place[rows] = np.arange(len(rows))
        stay = np.flatnonzero(place[self.owner] >= 0)
        number = np.full(len(self), -1)
        number[stay] = np.arange(len(stay))
        photo, image = self.checked[:, 0].astype(np.int64), place[self.checked[:, 1].astype(np.int64)]
        moved = np.where(photo < 0, photo, number[np.maximum(photo, 0)] if len(number) else -1)
        fits = (image >= 0) & ((photo < 0) | (moved >= 0))
        checked = np.stack([moved, image, self.checked[:, 2]], axis=1)[fits].astype(np.float32)
        return Photographs(self.against, self.foreign, self.vectors[stay], place[self.owner[stay]], checked)

    def mirrored(self, first: int) -> None:
        """Lets photographs of older images score with those from row ``first`` on as these photographs do with them.

        Verification looks at a pair, and the photographs of older images are no longer there to be checked.
        """
        photo, image = self.checked[:, 0].astype(np.int64), self.checked[:, 1].astype(np.int64)
        fresh = (photo >= 0) & (image < first)
        fresh[fresh] &= self.owner[photo[fresh]] >= first
        score, shown, old = self.checked[fresh, 2], self.owner[photo[fresh]], image[fresh]
        rows = [self.checked]
        for row, of, value in zip(shown, old, score, strict=True):
            asked = np.flatnonzero(self.owner == of)
            rows.append(np.stack([asked, np.full(len(asked), row), np.full(len(asked), value)], axis=1))
        self.checked = np.concatenate(rows).astype(np.float32)

    def scores(self, register: np.ndarray, labels: Sequence[str], verified: bool = False) -> "Scores":
        """Returns what the photographs score with the registered images.

        Args:
            register: their unit vectors [R,D].
            labels: theirs [R].
            verified: what verification says, in place of cosines.
        """
        names, groups = np.unique(np.array(labels, dtype=object), return_inverse=True)
        queries = np.concatenate([self.vectors, self.foreign])
        cosine = queries @ register.T
        if verified:
            cosine = (np.clip(cosine, -1, 1) - 1) / 2
            photo, row = self.checked[:, 0].astype(np.int64), self.checked[:, 1].astype(np.int64)
            at = np.where(photo >= 0, photo, len(self) - 1 - photo)
            np.maximum.at(cosine, (at, row), np.maximum(self.checked[:, 2], _TINY))
        label = np.concatenate([groups[self.owner], np.arange(len(names), len(names) + len(self.foreign))])
        return Scores(cosine, groups, label.astype(np.int64), queries @ self.against.T, self.against @ register.T)


@dataclass
class Scores:
    """What photographs score.

    Args:
        cosine: of each photograph with each registered image [Q,R]; or what verification scored.
        groups: number of the label of each registered image [R]; all of 0 to L - 1.
        label: number of each photograph's label [Q]; L and above: the n-th foreign document.
        by_query: cosines of the photographs with the cohort [Q,C].
        by_image: cosines of the cohort with the registered images [C,R].
    """

    cosine: np.ndarray
    groups: np.ndarray
    label: np.ndarray
    by_query: np.ndarray
    by_image: np.ndarray

    @property
    def count(self) -> int:
        """Labels L."""
        return int(self.groups.max()) + 1

    @property
    def own(self) -> np.ndarray:
        """Which photographs show a registered image, bool [Q]."""
        return self.label < self.count

    def values(self, score: Score, without_own: bool = False) -> np.ndarray:
        """Returns the scores with each label, float32 [Q,L]; -inf with the own label where that is taken out."""
        cosine = self.cosine
        if without_own:
            cosine = np.where(self.groups == self.label[:, None], -np.inf, cosine)
        return nearest(score(cosine, self.groups, self.by_query, self.by_image), self.groups, self.count)
