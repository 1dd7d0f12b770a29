"""Open- and closed-set identification from each query's own score, best impostor and rank."""

import numpy as np

from docclf.measures import Counts
from docclf.metric.pairs.operating import allowed, missing, target_text


def identification(
    own: np.ndarray, best: np.ndarray, rank: np.ndarray, ranks: list[int], targets: list[float]
) -> tuple[dict, dict[str, Counts | None], dict[str, Counts | None]]:
    """Flat facts, k to the registered queries matched at rank k, and FPIR target to what is found there.

    A query is matched at rank k when fewer than k other classes score at least as high as its own (ties count against
    it). FPIR(t) is the share of unregistered queries whose best score reaches t; a registered query is found when it
    is matched at rank 1 and its own score reaches t.

    Args:
        own: score with the own class, nan when it is not registered [Q].
        best: highest impostor score [Q].
        rank: from 1, or 0 when not registered [Q].
    """
    registered = rank > 0
    known, unknown = int(registered.sum()), int((~registered).sum())
    facts: dict[str, float | int | None] = {"queries_registered": known, "queries_unregistered": unknown}
    matched = {str(k): Counts(int((rank[registered] <= k).sum()), known) if known else None for k in ranks}
    alarms, found = best[~registered], {}
    for target in targets:
        text, permitted = target_text(target), allowed(target, unknown)
        threshold = fpir_threshold(alarms, np.concatenate([alarms, own[registered]]), permitted)
        found[text] = None
        if known and permitted >= 1:
            hit = (rank[registered] == 1) & (own[registered] >= threshold)
            found[text] = Counts(int(hit.sum()), known, int((alarms >= threshold).sum()))
        facts[f"threshold@fpir={text}"] = float(threshold) if permitted >= 1 and np.isfinite(threshold) else None
        facts[f"missing_unregistered@fpir={text}"] = missing(target, unknown)
    return facts, matched, found


def fpir_threshold(alarms: np.ndarray, observed: np.ndarray, permitted: int) -> float:
    """Smallest observed score that at most `permitted` of `alarms` reach; inf when there is none."""
    if permitted >= len(alarms):
        return float(observed.min()) if len(observed) else float("inf")
    blocked = np.sort(alarms)[len(alarms) - permitted - 1]
    larger = observed[observed > blocked]
    return float(larger.min()) if len(larger) else float("inf")


def detection_curve(own: np.ndarray, best: np.ndarray, rank: np.ndarray, count: int = 400) -> dict[str, np.ndarray]:
    """At most `count` exact points (fpir, fnir, threshold), evenly spread in log FPIR."""
    alarms, registered = np.sort(best[rank == 0])[::-1], rank > 0
    if not len(alarms) or not registered.any():
        return {}
    hits = np.sort(np.where(rank[registered] == 1, own[registered], -np.inf))
    place = np.unique(np.geomspace(1, len(alarms), min(count, len(alarms))).astype(int)) - 1
    threshold = alarms[place]
    fpir = (len(alarms) - np.searchsorted(alarms[::-1], threshold, side="left")) / len(alarms)
    fnir = np.searchsorted(hits, threshold, side="left") / len(hits)
    return {"fpir": fpir, "fnir": fnir, "threshold": threshold.astype(float)}
