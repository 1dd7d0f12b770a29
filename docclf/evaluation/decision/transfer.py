"""What thresholds that come with a model let through on another set than the one they were measured on."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from docclf.calibrate.bound import Impostors, highest, interval
from docclf.score.rule import nearest

STRICT = 1e-3  # promise from which a threshold is worth a row in the card
TWICE = 2.0  # a threshold whose bound exceeds so many times its promise on another set is marked


def measured(
    cosines: np.ndarray, groups: np.ndarray, asked: np.ndarray, rows: Iterable[dict], name: str
) -> list[dict[str, Any]]:
    """Returns for each threshold the FPR and FPIR it has on a set, each with the ends of its 95 % interval over labels.

    A query's own label is taken out, so every query is one of no registered type: that is the FPIR.

    Args:
        cosines: of queries with registered images [Q,R].
        groups: numbers of the labels of the registered images [R], of 0 to L - 1.
        asked: label of each query [Q]; -1 or L and above: registered nowhere.
        rows: thresholds (`docclf.results.thresholds`), of cosines.
        name: of the set.
    """
    count = int(groups.max()) + 1
    own = (asked >= 0) & (asked < count)
    strange, place = np.unique(asked[~own], return_inverse=True)
    label = asked.astype(np.int64).copy()
    label[~own] = count + place if len(strange) else 0
    values = nearest(np.asarray(cosines, np.float32), groups, count).copy()
    values[np.flatnonzero(own), label[own]] = -np.inf
    pairs, best = highest(values, label, 1.0), values.max(axis=1)
    some = np.isfinite(best)
    queries = Impostors(best[some], label[some], np.full(int(some.sum()), -1), count)
    found = []
    for row in rows:
        fpr, fpir = interval(pairs, row["cosine"]), interval(queries, row["cosine"])
        promise, real = float(row["target"]), fpr if row["rate"] == "fpr" else fpir
        own_set = {"set": name, "fpr": list(fpr), "fpir": list(fpir), "kept": bool(real[2] <= TWICE * promise)}
        found.append(own_set | {n: row[n] for n in ("cosine", "rate", "target", "source")})
    return found


def table(found: list[dict[str, Any]]) -> list[str]:
    """Returns what `measured` found as rows of Markdown: the strict promises, broken ones marked."""
    lines = ["| threshold, promised | on | FPR | FPIR | |", "|---|---|---|---|---|"]
    for row in (one for one in found if float(one["target"]) <= STRICT):
        ends = [f"{row[n][0]:.1e} [{row[n][1]:.1e}, {row[n][2]:.1e}]" for n in ("fpr", "fpir")]
        mark = "" if row["kept"] else "**breaks its promise**"
        lines.append(
            f"| {row['cosine']:.4f}, {row['rate'].upper()} {row['target']} ({row['source'].partition('/')[0]}) | "
            f"{row['set']} | {ends[0]} | {ends[1]} | {mark} |"
        )
    return lines


def judged(rows: list[dict], found: list[dict[str, Any]]) -> list[dict]:
    """Returns thresholds with ``transfer``: the sets each was tried on, and those where its bound breaks the promise.

    Args:
        rows: the thresholds.
        found: of `measured`, over all sets; the set that a threshold was measured on does not count.
    """
    out = []
    for row in rows:
        mine = [one for one in found if (one["cosine"], one["source"]) == (row["cosine"], row["source"])]
        mine = [one for one in mine if one["set"] != row["source"].partition("/")[0]]
        broken = sorted((one for one in mine if not one["kept"]), key=lambda one: -one[row["rate"]][2])
        out.append(row | {"transfer": {"sets": [one["set"] for one in mine],
                                       "broken": [{"set": one["set"], "rate": one[row["rate"]][0],
                                                   "bound": one[row["rate"]][2]} for one in broken]}})  # fmt: skip
    return out
