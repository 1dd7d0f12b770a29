"""Scores of codes in place of cosines, and what they are refused for."""

import numpy as np
import pytest
import torch

from docclf.errors import InputError
from docclf.evaluation.embed import Embedded, code_scores
from docclf.search.code.choose import make
from docclf.utils.reading.arrays import write_npy


def split(width=64, scores=None):
    rng = torch.Generator().manual_seed(0)
    register, query = (torch.randn(n, width, generator=rng) for n in (30, 7))
    return Embedded(register, torch.arange(30), query, torch.arange(7), None, None, 0.0, scores)


@pytest.mark.parametrize("name", ["sq8", "binary2", "rabitq", "pca16-float"])
def test_the_scores_are_those_of_the_code(tmp_path, name):
    found = split()
    rows = (found.register / found.register.norm(dim=1, keepdim=True)).numpy()
    write_npy(tmp_path / "fit.npy", rows)
    fitted = name.startswith("pca")
    told = code_scores(found, name, str(tmp_path / "fit.npy") if fitted else None)
    code = make(name, 64, rows if fitted else None)
    queries = (found.query / found.query.norm(dim=1, keepdim=True)).numpy()
    np.testing.assert_allclose(found.scores.numpy(), code.scores(queries, rows).clip(-1, 1), atol=1e-6)
    assert told == code.id and (" " in told) == fitted


@pytest.mark.parametrize(
    "width, scores, name, says",
    [
        (64, torch.zeros(7, 30), "sq8", "of pairs or of verification"),
        (63, None, "binary2", "4 divides"),
        (64, None, "pq", "needs 9984 vectors"),
        (64, None, "pca16-sq8", "give training vectors"),
    ],
)
def test_what_has_no_scores_of_a_code(width, scores, name, says):
    with pytest.raises(InputError, match=says):
        code_scores(split(width, scores), name, None)
