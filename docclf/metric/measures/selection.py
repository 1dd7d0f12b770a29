"""One number that orders checkpoints."""

import math

from docclf.metric.pairs.operating import target_text


def selection(metrics: dict, prefer: float = 1e-4) -> float:
    """TPR at FPR `prefer` (or the smallest resolved), ties broken by the partial AUC; AUROC - 2 without, else -inf.

    Two different TPRs over the same n genuine pairs are at least 1/n apart and the partial AUC lies in [0, 1], so
    tpr + pauc / (2 n) keeps the order of the TPRs and then that of the partial AUCs. Values are comparable only between
    models measured on the same split.
    """
    target = selection_target(metrics, prefer)
    if target is None:  # too few impostor pairs for any target: below every TPR, yet in an order
        return -math.inf if metrics["auroc"] is None else metrics["auroc"] - 2.0
    tpr, pauc = metrics[f"tpr@fpr={target}"], metrics["pauc@fpr=1e-2"]
    return tpr + (pauc or 0.0) / (2 * metrics["positives"])


def selection_target(metrics: dict, prefer: float = 1e-4) -> str | None:
    """The target that `selection` reads, as text; None when no TPR is defined."""
    texts = [key[len("tpr@fpr=") :] for key in metrics if key.startswith("tpr@fpr=") and "/" not in key]
    texts = [text for text in texts if metrics[f"tpr@fpr={text}"] is not None]
    if target_text(prefer) in texts:
        return target_text(prefer)
    return min(texts, key=float, default=None)
