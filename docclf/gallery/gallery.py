"""Registered images and the answer to: which of them is this?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.gallery.decision.scores import nearest, recalibrated, reranked
from docclf.gallery.embedder import Embedder
from docclf.gallery.images import Finding, Picture, embedded
from docclf.gallery.match import NOTHING_TO_COMPARE, Match, answered, checked
from docclf.gallery.register import coded, lookalikes, refuse_collapsed, sorted_out
from docclf.gallery.threshold import check_threshold, cut_of
from docclf.gallery.verified import answer
from docclf.score.rule import Score
from docclf.search.attributes import checked as attributed
from docclf.search.attributes import matching
from docclf.search.code.base import Code
from docclf.search.labels import LabelSearch
from docclf.search.representatives import KINDS
from docclf.verify.homography import Homography
from docclf.verify.store import Store

_COLUMNS = ("labels", "names", "hashes", "attributes", "versions")


class Gallery:
    """Unit vectors of registered images with their labels.

    Args:
        embedder: the model that all vectors come from; ``None`` for a gallery that is only looked at.
        search: of `docclf.search.search.Search`: auto, exact, two_stage, ivf or hnsw.
        locator: finds the sheet in each photo first (`docclf.locator.locate.Locator`); ``None`` takes photos whole.
        verifier: `docclf.verify.homography.Homography`: its answers are `docclf.gallery.verified.Found`.
        code: what is kept of a vector (`docclf.search.code.choose`), by name or made, and scored; ``None``: all of it.
        representatives: vectors that stand for a label: all, or mean or two of its images.

    Attributes:
        vectors: float32 [N,D], unit rows; with a code what `codes` stand for.
        codes: uint8 [N,bytes] with a code, else ``None``.
        score: rule from cosines to scores. calibration: `docclf.gallery.decision.held.Calibration`, or ``None``.
        rerank: order labels by neighbours (`docclf.score.rerank`). changed: what a removal did to the calibration.

    Raises:
        InputError: a code or representatives together with verification, which compares whole vectors.
    """

    def __init__(
        self,
        embedder: Embedder | None,
        search: str = "auto",
        locator: Any = None,
        verifier: Homography | None = None,
        code: Code | str | None = None,
        representatives: str = "all",
    ) -> None:
        if representatives not in KINDS:
            raise InputError(f"representatives={representatives!r}: want one of {', '.join(KINDS)}.")
        if verifier and (code or representatives != "all"):
            raise InputError("verification compares whole vectors of every image: leave out code and representatives.")
        self.embedder, self.backend, self.locator = embedder, search, locator
        self.verifier = verifier.suited(embedder.fingerprint) if verifier and embedder else verifier
        self.local = Store.of([]) if verifier else None
        self.verify_settings = verifier.settings() if verifier else None
        self.labels: list[str] = []
        self.names: list[str] = []
        self.hashes: list[str] = []
        self.versions: list[str] = []  # of each row: the weights that its vector came from
        self.align = "none"  # how rows of older weights were mapped
        self.attributes: list[dict[str, str]] = []
        self.vectors = np.zeros((0, 0), np.float32)
        self.code, self.representatives = code, representatives
        self.codes: np.ndarray | None = None
        self._search: LabelSearch | None = None
        self.fingerprint = embedder.fingerprint if embedder else None
        self.probe: Any = embedder.probe() if embedder else None
        self.image_size = embedder.image_size if embedder else None
        self.threshold: dict | None = None
        self.score, self.rerank, self.calibration = Score("verified" if verifier else "cosine"), False, None
        self.changed: list[Finding] = []

    def __len__(self) -> int:
        return len(self.labels)

    def lineage(self) -> set[str]:
        """Returns the weights that vectors came from, and those of the model."""
        return {*self.versions, *([self.fingerprint] if self.fingerprint else [])}

    def counts(self) -> dict[str, int]:
        """Returns the number of images of each label, sorted by label."""
        return dict(sorted(Counter(self.labels).items()))

    def register(self, pictures: Sequence[Picture], duplicate: float = 0.95) -> list[Finding]:
        """Adds images, all of them or, on an error, none.

        An image whose file is registered under its label already is left out. Images of different labels that the
        model can hardly tell apart are registered and reported.

        Args:
            pictures: what to add.
            duplicate: cosine from which images of two labels are reported.

        Returns:
            What was left out and what looks alike.

        Raises:
            InputError: one file under two labels, what cannot be a label, no model, or one that tells nothing apart.
        """
        if not -1 <= duplicate <= 1:
            raise InputError(f"duplicate={duplicate}: want a cosine in [-1, 1].")
        fresh, findings = sorted_out(pictures, self.hashes, self.labels, self.names)
        if fresh:
            vectors = embedded(self._model(), fresh)
            refuse_collapsed(self.probe, fresh, vectors)
            given, old = [attributed(row.attributes) for row in fresh], len(self)
            code, codes, vectors = coded(self.code, self.codes, vectors)
            if self.verifier and self.local is not None:
                points = [self.verifier.describe(row.pixels) if row.points is None else row.points for row in fresh]
                self.local = self.local.joined(Store.of(points))
            elif self.local is not None:
                raise InputError("the gallery holds local features; open it with verification to add to it.")
            self.code, self.codes, self._search = code, codes, None
            self.vectors = np.concatenate([self.vectors, vectors]) if old else vectors
            self.attributes = self.attributes + given
            self.labels += [checked(row.label) for row in fresh]
            self.versions += [self._model().fingerprint] * len(fresh)
            self.names += [row.name for row in fresh]
            self.hashes += [row.sha256 for row in fresh]
            findings += lookalikes(self.vectors, self.labels, self.names, old, duplicate)
            findings += recalibrated(self, fresh)
        return findings

    def match(
        self,
        images: Sequence[np.ndarray],
        top: int = 5,
        threshold: float | None = None,
        where: Mapping[str, str] | None = None,
    ) -> list[Match]:
        """Returns the answer for each image, uint8 RGB [H,W,3].

        Args:
            images: the queries.
            top: labels in the list of the nearest.
            threshold: cosine (with verification: score) to use instead of the gallery's.
            where: attributes that an image has to have; where none has them, the answer is "nothing to compare".

        Raises:
            InputError: nothing registered, no threshold, no model, or an attribute that no image has.
        """
        if not len(self):
            raise InputError("nothing is registered, so nothing can be matched; register at least one image.")
        if top < 1:
            raise InputError(f"top={top}: want 1 or more.")
        among = matching(self.attributes, where) if where else None
        if among is not None and not among.any():
            return [NOTHING_TO_COMPARE for _ in images]
        if among is not None and (self.verifier or self.representatives != "all"):
            return self.part(among).match(images, top, threshold)
        if self.verifier:
            return [answer(self, image, self._model()(self._views(image)[0]), top, threshold) for image in images]
        cut, own = cut_of(self, threshold), self.calibration if threshold is None else None
        if not len(images):
            return []
        seen = [self._views(image) for image in images]
        queries = self._model()([view for views, _ in seen for view in views])
        queries = self.code.query(queries) if isinstance(self.code, Code) else queries
        scores, labels = nearest(self, queries, top, among)
        answers, first = [], 0
        for views, found in seen:
            turn = int(scores[first : first + len(views), 0].argmax())
            order = reranked(self, queries[first + turn])
            answers.append(answered(labels[first + turn], scores[first + turn], top, cut, found[turn], own, order))
            first += len(views)
        return answers

    def _views(self, image: np.ndarray) -> tuple[list[np.ndarray], list[Any]]:
        return ([image], [None]) if self.locator is None else self.locator.views(image, self._model().image_size)

    def search(self) -> LabelSearch:
        """Returns the search over what is registered now; kept until that changes."""
        if self._search is None:
            self._search = LabelSearch(self.vectors, self.labels, self.backend, self.representatives)
        return self._search

    def part(self, rows: np.ndarray) -> "Gallery":
        """Returns a gallery of some of the images, bool [N]."""
        found, kept = copy(self), np.flatnonzero(rows).tolist()
        for name in _COLUMNS:
            setattr(found, name, [getattr(self, name)[i] for i in kept])
        found.vectors, found._search = self.vectors[rows], None
        found.codes = None if self.codes is None else self.codes[rows]
        found.local = None if self.local is None else self.local.kept(kept)
        return found

    def remove(self, label: str, name: str | None = None) -> int:
        """Takes out a label, or one of its images by name; returns how many images went; raises InputError for none."""
        if label not in self.labels:
            raise InputError(f"{label!r} is not registered; there are: {', '.join(list(self.counts())[:20])}.")
        gone = [i for i, row in enumerate(self.labels) if row == label and name in (None, self.names[i])]
        if not gone:
            own = [self.names[i] for i, row in enumerate(self.labels) if row == label]
            raise InputError(f"{label!r} has no image {name!r}; it has: {', '.join(own[:20])}.")
        kept = ~np.isin(np.arange(len(self)), gone)
        vars(self).update(vars(self.part(kept)))
        self.changed = recalibrated(self, kept=np.flatnonzero(kept).tolist())
        return len(gone)

    def set_threshold(self, row: dict) -> None:
        """Takes a threshold with its evidence; raises InputError where it was measured on other scores than these."""
        check_threshold(row, self)
        self.threshold = row

    def _model(self) -> Embedder:
        if self.embedder is None:
            raise InputError("the gallery was opened without its model; give the checkpoint or ONNX file.")
        return self.embedder
