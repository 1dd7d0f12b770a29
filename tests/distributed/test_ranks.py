"""Whole runs on two processes: equal to one, killed and continued with another number, stopped, swept."""

import contextlib
import csv
import os
import signal
import time
from pathlib import Path

import pytest
import torch
from conftest import ROOT
from forked import WAIT

from docclf.checkpoint import read as checkpoint
from docclf.checkpoint.centres import beside

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

    def begin(*arguments, path=ROOT):
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(path)}
        run = process("train.py", *arguments, env=environment)
        started.append(run)
        return run

    yield begin
    for run in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()


def killed_at(run, folder, step):
    """Kills all processes of a run at once as soon as it has logged a step; returns its losses."""
    deadline = time.monotonic() + WAIT
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
    output, _ = run.communicate(timeout=WAIT)
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
    assert len(list(beside(folder / "last.ckpt").glob("*.pt"))) == 2, "files of older checkpoints are left"
    assert not list(folder.glob(".*.ckpt.*"))


QUICK = [*SAME, "metric.replicates=10", "trainer.max_epochs=1", "data.samples_per_epoch=32", "loss.fused=true"]
NAN_ON_RANK_1 = """
import os
import torch


class Net(torch.nn.Module):
    def __init__(self, image_size: int) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 8, 3, stride=8)
        self.out_channels, self.calls = 8, 0

    def forward(self, images):
        self.calls += self.training
        bad = os.environ.get("LOCAL_RANK") == "1" and self.calls == 4
        return self.conv(images * (torch.nan if bad else 1))
"""


@pytest.mark.parametrize("loss", ["cosface", "partialfc_cosface"])
def test_a_number_that_is_none_on_one_rank_stops_all(start, tmp_path, loss):
    (tmp_path / "own_net.py").write_text(NAN_ON_RANK_1)
    (tmp_path / "more/backbone").mkdir(parents=True)
    (tmp_path / "more/backbone/own.yaml").write_text("_target_: own_net.Net\n")
    keep = [word for word in QUICK if not word.startswith(("loss.", "backbone."))]
    run = start("--config-dir", str(tmp_path / "more"), *keep, "backbone=own", f"loss={loss}", *TWO, path=tmp_path)
    output, _ = run.communicate(timeout=WAIT)
    assert run.returncode == 1, output
    errors = [line for line in output.splitlines() if "on rank 1" in line and "It was step" in line]
    assert len([line for line in errors if "on rank 0:" in line]) == 1, output
    assert len([line for line in errors if "on rank 1:" in line]) == 1, output
    assert "Traceback" not in output, output
    assert not left_over(run.pid)


def test_sigterm_saves_and_leaves_no_process(start, tmp_path):
    run = start(*QUICK, "data.samples_per_epoch=40000", *TWO)
    folder = tmp_path / "experiments/run/seed0"
    deadline = time.monotonic() + WAIT
    while not losses(folder) and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    run.send_signal(signal.SIGTERM)
    output, _ = run.communicate(timeout=WAIT)
    assert run.returncode == 130, output
    assert 0 < checkpoint.load(folder / "last.ckpt")["global_step"] < 10000, output
    assert not left_over(run.pid)


@pytest.mark.parametrize("rank", [0, 1])
def test_when_one_of_two_is_killed_the_other_says_so(start, tmp_path, rank):
    run = start(*QUICK, "data.samples_per_epoch=40000", *TWO)
    folder = tmp_path / "experiments/run/seed0"
    deadline = time.monotonic() + WAIT
    while not losses(folder) and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    victim = run.pid if rank == 0 else other_rank(run.pid)
    os.kill(victim, signal.SIGKILL)
    output, _ = run.communicate(timeout=WAIT)
    assert run.returncode == (-signal.SIGKILL if rank == 0 else 1), output
    assert f"rank {1 - rank} lost its partners" in output and "same command goes on" in output, output
    assert rank == 0 or f"rank 1 (process {victim}) was ended by SIGKILL" in output, output
    assert "Traceback" not in output, output
    assert not left_over(run.pid)


def test_a_sweep_of_runs_with_two_processes(start, tmp_path):
    keep = [word for word in QUICK if word != "evaluate=false"]
    run = start("-m", "seed=0,1", "loss.margin.m=0.2", *keep, *TWO)
    output, _ = run.communicate(timeout=WAIT)
    assert run.returncode == 0, output
    found = sorted(path.parent for path in (tmp_path / "experiments").rglob("metrics.json"))
    assert [sum(1 for part in path.parts if part == f"seed{seed}") for seed, path in enumerate(found)] == [1, 1], output
    for seed, folder in enumerate(found):
        stored = checkpoint.load(folder / "last.ckpt")
        assert stored["global_step"] == 8 and stored[checkpoint.KEY]["config"]["seed"] == seed
        assert "devices: 2" in (folder / ".hydra/config.yaml").read_text()
    assert not [path for path in (tmp_path / "experiments").rglob("last.ckpt") if path.parent not in found]


def other_rank(leader):
    """Returns the process of a group with two ranks that is not its leader, by the size of its memory."""
    stat = {int(path.name): (path / "stat").read_text().rpartition(")")[2].split()
            for path in Path("/proc").iterdir() if path.name.isdigit() and (path / "stat").exists()}  # fmt: skip
    return max((int(words[21]), pid) for pid, words in stat.items() if int(words[2]) == leader != pid)[1]


def left_over(group):
    """Returns the processes of a group that still run; those of a killed parent take a moment to end."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.2)
    return True


def centres(folder):
    manifest = checkpoint.load(folder / "last.ckpt")["centres"]
    files = [torch.load(beside(folder / "last.ckpt") / entry["file"]) for entry in manifest["shards"]]
    return torch.cat([file["weight"] for file in files])
