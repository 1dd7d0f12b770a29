"""A network that docclf trained as a teacher of another."""

from typing import Any

from torch import nn

from docclf.teacher.cache import Cache
from docclf.teacher.pixels import Pixels
from docclf.teacher.teacher import Teacher
from docclf.teacher.tower import Tower


class Checkpoint(Teacher):
    """The encoder of a checkpoint: self-distillation, or a larger student teaching a smaller one.

    It sees images of the side it was trained with; its normalisation is in its backbone.

    Args:
        path: the checkpoint, or several that look together (`docclf.encoder.Joined`).
        network: its network, with ``encoder``, ``image_size`` and ``origin``; the builder makes it.
        term, source, view, tower_view, map, map_bias, cache, embed_dim, image_size, seed, dataset: see `Teacher`.
        allow: packages of your own whose classes the checkpoint may name.
        licence: of the weights.
        precision: see `docclf.teacher.tower.Tower`.
    """

    def __init__(
        self,
        path: str | list[str],
        network: Any,
        term: dict[str, nn.Module],
        embed_dim: int,
        image_size: int,
        seed: int,
        dataset: Any,
        allow: list[str] = (),
        licence: str | None = None,
        precision: str = "auto",
        source: str = "online",
        view: str = "augmented",
        tower_view: str = "clean",
        map: str = "linear",
        map_bias: bool = False,
        cache: Cache | None = None,
    ) -> None:
        pixels = Pixels(network.image_size, [0.0] * 3, [1.0] * 3, "bilinear")
        facts = {
            "kind": "checkpoint",
            "name": path if isinstance(path, str) else " + ".join(path),
            "origin": network.origin,
            "licence": licence or f"not stated; trained from {network.origin}",
        }
        super().__init__(
            Tower(network.encoder, pixels, facts, precision),
            *(term, embed_dim, image_size, seed, dataset, source, view, tower_view, map, map_bias, cache),
        )
