"""Codes: against slow references, restored from what a file keeps, and refused where they do not fit."""

import numpy as np
import pytest

from docclf.errors import InputError
from docclf.search.code.binary import levels, residual
from docclf.search.code.choose import CODES, make, restore
from docclf.search.code.projection import lean, pca
from docclf.search.code.rotation import drawn, fitted

PARAMETER_FREE = [name for name in CODES if name != "pq"]


def unit(count, width=64, seed=0, spread=None):
    rows = np.random.default_rng(seed).standard_normal((count, width))
    rows = rows if spread is None else rows * spread
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("name", [*PARAMETER_FREE, "pca32-sq8", "fitted-binary2", "pca32-fitted-binary1"])
@pytest.mark.parametrize("width", [64, 128, 200])
def test_scores_are_products_of_what_codes_stand_for_and_survive_a_file(name, width):
    rows, queries = unit(300, width), unit(5, width, 1)
    code = make(name, width, rows)
    codes = code.encode(rows)
    assert codes.shape == (300, code.bytes) and codes.dtype == np.uint8
    scores = code.scores(queries, rows)
    want = [[float(q @ r) for r in code.decode(codes).astype(float)] for q in code.query(queries).astype(float)]
    np.testing.assert_allclose(scores, want, atol=2e-7)
    again = restore(name, width, {key: array.copy() for key, array in code.fitted.items()})
    assert (
        again.id == code.id
        and (again.encode(rows) == codes).all()
        and (again.decode(codes) == code.decode(codes)).all()
    )
    assert (code.encode(rows[:0]).shape == (0, code.bytes)) and code.query(queries).shape[0] == 5


@pytest.mark.parametrize(
    "name, width, size, off",
    [("float", 64, 256, 1e-6), ("half", 64, 128, 1e-3), ("sq8", 64, 64, 0.02), ("sq4", 64, 32, 0.1),
     ("binary2", 64, 16, 0.35), ("binary1", 64, 8, 0.6), ("rabitq", 64, 16, 0.6)],
)  # fmt: skip
def test_bytes_of_a_vector_and_how_far_its_score_with_itself_is_off(name, width, size, off):
    rows = unit(200, width)
    code = make(name, width)
    assert code.bytes == size
    own = np.diag(make(name, width).scores(rows, rows))
    assert np.abs(own - 1).max() < off
    if code.symmetric:
        np.testing.assert_allclose(own, 1, atol=1e-6)


@pytest.mark.parametrize("bits", [1, 2])
@pytest.mark.parametrize("width", [32, 64, 96])
def test_binary_codes_are_recurrent_residual_signs(bits, width):
    """faiss' nearest table entry is the recurrence: the sign, then the sign of what is left, at half the size."""
    rows = unit(100, width)
    code = make(f"binary{bits}", width)
    turned = rows @ drawn(width).T
    slow = np.zeros_like(turned)
    for i, j in np.ndindex(*slow.shape):
        left = float(turned[i, j]) * np.sqrt(width)
        for k in range(bits):
            step = (1 if left > 0 else -1) / 2**k
            slow[i, j] += step
            left -= step
    np.testing.assert_allclose(residual(turned, bits), slow, atol=1e-6)
    want = slow / np.linalg.norm(slow, axis=1, keepdims=True)
    np.testing.assert_allclose(code.decode(code.encode(rows)), want, atol=1e-6)
    assert set(np.unique(slow)) <= set(levels(bits))


@pytest.mark.parametrize("width", [8, 33, 64])
def test_rotations_keep_lengths_and_the_fitted_one_loses_less(width):
    spread = np.geomspace(1, 0.05, width)
    rows = unit(400, width, spread=spread)
    turn = drawn(width)
    np.testing.assert_allclose(turn @ turn.T, np.eye(width), atol=1e-5)
    learned = fitted(rows, lambda x: residual(x, 1) / np.sqrt(width))
    np.testing.assert_allclose(learned @ learned.T, np.eye(width), atol=1e-5)

    def lost(turn):
        return ((rows @ turn.T - residual(rows @ turn.T, 1) / np.sqrt(width)) ** 2).sum()

    assert lost(learned) < lost(turn)


def test_projections_keep_what_they_promise():
    """PCA loses least of the rows; LeanVec loses less than PCA of the products with queries that lie otherwise."""
    width = 24
    rows = unit(500, width, spread=np.geomspace(1, 0.1, width))
    queries = unit(500, width, 1, spread=np.geomspace(0.1, 1, width))
    for count in (4, 8, 12):
        lost = []
        for turn in (pca(rows, count), lean(rows, queries, count)):
            np.testing.assert_allclose(turn @ turn.T, np.eye(count), atol=1e-5)
            lost.append((((queries @ turn.T) @ (turn @ rows.T) - queries @ rows.T) ** 2).sum())
        assert lost[1] <= lost[0]
        _, s, _ = np.linalg.svd(rows.astype(float), full_matrices=False)
        kept = ((rows @ pca(rows, count).T).astype(float) ** 2).sum()
        assert kept == pytest.approx((s[:count] ** 2).sum(), rel=1e-5)


@pytest.mark.parametrize(
    "name, width, have, says",
    [
        ("pq", 256, 500, "9984 vectors.*there are 500"),
        ("pq", 256, None, "9984 vectors.*there are 0"),
        ("pq", 100, 500, "64 does not divide the width 100"),
        ("binary1", 12, None, "8 divides.*12"),
        ("binary2", 6, None, "4 divides.*6"),
        ("pca65-sq8", 64, 500, "65 coordinates: want 1 .. 64"),
        ("pca32-sq8", 64, 20, "needs 32 vectors.*not 20"),
        ("pca32-sq8", 64, None, "give training vectors"),
        ("fitted-binary1", 64, None, "give training vectors"),
        ("lean32-sq8", 64, 500, "vectors of photographs"),
        ("sq5", 64, None, "want one of float, half, sq8"),
        ("fitted-sq8", 64, None, "want one of float"),
        ("", 64, None, "want one of float"),
    ],
)  # fmt: skip
def test_what_cannot_be_coded_is_refused_with_the_number_that_is_needed(name, width, have, says):
    with pytest.raises(InputError, match=says):
        make(name, width, None if have is None else unit(have, width))


def test_vectors_of_another_width_and_fits_of_another_code_are_refused():
    with pytest.raises(InputError, match="width 64; got"):
        make("sq8", 64).encode(unit(3, 65))
    for arrays in ({}, {"turn": np.eye(64, dtype=np.float64)}, {"turn": np.eye(32, 63, dtype=np.float32)},
                   {"turn": np.full((32, 64), np.nan, np.float32)}):  # fmt: skip
        with pytest.raises(InputError, match="pca32-sq8: fitted arrays"):
            restore("pca32-sq8", 64, arrays)


def test_product_codes_are_the_nearest_centres(monkeypatch):
    monkeypatch.setattr("docclf.search.code.product.LEAST", 1)
    rows = unit(300, 64, 2)
    code = make("pq", 64, rows)
    centres = code.fitted["centres"]
    for i, bytes_ in enumerate(code.encode(rows[:20])):
        for part in range(64):
            own = ((centres[part] - rows[i, part : part + 1]) ** 2).sum(axis=1)
            assert own[bytes_[part]] == pytest.approx(own.min(), abs=1e-9)
    assert restore("pq", 64, code.fitted).id == code.id
