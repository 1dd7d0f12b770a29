"""Embeds a register/query split and scores it: the one path that training and evaluate.py share."""

from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from docclf.build import parents
from docclf.errors import InputError


def device_of(name: str) -> torch.device:
    """Returns the device that ``auto``, ``cpu`` or ``cuda`` names."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InputError(f"device={name!r}: want auto, cpu, cuda or cuda:N.") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InputError(f"device={name!r}: this torch sees no CUDA device; use device=cpu.")
    return device


def embed(model: Any, loader: Any, device: torch.device, title: str) -> tuple[Tensor, Tensor]:
    """Returns embeddings [N,D] float32 and labels [N] of a loader, on the CPU."""
    embeddings, labels = [], []
    for images, numbers, _ in tqdm(loader, desc=title, unit="batch", leave=False):
        embeddings.append(model(images.to(device)).cpu())
        labels.append(numbers)
    if not embeddings:
        raise InputError(f"{title}: there is not a single image; check data.root and the split.")
    return torch.cat(embeddings), torch.cat(labels)


def score(model: Any, dataset: Any, metric: Any, split: str, device: torch.device) -> Any:
    """Returns the metric's Result on a split, the registered images against the queries."""
    model = model.to(device)
    register = embed(model, dataset.register_loader(split), device, f"{split} register")
    query = embed(model, dataset.query_loader(split), device, f"{split} queries")
    return metric(*register, *query, parents=parents(dataset.class_names(split)))
