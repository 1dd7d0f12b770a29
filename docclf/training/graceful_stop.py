"""Ctrl-C and signals: the run ends after the step with its state on disk."""

import signal
import threading
from pathlib import Path

import pytorch_lightning as pl


class Interrupted(Exception):
    """Ends a fit from inside; the checkpoint is written."""


class GracefulStop(pl.Callback):
    """Ctrl-C or SIGTERM ends the run after the step in work and saves it; a second Ctrl-C ends it at once.

    Args:
        path: checkpoint to write.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.asked, self.previous, self._step = path, False, None, -1

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Takes over SIGINT."""
        if threading.current_thread() is threading.main_thread():
            self.previous = signal.signal(signal.SIGINT, self._note)

    def on_sanity_check_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Takes over SIGTERM early."""
        self.on_train_start(trainer, pl_module)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Takes over SIGTERM from Lightning, whose handler talks to the other ranks, whatever they are doing."""
        if self.previous is not None:
            signal.signal(signal.SIGTERM, self._note)

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Gives SIGINT back; Lightning does so with SIGTERM."""
        if self.previous is not None:
            signal.signal(signal.SIGINT, self.previous)
            self.previous = None

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs, batch, batch_idx) -> None:
        """Saves and stops when any rank was asked; an exception, because a normal end would close the epoch."""
        if trainer.global_step == self._step:
            return  # in the middle of an accumulated step, whose gradients no checkpoint holds
        self._step, asked = trainer.global_step, self.asked
        if trainer.world_size > 1:
            asked = trainer.strategy.reduce_boolean_decision(asked, all=False)
        if asked:
            trainer.save_checkpoint(self.path)
            raise Interrupted(f"stopped at step {pl_module.global_step}; the same command continues from {self.path}")

    def _note(self, number, frame) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = True
        print("\nstopping after this step and saving last.ckpt; Ctrl-C again stops at once", flush=True)
