"""A run that is stopped anywhere and continued trains on the very batches of one that was not stopped."""

import random

import pytest
import torch
from packs import folder_of, pack_of

from docclf.training.callback.graceful_stop import GracefulStop
from docclf.training.module import Engine


@pytest.fixture
def record(monkeypatch):
    """Returns a function that makes the engine keep what it trains on."""

    def into(kept: dict):
        once = Engine.training_step

        def step(self, batch, batch_idx):
            assert self.global_step not in kept
            kept[self.global_step] = [None if field is None else field.clone() for field in batch]
            return once(self, batch, batch_idx)

        patch = pytest.MonkeyPatch()
        patch.setattr(Engine, "training_step", step)
        return patch

    return into


@pytest.mark.parametrize("feed", ["mmap"])
def test_batches_are_the_same_bits(script, tmp_path, record, feed):
    pack_of(folder_of(tmp_path / "files", 60), tmp_path / "pack")
    arguments = [
        "data=packed", f"data.packs=[{tmp_path}/pack]", f"data.feed={feed}", "data.batch_size=6", "data.block=4",
        "data.window=3", "data.captures=4", "data.holdout=0.5", "image_size=32", "metric.replicates=0",
        "logger=none", "evaluate=false", "report=false", "trainer.max_epochs=2", "trainer.num_sanity_val_steps=0",
    ]  # fmt: skip
    whole, first, rest = {}, {}, {}
    patch = record(whole)
    done = script("train.py", *arguments, "name=whole")
    patch.undo()
    assert done.code == 0, done.err
    assert len(whole) == 10  # 30 images in batches of 6, twice
    stop_at = random.randrange(1, 10)  # any step must do; a failure tells which

    with pytest.MonkeyPatch.context() as stopping:
        once = GracefulStop.on_train_batch_end

        def stop(self, trainer, *others):
            self.asked = trainer.global_step == stop_at
            once(self, trainer, *others)

        stopping.setattr(GracefulStop, "on_train_batch_end", stop)
        patch = record(first)
        assert script("train.py", *arguments, "name=parts").code == 130
        patch.undo()
    patch = record(rest)
    done = script("train.py", *arguments, "name=parts")
    patch.undo()
    assert done.code == 0, done.err
    assert sorted(first) == list(range(stop_at)) and sorted(rest) == list(range(stop_at, 10)), f"stopped at {stop_at}"
    for number, batch in {**first, **rest}.items():
        for ours, theirs in zip(batch, whole[number], strict=True):
            assert (ours is None) == (theirs is None)
            assert ours is None or torch.equal(ours, theirs), f"step {number}, stopped at {stop_at}"
