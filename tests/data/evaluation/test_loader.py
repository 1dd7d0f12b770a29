import numpy as np
import pytest
import torch

from docclf.data.evaluation.loader import EvaluationLoader, EvaluationPart
from docclf.errors import InputError


def part(count, reads=None):
    def read(i):
        if reads is not None:
            reads.append(i)
        return np.full((7, 4 + i % 2, 3), i, np.uint8)

    return EvaluationPart([f"{i}.png" for i in range(count)], np.arange(count) % 3, read)


@pytest.mark.parametrize("keep_bytes", [0, 2**20])
def test_order_labels_and_repetition(keep_bytes):
    reads = []
    loader = EvaluationLoader(part(10, reads), 6, 4, threads=2, keep_bytes=keep_bytes)
    for _ in range(2):
        result = list(loader)
        assert [len(labels) for _, labels, _ in result] == [4, 4, 2] and len(loader) == 3
        images, labels, indices = (torch.cat(column) for column in zip(*result, strict=True))
        assert indices.tolist() == list(range(10)) and (labels == indices % 3).all()
        assert images.shape == (10, 3, 6, 6) and (images == indices[:, None, None, None]).all()
    assert len(reads) == (10 if keep_bytes else 20)


def test_empty_part_and_errors():
    assert list(EvaluationLoader(part(0), 6)) == []
    with pytest.raises(InputError, match="batch_size=0"):
        EvaluationLoader(part(2), 6, 0)
    with pytest.raises(ValueError, match="2 names but 1 labels"):
        EvaluationPart(["a", "b"], np.zeros(1), lambda i: i)
    broken = EvaluationPart(["photo.jpg"], np.zeros(1, int), lambda i: 1 / 0)
    with pytest.raises(RuntimeError, match="photo.jpg"):
        list(EvaluationLoader(broken, 6))
