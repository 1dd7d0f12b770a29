"""The nearest registered images of a query, as labels with scores."""

from collections import Counter

import numpy as np

from docclf.search.representatives import reduced
from docclf.search.search import Search


class LabelSearch:
    """What stands for the labels of a gallery, ready to be searched.

    Args:
        vectors: unit rows float32 [N,D].
        labels: theirs.
        kind: of `docclf.search.search.Search`.
        representatives: of `docclf.search.representatives.reduced`.

    Raises:
        InputError: as both.
    """

    def __init__(self, vectors: np.ndarray, labels: list[str], kind: str, representatives: str) -> None:
        rows, self.labels = reduced(vectors, labels, representatives)
        self.search, self.most = Search(rows, kind), max(Counter(self.labels).values(), default=0)
        self.name = self.search.name

    def nearest(
        self, queries: np.ndarray, top: int, among: np.ndarray | None = None
    ) -> tuple[np.ndarray, list[list[str]]]:
        """Returns scores [Q,k] and their labels, best first, so many that ``top`` labels are among them.

        Args:
            queries: unit rows [Q,D].
            top: labels wanted.
            among: bool [N], the images that a filter leaves; only where all of them stand for their labels.
        """
        scores, rows = self.search.nearest(queries, max(top, 2) * self.most, among)
        return scores, [[self.labels[row] for row in near] for near in rows.tolist()]
