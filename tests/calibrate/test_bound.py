"""Thresholds with upper bounds, on impostors whose true distribution is known."""

import numpy as np
import pytest

from docclf.calibrate.bound import Impostors, highest, threshold


def impostors(random, labels, each, sibling=0.0):
    """Scores of every query with every other label: normal, with a part shared by the labels of a pair."""
    shared = sibling * random.standard_normal((labels, labels))
    query = np.repeat(np.arange(labels), each)
    score = random.standard_normal((len(query), labels)) + shared[query]
    wrong = np.arange(labels) != query[:, None]
    rows, columns = np.nonzero(wrong)
    return Impostors(score[wrong], query[rows], columns, labels), np.hypot(1, sibling)


def true_rate(value, deviation):
    from scipy.stats import norm

    return norm.sf(value / deviation)


@pytest.mark.parametrize(("labels", "each", "sibling"), [(20, 6, 0.0), (20, 6, 1.5), (60, 4, 0.8)])
def test_the_bound_covers_the_true_rate_and_the_promise_is_kept(labels, each, sibling):
    covered = kept = 0
    for seed in range(20):
        found, deviation = impostors(np.random.default_rng(seed), labels, each, sibling)
        row = threshold(found, 1e-3, seed=seed)
        rate = true_rate(row.value, deviation)
        covered += rate <= row.bound
        kept += rate <= 2e-3
    assert covered >= 17 and kept >= 17


def test_what_the_counts_do_not_resolve_is_modelled_and_marked():
    found, deviation = impostors(np.random.default_rng(0), 20, 6)
    counted, modelled = threshold(found, 1e-2), threshold(found, 1e-5)
    assert not counted.modelled and modelled.modelled and modelled.value > counted.value
    assert true_rate(modelled.value, deviation) < 1e-3


def test_the_estimate_is_the_share_that_reaches_the_threshold():
    found, _ = impostors(np.random.default_rng(1), 30, 8)
    for target in (0.1, 0.03, 0.01):
        row = threshold(found, target)
        assert (found.score >= row.value).mean() == pytest.approx(row.rate) and row.rate <= target
        assert row.rate <= row.bound <= 2 * target


def test_equal_scores_pass_together():
    score = np.round(np.random.default_rng(2).standard_normal(4000), 1)
    found = Impostors(score, np.arange(4000) % 20, np.full(4000, -1), 20)
    row = threshold(found, 0.05)
    assert (score >= row.value).mean() == pytest.approx(row.rate)


def test_the_same_seed_gives_the_same_threshold():
    found, _ = impostors(np.random.default_rng(3), 20, 4)
    assert threshold(found, 1e-2, seed=4) == threshold(found, 1e-2, seed=4)


def test_the_highest_pairs_of_a_matrix_give_what_all_of_them_give():
    random = np.random.default_rng(5)
    label = np.repeat(np.arange(60), 40)
    values = random.standard_normal((len(label), 60)).astype(np.float32)
    values[np.arange(len(label)), label] = -np.inf
    rows, columns = np.nonzero(np.isfinite(values))
    whole = Impostors(values[rows, columns], label[rows], columns, 60)
    some = highest(values, label, 4e-2)
    assert len(some.score) < len(whole.score) / 5
    for target in (1e-2, 1e-3, 1e-5):
        a, b = threshold(whole, target), threshold(some, target)
        assert a.value == pytest.approx(b.value) and a.bound == pytest.approx(b.bound) and a.modelled == b.modelled
