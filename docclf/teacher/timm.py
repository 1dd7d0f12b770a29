"""Any timm network as a teacher."""

from typing import Any

import timm
from torch import nn

from docclf.errors import InputError
from docclf.pretrained.timm import timm_features
from docclf.teacher.cache import Cache
from docclf.teacher.pixels import KINDS, Pixels
from docclf.teacher.teacher import Teacher
from docclf.teacher.tower import Tower


class Timm(Teacher):
    """The pooled features of a timm network: CLIP towers, DINO, or a network trained on ImageNet.

    Mean, standard deviation, interpolation and side are those that timm keeps for the name and its tag, so a file
    takes the tag of the weights it holds (``vit_base_patch32_clip_quickgelu_224.openai``).

    Args:
        name: timm model name, with or without a tag.
        weights: ``pretrained`` (the hub's or its cache's), ``package:NAME`` or the path of a file.
        term, source, view, tower_view, map, map_bias, cache, embed_dim, image_size, seed, dataset: see `Teacher`.
        head: keep what timm calls the classifier; in CLIP towers it is the projection to the joint space.
        image_mean: mean of R, G, B in [0, 1]; ``None`` takes timm's.
        image_std: likewise.
        interpolation: ``bicubic`` or ``bilinear``; ``None`` takes timm's.
        side: side of the tower's input in pixels; ``None`` takes timm's.
        licence: of the weights; ``None`` takes timm's for weights of the hub.
        precision: see `docclf.teacher.tower.Tower`.

    Raises:
        InputError: weights that cannot be had or do not tell enough; random weights.
    """

    def __init__(
        self,
        name: str,
        weights: str,
        term: dict[str, nn.Module],
        embed_dim: int,
        image_size: int,
        seed: int,
        dataset: Any,
        head: bool = False,
        image_mean: list[float] | None = None,
        image_std: list[float] | None = None,
        interpolation: str | None = None,
        side: int | None = None,
        licence: str | None = None,
        precision: str = "auto",
        source: str = "online",
        view: str = "augmented",
        tower_view: str = "clean",
        map: str = "linear",
        map_bias: bool = False,
        cache: Cache | None = None,
    ) -> None:
        if weights is None:
            raise InputError("teacher.weights=null: a random tower teaches nothing; give pretrained or a file.")
        if (image_mean is None) != (image_std is None):
            raise InputError("teacher.image_mean and teacher.image_std: give both or neither.")
        _check_tag(name, weights, image_mean)
        net = timm_features(name, weights, side, "teacher", head)
        config = timm.data.resolve_model_data_config(net)
        kind = interpolation or (config["interpolation"] if config["interpolation"] in KINDS else "bicubic")
        pixels = Pixels(
            side or min(config["input_size"][1:]), image_mean or config["mean"], image_std or config["std"], kind
        )
        known = net.pretrained_cfg.get("license") if weights == "pretrained" else None
        facts = {"kind": "timm", "name": name, "weights": weights, "licence": licence or known or "not stated"}
        super().__init__(
            Tower(net, pixels, facts, precision),
            *(term, embed_dim, image_size, seed, dataset, source, view, tower_view, map, map_bias, cache),
        )


def _check_tag(name: str, weights: str, image_mean: list[float] | None) -> None:
    """Refuses a file for a name without tag whose tags were normalised differently: which one is it?"""
    if weights == "pretrained" or image_mean is not None or "." in name:
        return
    tags = timm.list_pretrained(f"{name}.*")
    means = {tuple(timm.get_pretrained_cfg(tag).mean) for tag in tags}
    if len(means) > 1:
        raise InputError(
            f"teacher.weights={weights}: the file does not tell how its images were normalised, and the weights timm "
            f"has for {name} differ in that. Name the tag in teacher.name ({', '.join(tags[:6])}), or give "
            "teacher.image_mean and teacher.image_std."
        )
