"""Fixed class centres beside learned ones at a million classes: time of a step, memory, and the angles between them.

    python experiments/bench/fixed_centres.py          1,281,833 classes, D=256, B=256, rate 0.1: two minutes
    python experiments/bench/fixed_centres.py --quick  toy sizes, seconds: shows that it runs

Each line is a process of its own with one thread. Time is the median CPU time of a step, and beside it that over the
row-wise head's (SGD) of the same call; memory is the peak of the process less what it needed before the head
was built. A table of float32 [K,D] would take what the first line says.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

import torch
from losshead import resident

from docclf.loss.centres.fixed.base import spread
from docclf.loss.centres.fixed.hadamard import Hadamard
from docclf.loss.centres.fixed.random import Random
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.cosface import CosFace

RULES = {"learned": None, "random": Random, "hadamard": Hadamard}


def measure(name: str, classes: int, dim: int, batch: int, rate: float, steps: int) -> dict:
    """Returns seconds to build and of a step, GB, and for a rule the angles between its centres."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, labels = torch.randn(batch, dim), torch.randint(0, classes, (batch,))
    before, start = resident("VmRSS"), time.perf_counter()
    rule = RULES[name]() if RULES[name] else None
    head = PartialFC(classes, dim, CosFace(), SGD(), scale=16.0, sample_rate=rate, centres=rule)
    built, times = time.perf_counter() - start, []
    for _ in range(steps):
        given, start = x.clone().requires_grad_(), time.process_time()
        head(given, labels).backward()
        times.append(time.process_time() - start)
    found = {"name": name, "build": built, "step": statistics.median(times[1:]), "gb": resident() - before}
    return found | ({} if rule is None else spread(rule, classes, dim))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    given = parser.parse_args()
    sizes = (3_000, 64, 32, 0.1, 3) if given.quick else (1_281_833, 256, 256, 0.1, 9)
    if given.only:
        print(json.dumps(measure(given.only, *sizes)))
        return
    rows = []
    for name in RULES:
        command = [sys.executable, __file__, "--only", name, *(["--quick"] if given.quick else [])]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        rows.append(json.loads(printed.splitlines()[-1]))
    classes, dim, batch, rate, _ = sizes
    print(
        f"{classes:,} classes, D={dim}, B={batch}, rate {rate}; a table would take {classes * dim * 4 / 1e9:.2f} GB\n"
    )
    print("| centres | build, s | step, CPU s | of the row-wise head | GB | largest, mean of cosines | Welch floor |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        angles = f"{row['largest']:.3f}, {row['mean']:.4f} | {row['welch']:.4f}" if "welch" in row else " | "
        step = f"{row['step']:.3f} | {row['step'] / rows[0]['step']:.2f}"
        print(f"| {row['name']} | {row['build']:.1f} | {step} | {row['gb']:.2f} | {angles} |")


if __name__ == "__main__":
    main()
