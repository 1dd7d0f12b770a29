"""The drawn numbers: uniform, separate between samples, groups and threads."""

import numpy as np
import pytest

from docclf.augment.draws.checks import check_weights
from docclf.augment.draws.draw import GROUPS, SECOND, SLOTS, draws
from docclf.errors import InputError


def many(count, group="blur", **how):
    return draws(0, np.zeros(count, np.int64), np.arange(count), **how)[group]


def numbers(seed, turn, index):
    return np.array([draw.random(SLOTS)[0] for draw in draws(seed, np.array([turn]), np.array([index])).values()])


@pytest.mark.parametrize("seed,turn,index", [(5, 9, 77), (0, SECOND + 3, 0), (2**62, 0, 2**40)])
def test_equals_philox_built_afresh(seed, turn, index):
    key, counter = np.array([seed, turn], np.uint64), np.array([0, index, 0, 0], np.uint64)
    fresh = np.random.Generator(np.random.Philox(key=key, counter=counter)).random((len(GROUPS), SLOTS))
    numbers(1, 2, 3)
    assert np.array_equal(numbers(seed, turn, index), fresh)


def test_a_sample_s_numbers_do_not_depend_on_the_batch():
    turns, indices = np.array([0, 3, SECOND, SECOND + 3]), np.array([0, 2**40, 7, 7])
    together = draws(11, turns, indices)
    for place, (turn, index) in enumerate(zip(turns, indices, strict=True)):
        alone = draws(11, np.array([turn]), np.array([index]))
        for name in GROUPS:
            assert np.array_equal(together[name].fork().random(SLOTS)[place], alone[name].random(SLOTS)[0])


def test_no_number_appears_twice():
    places = [(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0), (1, 1, 1), (0, 0, 2**40)]
    drawn = np.concatenate([numbers(*place).ravel() for place in places])
    assert len(np.unique(drawn)) == drawn.size


def test_uniform_over_samples():
    column = many(4000).random()
    counts = np.histogram(column, bins=10, range=(0, 1))[0]
    assert ((counts - 400) ** 2 / 400).sum() < 27.9  # chi-squared, 9 degrees of freedom, 0.999
    assert abs(np.corrcoef(column[1:], column[:-1])[0, 1]) < 4 / 4000**0.5


def test_second_views_are_independent_of_the_first():
    second = draws(0, np.full(4000, SECOND), np.arange(4000))["blur"].random()
    assert abs(np.corrcoef(many(4000).random(), second)[0, 1]) < 4 / 4000**0.5


def test_integer_takes_both_ends_and_choice_follows_its_weights():
    whole = many(600).integer(2, 4).tolist()
    assert set(whole) == {2, 3, 4} and min(whole.count(v) for v in (2, 3, 4)) > 150
    chosen = many(800).choice({"a": 3, "b": 0, "c": 1}).tolist()
    assert chosen.count(1) == 0 and abs(chosen.count(0) / 800 - 0.75) < 0.065


def test_ease_scales_probabilities_and_forks_share_numbers():
    assert abs(many(2000, ease=0.5).chance(0.8).mean() - 0.4) < 0.05
    draw = many(50)
    fork = draw.fork()
    assert np.array_equal(fork.random(3), draw.random(3)) and draw.uniform(2.0, 5.0, 2, 2).shape == (50, 2, 2)


@pytest.mark.parametrize("count", [1, 5])
def test_a_group_cannot_read_its_neighbours_numbers(count):
    draw = many(count)
    draw.random(SLOTS - 1)
    with pytest.raises(IndexError):
        draw.random(2)


@pytest.mark.parametrize(
    "turns,indices,word",
    [([0, -1], [0, 0], "epoch is -1"), ([0], [-3], "index is -3"), ([0, 1], [0], "same length"), ([0.5], [1], "whole")],
)
def test_mistakes_are_named(turns, indices, word):
    with pytest.raises(InputError, match=word):
        draws(0, np.array(turns), np.array(indices))


def test_unknown_weights_are_refused():
    with pytest.raises(InputError, match="unknown"):
        check_weights("x", {"unknown": 1}, ("known",))
