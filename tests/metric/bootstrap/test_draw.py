"""Intervals and paired comparison."""

import numpy as np
import pytest
import torch

from docclf.errors import InputError
from docclf.metric import assemble
from docclf.metric.all_pairs import AllPairs
from docclf.metric.bootstrap import resample
from docclf.metric.bootstrap.draw import draw, interval
from docclf.metric.compare import compare
from docclf.metric.pairs import sweep as walking
from docclf.metric.pairs.layout import all_pairs_layout, register_query_layout
from docclf.metric.pairs.sweep import sweep
from docclf.metric.register_query import RegisterQuery

TARGETS = [1e-1, 1e-2]


def data(noise: float = 0.8, seed: int = 0, classes: int = 20, captures: int = 4):
    rng = torch.Generator().manual_seed(0)
    centre = torch.randn(classes + 4, 9, generator=rng)
    labels = torch.arange((classes + 4) * captures) % (classes + 4)
    scatter = torch.randn(len(labels), 9, generator=rng.manual_seed(seed))
    return centre[:classes], torch.arange(classes), centre[labels] + noise * scatter, labels


def sampled(metric, **changes):
    """Returns the pairs that the replicates of a metric are drawn from."""
    register, known, query, asked = data(**changes)
    if isinstance(metric, AllPairs):
        layout = all_pairs_layout(torch.cat([register, query]), torch.cat([known, asked]))
    else:
        layout = register_query_layout(register, known, query, asked, "max")
    return resample.draw_sample(layout, sweep(layout, TARGETS, assemble.EXTREMES, 512), 0)


@pytest.mark.parametrize("metric", [RegisterQuery(TARGETS, ranks=[1]), AllPairs(TARGETS)])
def test_a_replicate_is_the_metric_of_the_resampled_pairs(metric):
    """Each replicate against the same weights worked out pair by pair, threshold included."""
    sample = sampled(metric)
    draws = draw(sample, TARGETS, [1] if sample.rank is not None else [], 6, 7)
    for at in range(6):
        rows, cols = resample.class_weights(sample, np.random.default_rng([7, 0, at]))
        pairs = [
            np.repeat(
                part.score,
                (rows[part.row] * (cols if sample.triangle or kind else np.ones_like(cols))[part.col]).astype(int),
            )
            for kind, part in enumerate((sample.genuine, sample.impostor))
        ]
        genuine, impostor = pairs
        assert resample.weighted_negatives(sample, rows, cols) == len(impostor)
        for place, target in enumerate(TARGETS):
            blocked = np.sort(impostor)[::-1][int(target * len(impostor) + 1e-6)]
            true, false = (genuine > blocked).sum(), (impostor > blocked).sum()
            assert draws["tpr"][at, place] == pytest.approx(true / len(genuine), abs=1e-12)
            f1 = 2 / (1 / (true / (true + false)) + len(genuine) / true)
            assert draws["f1"][at, place] == pytest.approx(f1, abs=1e-12)
        below = np.mean([(impostor < g).mean() + (impostor == g).mean() / 2 for g in genuine])
        assert draws["auroc"][at, 0] == pytest.approx(below, abs=1e-12)


def test_weights_draw_classes_then_captures():
    sample = sampled(RegisterQuery(TARGETS))
    rows, cols = resample.class_weights(sample, np.random.default_rng(1))
    by_class = np.bincount(sample.row_class, rows)
    assert (by_class % 4 == 0).all() and by_class.sum() == 96
    assert np.array_equal(by_class[:20] / 4, cols)


def test_seed_decides_and_replicates_differ():
    metric = RegisterQuery(TARGETS, replicates=50, seed=3)
    one, two = metric(*data()), metric(*data())
    other = RegisterQuery(TARGETS, replicates=50, seed=4)(*data())
    assert one.metrics == two.metrics
    assert one.metrics["tpr@fpr=1e-2/low"] != other.metrics["tpr@fpr=1e-2/low"]
    assert len(np.unique(one.draws.values["tpr@fpr=1e-2"])) > 5
    assert {len(values) for values in one.band.values()} == {25}


def test_thinned_sample_stands_for_all_pairs(monkeypatch):
    whole = RegisterQuery(TARGETS, replicates=200)(*data(1.0, classes=60, captures=8))
    monkeypatch.setattr(assemble, "EXTREMES", 4000)
    monkeypatch.setattr(walking, "PLAIN", 0)
    monkeypatch.setattr(resample, "WHOLE", 300)
    monkeypatch.setattr(resample, "THINNED", 1000)
    monkeypatch.setattr(resample, "BULK", 6000)
    thin = RegisterQuery(TARGETS, replicates=200)(*data(1.0, classes=60, captures=8))
    sample = sampled(RegisterQuery(TARGETS), noise=1.0, classes=60, captures=8)
    assert len(sample.impostor.score) < 0.4 * thin.metrics["negatives"]
    assert (np.diff(sample.impostor.score) <= 0).all()
    total = sample.impostor_weight.sum()
    assert total == pytest.approx(thin.metrics["negatives"], rel=1e-9)
    for key in ("tpr@fpr=1e-1/low", "tpr@fpr=1e-2/high", "auroc/low"):
        assert thin.metrics[key] == pytest.approx(whole.metrics[key], abs=0.02)


def test_interval_at_the_ends_and_between():
    rng = np.random.default_rng(0)
    low, high = interval(0.5, 0.5 + 0.01 * rng.standard_normal(4000), 100)
    assert low == pytest.approx(0.4804, abs=2e-3) and high == pytest.approx(0.5196, abs=2e-3)
    low, high = interval(1.0, np.ones(50), 20)
    assert high == 1.0 and low == pytest.approx(0.025 ** (1 / 20))
    low, high = interval(0.0, np.zeros(50), 20)
    assert low == 0.0 and high == pytest.approx(1 - 0.025 ** (1 / 20))
    assert interval(0.5, np.array([np.nan, 0.4]), 10) is None
    low, high = interval(0.999, np.ones(50) - 0.01 * rng.random(50), 10)
    assert 0 < low < 0.999 < high < 1


def test_compare_is_paired_and_checks_the_split():
    metric = RegisterQuery(TARGETS, replicates=300)
    good, bad = metric(*data(0.5)), metric(*data(1.5))
    found = {one.metric: one for one in compare(bad, good)}
    step = found["tpr@fpr=1e-2"]
    assert step.difference == good.metrics["tpr@fpr=1e-2"] - bad.metrics["tpr@fpr=1e-2"]
    assert 0 < step.low < step.difference < step.high
    assert {"auroc", "rank1", "tpr@fpr=1e-1", "fnir@fpir=1e-1"} <= set(found)
    assert all(one.difference == one.low == one.high == 0 for one in compare(good, good))
    one, other = metric(*data(0.8, 1)), metric(*data(0.8, 2))
    step = {part.metric: part for part in compare(one, other)}["auroc"]
    assert step.low < 0 < step.high
    with pytest.raises(InputError, match="splits"):
        compare(good, metric(*data(captures=5)))
    with pytest.raises(InputError, match="bootstrap"):
        compare(good, metric(*data(), replicates=0))
    with pytest.raises(InputError, match="protocol"):
        compare(good, AllPairs(TARGETS)(*data()))
    with pytest.raises(InputError, match="metric.seed"):
        compare(good, RegisterQuery(TARGETS, replicates=20, seed=1)(*data(0.5)))
    few = {part.metric: part for part in compare(good, RegisterQuery(TARGETS, replicates=50)(*data(1.5)))}
    assert few["auroc"].low < few["auroc"].difference < few["auroc"].high < 0, "those that both have are paired"
