"""Rules from cosines to scores, against loops."""

import numpy as np
import pytest

from docclf.errors import InputError
from docclf.metric.score import Score

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(5, 2), (1, 7), (9, 4)])
def test_margin_takes_off_the_best_other_label(shape):
    cosines = RANDOM.uniform(-1, 1, shape)
    wanted = [[c - 0.3 * max(row[:j].tolist() + row[j + 1 :].tolist()) for j, c in enumerate(row)] for row in cosines]
    assert np.allclose(Score("margin", 0.3)(cosines), wanted)


@pytest.mark.parametrize("shape", [(5, 2), (1, 7), (9, 1)])
def test_snorm_is_the_mean_of_both_normalisations(shape):
    cosines, query, label = RANDOM.uniform(-1, 1, shape), RANDOM.uniform(-1, 1, (shape[0], 6)), None
    label = RANDOM.uniform(-1, 1, (6, shape[1]))
    wanted = np.empty(shape)
    for i in range(shape[0]):
        for j in range(shape[1]):
            a = (cosines[i, j] - query[i].mean()) / query[i].std()
            wanted[i, j] = (a + (cosines[i, j] - label[:, j].mean()) / label[:, j].std()) / 2
    assert np.allclose(Score("snorm")(cosines, query, label), wanted)


def test_one_label_and_alpha_zero_leave_the_cosine():
    cosines = RANDOM.uniform(-1, 1, (4, 1))
    assert (Score("margin")(cosines) == cosines).all()
    assert (Score("margin", 0.0)(RANDOM.uniform(-1, 1, (3, 3)))).shape == (3, 3)


@pytest.mark.parametrize(
    ("kind", "alpha", "words"), [("z", 0.4, "want one of"), ("margin", 1.5, "alpha"), ("margin", -0.1, "alpha")]
)
def test_a_rule_out_of_range_is_refused(kind, alpha, words):
    with pytest.raises(InputError, match=words):
        Score(kind, alpha)


def test_snorm_without_a_cohort_is_refused():
    with pytest.raises(InputError, match="cohort"):
        Score("snorm")(np.zeros((2, 2)))
