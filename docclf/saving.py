"""What a run saves: best.ckpt to evaluate, and last.ckpt with last.centres/ beside it to go on from."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from docclf import __version__
from docclf.checkpoint import KEY, AtomicCheckpointIO
from docclf.errors import InputError
from docclf.facts import commit
from docclf.loss import shards

CENTRES = "centres"


def beside(path: str | Path) -> Path:
    """Returns the folder of the centres of a checkpoint: x.ckpt has x.centres/."""
    return Path(path).with_suffix(".centres")


class RunCheckpointIO(AtomicCheckpointIO):
    """Adds the config to every checkpoint; takes away what an older one and killed runs left behind.

    Args:
        config: plain dict, interpolations unresolved, so that another machine resolves its own paths.
        facts: plain dict: class count, data fingerprint.
    """

    def __init__(self, config: dict, facts: dict) -> None:
        super().__init__()
        self.stored = {"config": config, "facts": facts | {"commit": commit()}, "version": __version__}

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Saves ``checkpoint`` to ``path``, whole or not at all; its centres are written already."""
        path = Path(path)
        for stale in path.parent.glob(f".{path.name}.*"):
            stale.unlink(missing_ok=True)
        super().save_checkpoint(checkpoint | {KEY: self.stored}, path)
        if CENTRES in checkpoint:
            shards.prune(beside(path), checkpoint[CENTRES])


class Centres(pl.Callback):
    """Writes centres that are spread over the ranks to files of their own, each rank its rows, and reads them back.

    The checkpoint names the files it needs and is written after them, by a rename; files of the one before go last.
    So whenever a run is killed, the checkpoint that is there has its centres.

    Args:
        path: of the checkpoint that a run goes on from.
    """

    def __init__(self, path: Path) -> None:
        self.folder = beside(path)

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Keeps this rank's classes before the rest would be moved to the device."""
        if hasattr(pl_module.loss, "shard"):
            pl_module.loss.shard()

    def on_save_checkpoint(self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict) -> None:
        """Writes the centres; the checkpoint remembers the files."""
        if hasattr(pl_module.loss, "shard"):
            checkpoint[CENTRES] = shards.save(self.folder, pl_module.loss)

    def on_load_checkpoint(self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict) -> None:
        """Reads this rank's centres."""
        if hasattr(pl_module.loss, "shard"):
            path = Path(trainer.ckpt_path)
            if CENTRES not in checkpoint:
                raise InputError(f"{path} names no class centres to go on with; start a new run from it: init_from.")
            shards.load(beside(path), checkpoint[CENTRES], pl_module.loss)
