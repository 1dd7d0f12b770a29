"""The class sampler: frequencies, order, positives."""

import numpy as np
import pytest

from docclf.loss.centres.sampler import bernoulli, with_positives


@pytest.mark.parametrize("rate", [0.02, 0.3, 0.9])
def test_each_class_is_in_at_the_rate(rate):
    draws = [bernoulli(211, rate, seed=3, step=step) for step in range(3000)]
    counts = np.bincount(np.concatenate(draws), minlength=211)
    deviation = np.abs(counts / 3000 - rate) / np.sqrt(rate * (1 - rate) / 3000)
    assert deviation.max() < 4.5 and deviation.mean() < 1.1
    sizes = np.array([len(d) for d in draws])
    assert sizes.std() == pytest.approx(np.sqrt(211 * rate * (1 - rate)), rel=0.1)


def test_ascending_once_each_and_a_function_of_seed_and_step():
    drawn = bernoulli(100_003, 0.1, seed=1, step=2)
    assert (np.diff(drawn) > 0).all() and drawn[0] >= 0 and drawn[-1] < 100_003
    assert np.array_equal(drawn, bernoulli(100_003, 0.1, seed=1, step=2))
    assert not np.array_equal(drawn, bernoulli(100_003, 0.1, seed=1, step=3))
    assert np.array_equal(bernoulli(7, 1.0, 0, 0), np.arange(7))


def test_positives_are_always_in():
    generator = np.random.default_rng(0)
    for step in range(200):
        drawn = bernoulli(50, 0.05, seed=0, step=step)
        labels = generator.integers(0, 50, size=20)
        both = with_positives(drawn, labels)
        assert np.array_equal(both, np.union1d(drawn, labels))
