"""Verification numbers of a sweep: areas, equal error rate, and the TPR at each target or why there is none."""

import numpy as np

from docclf.metric.pairs.operating import missing, target_text
from docclf.metric.pairs.sweep import Sweep


def verification(found: Sweep, targets: list[float]) -> tuple[dict, list[str]]:
    """Flat metrics and notes.

    Per target x: tpr@fpr=x, threshold@fpr=x, resolved@fpr=x, false_accepts@fpr=x. Where floor(x * negatives) is 0 the
    first two are None, missing_negatives@fpr=x says how many more are needed, and tpr@fpr=x/bound is the TPR above
    every impostor, whose FPR is only known to be at most fpr_floor = 1 / negatives.
    """
    curve, notes = found.curve, []
    positives, negatives = curve.positives, curve.negatives
    out: dict = {"positives": positives, "negatives": negatives, "auroc": curve.auroc()}
    out |= {"pauc@fpr=1e-2": curve.partial_auc(1e-2), "eer": curve.equal_error()}
    out["fpr_floor"] = 1 / negatives if negatives else None
    if not positives:
        notes.append("No genuine pair: no query has a registered class (or no class has two images); TPR is undefined.")
    if not negatives:
        notes.append("No impostor pair: all images are of one class; FPR and every threshold are undefined.")
    for target in targets:
        text, point = target_text(target), found.thresholds[target]
        resolved = point is not None
        threshold, false_accepts = point if resolved else (np.inf, None)
        out[f"resolved@fpr={text}"] = resolved
        out[f"threshold@fpr={text}"] = float(threshold) if np.isfinite(threshold) else None
        out[f"tpr@fpr={text}"] = accepted(curve, threshold) / positives if resolved and positives else None
        out[f"false_accepts@fpr={text}"] = false_accepts
        if not resolved:
            above = int(curve.weight[(curve.above + curve.tied) == 0].sum())
            out[f"missing_negatives@fpr={text}"] = missing(target, negatives)
            out[f"tpr@fpr={text}/bound"] = above / positives if positives and negatives else None
    return out, notes


def accepted(curve, threshold: float) -> int:
    """Genuine pairs at or above a threshold."""
    return int(curve.weight[curve.scores >= threshold].sum())
