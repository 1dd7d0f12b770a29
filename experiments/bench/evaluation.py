"""Exact evaluation against its peers and the floor of the matrix product.

    python experiments/bench/evaluation.py            # all sizes, a few minutes
    python experiments/bench/evaluation.py --sizes a1

Every line runs in a process of its own, so that its peak memory is its own; "MB beyond" is that peak less what the
process held once the embeddings lay in memory. A peer whose full score matrix would pass the memory limit is skipped
and said to be.
"""

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np
import torch

SIZES = {"a1": (5_000, 0), "a2": (25_000, 0), "b1": (1_000, 100_000), "b2": (10_000, 100_000)}
WIDTH = 256
TARGETS = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5]
METHODS = ("floor", "ours", "ours + intervals", "sklearn", "torchmetrics", "original")
# Bytes a pair, as measured at 12.5 million pairs.
NEEDS = {"sklearn": 60, "torchmetrics": 60}
LIMIT = 5 << 30


def embeddings(size: str, noise: float) -> tuple[torch.Tensor, ...]:
    """Clustered rows: ten images a class in a1 and a2; one registered image a class and one query in b1 and b2."""
    rows, classes = SIZES[size]
    rng = torch.Generator().manual_seed(0)
    labels = torch.arange(rows) % (rows // 10) if not classes else torch.arange(rows)
    centre = torch.randn(classes or rows // 10, WIDTH, generator=rng)
    query = centre[labels]
    for at in range(0, rows, 1000):
        query[at : at + 1000] += noise * torch.randn(query[at : at + 1000].shape, generator=rng)
    if classes:
        return centre, torch.arange(classes), query, labels
    return query[: rows // 2], labels[: rows // 2], query[rows // 2 :], labels[rows // 2 :]


def floor(size: str, data: tuple) -> None:
    """Only the products, in the tiles that ours uses, on all threads."""
    if SIZES[size][1]:
        rows, cols = data[2], data[0]
    else:
        rows = cols = torch.cat([data[0], data[2]])
    out = torch.empty(2048 * 4096)
    for at in range(0, len(rows), 2048):
        for first in range(at if not SIZES[size][1] else 0, len(cols), 4096):
            left, right = rows[at : at + 2048], cols[first : first + 4096]
            torch.mm(left, right.T, out=out[: len(left) * len(right)].view(len(left), len(right)))


def ours(size: str, data: tuple, replicates: int) -> dict:
    """The metric as it is used."""
    from docclf.metric.all_pairs import AllPairs
    from docclf.metric.register_query import RegisterQuery

    metric = RegisterQuery(TARGETS) if SIZES[size][1] else AllPairs(TARGETS)
    return metric(*data, replicates=replicates).metrics


def full_matrix(size: str, data: tuple) -> tuple[np.ndarray, np.ndarray]:
    """All scores and labels in memory, as the peers want them."""
    unit = [torch.nn.functional.normalize(part) for part in (data[0], data[2])]
    if SIZES[size][1]:
        return (unit[1] @ unit[0].T).reshape(-1).numpy(), (data[3][:, None] == data[1]).reshape(-1).numpy()
    rows, labels = torch.cat(unit), torch.cat([data[1], data[3]])
    upper = torch.triu(torch.ones(len(rows), len(rows), dtype=torch.bool), 1)
    return (rows @ rows.T)[upper].numpy(), (labels[:, None] == labels)[upper].numpy()


def sklearn(size: str, data: tuple) -> dict:
    """roc_curve on the full matrix."""
    from sklearn.metrics import auc, roc_curve

    scores, same = full_matrix(size, data)
    fpr, tpr, _ = roc_curve(same, scores, drop_intermediate=False)
    at = np.searchsorted(fpr, 1e-4, side="right") - 1
    return {"tpr@fpr=1e-4": float(tpr[at]), "auroc": float(auc(fpr, tpr))}


def torchmetrics(size: str, data: tuple) -> dict:
    """BinaryROC without thresholds, on scores shifted into [0, 1] so that it applies no sigmoid."""
    from torchmetrics.classification import BinaryROC

    scores, same = full_matrix(size, data)
    metric = BinaryROC(thresholds=None)
    metric.update(torch.from_numpy((scores + 1) / 2).clamp_(0, 1), torch.from_numpy(same).int())
    fpr, tpr, _ = metric.compute()
    return {"tpr@fpr=1e-4": float(tpr[(fpr <= 1e-4).nonzero()[-1, 0]]), "auroc": float(torch.trapezoid(tpr, fpr))}


def original(size: str, data: tuple) -> dict:
    """Pairs inside batches of 1,024, (s + 1) / 2, sklearn, the point nearest to the target."""
    from sklearn.metrics import auc, roc_curve

    images, labels = torch.cat([data[0], data[2]]), torch.cat([data[1], data[3]])
    scores, same = [], []
    for at in range(0, len(images), 1024):
        unit, names = torch.nn.functional.normalize(images[at : at + 1024]), labels[at : at + 1024]
        upper = torch.triu(torch.ones(len(unit), len(unit), dtype=torch.bool), 1)
        scores += (((unit @ unit.T) + 1) / 2)[upper].tolist()
        same += (names[:, None] == names)[upper].tolist()
    fpr, tpr, _ = roc_curve(np.array(same), np.array(scores))
    return {"tpr@fpr=1e-4": float(tpr[np.argmin(abs(fpr - 1e-4))]), "auroc": float(auc(fpr, tpr)), "pairs": len(scores)}


def one(method: str, size: str, noise: float, threads: int) -> None:
    """Runs one method and prints its line as JSON."""
    torch.set_num_threads(threads)
    data = embeddings(size, noise)
    import docclf.metric.register_query  # noqa: F401  what a process holds before it measures

    if method in ("sklearn", "original"):
        import sklearn.metrics  # noqa: F401
    if method == "torchmetrics":
        import torchmetrics.classification  # noqa: F401
    torch.mm(data[0][:64], data[0][:64].T)
    held, start, used = resident(), time.perf_counter(), time.process_time()
    if method.startswith("ours"):
        found = ours(size, data, 1000 if "intervals" in method else 0)
    else:
        found = globals()[method](size, data) or {}
    seconds, used = time.perf_counter() - start, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "cpu": used, "beyond": max(0, peak - held) / 1e6, **found}))


def resident() -> int:
    """Bytes this process holds now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def pairs(size: str) -> int:
    """Scored pairs."""
    rows, classes = SIZES[size]
    return rows * classes if classes else rows * (rows - 1) // 2


def run(method: str, size: str, noise: float, threads: int) -> dict:
    """One method in a process of its own; says why when it is skipped."""
    needed = NEEDS.get(method, 0) * pairs(size)
    if method == "original":
        needed = sum(SIZES[size]) * 512 * 250
    if needed > LIMIT:
        return {"skipped": f"would need about {needed / 1e9:.0f} GB"}
    command = [sys.executable, __file__, "--one", method, size, "--noise", str(noise), "--threads", str(threads)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return {"skipped": [f"ended with {done.returncode}", *done.stderr.strip().splitlines()][-1][:60]}
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", default=["a1", "a2", "b2"], choices=SIZES)
    parser.add_argument("--methods", nargs="+", default=METHODS, choices=METHODS)
    parser.add_argument("--noise", type=float, default=1.5, help="scatter of captures around their class of scatter 1")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="runs of each line; the median is printed")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        one(*args.one, args.noise, args.threads)
        return
    print(f"{WIDTH}-d, {args.threads} threads, scatter {args.noise}, median of {args.repeats}")
    print("size  pairs           method              seconds    CPU s  x floor (CPU)  MB beyond  TPR@1e-4  AUROC")
    rate = None
    for size in args.sizes:
        base = None
        for method in args.methods:
            runs = [run(method, size, args.noise, args.threads) for _ in range(args.repeats)]
            line = sorted(runs, key=lambda found: found.get("seconds", 0))[len(runs) // 2]
            head = f"{size:<5} {pairs(size):<15,} {method:<18}"
            if "skipped" in line:
                print(f"{head}  skipped: {line['skipped']}", flush=True)
                continue
            base = line["cpu"] if method == "floor" else base
            rate = line["seconds"] / pairs(size) if method == "ours" else rate
            facts = f"{line['tpr@fpr=1e-4']:.6f}  {line['auroc']:.9f}" if "auroc" in line else ""
            note = f"  ({line['pairs']:,} pairs)" if "pairs" in line else ""
            ratio = f"{line['cpu'] / base:14.2f}" if base else " " * 14
            cost = f"{line['seconds']:9.2f} {line['cpu']:8.2f} {ratio} {line['beyond']:10.0f}"
            print(f"{head} {cost}  {facts}{note}", flush=True)
    if rate:
        print(
            f"1,000,000 x 100,000 (extrapolated, not run): {rate * 1e11:.0f} s; beyond the embeddings "
            "1.1 GB of unit rows and what b2 shows."
        )


if __name__ == "__main__":
    main()
