"""Maps between two models against what is known of them in advance."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from docclf.errors import InputError
from docclf.versions import align


def rows(count, width, seed=0):
    return np.random.default_rng(seed).normal(size=(count, width))


@pytest.mark.parametrize(("old_width", "new_width"), [(6, 6), (4, 6), (6, 4)])
def test_a_turn_is_found_again(old_width, new_width):
    width = max(old_width, new_width)
    turn = ortho_group.rvs(width, random_state=1)
    a = align.unit(rows(50, old_width))
    if old_width <= new_width:
        b = a @ turn[:old_width]
        found = align.fit("procrustes", a, b)
        np.testing.assert_allclose(found, turn[:old_width], atol=1e-9)
        np.testing.assert_allclose(found @ found.T, np.eye(old_width), atol=1e-9)
    b = align.unit(rows(50, new_width, 3))
    found = align.fit("procrustes", a, b)
    best = np.einsum("nd,de,ne->", a, found, b)
    for seed in range(20):  # no other turn brings the rows nearer
        other = ortho_group.rvs(width, random_state=seed)[:old_width, :new_width]
        assert np.einsum("nd,de,ne->", a, other, b) <= best + 1e-9


@pytest.mark.parametrize("widths", [(5, 5), (5, 8), (8, 5)])
def test_a_linear_map_is_found_again(widths):
    a = align.unit(rows(400, widths[0]))
    true = rows(*widths, seed=2)
    found = align.apply(a, align.fit("map", a, align.unit(a @ true)))
    cosines = (found * align.unit(a @ true)).sum(1)
    assert found.dtype == np.float32 and np.median(cosines) > 0.98  # lengths were lost, so not exactly


def test_rows_of_two_widths_are_compared_on_what_they_share():
    a, b = align.common(rows(4, 6), rows(3, 4, 1))
    assert a.shape == (4, 4) and b.shape == (3, 4)
    np.testing.assert_allclose(np.linalg.norm(a, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(a @ b.T, align.unit(rows(4, 6)[:, :4]) @ align.unit(rows(3, 4, 1)).T, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "old", "new", "said"),
    [
        ("turn", rows(9, 3), rows(9, 3), "choose one of none, procrustes, map"),
        ("map", rows(7, 3), rows(7, 3), "7 old and 7 new embeddings; want those of the same images, 8 or more"),
        ("procrustes", rows(9, 3), rows(10, 3), "9 old and 10 new embeddings"),
        ("procrustes", np.vstack([rows(9, 3), np.zeros((1, 3))]), rows(10, 3), "row 9 of the embeddings has length 0"),
        ("map", np.full((9, 3), np.nan), rows(9, 3), "row 0 of the embeddings has length nan"),
    ],
)
def test_what_cannot_be_aligned_is_refused(kind, old, new, said):
    with pytest.raises(InputError, match=said):
        align.fit(kind, old, new)
