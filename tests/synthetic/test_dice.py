import numpy as np
import pytest

from docclf.errors import InputError
from docclf.synthetic.dice import Dice


def test_draws_are_those_of_the_bit_generator_and_stay_so():
    words = np.random.Philox(np.random.SeedSequence((5, 7))).random_raw(32) >> np.uint64(32)
    dice = Dice(5, 7)
    assert [dice.below(1 << 32) for _ in range(32)] == words.tolist()[::-1]
    assert [Dice(5, 7).below(1000) for _ in range(3)] == [Dice(5, 7).below(1000)] * 3


def test_keys_give_different_streams():
    streams = {tuple(Dice(*key).below(1 << 32) for _ in range(2)) for key in ((0, 0), (0, 1), (1, 0), (2**63, 0))}
    assert len(streams) == 4


def test_every_value_of_a_range_appears_about_equally_often():
    dice = Dice(1)
    counts = np.bincount([dice.between(3, 9) for _ in range(7000)], minlength=10)
    assert counts[:3].sum() == 0
    assert counts[3:].min() > 850 and counts[3:].max() < 1150


def test_shuffled_keeps_the_items_and_octets_fill_the_byte():
    dice = Dice(2)
    assert sorted(dice.shuffled(range(33))) == list(range(33))
    octets = dice.octets(4099)
    assert octets.shape == (4099,) and octets.dtype == np.uint8 and len(np.unique(octets)) == 256


def test_negative_seeds_are_refused():
    with pytest.raises(InputError, match="non-negative"):
        Dice(1, -1)
