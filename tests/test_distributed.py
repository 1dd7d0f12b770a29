"""Whole runs on two processes: equal to one, killed and continued with another number, stopped, swept."""

import contextlib
import csv
import os
import signal
import time

import pytest
import torch

from docclf import checkpoint
from docclf.saving import beside

# A network without batch norm, which would see half of each batch; 25 classes, which two processes share unevenly.
SAME = [
    "data.num_designs=25", "data.val_designs=4", "data.test_designs=4", "data.samples_per_epoch=96", "image_size=32",
    "backbone.name=test_vit", "head=gap", "norm=ln", "embed_dim=16", "augment=none", "metric.replicates=0",
    "loss.sample_rate=0.5", "loss.fused=false", "trainer.gradient_clip_val=0.5", "trainer.max_epochs=2",
    "trainer.num_sanity_val_steps=0", "trainer.log_every_n_steps=1", "+logger.csv.flush_logs_every_n_steps=1",
    "checkpoint_every_steps=3", "evaluate=false", "report=false", "name=run",
]  # fmt: skip
ONE = ["data.batch_size=4"]
TWO = ["data.batch_size=2", "trainer.devices=2", "trainer.strategy=ddp"]
STEPS = 48


def losses(folder):
    """Returns step to loss from metrics.csv, as far as it is written."""
    try:
        with (folder / "metrics.csv").open(newline="") as stream:
            rows = [(row["step"], row["train/loss"]) for row in csv.DictReader(stream) if row.get("train/loss")]
    except FileNotFoundError:
        return {}
    return {int(step): float(loss) for step, loss in rows}


@pytest.fixture
def start(process, tmp_path):
    """Returns a function that starts a run in a process group of its own; what is left of them dies with the test."""
    started = []

    def begin(*arguments, **options):
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        run = process("train.py", *arguments, start_new_session=True, env=environment, **options)
        started.append(run)
        return run

    yield begin
    for run in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()


def killed_at(run, folder, step):
    """Kills all processes of a run at once as soon as it has logged a step; returns its losses."""
    deadline = time.monotonic() + 250
    while max(losses(folder), default=-1) < step and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGKILL)
    output, _ = run.communicate()
    assert run.returncode == -signal.SIGKILL, output
    return losses(folder)


def test_killed_with_two_continued_with_one_then_two(start, script, tmp_path):
    """The same losses, centres and weights as a run of one process that nothing disturbs; clipped by the norm."""
    whole = tmp_path / "whole"
    done = script("train.py", *SAME, *ONE, f"hydra.run.dir={whole}")
    assert done.code == 0, done.err
    expected = losses(whole)
    assert sorted(expected) == list(range(STEPS))

    folder = tmp_path / "experiments/run/seed0"
    found = killed_at(start(*SAME, *TWO), folder, 10)
    refused = script("train.py", *SAME, *TWO[:1])
    assert refused.code == 1 and "data.batch_size=4" in refused.err, refused.err
    found |= killed_at(start(*SAME, *ONE), folder, 28)
    run = start(*SAME, *TWO)
    output, _ = run.communicate(timeout=250)
    assert run.returncode == 0, output
    found |= losses(folder)

    assert sorted(found) == list(range(STEPS))
    assert [found[step] for step in range(STEPS)] == pytest.approx([expected[s] for s in range(STEPS)], rel=2e-3)
    one, many = (checkpoint.load(place / "last.ckpt") for place in (whole, folder))
    assert many["global_step"] == STEPS
    assert len(many["centres"]["shards"]) == 2 and len(one["centres"]["shards"]) == 1
    for name, value in one["state_dict"].items():
        if isinstance(value, torch.Tensor):
            torch.testing.assert_close(many["state_dict"][name], value, rtol=1e-2, atol=2e-4, msg=name)
    torch.testing.assert_close(centres(folder), centres(whole), rtol=1e-2, atol=1e-3)
    assert len(list(beside(folder / "last.ckpt").iterdir())) == 2, "files of older checkpoints are left"
    assert not list(folder.glob(".*.ckpt.*"))


def centres(folder):
    manifest = checkpoint.load(folder / "last.ckpt")["centres"]
    files = [torch.load(beside(folder / "last.ckpt") / entry["file"]) for entry in manifest["shards"]]
    return torch.cat([file["weight"] for file in files])
