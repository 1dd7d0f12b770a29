"""What a run saves: best.ckpt to evaluate, and last.ckpt with last.centres/ beside it to go on from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.plugins.io import TorchCheckpointIO

from docclf import __version__
from docclf.checkpoint.centres import CENTRES, beside
from docclf.checkpoint.read import KEY, load
from docclf.errors import InputError
from docclf.loss.centres import files as shards
from docclf.provenance.commit import commit
from docclf.utils import atomic


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the target and renames, so a full disk or a kill never leaves half a checkpoint."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Saves ``checkpoint`` to ``path``; raises InputError with the remedy when it cannot."""
        atomic.write(path, lambda temporary: torch.save(checkpoint, temporary))

    def load_checkpoint(self, path: str | Path, map_location: Any = None, weights_only: bool | None = None) -> dict:
        """Loads what a training goes on from; raises InputError for a released checkpoint, which cannot be resumed."""
        found = load(path)
        if found.get(KEY, {}).get("released"):
            raise InputError(
                f"{path} holds the weights of the encoder only, so no training can go on from it. Start a new run "
                f"from them: init_from={path}."
            )
        return found


def released(checkpoint: dict[str, Any], clean: Callable[[Any], Any] = lambda node: node) -> dict[str, Any]:
    """Returns what evaluation, export and ``init_from`` need of a checkpoint, and no more: the weights-only form.

    Args:
        checkpoint: what ``load`` returned.
        clean: applied to the config and the facts.
    """
    about = checkpoint[KEY]
    weights = {k: v.clone() for k, v in checkpoint["state_dict"].items() if k.startswith("encoder.")}
    stored = {"config": clean(about["config"]), "facts": clean(about.get("facts") or {}), "version": about["version"]}
    return {"state_dict": weights, KEY: stored | {"released": True}}


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


class Kept(ModelCheckpoint):
    """A checkpoint of a run's folder. The folder may be moved: Lightning would forget which value was the best."""

    _moved = False

    def on_load_checkpoint(self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict) -> None:
        """Notes whether the run goes on from its own folder."""
        self._moved = Path(trainer.ckpt_path).absolute().parent == Path(self.dirpath).absolute()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes the best value along to where the folder is now."""
        if self._moved:
            there = {
                name: str(Path(self.dirpath) / Path(state_dict[name]).name)
                for name in ("best_model_path", "last_model_path", "kth_best_model_path")
                if state_dict.get(name)
            }
            best = {str(Path(self.dirpath) / Path(k).name): v for k, v in state_dict["best_k_models"].items()}
            state_dict = state_dict | there | {"best_k_models": best, "dirpath": self.dirpath}
        super().load_state_dict(state_dict)
