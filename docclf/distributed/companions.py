"""The processes that Lightning starts beside this one: how they begin, and that none is left over."""

import os
import subprocess
import time

import pytorch_lightning as pl

PATIENCE = 10.0  # seconds that other ranks have to say what happened to them


class Companions(pl.Callback):
    """Takes the other ranks on this machine along when rank 0 ends by an exception, after time to end by themselves."""

    def __init__(self) -> None:
        self._before = dict(os.environ)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Waits for them, then kills those that hang in an exchange with this one."""
        started: list[subprocess.Popen] = getattr(trainer.strategy.launcher, "procs", [])
        processes = list(started)
        started.clear()  # Lightning would kill this process, too, for their exit code, and perhaps in mid-sentence
        deadline = time.monotonic() + PATIENCE
        for process in processes:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Forgets what Lightning told the other ranks by way of the environment."""
        if getattr(trainer.strategy.launcher, "procs", []):
            for name in ("LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
                if name in self._before:
                    os.environ[name] = self._before[name]
                else:
                    os.environ.pop(name, None)
