"""The image tower of any open_clip model as a teacher."""

from pathlib import Path
from typing import Any

import open_clip
from torch import nn

from docclf.errors import InputError
from docclf.pretrained import open_clip as clip
from docclf.teacher.cache import Cache
from docclf.teacher.pixels import Pixels
from docclf.teacher.teacher import Teacher
from docclf.teacher.tower import Tower


class OpenClip(Teacher):
    """A CLIP, MobileCLIP or SigLIP image tower; the text tower is dropped.

    Args:
        name: architecture (``ViT-B-32-quickgelu``), ``hf-hub:ORGANISATION/NAME`` or ``local-dir:DIR``.
        pretrained: tag (``openai``) or path of a file; ``None`` with the last two forms of ``name``.
        term, source, view, tower_view, map, map_bias, cache, embed_dim, image_size, seed, dataset: see `Teacher`.
        image_mean: mean of R, G, B in [0, 1]; ``None`` takes the tag's, and is refused for files that may differ.
        image_std: likewise.
        interpolation: ``bicubic`` or ``bilinear``, likewise.
        side: side of the tower's input in pixels; ``None`` takes the architecture's.
        quick_gelu: build with QuickGELU; ``None`` takes what the tag was trained with.
        licence: of the weights, where the library does not know it.
        precision: see `docclf.teacher.tower.Tower`.

    Raises:
        InputError: weights that cannot be had or do not tell enough; random weights.
    """

    def __init__(
        self,
        name: str,
        pretrained: str | None,
        term: dict[str, nn.Module],
        embed_dim: int,
        image_size: int,
        seed: int,
        dataset: Any,
        image_mean: list[float] | None = None,
        image_std: list[float] | None = None,
        interpolation: str | None = None,
        side: int | None = None,
        quick_gelu: bool | None = None,
        licence: str | None = None,
        precision: str = "auto",
        source: str = "online",
        view: str = "augmented",
        tower_view: str = "clean",
        map: str = "linear",
        map_bias: bool = False,
        cache: Cache | None = None,
    ) -> None:
        if pretrained == "random":
            raise InputError("teacher.pretrained=random: a random tower teaches nothing; give a tag or a file.")
        if pretrained is not None and Path(pretrained).is_file() and interpolation is None:
            _check_interpolation(name, pretrained)
        model, config = clip.create(name, pretrained, "teacher", image_mean, image_std, side, quick_gelu, interpolation)
        pixels = Pixels(config["size"], config["mean"], config["std"], config["interpolation"])
        facts = {"kind": "open_clip", "name": name, "pretrained": pretrained, "licence": licence or "not stated"}
        tower = Tower(model.visual, pixels, facts, precision)
        super().__init__(
            tower, term, embed_dim, image_size, seed, dataset, source, view, tower_view, map, map_bias, cache
        )


def _check_interpolation(name: str, path: str) -> None:
    tags = open_clip.list_pretrained_tags_by_model(name)
    kinds = {open_clip.get_pretrained_cfg(name, tag).get("interpolation") or "bicubic" for tag in tags}
    if kinds != {"bicubic"}:
        raise InputError(
            f"teacher.pretrained={path}: the file does not tell how its images were resized, and open_clip would take "
            f"bicubic, which is not known to be right for {name}. Give teacher.interpolation=bilinear (MobileCLIP) or "
            "teacher.interpolation=bicubic (CLIP, SigLIP)."
        )
