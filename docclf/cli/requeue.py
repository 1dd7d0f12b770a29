"""Slurm: a job that is warned before its time is over is put back into the queue, where the same command goes on."""

import os
import signal
import subprocess
import sys

from docclf.utils.process import launched

INTERACTIVE = ("bash", "interactive")


def requeue(number: int) -> None:
    """Has Slurm queue this job again after SIGUSR1 (``#SBATCH --signal=USR1@90``); does nothing elsewhere.

    Args:
        number: of the signal that ended the program.
    """
    job = os.environ.get("SLURM_JOB_ID")
    warned = number == signal.SIGUSR1 and job is not None and os.environ.get("SLURM_JOB_NAME") not in INTERACTIVE
    if not warned or not launched.first():
        return
    if "SLURM_ARRAY_JOB_ID" in os.environ:
        job = f"{os.environ['SLURM_ARRAY_JOB_ID']}_{os.environ['SLURM_ARRAY_TASK_ID']}"
    try:
        done = subprocess.run(["scontrol", "requeue", job], capture_output=True, text=True, timeout=60)
        failed = done.stderr.strip() or f"exit code {done.returncode}" if done.returncode else None
    except (OSError, subprocess.TimeoutExpired) as error:
        failed = str(error)
    print(
        f"Slurm queues job {job} again"
        if failed is None
        else f"job {job} could not be queued again ({failed}); submit the same command",
        file=sys.stderr,
    )
