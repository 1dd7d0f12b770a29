import numpy as np
import pytest

from docclf.data.pixels.memory import Store, stored
from docclf.data.pixels.source import Source
from docclf.errors import InputError


class Reads(Source):
    fingerprint = "f"

    def __init__(self):
        self.reads = []

    def __len__(self):
        return 10

    def read(self, i):
        self.reads.append(i)
        return np.full((30, 20, 3), i, np.uint8)

    def name(self, i):
        return f"{i}.jpg"


def test_decodes_once_and_is_read_only():
    source = Reads()
    store = Store(source, 8, threads=3)
    assert sorted(source.reads) == list(range(10)) and len(store) == 10 and store.name(3) == "3.jpg"
    for i in (7, 0, 7):
        assert store.read(i).shape == (8, 8, 3) and (store.read(i) == i).all()
    with pytest.raises(ValueError, match="read-only"):
        store.read(0)[:] = 1
    assert len(source.reads) == 10


def test_the_budget_decides():
    exact = 10 * 8 * 8 * 3 / 1e9
    assert isinstance(stored(Reads(), 8, "auto", exact), Store)
    assert isinstance(stored(Reads(), 8, "memory", exact), Store)
    for cache, budget in (("auto", exact * 0.99), ("none", 1.0)):
        source = Reads()
        assert stored(source, 8, cache, budget) is source and not source.reads
    with pytest.raises(InputError, match="data.cache_gb"):
        stored(Reads(), 8, "memory", exact * 0.99)
    with pytest.raises(InputError, match="data.cache=ram"):
        stored(Reads(), 8, "ram", 1.0)
