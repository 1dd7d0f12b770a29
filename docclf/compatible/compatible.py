"""Training a new network whose embeddings can be compared with those of an old one."""

import logging
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from docclf.batch import Batch
from docclf.compatible.base import Seen, Term
from docclf.errors import InputError
from docclf.ops import unit
from docclf.teacher.cache import Cache
from docclf.teacher.pixels import Pixels
from docclf.teacher.tower import Tower

_log = logging.getLogger(__name__)
FRAMES = ("same", "orthogonal", "split")


class Compatible(nn.Module):
    """Terms that keep the first D_old numbers of the new embedding comparable with the old model's.

    The new embedding is D_old + extra wide; vectors of two widths are compared on the first numbers they share. The old
    model looks at the clean images once (a teacher's cache): they are what is registered, and with a class per image
    they are the imprinted old centres too. Old model and terms are left behind when the encoder is taken out.

    The classifier may see the embedding in a frame of its own, behind an orthogonal map without bias, so that what is
    aligned with the past need not be what separates the classes; cosines of whole embeddings are the same in both:
    ``same`` leaves the map out; ``orthogonal`` turns all D numbers (OCA, arXiv:2408.08793); ``split`` turns them, and
    the classifier sees all but the first ``extra`` (BT2, arXiv:2211.03989 section 3.3).

    Args:
        network: the old model with ``encoder``, ``image_size`` and ``origin``; the builder makes it of ``with``.
        terms: name to term.
        extra: numbers that the new embedding has more than the old one.
        frame: same, orthogonal or split.
        embed_dim: D of the new embedding.
        image_size: side S of the student's views in pixels.
        seed: of the map's first values.
        dataset: where the cache finds the images.
        latest: an independently trained new model, like ``network``; only for terms that ask for one.
        centres: unit old centres [K,D_old] and which classes have one, bool [K]; the others are imprinted.
        cache: where features are kept.

    Raises:
        InputError: no term, an unknown frame, or widths that do not fit each other.
    """

    views: tuple[str, ...] = ()

    def __init__(
        self,
        network: Any,
        terms: dict[str, Term],
        embed_dim: int,
        image_size: int,
        seed: int,
        dataset: Any,
        extra: int = 0,
        frame: str = "same",
        latest: Any = None,
        centres: tuple[np.ndarray, np.ndarray] | None = None,
        cache: Cache | None = None,
    ) -> None:
        super().__init__()
        if frame not in FRAMES:
            raise InputError(f"compatible.frame={frame!r}: choose one of {', '.join(FRAMES)}.")
        if not terms:
            raise InputError("compatible.terms is empty: choose a method, such as compatible=bct.")
        if extra < 0 or (frame == "split" and not extra):
            raise InputError(f"compatible.extra={extra}: want {1 if frame == 'split' else 0} or more numbers.")
        self.old = _tower(network, "compatible.with")
        self.width = self.old.width
        if embed_dim != self.width + extra:
            raise InputError(
                f"embed_dim={embed_dim}: the old model has {self.width} numbers and compatible.extra={extra} more are "
                f"asked for; give embed_dim={self.width + extra}, or another compatible.extra."
            )
        self.latest = None if latest is None else _tower(latest, "compatible.new")
        self.extra, self.frame, self.terms = extra, frame, nn.ModuleDict(terms)
        self.loss_width = embed_dim - extra if frame == "split" else embed_dim
        if any(term.follows_latest for term in terms.values()) and (
            self.latest is None or self.latest.width != self.loss_width
        ):
            found = "none was given" if self.latest is None else f"compatible.new has {self.latest.width} numbers"
            raise InputError(
                f"this method follows an independently trained new model of {self.loss_width} numbers; {found}. Train "
                f"one with embed_dim={self.loss_width} first and give compatible.new=.../best.ckpt."
            )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            turn = nn.Linear(embed_dim, embed_dim, bias=False) if frame != "same" else None
            self.turn = None if turn is None else nn.utils.parametrizations.orthogonal(turn)
        self._known, self._features = centres, ()
        self._to_cache = (cache or Cache(), dataset, image_size)

    def prepare(self, device: torch.device) -> None:
        """Lets the old model look at the training images, and tells the terms its centres."""
        cache, dataset, image_size = self._to_cache
        towers = [tower for tower in (self.old, self.latest) if tower is not None]
        self._features = tuple(cache.open(tower, dataset, image_size, device) for tower in towers)
        loader = dataset.train_loader()
        labels = np.arange(len(loader.source)) if loader.labels is None else loader.labels
        centres = unit(torch.from_numpy(_sums(self._features[0].rows, labels)))
        if self._known is not None:
            rows, found = self._known
            centres[torch.from_numpy(found)] = torch.from_numpy(rows[found])
        kept = 0 if self._known is None else int(self._known[1].sum())
        _log.info("compatible: %d of %d old centres are the checkpoint's, the others imprinted", kept, len(centres))
        for term in self.terms.values():
            term.know(centres.to(device))

    def classified(self, embeddings: Tensor) -> Tensor:
        """Returns what the classifier sees of embeddings [B,D]: [B,loss_width]."""
        if self.turn is None:
            return embeddings
        turned = nn.functional.linear(embeddings, self.turn.weight.to(embeddings.dtype))
        return turned[:, self.extra :] if self.frame == "split" else turned

    def forward(self, embeddings: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Returns each term, weighted, by name, for the student's embeddings of the augmented views [B,D]."""
        seen = [unit(features(batch.indices, embeddings.device)) for features in self._features]
        with torch.autocast(embeddings.device.type, enabled=False):
            new, turned = unit(embeddings[:, : self.width]), unit(self.classified(embeddings.float()))
            shown = Seen(new, seen[0].to(new), batch.labels, turned, seen[1].to(new) if len(seen) > 1 else None)
            return {name: term(shown) * term.weight for name, term in self.terms.items()}

    def describe(self) -> dict:
        """Returns what a checkpoint records of it."""
        how = {"width": self.width, "extra": self.extra, "frame": self.frame, "terms": list(self.terms)}
        return {"with": self.old.describe()} | how


def _tower(network: Any, name: str) -> Tower:
    pixels = Pixels(network.image_size, [0.0] * 3, [1.0] * 3, "bilinear")
    return Tower(network.encoder, pixels, {"kind": "checkpoint", "name": name, "origin": network.origin}, "float32")


def _sums(rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Returns the sum of the unit rows of each class, float32 [K,D]."""
    sums = np.zeros((int(labels.max()) + 1, rows.shape[1]), np.float32)
    for at in range(0, len(rows), 8192):
        block = rows[at : at + 8192].astype(np.float32)
        np.add.at(sums, labels[at : at + 8192], block / np.maximum(np.linalg.norm(block, axis=1, keepdims=True), 1e-12))
    return sums
