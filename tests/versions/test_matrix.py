"""The matrix of versions from evaluations that were saved."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from docclf.compare.saved import Saved
from docclf.errors import InputError
from docclf.metric.register_query import RegisterQuery
from docclf.versions import matrix


def run(noise, query="a" * 64, register=None, align=None, seed=0):
    """Returns an evaluation of embeddings whose queries lie that far from their registered images."""
    draw = torch.Generator().manual_seed(seed)
    registered = torch.randn(12, 8, generator=draw)
    labels = torch.arange(12)
    asked = registered.repeat(2, 1) + noise * torch.randn(24, 8, generator=draw)
    result = RegisterQuery([1e-1, 1e-2], replicates=40)(registered, labels, asked, labels.repeat(2))
    about = {"model": {"weights_sha256": query}}
    if register:
        about["register"] = {"weights_sha256": register, **({"align": align} if align else {})}
    return Saved(result, "f", about, [], [], *(None,) * 5)


def test_cells_stand_beside_the_oldest_model():
    old, new = "a" * 64, "b" * 64
    runs = {
        Path("old"): run(1.2),
        Path("crossed"): run(3.0, new, old),
        Path("turned"): run(0.2, new, old, "procrustes"),
        Path("new"): run(0.1, new),
    }
    found = matrix.cells(runs)
    assert [(c.query[0], c.register[0], c.align, c.crossed) for c in found] == [
        ("a", "a", "none", False), ("b", "a", "none", True), ("b", "a", "procrustes", True), ("b", "b", "none", False)
    ]  # fmt: skip
    assert not found[0].differences and found[2].differences["rank1"].difference > 0
    assert matrix.verdict(found[2], "rank1") == "up" and matrix.verdict(found[1], "rank1") == "down"
    assert matrix.average_compatibility(found) == 0.5
    text = matrix.lines(found)
    assert len(text) == 5 and "procrustes" in text[3] and "(+" in text[3]


def test_without_a_crossed_run_nothing_is_said_of_compatibility():
    assert matrix.average_compatibility(matrix.cells({Path("old"): run(0.5)})) is None


def test_the_first_run_is_of_one_model():
    with pytest.raises(InputError, match="compares two models; give the run of the oldest model alone first"):
        matrix.cells({Path("x"): run(0.5, "b" * 64, "a" * 64)})
    nameless = SimpleNamespace(**{**vars(run(0.5)), "about": {}})
    with pytest.raises(InputError, match="says nothing of the weights"):
        matrix.cells({Path("x"): nameless})
