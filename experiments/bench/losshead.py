"""Step time and peak memory of the loss head, beside the dense method and the arithmetic floor.

    python experiments/bench/losshead.py                     the table: about 20 minutes on one core
    python experiments/bench/losshead.py --classes 100000    a part of it
    python experiments/bench/losshead.py --growth            time against all classes, at a fixed number of samples

Each line is a process of its own with one thread. Time is the median CPU time of a step (wall time of an idle core);
memory is the peak of the process less what it needs before the head is built. The floor counts four products
(logits twice, two gradients) at this machine's own product rate and one read and write of each sampled row and its
moments at its own copy rate.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import torch

from docclf.loss.optimizer.adamw import AdamW
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.cosface import CosFace

D = 256
METHODS = ("dense", "ours", "ours, bfloat16 moments")


def peak() -> float:
    """Returns the most memory this process has held since it started, in GB."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024 / 1e9


def dense(classes: int, rate: float, rule: str):
    """Returns a step of the dense method."""
    from dense_head import DenseHead

    head = DenseHead(classes, D, rate)
    build = {"adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}[rule]
    settings = {"adamw": {"lr": 1e-3, "weight_decay": 1e-3}, "sgd": {"lr": 0.1, "momentum": 0.9}}[rule]
    optimizer = build(head.parameters(), **settings)

    def step(x, y):
        head(x, y).backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def ours(classes: int, rate: float, rule: str, moments: str):
    """Returns a step of the row-wise method."""
    rule = {"adamw": AdamW(weight_decay=1e-3, moment_dtype=moments), "sgd": SGD(moment_dtype=moments)}[rule]
    head = PartialFC(classes, D, CosFace(), rule, sample_rate=rate)
    return lambda x, y: head(x, y).backward()


def measure(classes: int, batch: int, rate: float, rule: str, method: str, steps: int) -> dict:
    """Returns seconds per step and GB of one line of the table."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    before = peak()
    if method == "dense":
        step = dense(classes, rate, rule)
    else:
        step = ours(classes, rate, rule, "bfloat16" if "bfloat16" in method else "float32")
    seconds = []
    for _ in range(steps + 1):
        x, y = torch.randn(batch, D, requires_grad=True), torch.randint(0, classes, (batch,))
        start = time.process_time()
        step(x, y)
        seconds.append(time.process_time() - start)
    return {"seconds": statistics.median(seconds[1:]), "gb": peak() - before}


def rates() -> tuple[float, float]:
    """Returns this machine's float32 products in FLOP/s and copies in bytes/s, one thread."""
    torch.set_num_threads(1)
    x, w, big = torch.randn(256, D), torch.randn(2048, D), torch.randn(1 << 26)

    def best(run) -> float:
        times = []
        for _ in range(8):
            start = time.process_time()
            run()
            times.append(time.process_time() - start)
        return min(times)

    return 2 * 256 * D * 2048 / best(lambda: x @ w.T), 8 * len(big) / best(lambda: big.add_(1.0))


def child(*arguments, keep: bool = False) -> dict | None:
    """Runs ``measure`` in a fresh process; None when it ran out of memory."""
    # the C allocator keeps large blocks: otherwise each step pays for fresh pages of every big tensor, most of all in
    # the dense method
    reuse = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40)} if keep else {}
    command = [sys.executable, __file__, "--one", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | reuse)
    lines = done.stdout.strip().splitlines()
    return json.loads(lines[-1]) if done.returncode == 0 and lines else None


def table(options) -> None:
    """Prints ours beside the dense method."""
    flops, copy = rates()
    print(f"one thread: float32 products {flops / 1e9:.0f} GFLOP/s, copies {copy / 1e9:.0f} GB/s, D={D}")
    print(f"{'classes':>9} {'B':>5} {'rate':>4} {'rule':>5}  {'method':24} {'s/step':>7} {'GB':>6} {'floor':>6}")
    for classes in options.classes:
        for batch in options.batch:
            for rate in options.rate:
                for rule in options.rule:
                    reference = None
                    for method in METHODS:
                        sampled = rate * classes
                        words = {"sgd": 4, "adamw": 6}[rule]
                        floor = 8 * batch * D * sampled / flops + words * 4 * D * sampled / copy
                        fits = method != "dense" or classes * D * 4 * (5 if rate < 1 else 7) + (
                            10 * 4 * batch * sampled) < options.limit * 1e9  # fmt: skip
                        result = (
                            child(classes, batch, rate, rule, method, options.steps, keep=options.keep)
                            if fits
                            else None
                        )
                        reference = result if method == "dense" else reference
                        line = f"{classes:>9,} {batch:>5} {rate:>4} {rule:>5}  {method:24} "
                        if result is None:
                            print(line + f"does not fit {options.limit} GB", flush=True)
                            continue
                        against = ""
                        if reference and method != "dense":
                            faster, memory = reference["seconds"] / result["seconds"], result["gb"] / reference["gb"]
                            against = f"{faster:.1f} times faster, {memory:.2f} of the memory"
                        print(
                            line + f"{result['seconds']:7.3f} {result['gb']:6.2f} {floor:6.3f}  {against}", flush=True
                        )


def growth(options) -> None:
    """Prints the time of a step at a fixed number of sampled classes."""
    print(f"20,000 sampled classes, B=256, AdamW, D={D}")
    for classes in (100_000, 1_000_000, 4_000_000):
        result = child(classes, 256, 20_000 / classes, "adamw", "ours, bfloat16 moments", options.steps)
        print(f"{classes:>9,} classes {result['seconds']:.3f} s {result['gb']:.2f} GB", flush=True)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", type=int, nargs="+", default=[100_000, 1_281_833])
    parser.add_argument("--batch", type=int, nargs="+", default=[256, 1024])
    parser.add_argument("--rate", type=float, nargs="+", default=[0.1, 0.3, 1.0])
    parser.add_argument("--rule", nargs="+", choices=["sgd", "adamw"], default=["sgd", "adamw"])
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--limit", type=float, default=22.0, help="GB; the dense method is not tried above it")
    parser.add_argument("--growth", action="store_true")
    parser.add_argument(
        "--keep", action="store_true", help="allocator that keeps large blocks: kind to the dense method"
    )
    parser.add_argument("--one", nargs=6, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        classes, batch, rate, rule, method, steps = options.one
        print(json.dumps(measure(int(classes), int(batch), float(rate), rule, method, int(steps))))
    elif options.growth:
        growth(options)
    else:
        table(options)


if __name__ == "__main__":
    main()
