"""A run that is killed, wherever and however often, ends as one that was not: bit for bit."""

import os
import random
import shutil

import pytest
import torch
from tiny_run import Killed, Writes, content, copied, full, partial, same, train

from docclf.errors import InputError
from docclf.training.callback import pictures as callbacks
from docclf.training.folder import place


@pytest.fixture(scope="module", autouse=True)
def plain():
    """Draws no picture of the curve, which is not what is looked at here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(callbacks, "draw_curve", lambda rows, path: None)
        yield


def run(folder, kept, monkeypatch, *words, kill_at=None, **options):
    """Trains; returns how many files were written, or None when it was killed, with the folder as the kill left it."""
    writes = Writes(folder, kept, kill_at)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", writes)
        try:
            train(folder, *words, **options)
        except Killed:
            copied(kept / str(kill_at), folder)
            return None
    return writes.count


CASES = {
    "steps within epochs": (["trainer.max_epochs=2"], partial),
    "a validation within epochs": (["trainer.max_epochs=2", "+trainer.val_check_interval=0.5"], full),
    "a validation in each second epoch": (["trainer.max_epochs=4", "trainer.check_val_every_n_epoch=2"], full),
    "steps of two batches, and a rest": (
        ["trainer.max_epochs=2", "trainer.accumulate_grad_batches=4", "checkpoint_every_steps=1"], full),
    "counted in steps": (["trainer.max_epochs=-1", "trainer.max_steps=14"], full),
    "less than all batches": (["trainer.max_epochs=2", "+trainer.limit_train_batches=3"], full),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_killed_before_or_after_any_write_a_run_ends_the_same(tmp_path, monkeypatch, name):
    words, loss = CASES[name]
    count = run(tmp_path / "whole", tmp_path / "kept", monkeypatch, *words, loss=loss)
    expected = content(tmp_path / "whole")
    assert count > 6
    first = name == next(iter(CASES))
    some = range(count) if first else range(random.randrange(3), count, 3)  # a failure tells which
    for number in [*some, *(f"{number} after" for number in some[:: 2 if first else 4])]:
        folder = tmp_path / "kept" / str(number)
        train(folder, *words, loss=loss)
        assert not same(expected, content(folder)), f"killed at write {number} of {count}"
        assert not list(folder.rglob(".*")) and not list(folder.glob("*.lock")), "halves of files are left"
        shutil.rmtree(folder)


@pytest.mark.parametrize("seed", range(2))
def test_killed_again_and_again_a_run_ends_the_same(tmp_path, monkeypatch, seed):
    words, loss = list(CASES.values())[seed]
    train(tmp_path / "whole", *words, loss=loss)
    dice, kills = random.Random(seed), 0
    for kills in range(12):  # noqa: B007
        at = dice.randrange(2, 7)
        if run(tmp_path / "parts", tmp_path / "kept", monkeypatch, *words, loss=loss, kill_at=at) is not None:
            break
    assert kills > 1
    train(tmp_path / "parts", *words, loss=loss)
    assert not same(content(tmp_path / "whole"), content(tmp_path / "parts"))


def test_a_run_that_was_done_tells_its_last_validation(tmp_path):
    _, first = train(tmp_path / "run", "trainer.max_epochs=1", loss=full)
    _, again = train(tmp_path / "run", "trainer.max_epochs=1", loss=full)
    assert again.validation == first.validation and again.samples_seen == 24


@pytest.mark.parametrize("change", [{"step": 7}, {"batch": 2}, {"first": 1}, {"batch": 7}])
def test_a_checkpoint_whose_counts_contradict_each_other_is_refused(tmp_path, change):
    train(tmp_path / "run", "trainer.max_epochs=1", loss=full)
    state = torch.load(tmp_path / "run/last.ckpt", weights_only=True)
    state["place"] |= change
    with pytest.raises(InputError, match="contradicts itself"):
        place.stored(state, "last.ckpt")
    del state["place"]
    with pytest.raises(InputError, match="does not say where"):
        place.stored(state, "last.ckpt")
