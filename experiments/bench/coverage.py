"""How often a nominal 95 % interval of TPR@FPR holds the true value.

    python experiments/bench/coverage.py --trials 200

Draws many data sets from one population of classes, whose true TPR is measured once on a large draw, and counts how
often each interval holds it. `carried` is the mean number of false accepts that carry the point.
"""

import argparse
import math
import time

import numpy as np
import torch

from docclf.metric.bootstrap.draw import interval
from docclf.metric.register_query import RegisterQuery

TARGETS = [1e-2, 1e-3, 1e-4]
WIDTH = 16


def population(classes: int, captures: int, seed: int) -> tuple[torch.Tensor, ...]:
    """Register and queries of classes that differ in how much their captures scatter."""
    rng = torch.Generator().manual_seed(seed)
    centre = torch.randn(classes, WIDTH, generator=rng)
    scatter = 0.35 * torch.exp(0.4 * torch.randn(classes, 1, generator=rng))
    register = centre + scatter * torch.randn(classes, WIDTH, generator=rng)
    labels = torch.arange(classes).repeat_interleave(captures)
    query = centre[labels] + scatter[labels] * torch.randn(len(labels), WIDTH, generator=rng)
    return register, torch.arange(classes), query, labels


def wilson(share: float, count: int) -> tuple[float, float]:
    """Interval of a share of `count` independent trials, which pairs are not."""
    z = 1.959964
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return centre - reach, centre + reach


def main() -> None:
    """Prints one row for each number of classes and method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--classes", type=int, nargs="+", default=[200, 50])
    parser.add_argument("--captures", type=int, default=20)
    args = parser.parse_args()
    metric = RegisterQuery(TARGETS)
    big = metric(*population(6000, args.captures, 10**6), replicates=0).metrics
    truth = [big[f"tpr@fpr={text}"] for text in ("1e-2", "1e-3", "1e-4")]
    shown = ", ".join(f"{value:.4f}" for value in truth)
    print(f"true TPR {shown} at FPR 1e-2, 1e-3, 1e-4 ({big['negatives']:,} negatives)")
    print(f"{args.trials} trials, {args.replicates} replicates, {args.captures} captures a class; coverage in %")
    print("classes  method                                  1e-2   1e-3   1e-4")
    for classes in args.classes:
        start = time.perf_counter()
        held = {name: np.zeros(len(TARGETS)) for name in METHODS}
        carried = np.zeros(len(TARGETS))
        for trial in range(args.trials):
            one_trial(metric, population(classes, args.captures, trial), truth, args.replicates, held, carried)
        for name, count in held.items():
            print(f"{classes:<8} {name:<38} " + "  ".join(f"{100 * share / args.trials:5.1f}" for share in count))
        print(f"{classes:<8} {'carried':<38} " + "  ".join(f"{count / args.trials:5.0f}" for count in carried), end="")
        print(f"   ({time.perf_counter() - start:.0f} s)", flush=True)


METHODS = ("pairs, Wilson, threshold fixed", "classes and captures, percentile", "classes and captures, logit (ours)")


def one_trial(metric, data, truth, replicates, held, carried) -> None:
    """Adds one data set to the counts."""
    result = metric(*data, replicates=replicates)
    units = len(data[0])
    for at, (target, true) in enumerate(zip(("1e-2", "1e-3", "1e-4"), truth, strict=True)):
        point = result.metrics[f"tpr@fpr={target}"]
        if point is None:
            continue
        draws = result.draws.values[f"tpr@fpr={target}"]
        carried[at] += result.metrics[f"false_accepts@fpr={target}"]
        spans = (wilson(point, result.metrics["positives"]), np.quantile(draws, [0.025, 0.975]),
                 interval(point, draws, units))  # fmt: skip
        for name, (low, high) in zip(METHODS, spans, strict=True):
            held[name][at] += low <= true <= high


if __name__ == "__main__":
    main()
