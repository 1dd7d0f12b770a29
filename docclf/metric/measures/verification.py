"""What verification counts at each false-positive target: the threshold, what it accepts, or why there is none."""

import numpy as np

from docclf.measures import Counts
from docclf.metric.pairs.found import Sweep
from docclf.metric.pairs.operating import missing, target_text


def verification(found: Sweep, targets: list[float]) -> tuple[dict, dict[str, Counts | None], list[str]]:
    """Flat facts, target to what is accepted there (None where it is undefined), and notes.

    Per target x: threshold@fpr=x, resolved@fpr=x, false_accepts@fpr=x. Where floor(x * negatives) is 0 the first is
    None, missing_negatives@fpr=x says how many more are needed, and tpr@fpr=x/bound is the TPR above every impostor,
    whose FPR is only known to be at most fpr_floor = 1 / negatives.
    """
    curve, notes, points = found.curve, [], {}
    positives, negatives = curve.positives, curve.negatives
    facts: dict = {"positives": positives, "negatives": negatives, "fpr_floor": 1 / negatives if negatives else None}
    if not positives:
        notes.append("No genuine pair: no query has a registered class (or no class has two images); TPR is undefined.")
    if not negatives:
        notes.append("No impostor pair: all images are of one class; FPR and every threshold are undefined.")
    for target in targets:
        text, point = target_text(target), found.thresholds[target]
        threshold, false_accepts = point or (np.inf, None)
        facts[f"resolved@fpr={text}"] = point is not None
        facts[f"threshold@fpr={text}"] = float(threshold) if np.isfinite(threshold) else None
        facts[f"false_accepts@fpr={text}"] = false_accepts
        points[text] = None
        if point and positives:
            points[text] = Counts(int(curve.weight[curve.scores >= threshold].sum()), positives, false_accepts)
        if not point:
            above = int(curve.weight[(curve.above + curve.tied) == 0].sum())
            facts[f"missing_negatives@fpr={text}"] = missing(target, negatives)
            facts[f"tpr@fpr={text}/bound"] = above / positives if positives and negatives else None
    return facts, points, notes
