"""Says at once, and for each, which jobs of a sweep failed; Hydra shows the first one only, in the end."""

import sys
from typing import Any

from hydra.core.utils import JobReturn, JobStatus
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig

from docclf.errors import InputError


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
        print(f"failed: {words}\n  {type(error).__name__}: {cause or error}", file=sys.stderr, flush=True)
