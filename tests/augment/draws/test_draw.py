"""The drawn numbers: uniform, separate between samples, groups and threads."""

import numpy as np
import pytest

from docclf.augment.draws.draw import GROUPS, SLOTS, check_weights, draws
from docclf.errors import InputError


def numbers(seed, epoch, index):
    return np.array([[draw.random() for _ in range(SLOTS)] for draw in draws(seed, epoch, index).values()])


def test_equals_philox_built_afresh():
    key, counter = np.array([5, 9], np.uint64), np.array([0, 77, 0, 0], np.uint64)
    fresh = np.random.Generator(np.random.Philox(key=key, counter=counter)).random((len(GROUPS), SLOTS))
    numbers(1, 2, 3)
    assert np.array_equal(numbers(5, 9, 77), fresh)


def test_no_number_appears_twice():
    places = [(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0), (1, 1, 1), (0, 0, 2**40)]
    drawn = np.concatenate([numbers(*place).ravel() for place in places])
    assert len(np.unique(drawn)) == drawn.size


def test_uniform_over_samples():
    column = np.array([draws(0, 0, i)["blur"].random() for i in range(4000)])
    counts = np.histogram(column, bins=10, range=(0, 1))[0]
    assert ((counts - 400) ** 2 / 400).sum() < 27.9  # chi-squared, 9 degrees of freedom, 0.999
    assert abs(np.corrcoef(column[1:], column[:-1])[0, 1]) < 4 / 4000**0.5


def test_integer_takes_both_ends_and_name_follows_its_weights():
    whole = [draws(0, 0, i)["noise"].integer([2, 4]) for i in range(600)]
    assert set(whole) == {2, 3, 4} and min(whole.count(v) for v in (2, 3, 4)) > 150
    names = [draws(0, 0, i)["noise"].name({"a": 3, "b": 0, "c": 1}) for i in range(800)]
    assert names.count("b") == 0 and abs(names.count("a") / 800 - 0.75) < 0.065


def test_a_group_cannot_read_its_neighbours_numbers():
    draw = draws(0, 0, 0)["colour"]
    with pytest.raises(IndexError):
        for _ in range(SLOTS + 1):
            draw.random()


def test_out_of_range_numbers_are_refused():
    with pytest.raises(InputError, match="index is -1"):
        draws(0, 0, -1)
    with pytest.raises(InputError, match="unknown"):
        check_weights("x", {"unknown": 1}, ("known",))
