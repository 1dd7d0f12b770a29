"""The command and the processor that made a result."""

import platform
import shlex
from pathlib import Path

import torch
from hydra.core.hydra_config import HydraConfig


def command() -> str:
    """Returns what was typed; of a path from the root only its last part."""
    if not HydraConfig.initialized():
        return ""
    found = HydraConfig.get()
    words = [f"{found.job.name}.py"]
    for word in found.overrides.task:
        name, sign, value = word.partition("=")
        bare = value.strip("'\"")
        words.append(shlex.quote(f"{name}{sign}.../{Path(bare).name}" if bare.startswith("/") else word))
    return " ".join(["python", *words])


def processor() -> str:
    """Returns the processor of this machine and the threads torch uses."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    return f"{name}, {torch.get_num_threads()} threads"
