"""Near copies among training classes are named in a warning."""

import numpy as np
import pytest

from docclf.data.index.hashes import Hashes
from docclf.errors import InputError
from docclf.imaging.feature.phash import NONE
from docclf.training.false_negatives import warn


class Data:
    def __init__(self, looks):
        self.looks = np.array(looks, np.uint64)

    def training_hashes(self):
        return Hashes(np.zeros((len(self.looks), 32), np.uint8), self.looks, lambda i: f"card{i}.jpg")


class Silent:
    def training_hashes(self):
        raise InputError("made before shards kept that")


@pytest.mark.parametrize(
    "looks, pairs",
    [
        ([0x100, 0x10F, 1 << 40], [("card0.jpg", "card1.jpg")]),
        ([7, 7, 7], [("card0.jpg", "card2.jpg")]),
        ([0x100, 0xFF00FF], []),
        ([int(NONE), int(NONE)], []),
        ([], []),
    ],
)
def test_pairs_are_named(looks, pairs, caplog):
    found = warn(Data(looks))
    assert (found > 0) == bool(pairs) and ("false negatives" in caplog.text) == bool(pairs)
    assert all(f"{a} and {b}" in caplog.text for a, b in pairs)


def test_a_set_that_cannot_say():
    assert warn(Silent()) == 0
