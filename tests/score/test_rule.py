"""Rules from cosines to scores, against loops."""

import numpy as np
import pytest

from docclf.errors import InputError
from docclf.score import adapter, rerank
from docclf.score.rule import KINDS, Score, others, read

RANDOM = np.random.default_rng(0)


def slow_margin(row, groups, alpha):
    rest = [[c for c, g in zip(row, groups, strict=True) if g != own] for own in groups]
    return [(c - alpha * max(some, default=0.0)) / (1 + alpha) for c, some in zip(row, rest, strict=True)]


@pytest.mark.parametrize(
    ("shape", "groups"),
    [((5, 2), [0, 1]), ((1, 7), [2, 0, 1, 1, 0, 0, 2]), ((9, 4), [0, 0, 1, 1]), ((3, 3), [0, 0, 0])],
)
def test_margin_takes_off_the_best_other_label(shape, groups):
    cosines = RANDOM.uniform(-1, 1, shape)
    wanted = [slow_margin(row, groups, 0.3) for row in cosines]
    assert np.allclose(Score("margin", 0.3)(cosines, np.array(groups)), wanted, atol=1e-6)


@pytest.mark.parametrize("shape", [(5, 2), (1, 7), (9, 1)])
def test_snorm_is_the_mean_of_both_normalisations(shape):
    cosines, query = RANDOM.uniform(-1, 1, shape), RANDOM.uniform(-1, 1, (shape[0], 6))
    label = RANDOM.uniform(-1, 1, (6, shape[1]))
    wanted = np.empty(shape)
    for i in range(shape[0]):
        for j in range(shape[1]):
            a = (cosines[i, j] - query[i].mean()) / query[i].std()
            z = (a + (cosines[i, j] - label[:, j].mean()) / label[:, j].std()) / 2
            wanted[i, j] = z / (1 + abs(z))
    assert np.allclose(Score("snorm")(cosines, None, query, label), wanted, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_keeps_the_order_of_a_querys_images_and_labels_taken_out_stay_out(kind):
    cosines, groups = RANDOM.uniform(-1, 1, (6, 9)), np.arange(9) % 4
    query, label = RANDOM.uniform(-1, 1, (6, 8)), np.repeat(RANDOM.uniform(-1, 1, (8, 1)), 9, axis=1)
    score = Score(kind, weights=tuple(RANDOM.uniform(0, 3, 8)) if kind == "adapter" else None)
    found = score(cosines, groups, query, label)
    assert found.dtype == np.float32 and np.abs(found).max() <= 1
    for group in range(4):
        own = groups == group
        order = np.argsort(cosines[:, own], axis=1)
        assert (np.diff(np.take_along_axis(found[:, own], order, axis=1), axis=1) >= 0).all()
    cosines[:, 2] = -np.inf
    assert np.isneginf(score(cosines, groups, query, label)[:, 2]).all()


@pytest.mark.parametrize("kind", ["margin", "adapter", "cosine", "snorm"])
def test_a_query_scores_the_same_bits_alone_and_among_others(kind):
    cosines, groups = RANDOM.uniform(-1, 1, (40, 9)).astype(np.float32), np.arange(9) % 4
    query, label = RANDOM.uniform(-1, 1, (40, 8)).astype(np.float32), RANDOM.uniform(-1, 1, (8, 9)).astype(np.float32)
    score = Score(kind, weights=tuple(RANDOM.uniform(0, 3, 8)) if kind == "adapter" else None)
    whole = score(cosines, groups, query, label)
    assert all((score(cosines[[i]], groups, query[[i]], label)[0] == whole[i]).all() for i in range(40))


def test_one_label_and_alpha_zero_leave_the_cosine():
    cosines = RANDOM.uniform(-1, 1, (4, 1))
    assert np.allclose(Score("margin", 0.25)(cosines), cosines / 1.25)
    assert (Score("margin", 0.0)(cosines) == cosines.astype(np.float32)).all()
    assert (others(cosines, np.zeros(1, int)) == 0).all()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("z", 0.4), "want one of"),
        (("margin", 1.5), "alpha"),
        (("margin", -0.1), "alpha"),
        (("margin", float("nan")), "alpha"),
        (("adapter", 0.4, (1.0, 2.0)), "8 finite"),
        (("adapter", 0.4, (float("inf"),) * 8), "8 finite"),
    ],
)
def test_a_rule_out_of_range_is_refused(given, words):
    with pytest.raises(InputError, match=words):
        Score(*given)


@pytest.mark.parametrize("kind", ["snorm", "adapter"])
def test_a_missing_cohort_is_refused(kind):
    with pytest.raises(InputError, match="cohort"):
        Score(kind)(np.zeros((2, 2)))
    if kind == "adapter":
        with pytest.raises(InputError, match="not fitted"):
            Score(kind)(np.zeros((2, 2)), None, np.zeros((2, 3)))


@pytest.mark.parametrize("score", [Score(), Score("margin", 0.2), Score("adapter", weights=(1.0,) * 8), Score("snorm")])
def test_what_a_file_keeps_is_read_again(score):
    back = read(score.plain(), "here")
    assert back.plain() == score.plain() and back.kind == score.kind


@pytest.mark.parametrize(
    "node", [None, {}, {"kind": 3}, {"kind": "cosine", "more": 1}, {"kind": "adapter", "weights": "x"}]
)
def test_a_file_with_another_rule_is_refused(node):
    with pytest.raises(InputError, match="here"):
        read(node, "here")


def test_an_adapter_tells_queries_that_resemble_everything_from_others():
    """Half of the photographs resemble everything by 0.3: no cosine parts right from wrong in both halves."""
    random = np.random.default_rng(3)
    lift = np.repeat([0.0, 0.3], 100)
    own, cosines = np.arange(200) % 10, random.normal(0.1, 0.03, (200, 10)) + lift[:, None]
    cosines[np.arange(200), own] += 0.25
    cohort = random.normal(0.1, 0.03, (200, 12)) + lift[:, None]
    weights = adapter.fit(cosines, cohort, own)
    found = Score("adapter", weights=weights)(cosines, None, cohort)
    right = found[np.arange(200), own]
    wrong = found[np.arange(10) != own[:, None]]
    plain, other = cosines[np.arange(200), own], cosines[np.arange(10) != own[:, None]]
    assert (right[:, None] > wrong).mean() > 0.999 > 0.9 > (plain[:, None] > other).mean()


def clusters(labels, each, spread, seed):
    random = np.random.default_rng(seed)
    centres = random.standard_normal((labels, 48))
    rows = np.repeat(centres, each, axis=0) + spread * random.standard_normal((labels * each, 48))
    queries = centres + 1.4 * spread * random.standard_normal((labels, 48))
    return tuple(x / np.linalg.norm(x, axis=1, keepdims=True) for x in (rows, queries))


def test_reranking_against_its_definition():
    rows, queries = clusters(4, 3, 0.5, 0)
    q = queries[0]
    smooth = []
    for row in rows:
        order = sorted(range(len(rows)), key=lambda j: -(row @ rows[j]))[: rerank.NEAR]
        weight = [1.0, *(rerank.BETA * (row @ rows[j]) for j in order[1:])]
        smooth.append(sum(w * rows[j] for w, j in zip(weight, order, strict=True)) / sum(weight))
    near = sorted(smooth, key=lambda row: -(row @ q))[: rerank.NEAR]
    wanted = [(s @ np.max(near, axis=0) + s @ q) / 2 for s in smooth]
    order, score = rerank.refined(q, rows)
    assert np.allclose(score, np.array(wanted)[order], atol=1e-6) and (np.diff(score) <= 0).all()


@pytest.mark.parametrize(("counts", "off"), [({"a": 3, "b": 4}, False), ({"a": 3, "b": 2}, True), ({"a": 1}, True)])
def test_reranking_is_off_where_a_label_has_few_images(counts, off):
    assert bool(rerank.helps(counts)) == off
