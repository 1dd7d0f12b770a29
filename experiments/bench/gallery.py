"""Codes and searches of a gallery: what they cost and what they lose.

    python experiments/bench/gallery.py MODEL --photos DIR --pool DIR [--part codes selectivity changes large order]

codes: per code on three sets, two of them photographs: bytes, seconds to fit and encode, ms a query on one thread over
100,000 vectors, recall@1 and @10 against the exact cosines, TPR at each FPR, FNIR at FPIR 0.05, and the paired
difference to float with its 95 % interval. The others are told in gallery_large.py; all vectors above the size of a
set are drawn by jittering real ones. `docs/search.md` holds what it printed.
"""

import argparse
from pathlib import Path
from time import perf_counter

import faiss
import gallery_large
import numpy as np
import torch
from gallery_sets import Set, jittered, load, photos_folder

from docclf.metric.compare import compare
from docclf.metric.register_query import RegisterQuery
from docclf.metric.result import Result
from docclf.search.code.base import Code
from docclf.search.code.choose import CODES, make
from docclf.search.index.two_stage import TwoStage

SHORT = [f"{kind}{width}-{base}" for width in (128, 64, 32) for kind in ("pca", "lean") for base in ("float",)]
NAMES = [*CODES, "fitted-binary1", "fitted-binary2", *SHORT, "pca64-sq8", "lean64-sq8", "pca128-sq4", "lean128-sq4"]
RATES = ("1e-2", "1e-3", "1e-4")
PAIRED = ("tpr@fpr=1e-2", "tpr@fpr=1e-3", "rank1")
METRIC = RegisterQuery([0.05, 1e-2, 1e-3, 1e-4], replicates=1000)


def measured(code: Code, one: Set) -> tuple[Result, np.ndarray]:
    """Returns the metric of a code's scores, and the scores [Q,N]."""
    scores = code.scores(one.queries, one.rows)
    labels = torch.from_numpy(one.labels), torch.from_numpy(one.asked)
    return METRIC.of_scores(torch.from_numpy(scores).clamp(min=-1), *labels), scores


def recall(scores: np.ndarray, exact: np.ndarray, count: int) -> float:
    """Returns the share of the best ``count`` by exact scores that are among the best by others."""
    best = [np.argsort(-side, axis=1, kind="stable")[:, :count] for side in (scores, exact)]
    return float(np.mean([len(np.intersect1d(a, b)) / count for a, b in zip(*best, strict=True)]))


def number(value: float | None) -> str:
    """Returns a rate as text; what a set does not resolve is a dash."""
    return "    -" if value is None else f"{value:.3f}"


def cost(code: Code, rows: np.ndarray, queries: np.ndarray) -> tuple[float, float]:
    """Returns seconds to encode rows and ms for a query, one at a time."""
    stage, start = TwoStage(code), perf_counter()
    stage.add(rows)
    build, start = perf_counter() - start, perf_counter()
    for query in queries:
        stage.candidates(query[None], 100)
    return build, (perf_counter() - start) / len(queries) * 1e3


def codes(sets: list[Set], val: Set, fit: np.ndarray, photographed: np.ndarray) -> None:
    """Prints a table for each set; that of `val` comes first and is what a code is chosen by."""
    width = fit.shape[1]
    many, made = jittered(fit, 100_000, 1), {}
    queries = jittered(many, 50, 2, amount=0.3)
    print(f"{'code':16} {'bytes':>5}  {'fit s':>6} {'100k s':>6} {'ms/query':>8}")
    for name in NAMES:
        start = perf_counter()
        training = np.concatenate([fit, photographed]) if name == "pq" else fit
        made[name] = make(name, width, training, photographed)
        spent = perf_counter() - start
        build, ms = cost(made[name], many, queries)
        print(f"{name:16} {made[name].bytes:5}  {spent:6.2f} {build:6.2f} {ms:8.3f}", flush=True)
    for one in (val, *sets):
        strange = int((~np.isin(one.asked, one.labels)).sum())
        print(
            f"\n{one.name}: {len(one.rows)} registered, {len(one.queries)} queries, {strange} of them of no class here"
        )
        heads = [f"TPR@{rate}" for rate in RATES]
        print(f"{'code':16} recall@1  @10  rank-1 " + " ".join(f"{head:>8}" for head in heads) + "  FNIR@.05  paired")
        base, exact = measured(made["float"], one)
        for name in NAMES:
            result, scores = measured(made[name], one)
            row = [number(result.metrics[f"tpr@fpr={rate}"]) for rate in RATES]
            against = {d.metric: d for d in compare(base, result)}
            steps = [against[key] for key in PAIRED if key in against]
            paired = "; ".join(f"{d.metric} {d.difference:+.3f} [{d.low:+.3f}, {d.high:+.3f}]" for d in steps)
            print(
                f"{name:16}    {recall(scores, exact, 1):.3f} {recall(scores, exact, 10):.3f}   "
                f"{number(result.metrics['rank1'])}" + "".join(f"    {text}" for text in row)
                + f"     {number(result.metrics.get('fnir@fpir=5e-2'))}  {paired if name != 'float' else ''}",
                flush=True,
            )  # fmt: skip


def main() -> None:
    """Reads the command line."""
    parts = {"codes": codes, **gallery_large.PARTS}
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("model")
    parser.add_argument("--photos", type=Path, default=photos_folder(), help="default: DOCCLF_PHOTOS")
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("outputs/bench_gallery"), help="folder of the vectors")
    parser.add_argument("--part", nargs="+", choices=list(parts), default=list(parts))
    chosen = parser.parse_args()
    faiss.omp_set_num_threads(1)
    torch.set_num_threads(1)
    sets, val, fit, photographed = load(chosen.model, chosen.photos, chosen.pool, chosen.cache)
    for name in chosen.part:
        print(f"\n== {name}", flush=True)
        if name == "codes":
            codes(sets, val, fit, photographed)
        else:
            parts[name](np.concatenate([fit, *(one.rows for one in sets)]), chosen.cache)


if __name__ == "__main__":
    main()
