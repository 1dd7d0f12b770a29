"""A result as text: the operating points, then the measures that have none."""

from docclf.measures import keys, measure_of
from docclf.metric.pairs.operating import target_text
from docclf.metric.result import Result
from docclf.utils import cosines


def table(result: Result) -> str:
    """Returns FPR target, TPR with its interval, threshold as a cosine and as (cosine + 1) / 2, negatives."""
    metrics = result.metrics
    lines = ["FPR      TPR                      cosine   (cos+1)/2  negatives"]
    for target in result.targets:
        text = target_text(target)
        tpr, threshold = metrics[f"tpr@fpr={text}"], metrics[f"threshold@fpr={text}"]
        if tpr is None:
            lines.append(f"{text:<8} {_gap(metrics, text)}")
            continue
        low, high = metrics.get(f"tpr@fpr={text}/low"), metrics.get(f"tpr@fpr={text}/high")
        span = "" if low is None else f" [{low:.4f}, {high:.4f}]"
        place = "none admissible     "
        if threshold is not None:
            place = f"{cosines.text(threshold):>8} {cosines.text((threshold + 1) / 2):>10} "
        lines.append(f"{text:<8} {tpr:.4f}{span:<18} {place} {metrics['negatives']:>10}")
    facts = [f"{key.replace('rank', 'rank-')} {metrics[key]:.{measure_of(key).digits}f}"
             for key in keys("printed", metrics) if metrics.get(key) is not None]  # fmt: skip
    return "\n".join([*lines, "  ".join(facts), *result.notes])


def _gap(metrics: dict, text: str) -> str:
    if not metrics["negatives"] or not metrics["positives"]:
        return "undefined"
    bound = metrics[f"tpr@fpr={text}/bound"]
    return (f"not resolved: needs {metrics[f'missing_negatives@fpr={text}']} more negatives; "
            f"TPR {bound:.4f} at FPR <= {metrics['fpr_floor']:.1e}")  # fmt: skip
