"""A frozen tower beside the training: what it says of a batch, and the terms that compare the student with it."""

import logging
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from docclf.batch import Batch
from docclf.errors import InputError
from docclf.ops import real
from docclf.teacher.cache import Cache
from docclf.teacher.tower import Tower

_log = logging.getLogger(__name__)
SOURCES = ("cache", "online")
VIEWS = {"clean": ("clean",), "augmented": ("augmented",), "both": ("clean", "augmented")}
TOWER_VIEWS = ("clean", "same")
MAPS = ("linear", "none")


class Teacher(nn.Module):
    """Terms that pull the student's embeddings towards the features of a tower.

    The tower is no submodule; the map from D to the tower's width W and the state of the terms are. The map is
    trained with the encoder and left behind when the encoder is taken out of the checkpoint.

    Args:
        tower: the frozen network.
        term: name to term; each takes (student, teacher) and returns a scalar.
        embed_dim: D.
        image_size: side S of the student's views in pixels.
        seed: of the map's first values.
        dataset: where the cache finds the images.
        source: ``online`` runs the tower in every step; ``cache`` looks its features up, and fills the cache first.
        view: which of the student's views takes part: ``clean``, ``augmented`` or ``both`` (the mean of the two).
        tower_view: what the tower sees: the ``clean`` view, or the ``same`` one as the student (online only).
        map: ``linear`` from D to W, or ``none``, when D = W.
        map_bias: give the map a bias; the original has none.
        cache: where features are kept and how they are made.

    Raises:
        InputError: no term, an unknown choice, or choices that exclude each other.
    """

    def __init__(
        self,
        tower: Tower,
        term: dict[str, nn.Module],
        embed_dim: int,
        image_size: int,
        seed: int,
        dataset: Any,
        source: str,
        view: str,
        tower_view: str,
        map: str,
        map_bias: bool,
        cache: Cache | None,
    ) -> None:
        super().__init__()
        choices = {"source": (source, SOURCES), "view": (view, VIEWS), "tower_view": (tower_view, TOWER_VIEWS)}
        for name, (value, known) in {**choices, "map": (map, MAPS)}.items():
            if value not in known:
                raise InputError(f"teacher.{name}={value!r}: choose one of {', '.join(known)}.")
        if not term:
            raise InputError("teacher.term is empty: name what to compare, such as teacher/term=cosine.")
        if source == "cache" and tower_view == "same" and view != "clean":
            raise InputError(
                f"teacher.source=cache holds the features of clean images, but teacher.tower_view=same with "
                f"teacher.view={view} asks for those of augmented ones; give teacher.tower_view=clean, or "
                "teacher.source=online."
            )
        self.tower, self.width, self.source, self.tower_view = tower, tower.width, source, tower_view
        self.students, self.progress = VIEWS[view], 0.0
        self.term = nn.ModuleDict(term)
        self.map = _map(map, map_bias, embed_dim, self.width, seed) if any(t.mapped for t in term.values()) else None
        self._features = None
        self._to_cache = (cache or Cache(), dataset, image_size)
        _log.info("teacher %s: licence of the weights: %s", tower.facts.get("name"), tower.facts.get("licence"))

    @property
    def views(self) -> tuple[str, ...]:
        """The views that batches must carry besides the student's own."""
        online_clean = self.source == "online" and self.tower_view == "clean"
        return ("clean",) if online_clean or "clean" in self.students else ()

    def prepare(self, device: torch.device) -> None:
        """Opens the cache, and fills it first where it is not full; nothing to do online."""
        if self.source == "cache" and self._features is None:
            cache, dataset, image_size = self._to_cache
            self._features = cache.open(self.tower, dataset, image_size, device)

    def set_progress(self, progress: float) -> None:
        """Sets the weights of the terms for a share of training done, in [0, 1]."""
        self.progress = progress

    def forward(self, embeddings: Tensor, batch: Batch, encode: Callable[[Tensor], Tensor]) -> dict[str, Tensor]:
        """Returns each term, weighted, by name.

        Args:
            embeddings: the student's of the augmented views [B,D].
            batch: with the clean view, if ``views`` asks for it.
            encode: uint8 images [B,3,S,S] to the student's embeddings [B,D].
        """
        if self.views and batch.clean is None:
            raise InputError("the data set's loader gives no clean view, which the teacher needs; use another data=.")
        targets = self._targets(batch)
        students = [embeddings if view == "augmented" else encode(batch.clean) for view in self.students]
        with torch.autocast(embeddings.device.type, enabled=False):
            students = [real(student) for student in students]
            mapped = [self._mapped(student) for student in students]
            found = {}
            for name, term in self.term.items():
                parts = [term(s, t) for s, t in zip(mapped if term.mapped else students, targets, strict=True)]
                found[name] = sum(parts) / len(parts) * term.weighting.at(self.progress)
                if self.training:
                    term.remember(targets[0])
        return found

    def _mapped(self, student: Tensor) -> Tensor:
        """Returns [B,W] in the student's precision, whatever that of the weights (trainer.precision=bf16-true)."""
        if not isinstance(self.map, nn.Linear):
            return student
        bias = None if self.map.bias is None else self.map.bias.to(student.dtype)
        return nn.functional.linear(student, self.map.weight.to(student.dtype), bias)

    def _targets(self, batch: Batch) -> list[Tensor]:
        """Returns the tower's features [B,W] for each of the student's views."""
        if self.source == "cache":
            self.prepare(batch.labels.device)
            return [self._features(batch.indices, batch.labels.device)] * len(self.students)
        if self.tower_view == "clean":
            return [self.tower(batch.clean)] * len(self.students)
        return [self.tower(batch.clean if view == "clean" else batch.images) for view in self.students]

    def describe(self) -> dict:
        """Returns what a checkpoint records of it."""
        how = {"source": self.source, "student_views": list(self.students), "tower_view": self.tower_view}
        return {**self.tower.describe(), **how, "terms": list(self.term)}


def _map(kind: str, bias: bool, embed_dim: int, width: int, seed: int) -> nn.Module:
    if kind == "none":
        if embed_dim != width:
            raise InputError(
                f"teacher.map=none needs equal widths; the embedding has {embed_dim}, the tower {width}: give "
                f"teacher.map=linear or embed_dim={width}."
            )
        return nn.Identity()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Linear(embed_dim, width, bias=bias)
