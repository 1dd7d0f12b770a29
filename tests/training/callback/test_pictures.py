"""The line of an epoch, and the table of the curve."""

import csv
from types import SimpleNamespace

import pytest
import torch

from docclf.measures import keys
from docclf.training.callback.pictures import Curve, EpochLine

VALIDATION = {"tpr@fpr=1e-4": 0.25, "tpr@fpr=1e-2": 0.5, "rank1": 0.75, "auroc": 0.875, "eer": 0.125, "select": 0.3}


def parts(alike=None, **more):
    trainer = SimpleNamespace(is_global_zero=True, callback_metrics={"train/loss": torch.tensor(1.5)}, max_epochs=3,
                              current_epoch=1, sanity_checking=False, ckpt_path=None, **more)  # fmt: skip
    return trainer, SimpleNamespace(validation=VALIDATION, samples_seen=24, global_step=2, alike=alike)


@pytest.mark.parametrize("alike", [None, "embeddings are all alike: cosines between 0.9999990 and 1.0000000"])
def test_the_line_of_an_epoch(capsys, alike):
    EpochLine().on_validation_end(*parts(alike))
    numbers = "loss 1.500, tpr@fpr=1e-4 0.2500, tpr@fpr=1e-2 0.5000, rank1 0.7500, auroc 0.8750"
    assert capsys.readouterr().out == f"epoch 2/3, 24 samples: {numbers}" + (f", {alike}\n" if alike else "\n")


def test_the_curve_has_a_column_for_each_measure_shown_there(tmp_path):
    Curve(tmp_path).on_validation_end(*parts())
    with (tmp_path / "curve.csv").open() as stream:
        (row,) = csv.DictReader(stream)
    assert list(row) == ["step", "samples", *keys("curve")]
    assert {key: float(row[key]) for key in keys("curve")} == {key: VALIDATION[key] for key in keys("curve")}
