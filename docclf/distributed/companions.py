"""The processes of one run: how those that Lightning starts begin, and that none is left over or speaks in traces."""

import os
import signal
import subprocess
import threading
import time

import pytorch_lightning as pl
from torch import distributed as dist

from docclf.errors import InputError
from docclf.utils.process import stop

PATIENCE = 10.0  # seconds that other ranks have to say what happened to them
LOOK = 0.5  # seconds between looks at them
LOST = ("gloo", "nccl", "Connection reset by peer", "Connection closed by peer", "Broken pipe", "Socket Timeout")
GO_ON = "The same command goes on from the last checkpoint."


class Companions(pl.Callback):
    """Takes the other ranks on this machine along when one ends by an exception or is killed.

    Each rank has time to say its own; one that only lost its partner says so instead of a trace.
    """

    def __init__(self) -> None:
        self._before = dict(os.environ)
        self._started: list[subprocess.Popen] = []
        self._ending = threading.Event()

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Watches the processes in Lightning's stead, which would kill this one without a word."""
        started: list[subprocess.Popen] = getattr(trainer.strategy.launcher, "procs", [])
        self._started = list(started)
        started.clear()
        self._ending.clear()
        if self._started:
            threading.Thread(target=self._watch, daemon=True, name="docclf-companions").start()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Waits for the others, then kills those that hang in an exchange with this one.

        Raises:
            InputError: in place of the exception, when that only says that a partner is gone.
        """
        self._ending.set()
        deadline, ended = time.monotonic() + PATIENCE, []
        for number, process in enumerate(self._started, 1):
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
                ended.append(number)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if trainer.world_size > 1 and isinstance(exception, RuntimeError) and _lost(exception):
            gone = "; ".join(self._killed(ended)) or "another process of this run has ended, see what it says"
            raise InputError(f"rank {trainer.global_rank} lost its partners: {gone}. {GO_ON}") from exception

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Forgets what Lightning told the other ranks by way of the environment."""
        self._ending.set()
        if self._started:
            for name in ("LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
                if name in self._before:
                    os.environ[name] = self._before[name]
                else:
                    os.environ.pop(name, None)

    def _killed(self, ranks: list[int]) -> list[str]:
        """Returns a sentence about each of some ranks that a signal ended."""
        found = [(rank, self._started[rank - 1]) for rank in ranks]
        return [
            f"rank {rank} (process {process.pid}) was ended by {signal.Signals(-process.returncode).name}"
            for rank, process in found
            if (process.poll() or 0) < 0
        ]

    def _watch(self) -> None:
        """Ends this process when another has failed and this one does not come to notice."""
        while not self._ending.wait(LOOK):
            failed = [rank for rank, process in enumerate(self._started, 1) if process.poll()]
            if failed and not self._ending.wait(PATIENCE):
                stop.say(
                    f"error: {'; '.join(self._killed(failed)) or 'another process of this run has failed'}. {GO_ON}"
                )
                for process in self._started:
                    process.kill()
                os._exit(1)


def _lost(error: BaseException) -> bool:
    """Whether an error says that an exchange with another process broke off."""
    return isinstance(error, dist.DistError) or any(word.lower() in str(error).lower() for word in LOST)
