"""Whenever a run is killed, the checkpoint that is there has its centres."""

import time

import numpy as np
import pytest
import torch
from forked import WAIT, Process

from docclf.checkpoint import centres
from docclf.checkpoint import read as checkpoint
from docclf.checkpoint import write as saving
from docclf.errors import InputError
from docclf.loss.centres import files as shards
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.cosface import CosFace


def head():
    return PartialFC(3000, 16, CosFace(), SGD())


def save_for_ever(path):
    """Saves number after number; all centres are that number."""
    torch.set_num_threads(1)
    loss, files = head(), saving.RunCheckpointIO({}, {})
    for number in range(1, 1_000_000):
        loss.rows.weight.fill_(number)
        manifest = shards.save(centres.beside(path), loss)
        files.save_checkpoint({"state_dict": {}, "global_step": number, centres.CENTRES: manifest}, path)


@pytest.mark.parametrize("delay", [0.013, 0.029, 0.041, 0.064])
def test_a_kill_at_any_moment_leaves_a_checkpoint_with_its_centres(tmp_path, delay):
    path = tmp_path / "last.ckpt"
    for _ in range(2):  # the second one finds the remains of the first
        before = checkpoint.load(path)["global_step"] if path.exists() else 0
        process = Process(target=save_for_ever, args=(path,))
        process.start()
        deadline = time.monotonic() + WAIT
        while (
            not path.exists() or checkpoint.load(path)["global_step"] in (0, before)
        ) and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(delay)
        process.kill()
        process.join()
        stored, loss = checkpoint.load(path), head()
        shards.load(centres.beside(path), stored[centres.CENTRES], loss)
        assert stored["global_step"] > 0 and (loss.centres == stored["global_step"]).all()


def test_remains_of_killed_runs_are_removed(tmp_path):
    path, loss = tmp_path / "last.ckpt", head()
    (tmp_path / ".last.ckpt.abc").touch()
    for _ in range(2):
        manifest = shards.save(centres.beside(path), loss)
        saving.RunCheckpointIO({}, {}).save_checkpoint({"state_dict": {}, centres.CENTRES: manifest}, path)
    assert {p.name for p in tmp_path.rglob("*")} == {"last.ckpt", "last.centres", manifest["shards"][0]["file"]}


def stored(tmp_path, keys):
    path, loss = tmp_path / "last.ckpt", PartialFC(len(keys), 16, CosFace(), SGD(), seed=1)
    checkpoint_of_run = {"state_dict": {}, centres.CENTRES: shards.save(centres.beside(path), loss)}
    np.save(centres.beside(path) / centres.KEYS, keys)
    return path, checkpoint_of_run, loss.centres.clone()


def test_classes_keep_their_centres_whatever_their_new_numbers(tmp_path):
    path, run, old = stored(tmp_path, np.array([50, 10, 30, 20], np.uint64))
    grown = PartialFC(6, 16, CosFace(), SGD(), seed=2)
    fresh = grown.centres.clone()
    kept = centres.carry_over(path, run, grown, np.array([20, 99, 50, 30, 7, 60], np.uint64))
    assert kept == 3
    assert torch.equal(grown.centres[[0, 2, 3]], old[[3, 0, 2]])
    assert torch.equal(grown.centres[[1, 4, 5]], fresh[[1, 4, 5]])


def test_a_checkpoint_without_centres_is_named(tmp_path):
    path, run, _ = stored(tmp_path, np.array([1, 2], np.uint64))
    for given, loss in (({"state_dict": {}}, head()), (run, torch.nn.Linear(1, 1))):
        with pytest.raises(InputError, match=r"last.ckpt has none. Give init_from=.../last.ckpt"):
            centres.carry_over(path, given, loss, np.array([1], np.uint64))
