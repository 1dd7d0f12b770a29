"""Which of the processes of a program this is, before they know each other."""

import os

NUMBERS = ("RANK", "LOCAL_RANK", "SLURM_PROCID", "NODE_RANK", "GROUP_RANK")  # how launchers number processes


def first() -> bool:
    """Whether this process is the one that speaks, writes and holds locks for all that were started with it."""
    return all(os.environ.get(name, "0") == "0" for name in NUMBERS)
