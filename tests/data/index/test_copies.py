import numpy as np
import pytest

from docclf.data.index.copies import drop_copies, near_pairs
from docclf.data.index.entry import Entry


def entry(number, look, sha=None):
    return Entry(f"{number}.jpg", 1, 1, sha or f"{number:064d}", 9, 9, 0, int(look))


def slow(looks, distance):
    """All pairs, less those that equal hashes make beyond the one with the first."""
    looks = [int(v) for v in looks]
    first = [looks.index(v) for v in looks]
    return [
        [i, j]
        for i in range(len(looks))
        for j in range(i + 1, len(looks))
        if looks[i] and looks[j] and (looks[i] ^ looks[j]).bit_count() <= distance
        if first[i] == i and (first[j] in (i, j))
    ]


@pytest.mark.parametrize("distance", [0, 1, 4])
def test_pairs_are_those_of_the_slow_way(distance):
    rng = np.random.default_rng(distance)
    base = rng.integers(1, 2**63, 40, dtype=np.uint64)
    looks = [*base, 0, 0]
    for value in base[:30]:
        for bits in range(7):
            changed = int(value)
            for bit in rng.choice(64, bits, replace=False):
                changed ^= 1 << int(bit)
            looks.append(changed)
    looks = np.array(looks, np.uint64)[rng.permutation(len(looks))]
    found = near_pairs(looks, distance)
    assert found.tolist() == slow(looks, distance) and len(found) >= 30
    assert near_pairs(np.array([], np.uint64)).shape == (0, 2)
    with pytest.raises(ValueError, match="distance=5"):
        near_pairs(looks, 5)


def test_every_four_bits_are_found():
    value = 0x0123456789ABCDEF
    rng = np.random.default_rng(0)
    for _ in range(200):
        changed = value
        for bit in rng.choice(64, 4, replace=False):
            changed ^= 1 << int(bit)
        assert near_pairs(np.array([value, changed], np.uint64)).tolist() == [[0, 1]]


def test_the_first_stays_and_chains_end():
    a, b, c = 0xFF00FF00FF00FF00, 0xFF00FF00FF00FF0F, 0xFF00FF00FF00FFFF  # 4 bits each step, 8 from a to c
    rows = [entry(0, a), entry(1, b), entry(2, b), entry(3, c), entry(4, 0), entry(5, 0), entry(6, 77, f"{0:064d}")]
    assert drop_copies(rows, "off") == {}
    assert drop_copies(rows, "exact") == {6: "same content as 0.jpg"}
    near = drop_copies(rows, "near")
    assert near == {1: "looks like 0.jpg", 2: "looks like 0.jpg", 6: "same content as 0.jpg"}


def test_a_thousand_copies_make_a_thousand_pairs():
    assert len(near_pairs(np.full(3000, 99, np.uint64))) == 2999
