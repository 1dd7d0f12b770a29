"""How long a run trained and how fast, across interruptions."""

import time
from typing import Any

import pytorch_lightning as pl


class Stopwatch(pl.Callback):
    """Adds up the seconds spent in training steps (validation left out) and the samples of those seconds."""

    def __init__(self) -> None:
        self.seconds, self.samples = 0.0, 0
        self._start: tuple[float, int] | None = None

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Starts."""
        self._start = (time.perf_counter(), pl_module.samples_seen)

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs, batch, batch_idx) -> None:
        """Adds a step, the wait for its batch included."""
        if self._start is not None:
            now, seen = time.perf_counter(), pl_module.samples_seen
            self.seconds, self.samples = self.seconds + now - self._start[0], self.samples + seen - self._start[1]
            self._start = (now, seen)

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Pauses."""
        self._start = None

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Goes on, where a validation lies within an epoch."""
        self._start = (time.perf_counter(), pl_module.samples_seen)

    def state_dict(self) -> dict[str, Any]:
        """Returns both sums."""
        return {"seconds": self.seconds, "samples": self.samples}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on from them."""
        self.seconds, self.samples = state_dict["seconds"], state_dict["samples"]
