"""The operating points of a result as a text table."""

from typing import TYPE_CHECKING

from docclf.metric.pairs.operating import target_text
from docclf.utils import cosines

if TYPE_CHECKING:
    from docclf.metric.result import Result


def table(result: "Result") -> str:
    """FPR target, TPR with its interval, threshold as a cosine and as (cosine + 1) / 2, negatives."""
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
        place = (
            "none admissible     "
            if threshold is None
            else f"{cosines.text(threshold):>8} {cosines.text((threshold + 1) / 2):>10} "
        )
        lines.append(f"{text:<8} {tpr:.4f}{span:<18} {place} {metrics['negatives']:>10}")
    facts = [f"{name} {metrics[name]:.6f}" for name in ("auroc", "pauc@fpr=1e-2", "eer") if metrics[name] is not None]
    facts += [f"rank-{key[4:]} {value:.4f}" for key, value in metrics.items()
              if key.startswith("rank") and key[4:].isdigit() and value is not None]  # fmt: skip
    return "\n".join([*lines, "  ".join(facts), *result.notes])


def _gap(metrics: dict, text: str) -> str:
    if not metrics["negatives"] or not metrics["positives"]:
        return "undefined"
    bound = metrics[f"tpr@fpr={text}/bound"]
    return (f"not resolved: needs {metrics[f'missing_negatives@fpr={text}']} more negatives; "
            f"TPR {bound:.4f} at FPR <= {metrics['fpr_floor']:.1e}")  # fmt: skip
