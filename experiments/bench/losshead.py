"""Step time and peak memory of the loss head, beside the dense method and the arithmetic floor.

    python experiments/bench/losshead.py            both tables: about half an hour on one idle core
    python experiments/bench/losshead.py --quick    toy sizes, seconds: shows that it runs

Each line is a process of its own with one thread. Time is the median CPU time of a step (on an idle core the wall time
beside it); memory is the peak of the process less what it needed before the head was built. The
dense method (dense_head.py) is timed with the C allocator as it comes and with one that keeps large blocks. The floor
counts three products (logits once, two gradients) at the product rate and one read and write of each sampled row and
its moments at the copy rate, both measured in the same process just before. A line that would need more than --limit
GB is not run.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch

from docclf.loss.optimizer.adamw import AdamW
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.cosface import CosFace

D = 256
DENSE, KEEP, OURS, NARROW = "dense", "dense, blocks kept", "row-wise", "row-wise, bf16 moments"
# the allocator that keeps large blocks; without it each step pays for fresh pages of every big tensor
ALLOCATOR = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40)}
PATIENCE = 12  # seconds of steps after which no further one is begun


def resident(key: str = "VmHWM") -> float:
    """Returns the most memory this process has held, or with VmRSS what it holds, in GB."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(key)) * 1024 / 1e9


def available() -> float:
    """Returns the memory that could be had now, in GB."""
    with open("/proc/meminfo") as info:
        return next(int(line.split()[1]) for line in info if line.startswith("MemAvailable")) * 1024 / 1e9


def expected(classes: int, batch: int, rate: float, rule: str, method: str) -> float:
    """Returns an estimate of the peak, GB: tables, and for the dense method its gradient, rows and logits."""
    moments, k = {"sgd": 1, "adamw": 2}[rule], rate * classes
    if method in (OURS, NARROW):
        width = 2 if method == NARROW else 4
        return (classes * (4 * D + moments * D * width + 12) + min(4 * batch * k, 1 << 28)) / 1e9
    rows = (2 + moments + (rate < 1)) * classes + (3 if rate < 1 else 2) * k
    return 4 * (D * rows + 4 * batch * k) / 1e9


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


def floor(batch: int, sampled: float, rule: str) -> float:
    """Returns the seconds that a step cannot go below at this moment's product and copy rates."""
    x, w, out, big = torch.randn(256, D), torch.randn(2048, D), torch.empty(256, 2048), torch.randn(1 << 24)

    def median(run) -> float:
        times = []
        for _ in range(15):
            start = time.process_time()
            run()
            times.append(time.process_time() - start)
        return statistics.median(times[1:])

    flops = 2 * out.numel() * D / median(lambda: torch.mm(x, w.T, out=out))
    copy = 8 * len(big) / median(lambda: big.add_(1.0))
    return 6 * batch * D * sampled / flops + {"sgd": 4, "adamw": 6}[rule] * 4 * D * sampled / copy


def measure(classes: int, batch: int, rate: float, rule: str, method: str, steps: int) -> dict:
    """Returns seconds per step, the floor, and GB of one line of the table."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    least = floor(batch, rate * classes, rule)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from what is held now
    before = resident("VmRSS")
    if method in (DENSE, KEEP):
        step = dense(classes, rate, rule)
    else:
        step = ours(classes, rate, rule, "bfloat16" if method == NARROW else "float32")
    cpu, wall = [], []
    while len(cpu) < 2 or (len(cpu) <= steps and sum(cpu) < PATIENCE):
        x, y = torch.randn(batch, D, requires_grad=True), torch.randint(0, classes, (batch,))
        start, began = time.process_time(), time.perf_counter()
        step(x, y)
        cpu.append(time.process_time() - start)
        wall.append(time.perf_counter() - began)
    seconds, waited = statistics.median(cpu[1:]), statistics.median(wall[1:])
    return {"seconds": seconds, "wall": waited, "gb": resident() - before, "floor": least}


def child(*arguments, limit: float) -> dict | str:
    """Returns what ``measure`` does in a fresh process, or why there is nothing."""
    need, room = expected(*arguments[:5]), min(limit, 0.9 * available())
    if need > room:
        return f"not run: needs about {need:.0f} GB, and {room:.0f} may be used"
    command = [sys.executable, __file__, "--one", *map(str, arguments)]
    allocator = ALLOCATOR if arguments[4] == KEEP else {}
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | allocator)
    if done.returncode:
        return f"failed with status {done.returncode}: {(done.stderr.strip().splitlines() or ['killed'])[-1][:80]}"
    return json.loads(done.stdout.strip().splitlines()[-1])


def show(setting: str, method: str, result: dict | str, peers: dict) -> None:
    """Prints one line, against the dense lines of the same setting."""
    if isinstance(result, str):
        return print(f"{setting} | {method} | {result} | | | | |", flush=True)
    there = {p: r for p, r in peers.items() if isinstance(r, dict) and p != method}
    against = [f"{there[p]['seconds'] / result['seconds']:.1f}" if p in there else "" for p in (DENSE, KEEP)]
    memory = f"{result['gb'] / there[DENSE]['gb']:.2f}" if DENSE in there else ""
    print(
        f"{setting} | {method} | {result['seconds']:.3f} ({result['wall']:.3f}) | {result['floor']:.3f} | "
        f"{result['gb']:.2f} | {against[0]} | {against[1]} | {memory} |",
        flush=True,
    )


def table(options) -> None:
    """Prints ours beside the dense method."""
    print("| classes | B | rate | rule | method | s/step, CPU (wall) | floor, s | GB | times faster than dense "
          "| than dense, blocks kept | memory, of dense |\n" + "|---" * 11 + "|")  # fmt: skip
    for classes in options.classes:
        for batch in options.batch:
            for rate in options.rate:
                for rule in options.rule:
                    peers = {}
                    for method in (DENSE, KEEP, OURS, *([NARROW] if rule == "adamw" else [])):
                        result = child(classes, batch, rate, rule, method, options.steps, limit=options.limit)
                        if method in (DENSE, KEEP):
                            peers[method] = result
                        show(f"| {classes:,} | {batch} | {rate} | {rule}", method, result, peers)


def growth(options) -> None:
    """Prints the time of a step at a fixed number of sampled classes."""
    print(f"\n{options.drawn:,} sampled, B=256, AdamW, bf16 moments\n\n| classes | s/step, CPU | GB |\n|---|---|---|")
    for classes in options.sizes:
        result = child(classes, 256, options.drawn / classes, "adamw", NARROW, options.steps, limit=options.limit)
        shown = result if isinstance(result, str) else f"{result['seconds']:.3f} | {result['gb']:.2f}"
        print(f"| {classes:,} | {shown} |", flush=True)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", type=int, nargs="+", default=[100_000, 1_281_833])
    parser.add_argument("--batch", type=int, nargs="+", default=[256, 1024])
    parser.add_argument("--rate", type=float, nargs="+", default=[0.1, 0.3, 1.0])
    parser.add_argument("--rule", nargs="+", choices=["sgd", "adamw"], default=["sgd", "adamw"])
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--limit", type=float, default=16.0, help="GB; a line that would need more is not run")
    parser.add_argument("--sizes", type=int, nargs="*", default=[100_000, 1_000_000, 4_000_000], help="of the growth")
    parser.set_defaults(drawn=20_000)
    parser.add_argument("--quick", action="store_true", help="toy sizes")
    parser.add_argument("--one", nargs=6, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        classes, batch, rate, rule, method, steps = options.one
        print(json.dumps(measure(int(classes), int(batch), float(rate), rule, method, int(steps))))
        return
    if options.quick:
        options.classes, options.batch, options.rate, options.steps = [10_007], [32], [0.1, 1.0], 1
        options.sizes, options.drawn = [10_000, 40_000], 1_000
    table(options)
    growth(options)


if __name__ == "__main__":
    main()
