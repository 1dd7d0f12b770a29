"""Verification in an evaluation: the same metric over its scores, evidence in the report, scores of pairs alone."""

import json

import numpy as np
import pytest
import torch
from imaging.feature.test_local import ROLLED, sheet, warped

from docclf.errors import InputError
from docclf.evaluation.embed import compared, embedded, score
from docclf.evaluation.score import write
from docclf.evaluation.verified import Verified, why
from docclf.library import Pictures
from docclf.metric.all_pairs import AllPairs
from docclf.metric.register_query import RegisterQuery
from docclf.model.hog import Hog
from docclf.model.sift import Sift
from docclf.verify.homography import Checked, Homography

TARGETS = [1e-1, 1e-2]


def pictures():
    register = {f"c{seed}": [sheet(seed)] for seed in range(6)}
    query = {f"c{seed}": [warped(sheet(seed), ROLLED)] for seed in range(4)} | {"stranger": [sheet(77)]}
    query["c5"] = [np.full((90, 90, 3), 7, np.uint8)]
    return Pictures(32, register, query)


@pytest.fixture(scope="module")
def case():
    dataset, model = pictures(), Hog(32)
    found = embedded(model, dataset, "test", torch.device("cpu"))
    found.verified = Verified(Homography(top=2, votes=2), model, dataset, "test", found)
    found.scores = found.verified.scores
    return dataset, found


def test_the_metric_counts_verified_scores(case):
    dataset, found = case
    result = score(found, RegisterQuery(TARGETS, replicates=0), dataset.class_names("test"))
    assert result.metrics["rank1"] >= 4 / 5 and result.metrics["positives"] == 5
    own = found.scores[torch.arange(4), torch.arange(4)]
    assert (own > 0.5).all() and found.scores.shape == (6, 6)
    assert (found.scores[4] <= 0).all()  # of one colour: nothing is verified, the order of the cosines stays
    vectors = [torch.nn.functional.normalize(part.double(), dim=1) for part in (found.query, found.register)]
    cosines = vectors[0] @ vectors[1].T
    assert torch.equal(found.scores[4].argsort(stable=True), cosines[4].float().argsort(stable=True))
    facts = found.verified.facts()
    assert facts["found"] >= 4 and facts["bytes per registered image"] > 1000
    with pytest.raises(InputError, match="metric=register_query"):
        score(found, AllPairs(TARGETS), dataset.class_names("test"))


def test_the_report_shows_what_was_seen(case, tmp_path, capsys):
    dataset, found = case
    write(tmp_path, found, dataset, "test", RegisterQuery(TARGETS, replicates=0), {"model": {}})
    page = (tmp_path / "report.html").read_text()
    for words in ("the sheet, straightened", "points that agree", "Right sheet found", "probability of a verified pair",
                  "The photo is of one colour"):  # fmt: skip
        assert words in page
    assert json.loads((tmp_path / "metrics.json").read_text())["rank1"] >= 4 / 5


def test_a_model_that_scores_pairs_is_measured_by_the_same_metric(tmp_path, capsys):
    dataset = pictures()
    found = compared(Sift(side=160, points=150), dataset, "test")
    assert found.scores.shape == (6, 6) and found.scores[:4].argmax(1).tolist() == [0, 1, 2, 3]
    result = write(tmp_path, found, dataset, "test", RegisterQuery(TARGETS, replicates=20), {"model": {}})
    assert result.metrics["rank1"] == 4 / 5  # nothing can be told of a photo of one colour
    assert "has no embeddings" in (tmp_path / "report.html").read_text() and (tmp_path / "compare.npz").exists()


@pytest.mark.parametrize(
    ("state", "inliers", "covered", "genuine", "other", "words"),
    [
        (None, 0, 0.0, True, None, "Not in the shortlist"),
        ("missed", 3, 0.0, True, None, "Too few points"),
        ("missed", 3, 0.0, True, "found", "Wrong sheet"),
        ("found", 40, 0.6, False, None, "Near sibling"),
        ("found", 9, 0.1, False, None, "Wrong sheet found"),
        ("found", 40, 0.6, True, None, "Right sheet found"),
        ("blank", 0, 0.0, True, None, "Cannot be verified"),
    ],
)
def test_why_a_pair_failed(state, inliers, covered, genuine, other, words):
    after, against = (0.8, "") if state == "found" else (None, f"too few points agree ({inliers} of 9 matches)")
    one = None if state is None else Checked(0, 0.2, state, 0.5, after, inliers, covered, None, against, True)
    seen = {1: Checked(1, 0.9 if other else 0.1, other or "missed", 0.4, 0.9, 50, 0.5, None, "", True)}
    assert words in why(one, seen | ({0: one} if one else {}), genuine)
