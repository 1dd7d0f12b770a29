"""Checkpoints: weights plus the plain config, written whole or not at all, read without running anything."""

import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch

from docclf.errors import InputError

KEY = "docclf"
PARTS = ("backbone", "head", "norm", "loss", "margin", "teacher", "augment", "data", "metric", "schedule", "model")
TORCH_TARGETS = {
    "torch.nn.Identity",
    "torch.nn.LayerNorm",
    "torch.nn.BatchNorm1d",
    "torch.optim.AdamW",
    "torch.optim.SGD",
    "torch.optim.Adam",
    "pytorch_lightning.Trainer",
    "pytorch_lightning.loggers.CSVLogger",
    "pytorch_lightning.loggers.TensorBoardLogger",
    "pytorch_lightning.loggers.WandbLogger",
}


def load(path: str | Path) -> dict[str, Any]:
    """Returns the checkpoint of ``path`` on the CPU, read with ``weights_only=True``.

    Raises:
        InputError: no such file, a broken file, one that holds code, or one that docclf did not write.
    """
    path = Path(path)
    if not path.is_file():
        near = sorted(str(p) for p in path.parent.glob("*.ckpt"))[:5] if path.parent.is_dir() else []
        raise InputError(
            f"there is no checkpoint {path}. "
            + (f"That folder holds: {', '.join(near)}." if near else "Give the path of a best.ckpt or last.ckpt.")
        )
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{path} holds objects other than tensors and plain values, so it is not loaded ({_first(error)}). Only "
            "checkpoints written by train.py are read."
        ) from error
    except (RuntimeError, EOFError, zipfile.BadZipFile, OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{path} is no readable checkpoint ({_first(error)}); the file is broken or cut off. Take another one of "
            "that run (best.ckpt, last.ckpt) or copy it again."
        ) from error
    if not isinstance(checkpoint, dict) or KEY not in checkpoint or "state_dict" not in checkpoint:
        raise InputError(f"{path} was not written by docclf: it has no {KEY!r} entry. Give a checkpoint of train.py.")
    return checkpoint


def config_of(checkpoint: dict[str, Any], path: str | Path, allow: list[str] | None = None) -> dict[str, Any]:
    """Returns the stored config after every ``_target_`` in it was found harmless.

    Args:
        checkpoint: what ``load`` returned.
        path: its file, for the message.
        allow: packages of the user whose classes may be built besides docclf's own.

    Raises:
        InputError: a target that is no part of docclf, of torch's few allowed classes, or of ``allow``.
    """
    config = checkpoint[KEY]["config"]
    foreign = sorted({t for t in _targets(config) if not _allowed(t, tuple(allow or ()))})
    if foreign:
        raise InputError(
            f"the config in {path} names {', '.join(foreign)}, which is no part of docclf, so nothing of it was built. "
            "If it is your own class and you trust the file, name its package: allow=[PACKAGE]."
        )
    return config


def _targets(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [str(node["_target_"])] if "_target_" in node else []
        return own + [t for value in node.values() for t in _targets(value)]
    if isinstance(node, list):
        return [t for value in node for t in _targets(value)]
    return []


def _allowed(target: str, packages: tuple[str, ...]) -> bool:
    """Allows a class of a component file by its own path (not by way of what that file imports)."""
    if target in TORCH_TARGETS or target.split(".")[0] in packages:
        return True
    parts = target.split(".")
    if len(parts) < 3 or parts[0] != "docclf" or parts[1] not in PARTS:
        return False
    from docclf.config.check import locate

    try:
        found = locate(target)
    except (ImportError, AttributeError):
        return False
    return isinstance(found, type) and f"{found.__module__}.{found.__qualname__}" == target


def _first(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:160] or type(error).__name__
