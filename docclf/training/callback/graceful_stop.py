"""Ctrl-C and signals while a network trains: the step in work is finished and its state saved before the run ends."""

import signal
from pathlib import Path

import pytorch_lightning as pl
import torch

from docclf.distributed.ranks import Ranks
from docclf.utils.process import stop


class GracefulStop(pl.Callback):
    """Ends the run after the step in work, or in the midst of a validation, and saves what a run goes on from.

    Args:
        path: checkpoint to write.

    Attributes:
        asked: whether the program itself wants the run to end, as by Ctrl-C.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.asked, self._step, self._whole = path, False, -1, False

    def on_sanity_check_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Takes the signals back from Lightning, whose handlers talk to other ranks, whatever they are doing."""
        stop.take()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Takes the signals back where no sanity check was."""
        stop.take()

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch, batch_idx: int) -> None:
        """From now on there is something to lose: signals are noted."""
        stop.note(True)

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs, batch, batch_idx) -> None:
        """Saves and stops when any rank was asked; an exception, because a normal end would close the epoch."""
        # Not in the middle of an accumulated step, whose gradients no checkpoint holds.
        self._whole, self._step = trainer.global_step != self._step, trainer.global_step
        self._heed(trainer)

    def on_validation_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *arguments) -> None:
        """Does the same within a validation, which a run that goes on does again."""
        self._heed(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Heeds what came in the last moments; their checkpoint is there."""
        if number := self._asked(trainer):
            raise stop.Stopped(number, f"training is done; the same command goes on from {self.path}")

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Has signals end the program where it stands again."""
        stop.note(False)

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Does the same."""
        stop.note(False)

    def _heed(self, trainer: pl.Trainer) -> None:
        if self._whole and (number := self._asked(trainer)):
            trainer.save_checkpoint(self.path)
            raise stop.Stopped(
                number, f"stopped at step {trainer.global_step}; the same command goes on from {self.path}"
            )

    def _asked(self, trainer: pl.Trainer) -> int:
        """Returns the signal that asked any rank to end, on every rank alike; 0 for none."""
        own = stop.asked() or self.asked * signal.SIGINT
        return int(Ranks().max(torch.tensor(int(own), device=trainer.strategy.root_device)))
