"""Inputs, gaps, sub-labels, breakdown and the shape of a result."""

import json
import math

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from docclf.errors import InputError
from docclf.metric.all_pairs import AllPairs
from docclf.metric.measures.selection import selection, selection_target
from docclf.metric.measures.text import table
from docclf.metric.pairs.scores import unit_rows
from docclf.metric.register_query import RegisterQuery

TARGETS = [1e-1, 1e-2, 1e-3]


def data(register: int = 6, query: int = 40, unregistered: int = 2, seed: int = 0):
    rng = torch.Generator().manual_seed(seed)
    centre = torch.randn(register + unregistered, 7, generator=rng)
    labels = torch.arange(query) % (register + unregistered)
    rows = centre[labels] + 0.6 * torch.randn(query, 7, generator=rng)
    return [centre[:register], torch.arange(register), rows, labels]


def broken(place: int, change) -> list:
    parts = data()
    parts[place] = change(parts[place].clone())
    return parts


def put(value: float):
    def change(rows: torch.Tensor) -> torch.Tensor:
        rows[3, 2] = value
        return rows

    return change


@pytest.mark.parametrize("metric", [RegisterQuery(TARGETS), AllPairs(TARGETS)])
@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (broken(2, lambda rows: rows[:, :5]), "7 wide and query embeddings 5"),
        (broken(2, put(float("nan"))), "not finite"),
        (broken(0, put(float("inf"))), "not finite"),
        (broken(2, lambda rows: rows * 0), "zero"),
        (broken(2, lambda rows: rows[:0]), "shape"),
        (broken(0, lambda rows: rows.long()), "float"),
        (broken(0, lambda rows: rows[0]), "shape"),
        (broken(3, lambda labels: labels[:5]), "labels"),
        (broken(3, lambda labels: labels.float()), "labels"),
        (broken(1, lambda labels: labels - 1), "number the labels from 0"),
    ],
)
def test_bad_input_is_named(metric, parts, words):
    with pytest.raises(InputError, match=words):
        metric(*parts)


WRONG = [{"targets": []}, {"targets": [0.0]}, {"targets": [1.0]}, {"fusion": "sum"}, {"ranks": []}, {"ranks": [0]},
         {"replicates": -1}, {"block_rows": 0}]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_bad_settings_are_named(wrong):
    with pytest.raises(InputError):
        RegisterQuery(**({"targets": TARGETS} | wrong))(*data())


def test_one_class_is_a_marked_gap():
    rows, labels = torch.randn(5, 3), torch.zeros(5, dtype=torch.long)
    for metric in (RegisterQuery(TARGETS), AllPairs(TARGETS)):
        result = metric(rows[:1], labels[:1], rows[1:], labels[1:], replicates=9)
        assert result.metrics["negatives"] == 0 and result.metrics["tpr@fpr=1e-1"] is None
        assert result.metrics["auroc"] is None and result.metrics["select"] is None
        assert "one class" in result.notes[0] and "one class" in table(result)
        json.dumps(result.metrics, allow_nan=False)


def test_no_genuine_pair_is_a_marked_gap():
    parts = torch.randn(4, 3), torch.arange(4), torch.randn(9, 3), torch.arange(4, 13)
    result = RegisterQuery(TARGETS)(*parts, replicates=9)
    assert result.metrics["positives"] == 0 and result.metrics["tpr@fpr=1e-1"] is None and "genuine" in result.notes[0]
    assert result.metrics["rank1"] is None and selection(result.metrics) == -math.inf
    assert selection_target(result.metrics) is None


def test_metrics_are_json_and_arrays_are_bounded():
    result = RegisterQuery(TARGETS)(*data(60, 900, 20), replicates=30)
    assert json.loads(json.dumps(result.metrics, allow_nan=False)) == result.metrics
    assert {"tpr@fpr=1e-2", "tpr@fpr=1e-2/low", "auroc/high", "rank1/low", "fnir@fpir=1e-1/high"} <= set(result.metrics)
    assert result.metrics["tpr@fpr=1e-2/low"] <= result.metrics["tpr@fpr=1e-2"] <= result.metrics["tpr@fpr=1e-2/high"]
    assert len(result.roc["fpr"]) <= 400
    assert (np.diff(result.roc["fpr"]) >= 0).all() and (np.diff(result.roc["tpr"]) >= 0).all()
    assert (np.diff(result.det["fpir"]) >= 0).all() and (np.diff(result.det["fnir"]) <= 0).all()
    assert result.histograms["impostor"].sum() == result.metrics["negatives"]
    assert result.histograms["genuine"].sum() == result.metrics["positives"]
    assert sum(row["queries"] for row in result.classes) == 900
    text = table(result)
    assert "not resolved" not in text and "[" in text
    assert "not resolved: needs" in table(RegisterQuery([1e-6])(*data(), replicates=0))


def test_hardest_and_classes_lead_back_to_the_rows_given():
    register, names, query, labels = data(6, 40)
    shuffle = torch.randperm(40, generator=torch.Generator().manual_seed(5))
    query, labels = query[shuffle], labels[shuffle]
    result = RegisterQuery(TARGETS)(register, names, query, labels, replicates=0)
    grid = (unit_rows(query, "q") @ unit_rows(register, "r").T).numpy()
    same = (labels[:, None] == names).numpy()
    accepts, rejects = result.hardest(5)
    want = sorted(((grid[q, r], q, r) for q, r in zip(*np.nonzero(~same), strict=True)), reverse=True)[:5]
    assert [(q, r) for q, r, _ in accepts] == [(q, r) for _, q, r in want]
    want = sorted((grid[q, r], q, r) for q, r in zip(*np.nonzero(same), strict=True))[:5]
    assert [(q, r) for q, r, _ in rejects] == [(q, r) for _, q, r in want]
    impostor = grid[~same]
    for row in result.classes:
        mine = labels.numpy() == row["class"]
        others = np.where(same, -np.inf, grid)[mine]
        assert row["queries"] == mine.sum()
        assert row["confused"] == np.unravel_index(others.argmax(), others.shape)[1]
        if row["class"] < 6:
            genuine = grid[mine, row["class"]]
            auroc = np.mean([(impostor < g).mean() + (impostor == g).mean() / 2 for g in genuine])
            assert row["auroc"] == pytest.approx(auroc, abs=1e-12)
            assert row["rank1"] == (genuine > others.max(1)).mean()
            assert row["tpr@fpr=1e-2"] == (genuine >= result.metrics["threshold@fpr=1e-2"]).mean()
        else:
            assert row["auroc"] is None and row["rank1"] is None


def test_sub_labels_score_at_leaf_and_parent():
    """Labels 0, 1 are leaves of parent 0; 2 is parent 1 itself. One query of leaf 0 lies nearer to leaf 1."""
    register = torch.tensor([[1.0, 0.1, 0.0], [1.0, -0.1, 0.0], [0.0, 0.0, 1.0]])
    query = torch.tensor([[1.0, 0.2, 0.0], [1.0, -0.2, 0.0], [0.0, 0.1, 1.0], [1.0, -0.3, 0.0]])
    parts = register, torch.arange(3), query, torch.tensor([0, 1, 2, 0])
    result = RegisterQuery([0.5])(*parts, torch.tensor([0, 0, 1]), 0)
    assert result.metrics["rank1"] == 0.75 and result.metrics["parent/rank1"] == 1.0
    assert result.metrics["wrong_leaf@rank1"] == 0.25
    assert result.metrics["negatives"] == 8 and result.metrics["parent/negatives"] == 4
    with pytest.raises(InputError, match="parents"):
        RegisterQuery([0.5])(*parts, torch.tensor([0, 0]))


def test_fusion_by_hand():
    register = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    query = torch.tensor([[1.0, 0.0]])
    score = {"max": 1.0, "mean": 0.5, "centroid": 2**-0.5}
    for fusion, want in score.items():
        result = RegisterQuery([0.5], fusion)(register, torch.tensor([0, 0, 1]), query, torch.tensor([0]), replicates=0)
        assert result.hardest(1)[1][0][2] == pytest.approx(want, abs=1e-7)


def test_unit_rows_depend_on_the_row_alone():
    rows = torch.randn(3000, 33) * torch.exp(10 * torch.randn(3000, 1))
    whole, before = unit_rows(rows, "x"), torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        assert torch.equal(torch.cat([unit_rows(rows[at : at + 1], "x") for at in range(0, 3000, 37)]), whole[::37])
    finally:
        torch.set_num_threads(before)
    want = (rows.double() / rows.double().norm(dim=1, keepdim=True)).float()
    assert torch.allclose(whole, want, atol=1e-7)
    assert torch.isfinite(unit_rows(torch.tensor([[1e-40, 0.0], [3e38, 3e38]]), "x")).all()


def test_selection_prefers_tpr_then_partial_area():
    def metrics(tpr, pauc, key="1e-4"):
        made = {f"tpr@fpr={key}": tpr, f"tpr@fpr={key}/low": 0.0, "tpr@fpr=1e-1": 1.0}
        return made | {"pauc@fpr=1e-2": pauc, "positives": 10}

    assert selection(metrics(0.6, 0.5)) > selection(metrics(0.5, 1.0)) > selection(metrics(0.5, 0.9))
    unresolved = metrics(None, 0.5) | {"tpr@fpr=1e-3": 0.7}
    assert selection_target(unresolved) == "1e-3" and selection(unresolved) == 0.7 + 0.5 / 20


@pytest.mark.parametrize(("name", "cls"), [("register_query", RegisterQuery), ("all_pairs", AllPairs)])
def test_yaml_builds(name, cls):
    from pathlib import Path

    from hydra.utils import instantiate

    made = instantiate(OmegaConf.load(Path(__file__).resolve().parents[2] / "conf" / "metric" / f"{name}.yaml"))
    assert isinstance(made, cls) and type(made.targets) is list
    assert made.targets == [1e-1, 1e-2, 1e-3, 1e-4, 1e-5]
