"""Faults of the original's evaluation: each test shows its method wrong and ours right on the same scores."""

import numpy as np
import torch
from metric import reference
from sklearn.metrics import roc_auc_score, roc_curve

from docclf.metric.all_pairs import AllPairs
from docclf.metric.pairs.export import all_pairs_scores, register_query_scores
from docclf.metric.pairs.operating import allowed, missing, target_text
from docclf.metric.register_query import RegisterQuery

TARGETS = [1e-1, 1e-2, 1e-3, 1e-4]


def clustered(images: int, classes: int, noise: float, seed: int = 0, width: int = 16):
    rng = torch.Generator().manual_seed(seed)
    labels = torch.arange(images) % classes
    centre = torch.randn(classes, width, generator=rng)
    return centre[labels] + noise * torch.randn(images, width, generator=rng), labels


def scores_of(rows: torch.Tensor, labels: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    parts = list(all_pairs_scores(rows[:1], labels[:1], rows[1:], labels[1:]))
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def nearest(scores: np.ndarray, same: np.ndarray, target: float) -> tuple[float, float]:
    """The original's operating point: the ROC point whose FPR is nearest to the target."""
    fpr, tpr, _ = roc_curve(same, scores)
    at = np.argmin(np.abs(fpr - target))
    return fpr[at], tpr[at]


def ours(rows: torch.Tensor, labels: torch.Tensor) -> dict:
    return AllPairs(TARGETS)(rows[:1], labels[:1], rows[1:], labels[1:], replicates=0).metrics


def test_nearest_point_breaks_the_target_and_ours_never_does():
    broken = 0
    for seed in range(20):
        rows, labels = clustered(60, 12, 1.0, seed)
        scores, same = scores_of(rows, labels)
        fpr, tpr = nearest(scores, same, 1e-2)
        metrics = ours(rows, labels)
        broken += fpr > 1e-2
        assert metrics["false_accepts@fpr=1e-2"] / metrics["negatives"] <= 1e-2
        assert metrics["tpr@fpr=1e-2"] == reference.tpr(scores[same], scores[~same], 1e-2)
        assert tpr >= metrics["tpr@fpr=1e-2"] or fpr <= 1e-2
    assert broken > 0


def test_nearest_point_prints_a_number_that_too_few_negatives_cannot_carry():
    rows, labels = clustered(60, 12, 1.0)
    scores, same = scores_of(rows, labels)
    metrics = ours(rows, labels)
    negatives = int((~same).sum())
    assert negatives < 10_000 and np.isfinite(nearest(scores, same, 1e-4)[1])
    assert metrics["tpr@fpr=1e-4"] is None and not metrics["resolved@fpr=1e-4"]
    assert metrics["missing_negatives@fpr=1e-4"] == 10_000 - negatives
    assert metrics["fpr_floor"] == 1 / negatives
    genuine, impostor = scores[same], scores[~same]
    assert metrics["tpr@fpr=1e-4/bound"] == (genuine > impostor.max()).mean()


def test_pairs_inside_batches_depend_on_the_order_of_files_and_ours_do_not():
    rng = torch.Generator().manual_seed(0)
    labels = torch.arange(600) % 60
    # Neighbouring classes look alike, as files of one issuer do.
    centre = torch.randn(6, 16, generator=rng).repeat_interleave(10, 0) + 0.7 * torch.randn(60, 16, generator=rng)
    rows = centre[labels] + 0.5 * torch.randn(600, 16, generator=rng)

    def batched(order: torch.Tensor) -> float:
        parts = [scores_of(rows[part], labels[part]) for part in order.split(64)]
        return nearest(*(np.concatenate(side) for side in zip(*parts, strict=True)), 1e-2)[1]

    by_class = torch.sort(labels, stable=True)[1]
    mixed = torch.randperm(600, generator=torch.Generator().manual_seed(1))
    assert abs(batched(by_class) - batched(mixed)) > 0.02
    one, other = ours(rows[by_class], labels[by_class]), ours(rows[mixed], labels[mixed])
    assert one["negatives"] == 600 * 599 // 2 - 60 * 45
    for key in ("tpr@fpr=1e-2", "tpr@fpr=1e-3"):
        assert abs(one[key] - other[key]) < 1e-3


def test_rounded_features_score_above_one_and_ours_do_not():
    rows, labels = clustered(200, 40, 1.0)
    unit = torch.nn.functional.normalize(rows)
    rounded = (unit * 10).round() / 10
    assert float((rounded @ rounded.T).max()) > 1.01
    scores, _ = scores_of(rows, labels)
    assert abs(scores.max()) <= 1 + 2e-6


def test_shifted_scores_merge_and_ours_stay_apart():
    """(s + 1) / 2 in float32 makes one score of two, so their order is lost."""
    rows, labels = clustered(900, 90, 1.2, width=64)
    scores, same = scores_of(rows, labels)
    shifted = (scores + np.float32(1)) / np.float32(2)
    assert len(np.unique(shifted)) < 0.97 * len(np.unique(scores))
    assert reference_auc(scores, same) != reference_auc(shifted, same)
    assert ours(rows, labels)["auroc"] == reference_auc(scores, same)


def reference_auc(scores: np.ndarray, same: np.ndarray) -> float:
    genuine, impostor = scores[same], np.sort(scores[~same])
    twice = np.searchsorted(impostor, genuine, "left").sum() + np.searchsorted(impostor, genuine, "right").sum()
    return int(twice) / (2 * len(genuine) * len(impostor))


def test_targets_are_decimals_not_floats():
    assert int(0.29 * 100) == 28 and allowed(0.29, 100) == 29
    assert allowed(1e-4, 10_000) == 1 and allowed(1e-4, 9_999) == 0
    assert missing(1e-5, 1) == 99_999 and missing(0.3, 3) == 1 and missing(0.3, 4) == 0
    assert [target_text(x) for x in (1e-4, 0.05, 0.25, 1e-10)] == ["1e-4", "5e-2", "2.5e-1", "1e-10"]


def test_sklearn_reproduces_area_and_roc_points_on_the_exported_scores():
    rows, labels = clustered(500, 50, 1.2)
    result = AllPairs(TARGETS)(rows[:9], labels[:9], rows[9:], labels[9:], replicates=0)
    parts = list(all_pairs_scores(rows[:9], labels[:9], rows[9:], labels[9:]))
    scores, same = (np.concatenate([part[at] for part in parts]) for at in (0, 1))
    assert abs(roc_auc_score(same, scores) - result.metrics["auroc"]) < 1e-12
    assert abs(roc_auc_score(same, scores, max_fpr=1e-2) - result.metrics["pauc@fpr=1e-2"]) < 1e-12
    fpr, tpr, threshold = roc_curve(same, scores, drop_intermediate=False)
    at = np.searchsorted(-threshold, -result.roc["threshold"])
    assert np.array_equal(threshold[at], result.roc["threshold"].astype(np.float32))
    assert np.array_equal(fpr[at], result.roc["fpr"]) and np.array_equal(tpr[at], result.roc["tpr"])
    for target in TARGETS:
        place = np.flatnonzero(fpr <= target)[-1]
        assert tpr[place] == result.metrics[f"tpr@fpr={target_text(target)}"]
        assert threshold[place] == np.float32(result.metrics[f"threshold@fpr={target_text(target)}"])


def test_torchmetrics_reproduces_area_and_points_on_the_exported_scores():
    import pytest

    classification = pytest.importorskip("torchmetrics.classification")
    register, names = clustered(40, 40, 0.5)
    query, labels = clustered(300, 44, 1.0)
    result = RegisterQuery(TARGETS)(register, names, query, labels, replicates=0)
    parts = list(register_query_scores(register, names, query, labels))
    # In float64 the shift into [0, 1] keeps every score apart; outside [0, 1] torchmetrics would apply a sigmoid.
    scores = torch.from_numpy(np.concatenate([part[0] for part in parts]).astype(np.float64) + 1) / 2
    same = torch.from_numpy(np.concatenate([part[1] for part in parts])).int()
    roc = classification.BinaryROC(thresholds=None)
    roc.update(scores, same)
    fpr, tpr, _ = (part.double().numpy() for part in roc.compute())
    assert abs(float(np.trapezoid(tpr, fpr) if hasattr(np, "trapezoid") else np.trapz(tpr, fpr))
               - result.metrics["auroc"]) < 1e-5  # fmt: skip
    for one_fpr, one_tpr in zip(result.roc["fpr"], result.roc["tpr"], strict=True):
        assert np.min(np.abs(fpr - one_fpr) + np.abs(tpr - one_tpr)) < 1e-6
