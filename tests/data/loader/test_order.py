import numpy as np
import pytest

from docclf.data.loader.order import Order


def whole(order, epoch):
    return order.items(epoch, 0, order.draws)


def test_one_walk_is_a_permutation_that_changes_with_epoch_and_seed():
    order = Order(101, None, 3)
    first, turns = whole(order, 0)
    assert sorted(first) == list(range(101)) and set(turns) == {0}
    assert list(first) != list(range(101))
    assert (first == whole(Order(101, None, 3), 0)[0]).all()
    assert (first != whole(order, 1)[0]).any() and (first != whole(Order(101, None, 4), 0)[0]).any()


def test_an_epoch_longer_than_the_set_never_repeats_a_pass_and_item():
    order = Order(10, 37, 0)
    seen = set()
    for epoch in range(3):
        items, turns = whole(order, epoch)
        assert len(items) == 37
        counts = np.bincount(items, minlength=10)
        assert counts.min() >= 3 and counts.max() <= 4
        seen |= set(zip(turns.tolist(), items.tolist(), strict=True))
    assert len(seen) == 3 * 37


def test_a_shorter_epoch_draws_without_repetition():
    items, turns = whole(Order(50, 20, 1), 4)
    assert len(set(items.tolist())) == 20 and set(turns) == {4}


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (9, 11), (5, 37), (20, 30), (36, 37)])
def test_any_piece_equals_the_whole(start, stop):
    order = Order(10, 37, 2)
    items, turns = whole(order, 1)
    piece, piece_turns = order.items(1, start, stop)
    assert (piece == items[start:stop]).all() and (piece_turns == turns[start:stop]).all()
