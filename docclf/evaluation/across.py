"""Queries of a new model against a register that an old one embedded."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from docclf.checkpoint.network import load
from docclf.errors import InputError
from docclf.imaging.resize import squash
from docclf.model.network import Network
from docclf.utils.fixed_batches import FixedBatches
from docclf.versions import align

_CHUNK = 256


def replace(found: Any, config: Any, network: Any, dataset: Any, split: str, device: torch.device) -> dict:
    """Puts the old model's embeddings of the registered images in place of the new one's; returns what was done.

    Vectors of two widths are compared on the first numbers they share, which only a model that was trained for it
    makes sense of. With ``align`` the old vectors are first mapped into the new space; the map is fitted on the images
    of the validation split.

    Args:
        found: `docclf.evaluation.embed.Embedded`, changed in place.
        config: evaluate.py's, with ``register_ckpt`` and ``align``.
        network: the new model.
        dataset: where the images come from.
        split: val or test.
        device: where both models run.

    Raises:
        InputError: settings that exclude each other, or widths that are incompatible.
    """
    for group in ("verify", "locate"):
        if config.get(group):
            raise InputError(f"register_ckpt compares the embeddings of two models; leave {group}= out.")
    old = load(config.register_ckpt, list(config.allow))
    model = Network(old.encoder, old.image_size).to(device)
    register = embedded(model, dataset, split, "register", device)
    facts = {"checkpoint": config.register_ckpt, "weights_sha256": old.fingerprint, "embed_dim": register.shape[1]}
    if config.align == "none":
        declared = load(config.ckpt, list(config.allow)).compatible_with == old.fingerprint
        if register.shape[1] != found.query.shape[1] and not declared:
            raise InputError(
                f"{config.ckpt} makes {found.query.shape[1]} numbers and {config.register_ckpt} {register.shape[1]}, "
                "and neither was trained to be comparable with the other (compatible=...). Give align=procrustes or "
                "align=map, or register the images again with the new model."
            )
        a, b = align.common(register.numpy(), found.query.numpy())
    else:
        if split == "val":
            raise InputError("align= is fitted on the validation split; score the other: split=test.")
        pairs = [
            tuple(embedded(m, dataset, "val", part, device).numpy() for m in (model, network))
            for part in ("register", "query")
        ]
        old_rows, new_rows = (np.concatenate(rows) for rows in zip(*pairs, strict=True))
        matrix = align.fit(config.align, old_rows, new_rows)
        a, b = align.apply(register.numpy(), matrix), align.unit(found.query.numpy()).astype(np.float32)
        facts |= {"align": config.align, "fitted_on": f"{len(old_rows)} images of the validation split"}
    found.register, found.query = torch.from_numpy(a), torch.from_numpy(b)
    return facts


def embedded(model: Any, dataset: Any, split: str, part: str, device: torch.device) -> Tensor:
    """Returns embeddings float32 [N,D] of the images of a part, each squashed to the side that the model takes."""
    batches = FixedBatches(lambda images: model(images.to(device)))
    for images in _squashed(dataset, split, part, model.image_size):
        batches.add(images)
    return batches.rows()


def _squashed(dataset: Any, split: str, part: str, side: int) -> Iterable[Tensor]:
    count = len(dataset.item_names(split, part))
    for first in range(0, count, _CHUNK):
        rows = [squash(dataset.image(split, part, i), side) for i in range(first, min(first + _CHUNK, count))]
        yield torch.from_numpy(np.stack(rows)).permute(0, 3, 1, 2).contiguous()
