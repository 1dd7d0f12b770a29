"""Numbers drawn for many samples at once are those drawn one by one."""

import math

import numpy as np
import pytest

from docclf.augment.draws.batch import Stream, each, philox
from docclf.augment.draws.draw import GROUPS, SECOND, SLOTS, draws
from docclf.errors import InputError

EPOCHS = np.array([0, 3, SECOND, SECOND + 3, 2**62])
INDICES = np.array([0, 2**40, 7, 7, 1])


def test_philox_equals_numpys():
    words = philox((np.arange(1, 6, dtype=np.uint64), np.uint64([77])), (np.uint64([5]), np.uint64([2**64 - 1])))
    key, counter = np.array([5, 2**64 - 1], np.uint64), np.array([0, 77, 0, 0], np.uint64)
    assert np.array_equal(words.ravel(), np.random.Philox(key=key, counter=counter).random_raw(20))


def test_every_number_of_every_group_equals_the_sample_s_own():
    batch = Stream(11, EPOCHS, INDICES).draws(list(GROUPS))
    for row, (epoch, index) in enumerate(zip(EPOCHS.tolist(), INDICES.tolist(), strict=True)):
        alone = draws(11, epoch, index)
        for name in GROUPS:
            some = batch[name].where(np.arange(5) == row)
            assert [some.random()[0] for _ in range(SLOTS)] == [alone[name].random() for _ in range(SLOTS)]


def test_samples_that_read_unequal_amounts_keep_their_places():
    batch = Stream(0, EPOCHS, INDICES).draws(["blur"])["blur"]
    alone = [draws(0, e, i)["blur"] for e, i in zip(EPOCHS.tolist(), INDICES.tolist(), strict=True)]
    rng = np.random.default_rng(0)
    for _ in range(40):
        mask = rng.random(5) < 0.5
        got = batch.where(mask).where(np.ones(mask.sum(), dtype=bool)).random()
        assert got.tolist() == [alone[row].random() for row in np.flatnonzero(mask)]


def test_kinds_of_numbers_equal_the_sample_s_own():
    rows, weights = np.arange(500), {"a": 3, "b": 0, "c": 1, "d": 0}
    batch = Stream(1, 0 * rows, rows).draws(["noise"])["noise"]
    alone = [draws(1, 0, i)["noise"] for i in range(500)]
    assert batch.chance(0.3).tolist() == [d.chance(0.3) for d in alone]
    assert batch.uniform([2.0, 5.0]).tolist() == [d.uniform([2.0, 5.0]) for d in alone]
    assert batch.integer(3, 9).tolist() == [d.integer([3, 9]) for d in alone]
    assert batch.integer(0, rows).tolist() == [d.integer([0, i]) for i, d in enumerate(alone)]
    assert [list(weights)[place] for place in batch.name(weights)] == [d.name(weights) for d in alone]


def test_a_group_cannot_read_its_neighbours_numbers():
    batch = Stream(0, EPOCHS, INDICES).draws(["geometry"])["geometry"]
    for _ in range(SLOTS):
        batch.random()
    with pytest.raises(IndexError):
        batch.random()


def test_functions_of_math_are_taken_value_by_value():
    values = np.random.default_rng(0).uniform(-9, 9, 300)
    assert each(math.exp, values).tolist() == [math.exp(value) for value in values.tolist()]


def test_second_views_are_independent_of_the_first():
    rows = np.arange(4000)
    first = Stream(0, 0 * rows, rows).draws(["colour"])["colour"].random()
    second = Stream(0, 0 * rows + SECOND, rows).draws(["colour"])["colour"].random()
    assert not np.intersect1d(first, second).size
    counts = np.histogram2d(first, second, bins=4, range=[[0, 1], [0, 1]])[0]
    assert ((counts - 250) ** 2 / 250).sum() < 37.7  # chi-squared, 15 degrees of freedom, 0.999
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / 4000**0.5


@pytest.mark.parametrize(
    "epochs,indices,word",
    [([0, -1], [0, 0], "epoch is -1"), ([0], [-3], "index is -3"), ([0, 1], [0], "same length"), ([0.5], [1], "whole")],
)
def test_mistakes_are_named(epochs, indices, word):
    with pytest.raises(InputError, match=word):
        Stream(0, epochs, indices)
