"""The Trainer of a run: callbacks that a yaml names."""

import pytest
import pytorch_lightning as pl

import docclf
from docclf.errors import InputError
from docclf.training.trainer import build_trainer


class Counted(pl.Callback):
    """A user's callback: its class and arguments stand in a yaml of the user's own."""

    def __init__(self, every: int = 1) -> None:
        self.every = every


OWN = ["+callbacks.mine._target_=tests.training.test_trainer.Counted", "+callbacks.mine.every=7"]


def kinds(overrides, folder):
    config = docclf.compose(["logger=none", *overrides]).config
    return {type(found).__name__: found for found in build_trainer(config, folder, {}).callbacks}


@pytest.mark.parametrize("choice", ["callbacks=early_stopping", "callbacks=[early_stopping]"])
def test_a_choice_adds_its_callback(tmp_path, choice):
    found = kinds([choice, "callbacks.early_stopping.patience=3"], tmp_path)
    assert found["EarlyStopping"].patience == 3 and "EpochLine" in found


def test_none_adds_none_and_a_class_of_ones_own_is_built(tmp_path):
    assert "EarlyStopping" not in kinds([], tmp_path)
    assert kinds(OWN, tmp_path)["Counted"].every == 7


def test_an_argument_it_does_not_take_is_refused():
    with pytest.raises(InputError, match="evry"):
        docclf.compose([OWN[0], "+callbacks.mine.evry=7"])
