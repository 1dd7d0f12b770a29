"""Whenever a run is killed, the checkpoint that is there has its centres."""

import multiprocessing
import time

import pytest
import torch

from docclf import checkpoint, saving
from docclf.loss import shards
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.cosface import CosFace

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["torch", "docclf.saving"])


def head():
    return PartialFC(3000, 16, CosFace(), SGD())


def save_for_ever(path):
    """Saves number after number; all centres are that number."""
    torch.set_num_threads(1)
    loss, files = head(), saving.RunCheckpointIO({}, {})
    for number in range(1, 1_000_000):
        loss.rows.weight.fill_(number)
        manifest = shards.save(saving.beside(path), loss)
        files.save_checkpoint({"state_dict": {}, "global_step": number, saving.CENTRES: manifest}, path)


@pytest.mark.parametrize("delay", [0.013, 0.029, 0.041, 0.064])
def test_a_kill_at_any_moment_leaves_a_checkpoint_with_its_centres(tmp_path, delay):
    path = tmp_path / "last.ckpt"
    for _ in range(2):  # the second one finds the remains of the first
        before = checkpoint.load(path)["global_step"] if path.exists() else 0
        process = PROCESSES.Process(target=save_for_ever, args=(path,))
        process.start()
        deadline = time.monotonic() + 60
        while (
            not path.exists() or checkpoint.load(path)["global_step"] in (0, before)
        ) and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(delay)
        process.kill()
        process.join()
        stored, loss = checkpoint.load(path), head()
        shards.load(saving.beside(path), stored[saving.CENTRES], loss)
        assert stored["global_step"] > 0 and (loss.centres == stored["global_step"]).all()


def test_remains_of_killed_runs_are_removed(tmp_path):
    path, loss = tmp_path / "last.ckpt", head()
    (tmp_path / ".last.ckpt.abc").touch()
    for _ in range(2):
        manifest = shards.save(saving.beside(path), loss)
        saving.RunCheckpointIO({}, {}).save_checkpoint({"state_dict": {}, saving.CENTRES: manifest}, path)
    assert {p.name for p in tmp_path.rglob("*")} == {"last.ckpt", "last.centres", manifest["shards"][0]["file"]}
