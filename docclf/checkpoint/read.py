"""Checkpoints: weights plus the plain config, written whole or not at all, read without running anything."""

import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch

from docclf.config.stored import Stored, check_plain
from docclf.errors import InputError

KEY = "docclf"


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
    _check_about(checkpoint[KEY], path)
    return checkpoint


def config_of(checkpoint: dict[str, Any], path: str | Path, allow: list[str] | None = None) -> Stored:
    """Returns the config that a checkpoint holds; nothing is built from it but by `docclf.config.construct`.

    Args:
        checkpoint: what ``load`` returned.
        path: its file, for messages.
        allow: packages of the user whose classes may be built besides docclf's own.

    Raises:
        InputError: a config that is not plain values.
    """
    return Stored(checkpoint[KEY].get("config"), path, allow)


def _check_about(about: Any, path: Path) -> None:
    """Raises InputError unless what docclf notes beside the weights is plain values."""
    if type(about) is not dict:
        raise InputError(f"{path}: its {KEY!r} entry is {type(about).__name__}; want a dict, as train.py writes it.")
    check_plain({key: value for key, value in about.items() if key != "config"}, f"what {path} notes of its run")
    for name, kind in {"facts": dict, "version": str}.items():
        if type(about.get(name, kind())) not in (kind, type(None)):
            raise InputError(f"{path}: its {name} are {type(about[name]).__name__}; want {kind.__name__}.")


def _first(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:160] or type(error).__name__
