"""Checks before scoring: each fault is found, counted and named; a clean split gives nothing."""

import cv2
import numpy as np
import pytest
import torch
from report_cases import made, picture

from docclf.errors import InputError
from docclf.report.check.near import near_pairs
from docclf.report.check.split import find, tiny
from docclf.report.inputs import Evaluation


def kinds(evaluation: Evaluation) -> dict:
    return {finding.kind: finding for finding in find(evaluation)}


def test_a_clean_split_gives_nothing():
    assert find(made(unregistered=0)) == []


def test_the_same_file_in_register_and_query():
    evaluation = made()
    evaluation.query_pictures[4] = evaluation.register_pictures[1]  # a query of class 1
    evaluation.query_pictures[9] = evaluation.register_pictures[1]  # one of class 3
    found = kinds(evaluation)
    same, mixed = found["same picture in register and query"], found["one picture under two labels"]
    assert (same.count, same.level) == (1, "problem") and evaluation.query_names[4] in same.examples[0]
    assert mixed.count == 1 and evaluation.query_names[9] in mixed.examples[0] and mixed.pairs


def test_a_picture_saved_again_is_a_near_duplicate():
    evaluation = made()
    large = cv2.resize(picture(1, 16)[::4, ::8], (192, 96), interpolation=cv2.INTER_CUBIC)
    data = cv2.imencode(".jpg", large, [cv2.IMWRITE_JPEG_QUALITY, 70])[1]
    again = cv2.resize(cv2.imdecode(data, cv2.IMREAD_COLOR), (150, 70), interpolation=cv2.INTER_AREA)
    both = [cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA) for image in (large, again)]
    copies = tiny(torch.from_numpy(np.stack(both)).permute(0, 3, 1, 2))
    evaluation.register_pictures[1], evaluation.query_pictures[4] = copies
    assert kinds(evaluation)["near duplicate in register and query"].count == 1


def test_two_classes_with_one_registered_picture():
    evaluation = made()
    evaluation.register_pictures[3] = evaluation.register_pictures[0]
    assert kinds(evaluation)["two classes, one registered picture"].count == 1


def test_a_set_too_large_for_every_pair_is_still_searched_for_equal_ones(monkeypatch):
    monkeypatch.setattr("docclf.report.check.split.MOST_PAIRS", 3)
    evaluation = made()
    evaluation.query_pictures[4] = evaluation.register_pictures[1]
    found = kinds(evaluation)
    assert found["same picture in register and query"].count == 1 and "not looked for" in found["near duplicates"].text


def test_a_query_that_stands_twice_or_under_two_labels():
    evaluation = made()
    evaluation.query_pictures[5] = evaluation.query_pictures[3]  # of one class
    evaluation.query_pictures[4] = evaluation.query_pictures[3]
    evaluation.query_pictures[8] = evaluation.query_pictures[0]  # of another
    found = kinds(evaluation)
    twice, two = found["one query twice"], found["one query under two labels"]
    assert (twice.count, two.count, twice.level, two.level) == (2, 1, "problem", "problem")
    assert evaluation.query_names[3] in twice.examples[0] and evaluation.query_names[8] in two.examples[0]
    evaluation.query_pictures[:] = 200  # blank pictures say nothing
    assert not {"one query twice", "one query under two labels"} & set(kinds(evaluation))


def test_without_pictures_names_tell_which_queries_stand_twice():
    evaluation = made()
    evaluation.register_pictures = evaluation.query_pictures = None
    evaluation.query_names[1], evaluation.query_names[6] = evaluation.query_names[0], evaluation.query_names[0]
    found = kinds(evaluation)
    assert found["one query twice"].count == 1 and found["one query under two labels"].count == 1


def test_near_pairs_against_every_pair():
    rng = np.random.default_rng(3)
    base = rng.integers(0, 256, (9, 16, 16, 3))
    a = np.clip(base + rng.normal(0, 1.5, base.shape), 0, 255).astype(np.uint8)
    b = np.clip(base[::-1] + rng.normal(0, 1.9, base.shape), 0, 255).astype(np.uint8)
    gap = np.sqrt(((a[:, None].astype(float) - b[None]) ** 2).mean((2, 3, 4)))
    wanted = {(i, j) for i, j in np.argwhere(gap <= 2.5).tolist()}
    one, other, distance = near_pairs(a, b)
    assert 0 < len(wanted) < 81 and set(zip(one.tolist(), other.tolist(), strict=True)) == wanted
    assert (np.diff(distance) >= 0).all()
    np.testing.assert_allclose(distance, gap[one, other], rtol=1e-5)


def test_blank_pictures_are_named_but_not_called_copies():
    evaluation = made()
    evaluation.register_pictures[0] = evaluation.query_pictures[0] = 255
    found = kinds(evaluation)
    assert found["blank picture"].count == 2 and "same picture in register and query" not in found


@pytest.mark.parametrize(
    "pair", [("Kiwi", "kiwi"), ("caf\u00e9", "cafe\u0301"), ("ＡＢＣ", "abc"), ("red beet", "Red_Beet")]
)
def test_class_names_that_differ_in_form_only(pair):
    names = [*pair, "c", "d", "e", "f", "g"]
    found = kinds(made(names=names))["class names alike"]
    assert found.count == 1 and found.level == "problem"


def test_different_names_are_not_alike():
    assert "class names alike" not in kinds(made(names=["page-1", "page-11", "A/x", "A/y", "Ax", "1", "11"]))


def test_classes_without_registration_or_queries():
    evaluation = made(classes=6, unregistered=2, queries=3)
    keep = evaluation.query_labels != 0
    evaluation.query, evaluation.query_labels = evaluation.query[keep], evaluation.query_labels[keep]
    evaluation.query_pictures = evaluation.query_pictures[keep.numpy()]
    evaluation.query_names = [name for name, k in zip(evaluation.query_names, keep, strict=True) if k]
    found = kinds(evaluation)
    assert found["class without registration"].count == 2 and "6 queries" in found["class without registration"].text
    assert found["registered class without query"].examples == ["class-0"]


def test_files_that_do_not_decode_are_listed():
    evaluation = made()
    evaluation.skipped = [("query/a.jpg", "cannot be decoded"), ("query/b.jpg", "is empty")]
    found = kinds(evaluation)["unusable file"]
    assert found.count == 2 and found.examples[0] == "query/a.jpg: cannot be decoded"
    assert str(found).startswith("look: unusable file: 2: ")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_embeddings_that_are_not_finite_are_named(value):
    evaluation = made()
    evaluation.query[5, 2] = value
    with pytest.raises(InputError, match=f"1 of 21 query embeddings are not finite.*{evaluation.query_names[5]}"):
        find(evaluation)


def test_embeddings_of_zero_two_widths_and_none_at_all():
    evaluation = made()
    evaluation.register[0] = 0
    with pytest.raises(InputError, match="all zeros.*class-0"):
        find(evaluation)
    evaluation = made()
    evaluation.register = evaluation.register[:, :5]
    with pytest.raises(InputError, match="5 numbers and query embeddings 12"):
        find(evaluation)
    evaluation = made()
    evaluation.query = evaluation.query[:0]
    with pytest.raises(InputError, match="query.*at least one image"):
        find(evaluation)


@pytest.mark.parametrize("noise", [0.0, 1e-6, 1e-3])
def test_a_collapsed_network_is_a_problem(noise):
    evaluation = made(noise=noise)
    for part in ("register", "query"):
        rows = getattr(evaluation, part)
        setattr(evaluation, part, torch.ones_like(rows) + noise * rows)
    found = find(evaluation)[0]
    assert (found.kind, found.level) == ("collapsed network", "problem")
    assert "embeddings are all alike: cosines between 0.9999" in found.text or "between 1.0000000 and" in found.text
    evaluation.register_pictures[:] = evaluation.query_pictures[:] = 7
    assert "collapsed network" not in {row.kind for row in find(evaluation)}, "they are pictures of one thing"
