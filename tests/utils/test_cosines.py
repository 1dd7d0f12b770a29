"""Cosines as text, and embeddings that tell nothing apart."""

import pytest
import torch

from docclf.utils import cosines


@pytest.mark.parametrize(
    "cosine, text",
    [(0.5, "0.5000"), (-0.123456, "-0.1235"), (0.99, "0.9900"), (0.99995, "0.999950"), (0.999999, "0.9999990"),
     (1.0, "1.0000000"), (1.0000001, "1.0000001"), (-1.0, "-1.0000000")],
)  # fmt: skip
def test_near_one_the_digits_tell_it_from_one(cosine, text):
    assert cosines.text(cosine) == text


def constant(rows, noise, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.ones(rows, 33) + noise * torch.randn(rows, 33, generator=generator)


@pytest.mark.parametrize("rows, noise", [(2, 0.0), (5, 1e-6), (700, 1e-3)])
def test_a_collapsed_network_is_named(rows, noise):
    found = cosines.alike(constant(rows, noise), constant(3, noise, 1))
    low, high = (
        float(word) for word in found.removeprefix("embeddings are all alike: cosines between ").split(" and ")
    )
    assert 1 - cosines.ALIKE < low <= high <= 1


def test_its_sentence():
    rows = torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 2**0.5 * 1e-3]])
    assert cosines.alike(rows) == "embeddings are all alike: cosines between 0.9999990 and 1.0000000"


@pytest.mark.parametrize(
    "rows",
    [constant(50, 0.1), torch.eye(3), torch.cat([constant(600, 0.0), -constant(600, 0.0)]), torch.ones(1, 4),
     torch.zeros(3, 4), torch.full((3, 4), torch.nan)],
)  # fmt: skip
def test_others_are_not(rows):
    assert cosines.alike(rows) is None
