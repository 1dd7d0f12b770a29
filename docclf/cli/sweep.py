"""Says at once, and for each, which jobs of a sweep failed; Hydra shows the first one only, in the end."""

import sys
from pathlib import Path
from typing import Any

import torch.distributed as dist
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobStatus
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig, open_dict, read_write

from docclf.errors import InputError
from docclf.utils.text import shown


class Failures(Callback):
    """Prints one paragraph per failed job of a sweep; the other jobs go on."""

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        """Prints the job's overrides and its error."""
        if job_return.status is not JobStatus.FAILED or config.hydra.mode != RunMode.MULTIRUN:
            return
        error = cause = job_return._return_value
        while cause is not None and not isinstance(cause, InputError):
            cause = cause.__cause__
        words = " ".join(job_return.overrides or [])
        text = shown(f"failed: {words}\n  {type(error).__name__}: {cause or error}", keep="\n")
        print(text, file=sys.stderr, flush=True)


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
