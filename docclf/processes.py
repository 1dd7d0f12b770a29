"""The processes that Lightning starts beside this one: how they begin, and that none is left over."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytorch_lightning as pl
import torch.distributed as dist
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import open_dict, read_write

PATIENCE = 10.0  # seconds that other ranks have to say what happened to them


def one_job(folder: Path) -> None:
    """Makes the command line that Lightning gives the other ranks that of this job, when it is one of a sweep.

    They would sweep themselves otherwise, each into the folder that a single run has.

    Args:
        folder: of the job.
    """
    hydra = HydraConfig.get()
    if hydra.mode != RunMode.MULTIRUN:
        return
    flags = [word for word in sys.argv[1:] if word not in ("-m", "--multirun") and not _is_override(word)]
    sys.argv[1:] = [*flags, *hydra.overrides.task, "hydra.mode=RUN"]
    with read_write(hydra), open_dict(hydra):
        hydra.run.dir = str(folder)


def _is_override(word: str) -> bool:
    return not word.startswith("-") and ("=" in word or word.startswith("~"))


def leave() -> None:
    """Ends the process group of a finished fit, so that the next job of a sweep starts its own."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


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
