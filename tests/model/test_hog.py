import numpy as np
import pytest
import torch

from docclf.errors import InputError
from docclf.model.hog import Hog


def test_a_shifted_colour_changes_half_of_the_vector():
    image = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (1, 3, 64, 64), dtype=np.uint8))
    same, other = Hog(64)(image), Hog(64)(image.flip(1))
    assert same.shape == other.shape
    assert torch.allclose(same.norm(dim=1), torch.tensor(2.0).sqrt())
    cosine = torch.cosine_similarity(same, other).item()
    assert 0.2 < cosine < 0.99


def test_is_deterministic_and_checks_its_side():
    image = torch.zeros(2, 3, 32, 32, dtype=torch.uint8)
    assert torch.equal(Hog(32)(image), Hog(32)(image))
    assert torch.isfinite(Hog(32)(image)).all()
    with pytest.raises(InputError, match="multiple of 16"):
        Hog(50)
