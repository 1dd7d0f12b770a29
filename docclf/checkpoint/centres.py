"""The class centres of a checkpoint, in files beside it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import nn

from docclf.errors import InputError
from docclf.loss.centres import files as shards
from docclf.loss.partial_fc import PartialFC
from docclf.ops import unit
from docclf.utils import atomic
from docclf.utils.reading import arrays

CENTRES = "centres"
KEYS = "keys.npy"  # in the folder of the centres: what class each row is


def beside(path: str | Path) -> Path:
    """Returns the folder of the centres of a checkpoint: x.ckpt has x.centres/."""
    return Path(path).with_suffix(".centres")


class Centres(pl.Callback):
    """Writes centres that are spread over the ranks to files of their own, each rank its rows, and reads them back.

    The checkpoint names the files it needs and is written after them, by a rename; files of the one before go last.
    So whenever a run is killed, the checkpoint that is there has its centres.

    Args:
        path: of the checkpoint that a run goes on from.
        keys: what each class is, uint64 [K], kept for later runs with other classes; ``None`` when the data cannot say.
    """

    def __init__(self, path: Path, keys: np.ndarray | None = None) -> None:
        self.folder, self.keys = beside(path), keys

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Keeps this rank's classes before the rest would be moved to the device."""
        if isinstance(pl_module.loss, PartialFC):
            pl_module.loss.shard()

    def on_save_checkpoint(self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict) -> None:
        """Writes the centres; the checkpoint remembers the files."""
        if shards.spread(pl_module.loss):
            checkpoint[CENTRES] = shards.save(self.folder, pl_module.loss)
            if self.keys is not None and trainer.is_global_zero and not (self.folder / KEYS).exists():
                atomic.write(self.folder / KEYS, lambda path: arrays.write_npy(path, self.keys))

    def on_load_checkpoint(self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict) -> None:
        """Reads this rank's centres."""
        if shards.spread(pl_module.loss):
            path = Path(trainer.ckpt_path)
            if CENTRES not in checkpoint:
                raise InputError(f"{path} names no class centres to go on with; start a new run from it: init_from.")
            shards.load(beside(path), checkpoint[CENTRES], pl_module.loss)


def carry_over(path: str | Path, stored: dict[str, Any], loss: nn.Module, keys: np.ndarray) -> int:
    """Takes the centres of the classes that both runs have from a checkpoint; returns how many.

    Args:
        path: of the checkpoint.
        stored: what `docclf.checkpoint.read.load` made of it.
        loss: of the new run, before its first step.
        keys: `class_keys` of the new run's data, uint64 [K].

    Raises:
        InputError: the checkpoint has no centres, or the loss has none that can be set row by row.
    """
    file = beside(path) / KEYS
    if CENTRES not in stored or not file.is_file() or not shards.spread(loss):
        raise InputError(
            f"init_centres=true takes the centres of a run with loss=partialfc_* from its last.ckpt and the folder "
            f"{beside(path)} with {KEYS} in it; {path} has none. Give init_from=.../last.ckpt, or init_centres=false."
        )
    origin = _origins(path, stored, keys)
    shards.adopt(beside(path), stored[CENTRES], loss, origin)
    return int((origin >= 0).sum())


def stored(path: str | Path, stored: dict[str, Any], keys: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Returns the unit centres of classes that a checkpoint has, or ``None`` where none were kept beside it.

    Args:
        path: of the checkpoint.
        stored: what `docclf.checkpoint.read.load` made of it.
        keys: `class_keys` of the data at hand, uint64 [K].

    Returns:
        float32 [K,D], and bool [K]: which of the rows are there.

    Raises:
        InputError: files that are damaged.
    """
    if CENTRES not in stored or not (beside(path) / KEYS).is_file():
        return None
    origin, manifest = _origins(path, stored, keys), shards.checked(stored[CENTRES], beside(path))
    rows = torch.zeros(len(keys), manifest["dim"])
    shards.read(beside(path), manifest, origin, rows)
    return unit(rows).numpy(), (origin >= 0).numpy()


def _origins(path: str | Path, stored: dict[str, Any], keys: np.ndarray) -> torch.Tensor:
    """Returns the stored class of each class of a run, -1 where there is none, int64 [K]."""
    file, manifest = beside(path) / KEYS, shards.checked(stored[CENTRES], beside(path))
    old = arrays.read_npy(file)
    if old.dtype != np.uint64 or old.shape != (manifest["num_classes"],):
        raise InputError(
            f"{file} holds {old.dtype} {list(old.shape)}; want a uint64 for each of the {manifest['num_classes']} "
            "classes. Copy the folder again, or give init_centres=false."
        )
    order = np.argsort(old, kind="stable")
    found = order[np.searchsorted(old, keys, sorter=order).clip(0, len(old) - 1)]
    return torch.from_numpy(np.where(old[found] == keys, found, -1))
