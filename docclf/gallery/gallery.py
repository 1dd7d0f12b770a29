"""Registered images and the answer to: which of them is this?"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.gallery.embedder import Embedder
from docclf.gallery.images import Finding, Picture
from docclf.gallery.match import Match, answered, checked
from docclf.gallery.register import lookalikes, refuse_collapsed, sorted_out
from docclf.gallery.search import Search
from docclf.gallery.verified import answer
from docclf.verify.homography import Homography
from docclf.verify.store import Store

FUSION = "max"  # a label's score is that of its nearest image, as metric.fusion=max measures it


class Gallery:
    """Unit vectors of registered images with their labels.

    Args:
        embedder: the model that all vectors come from; ``None`` for a gallery that is only looked at.
        search: auto, numpy or faiss; see `docclf.gallery.search.Search`.
        locator: finds the sheet in each photo first (`docclf.locator.locate.Locator`); ``None`` takes photos whole.
        verifier: `docclf.verify.homography.Homography`: candidates are verified, and the answer says where the sheet
            lies (`docclf.gallery.verified.Found`); ``None`` goes by the cosine alone.
    """

    def __init__(
        self, embedder: Embedder | None, search: str = "auto", locator: Any = None, verifier: Homography | None = None
    ) -> None:
        self.embedder, self.backend, self.locator, self.verifier = embedder, search, locator, verifier
        self.local = Store.of([]) if verifier else None
        self.verify_settings = verifier.settings() if verifier else None
        self.labels: list[str] = []
        self.names: list[str] = []
        self.hashes: list[str] = []
        self.versions: list[str] = []  # of each row: the weights that its vector came from
        self.align = "none"  # how rows of older weights were mapped
        self.vectors = np.zeros((0, 0), np.float32)
        self.fingerprint = embedder.fingerprint if embedder else None
        self.probe: Any = embedder.probe() if embedder else None
        self.image_size = embedder.image_size if embedder else None
        self.threshold: dict | None = None

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
            InputError: one file under two labels, a label that cannot be one, no model, or one that tells no two images
                apart.
        """
        if not -1 <= duplicate <= 1:
            raise InputError(f"duplicate={duplicate}: want a cosine in [-1, 1].")
        fresh, findings = sorted_out(pictures, self.hashes, self.labels, self.names)
        if fresh:
            vectors = self._model()([row.pixels for row in fresh])
            refuse_collapsed(self.probe, fresh, vectors)
            old = len(self)
            if self.verifier and self.local is not None:
                points = [self.verifier.describe(row.pixels) if row.points is None else row.points for row in fresh]
                self.local = self.local.joined(Store.of(points))
            elif self.local is not None:
                raise InputError("the gallery holds local features; open it with verification to add to it.")
            self.vectors = np.concatenate([self.vectors, vectors]) if old else vectors
            self.labels += [checked(row.label) for row in fresh]
            self.versions += [self.fingerprint] * len(fresh)
            self.names += [row.name for row in fresh]
            self.hashes += [row.sha256 for row in fresh]
            findings += lookalikes(self.vectors, self.labels, self.names, old, duplicate)
        return findings

    def match(self, images: Sequence[np.ndarray], top: int = 5, threshold: float | None = None) -> list[Match]:
        """Returns the answer for each image.

        Args:
            images: uint8 RGB [H,W,3].
            top: labels in the list of the nearest.
            threshold: cosine (with verification: score) to use instead of the gallery's.

        Raises:
            InputError: nothing registered, no threshold, or no model.
        """
        if not len(self):
            raise InputError("nothing is registered, so nothing can be matched; register at least one image.")
        if top < 1:
            raise InputError(f"top={top}: want 1 or more.")
        if self.verifier:
            return [answer(self, image, self._model()(self._views(image)[0]), top, threshold) for image in images]
        known = self.threshold["cosine"] if self.threshold else None
        if (threshold := known if threshold is None else threshold) is None:
            raise InputError(
                "the gallery has no threshold, and without one an unregistered document would get the nearest label. "
                "Give metrics.json of the model (--metrics), or a cosine (--threshold)."
            )
        cut = float(threshold)
        if not len(images):
            return []
        seen = [self._views(image) for image in images]
        queries = self._model()([view for views, _ in seen for view in views])
        wide = max(top, 2) * max(self.counts().values())
        scores, rows = self.search().nearest(queries, wide)
        answers, first = [], 0
        for views, found in seen:
            turn = int(scores[first : first + len(views), 0].argmax())
            nearest = [self.labels[row] for row in rows[first + turn]]
            answers.append(answered(nearest, scores[first + turn], top, cut, found, turn))
            first += len(views)
        return answers

    def _views(self, image: np.ndarray) -> tuple[list[np.ndarray], Any]:
        """Returns what the model is to see of a photo, and the sheet that a locator found in it."""
        return ([image], None) if self.locator is None else self.locator.views(image, self._model().image_size)

    def search(self) -> Search:
        """Returns the search over what is registered now."""
        return Search(self.vectors, self.backend)

    def remove(self, label: str, name: str | None = None) -> int:
        """Takes out a label, or one of its images by name; returns how many images went.

        Raises:
            InputError: no such label or image.
        """
        if label not in self.labels:
            raise InputError(f"{label!r} is not registered; there are: {', '.join(list(self.counts())[:20])}.")
        gone = [i for i, row in enumerate(self.labels) if row == label and name in (None, self.names[i])]
        if not gone:
            own = [self.names[i] for i, row in enumerate(self.labels) if row == label]
            raise InputError(f"{label!r} has no image {name!r}; it has: {', '.join(own[:20])}.")
        kept = [i for i in range(len(self)) if i not in set(gone)]
        self.labels, self.names, self.hashes, self.versions = (
            [column[i] for i in kept] for column in (self.labels, self.names, self.hashes, self.versions)
        )
        self.vectors = self.vectors[kept]
        self.local = None if self.local is None else self.local.kept(kept)
        return len(gone)

    def set_threshold(self, row: dict) -> None:
        """Takes a threshold with its evidence (`docclf.results.thresholds`).

        Raises:
            InputError: it was measured with another fusion of a label's images than the gallery's.
        """
        if row.get("fusion") not in (None, FUSION):
            raise InputError(
                f"this threshold was measured with metric.fusion={row['fusion']}, a gallery uses {FUSION}; evaluate "
                f"with metric.fusion={FUSION}."
            )
        if row.get("verify") and not self.verifier:
            raise InputError("this threshold was measured with verification; the gallery goes by the cosine alone.")
        self.threshold = row

    def _model(self) -> Embedder:
        if self.embedder is None:
            raise InputError("the gallery was opened without its model; give the checkpoint or ONNX file.")
        return self.embedder
