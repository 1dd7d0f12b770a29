"""Batches of one size, whatever the sizes that images come in."""

import pytest
import torch

from docclf.utils.fixed_batches import FixedBatches


@pytest.mark.parametrize("total", [1, 7, 8, 21])
@pytest.mark.parametrize("at_a_time", [1, 3, 8, 50])
def test_each_image_stands_where_it_always_stands(total, at_a_time):
    images, seen = torch.arange(total * 12, dtype=torch.float32).view(total, 3, 2, 2), []
    batches = FixedBatches(lambda batch: (seen.append(batch.clone()), batch.flatten(1))[1], size=8)
    for start in range(0, total, at_a_time):
        part = images[start : start + at_a_time].clone()
        batches.add(part)
        part.zero_()  # a loader's buffer is used again
    assert torch.equal(batches.rows(), images.flatten(1))
    assert {tuple(batch.shape) for batch in seen} == {(8, 3, 2, 2)} and len(seen) == -(-total // 8)
    together = torch.cat(seen)
    assert torch.equal(together[:total], images) and not together[total:].any()


def test_begins_anew():
    batches = FixedBatches(lambda batch: batch, size=4)
    for size in (3, 5):
        batches.add(torch.ones(2, size))
        assert batches.rows().shape == (2, size)
