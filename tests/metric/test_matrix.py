"""Scores made elsewhere: the same walk, equal to sorting and to the walk over embeddings."""

import numpy as np
import pytest
import torch
from metric.test_exact import TARGETS, check, embeddings

from docclf.errors import InputError
from docclf.metric.pairs import sweep
from docclf.metric.register_query import RegisterQuery


def case(seed, queries=37, images=23, labels=9, coarse=True):
    rng = np.random.default_rng(seed)
    scores = rng.integers(-4, 5, (queries, images)) / 4 if coarse else rng.uniform(-1, 1, (queries, images))
    names = np.concatenate([np.arange(labels), rng.integers(0, labels, images - labels)])
    asked = rng.integers(0, labels + 2, queries)
    return torch.from_numpy(scores.astype(np.float32)), torch.from_numpy(names), torch.from_numpy(asked)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("fusion", ["max", "mean"])
def test_equals_sorting(seed, fusion):
    scores, names, asked = case(seed, coarse=seed % 2 == 0)
    found = RegisterQuery(TARGETS, fusion, replicates=0).of_scores(scores, names, asked)
    fuse = (lambda part: part.max(1)) if fusion == "max" else (lambda part: part.sum(1) / np.float32(part.shape[1]))
    columns = [fuse(scores.numpy()[:, names.numpy() == label]) for label in range(9)]
    fused = np.stack(columns, axis=1)
    same = asked.numpy()[:, None] == np.arange(9)
    if fusion == "max":
        check(found.metrics, fused.ravel(), same.ravel())
    own = np.where(same, fused, -9).max(1)
    ahead = (np.where(same, -9, fused) >= own[:, None]).sum(1)
    assert found.metrics["rank1"] == pytest.approx((ahead[same.any(1)] == 0).mean())
    query, register, score = found.hardest(5)[0][0]
    assert score == pytest.approx(np.where(same, -9, fused).max()) and names[register] != asked[query]


def test_cosines_as_a_matrix_give_the_numbers_of_the_embeddings(monkeypatch):
    rng = np.random.default_rng(5)
    names, asked = torch.arange(40), torch.from_numpy(rng.integers(0, 45, 300))
    register, query = embeddings(rng, 40, 2, True), embeddings(rng, 300, 2, True)
    metric = RegisterQuery(TARGETS, replicates=50)
    unit = [torch.nn.functional.normalize(part.double(), dim=1).float() for part in (query, register)]
    one = metric(register, names, query, asked, parents=torch.arange(45) // 2).metrics
    for plain in (sweep.PLAIN, 10):
        monkeypatch.setattr(sweep, "PLAIN", plain)
        other = metric.of_scores(unit[0] @ unit[1].T, names, asked, parents=torch.arange(45) // 2).metrics
        assert other == pytest.approx(one, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s, n, a: (s[:, :0], n, a), "shape"),
        (lambda s, n, a: (s.long(), n, a), "type"),
        (lambda s, n, a: (s * float("nan"), n, a), "not finite or below -1"),
        (lambda s, n, a: (s - 9, n, a), "not finite or below -1"),
        (lambda s, n, a: (s, n[1:], a), "register labels"),
        (lambda s, n, a: (s, n, a - 99), "query labels"),
    ],
)
def test_bad_scores_are_refused(change, words):
    with pytest.raises(InputError, match=words):
        RegisterQuery(TARGETS).of_scores(*change(*case(0)))
    with pytest.raises(InputError, match="no centroid"):
        RegisterQuery(TARGETS, "centroid").of_scores(*case(0))
