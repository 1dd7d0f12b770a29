"""The table of measures: keys lead back to their measure, and every reader finds what is shown at its place."""

import dataclasses

import numpy as np
import pytest
from report_cases import made, measured

from docclf import measures
from docclf.compare.__main__ import numbers
from docclf.compare.saved import Saved
from docclf.measures import EVERY, MEASURES, Counts, Measure, f1, keys, measure_of, miss, recall, title
from docclf.report.page import measured as rows_of_page
from docclf.results import file as results
from docclf.results import replicates


@pytest.mark.parametrize("measure", MEASURES, ids=lambda one: one.name)
def test_a_key_leads_back_to_its_measure(measure):
    points = {"curve": ("",), "rank": ("1", "10")}.get(measure.at, ("1e-4", "2.5e-1"))
    for point in points:
        key = measure.key(point)
        assert measure_of(key) is measure and measure.point(key) == point
        assert measure_of(f"parent/{key}") is measure and measure_of(f"{key}/low") is None
        assert title(key).startswith(measure.title) and title(key).endswith(point)
        assert title(f"parent/{key}") == title(key) + ", at the parent"


@pytest.mark.parametrize("key", ["positives", "threshold@fpr=1e-4", "rank", "ranks", "rank1/low", "tpr@fpr=1e-4/bound",
                                 "resolved@fpr=1e-4", "wrong_leaf@rank1", "select", "auroc2"])  # fmt: skip
def test_counts_and_ends_are_no_measures(key):
    assert measure_of(key) is None


@pytest.mark.parametrize("true, genuine, false", [(3, 4, 2), (0, 5, 0), (7, 7, 100)])
def test_values_by_hand(true, genuine, false):
    at = Counts(true, genuine, false)
    assert recall(at) == 1 - miss(at) == true / genuine
    precision = true / (true + false) if true else 0
    assert f1(at) == pytest.approx(2 * precision * recall(at) / (precision + recall(at)) if true else 0)


def test_every_measure_of_a_result_is_in_the_table_and_as_it_says():
    result = measured(made(classes=30, unregistered=5))
    defined = {key for key in result.metrics if measure_of(key)}
    assert defined == set(keys("report", result.metrics)), "a measure is shown on the page, at least"
    for key in defined:
        has = f"{key}/low" in result.metrics
        assert has == (measure_of(key).interval and result.metrics[key] is not None), key
        if has:
            assert result.metrics[f"{key}/low"] <= result.metrics[key] <= result.metrics[f"{key}/high"]
    assert keys("epoch") == ["tpr@fpr=1e-4", "tpr@fpr=1e-2", "rank1", "auroc"]


def test_a_new_measure_is_one_entry(monkeypatch):
    """Computed, with an interval, on the page, in the line of results with its replicates, and compared."""
    places = dict.fromkeys(("report", "line", "draws", "comparison"), EVERY)
    new = Measure(
        "half", "fpr", "half the TPR at FPR", lambda at: at.true / at.genuine / 2, interval=True, shown=places
    )
    monkeypatch.setattr(measures, "MEASURES", (*MEASURES, new))
    one, other = (measured(made(classes=30, noise=noise)) for noise in (0.9, 1.3))
    for end in ("", "/low", "/high"):
        assert one.metrics[f"half@fpr=1e-1{end}"] > 0
    assert one.metrics["half@fpr=1e-1"] == one.metrics["tpr@fpr=1e-1"] / 2
    assert "half the TPR at FPR 1e-1" in {row["name"] for row in rows_of_page(one.metrics, keys("report", one.metrics))}
    assert "half@fpr=1e-1/low" in results.measures(one.metrics)
    assert "half@fpr=1e-1" in replicates.unpack(replicates.pack(one))
    saved = [Saved(result, "", {}, [], [], *[np.zeros(0)] * 5) for result in (one, other)]
    row = next(row for row in numbers(saved, [[]]) if row["name"] == "half@fpr=1e-1")
    assert row["values"] == [one.metrics["half@fpr=1e-1"], other.metrics["half@fpr=1e-1"]] and not row["lower"]
    assert dataclasses.replace(new, lower=True).lower
