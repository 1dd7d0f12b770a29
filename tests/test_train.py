"""The whole: train, stop, continue, evaluate."""

import csv
import json
import signal
import time

import pytest
import torch
from conftest import ROOT, TINY
from forked import WAIT
from packs import folder_of, pack_of

from docclf.checkpoint import read as checkpoint
from docclf.training.callback.graceful_stop import GracefulStop

RECIPES = ROOT / "conf/experiment"
EXPERIMENTS = sorted(str(path.relative_to(RECIPES).with_suffix("")) for path in RECIPES.rglob("*.yaml"))
EXPERIMENTS = [name for name in EXPERIMENTS if "/" not in name]  # those in folders: tests/test_recipes.py
EXPERIMENTS.remove("clip_stage2")  # needs the weights of its teacher: tests/teacher/test_run.py
PACKED = ["best", "best_64", "best_capture", "best_without_teacher", "original", "original_teacher"]  # need packs
SCENES = ["photos", "photos_free"]  # need packs, grounds and the weights of a package
EXPERIMENTS = [name for name in EXPERIMENTS if name not in PACKED + SCENES]


def numbers(path):
    return {k: v for k, v in json.loads(path.read_text()).items() if k not in ("about", "digest")}


def encoder_of(path):
    return {k: v for k, v in checkpoint.load(path)["state_dict"].items() if k.startswith(("encoder.", "loss."))}


def test_training_and_evaluate_agree_exactly(script, tmp_path):
    done = script("train.py", *TINY, "name=one")
    assert done.code == 0, done.err
    run = tmp_path / "experiments/one/seed0"
    for name in ("best.ckpt", "last.ckpt", "metrics.json", "curve.csv", "curve.png", "batch.png", "metrics.csv"):
        assert (run / name).exists(), name
    assert "1e-4" in done.out and "rank" in done.out
    with (run / "curve.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["samples"]) for row in rows] == [0, 24]

    def evaluate(*words):
        return script("evaluate.py", f"ckpt={run}/best.ckpt", "report=false", *words)

    again = evaluate(f"hydra.run.dir={tmp_path}/evaluated")
    assert again.code == 0, again.err
    first, second = numbers(run / "metrics.json"), numbers(tmp_path / "evaluated/metrics.json")
    assert first == second and {"tpr@fpr=1e-4", "tpr@fpr=1e-2", "auroc", "rank1", "eer"} <= set(first)

    for model in ("untrained", "hog"):
        done = evaluate(f"model={model}", f"hydra.run.dir={tmp_path}/{model}")
        assert done.code == 0, done.err
    assert numbers(tmp_path / "hog/metrics.json") != first
    changed = evaluate("+data.test_designs=12", f"hydra.run.dir={tmp_path}/more")
    assert changed.code == 0, changed.err
    assert numbers(tmp_path / "more/metrics.json")["negatives"] > first["negatives"]


def test_resume_equals_the_uninterrupted_run(script, tmp_path, monkeypatch):
    """Stopped within the first epoch, at its end, and within the second one."""
    base = [*TINY[:4], "data.samples_per_epoch=60", "logger=none", "evaluate=false", "trainer.max_epochs=3",
            "image_size=32", "metric.replicates=0"]  # fmt: skip
    assert script("train.py", *base, "name=whole").code == 0
    whole = tmp_path / "experiments/whole/seed0/last.ckpt"
    assert checkpoint.load(whole)["global_step"] == 15
    expected, once = encoder_of(whole), GracefulStop.on_train_batch_end
    for stop_at in (3, 5, 8):
        parts = tmp_path / f"experiments/parts{stop_at}/seed0/last.ckpt"
        with monkeypatch.context() as patch:

            def stop(self, trainer, *rest, at=stop_at):
                self.asked = trainer.global_step == at
                once(self, trainer, *rest)

            patch.setattr(GracefulStop, "on_train_batch_end", stop)
            assert script("train.py", *base, f"name=parts{stop_at}").code == 130
        assert checkpoint.load(parts)["global_step"] == stop_at
        done = script("train.py", *base, f"name=parts{stop_at}", "ckpt_path=last")
        assert done.code == 0, done.err
        assert checkpoint.load(parts)["global_step"] == 15 and checkpoint.load(parts)["samples_seen"] == 180
        found = encoder_of(parts)
        for key, value in expected.items():
            assert torch.equal(value, found[key]) if isinstance(value, torch.Tensor) else True, (stop_at, key)


def test_a_folder_with_another_run_is_not_overwritten(script, tmp_path):
    base = [*TINY, "logger=none", "evaluate=false", "name=kept"]
    assert script("train.py", *base).code == 0
    before = (tmp_path / "experiments/kept/seed0/last.ckpt").read_bytes()
    done = script("train.py", *base, "loss.margin.m=0.05")
    assert done.code == 1 and "loss.margin.m" in done.err and "name=NAME" in done.err
    assert (tmp_path / "experiments/kept/seed0/last.ckpt").read_bytes() == before


def test_init_from_takes_the_encoder_only(script, tmp_path):
    assert script("train.py", *TINY, "logger=none", "evaluate=false", "name=first").code == 0
    source = tmp_path / "experiments/first/seed0/last.ckpt"
    done = script(
        "train.py", *TINY, "logger=none", "evaluate=false", "name=second", f"init_from={source}",
        "optim.optimizer.lr=0.0", "optim.optimizer.weight_decay=0.0", "data.num_designs=30",
    )  # fmt: skip
    assert done.code == 0 and "encoder" in done.out, done.err
    old, new = encoder_of(source), encoder_of(tmp_path / "experiments/second/seed0/last.ckpt")
    weights = [k for k in old if k.startswith("encoder.") and "running" not in k and "num_batches" not in k]
    assert weights and all(torch.equal(old[k], new[k]) for k in weights)
    done = script(
        "train.py", *TINY, "logger=none", "evaluate=false", "name=third", f"init_from={source}", "init_centres=true",
        "data.num_designs=30",
    )  # fmt: skip
    assert done.code == 0 and "24 of 30 class centres" in done.out, done.err


def test_imprinted_centres_change_the_run(script, tmp_path):
    found = {}
    for value in ("false", "true"):
        done = script("train.py", *TINY, "logger=none", "evaluate=false", f"imprint={value}", f"name=with_{value}")
        assert done.code == 0, done.err
        found[value] = encoder_of(tmp_path / f"experiments/with_{value}/seed0/best.ckpt")
    assert any(not torch.equal(found["true"][k], found["false"][k]) for k in found["true"])
    both = script("train.py", *TINY, "imprint=true", "init_centres=true", "name=both")
    assert both.code == 1 and "imprint=false" in both.err


def test_a_loss_that_is_not_finite_stops_the_run(script, tmp_path):
    done = script("train.py", *TINY, "logger=none", "optim.optimizer.lr=1e30", "trainer.max_epochs=4")
    assert done.code == 1 and "Traceback" not in done.err
    for word in ("step", "learning rate", "scale", "margin", "optim.optimizer.lr"):
        assert word in done.err


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_runs_two_batches_and_evaluates_alike(script, tmp_path, name):
    done = script("train.py", f"experiment={name}", "data=synthetic", "trainer=smoke", "trainer.max_epochs=1",
                  "logger=none", *TINY[:6], "evaluate_on=own", "results=null", "report=false",
                  f"hydra.run.dir={tmp_path}/run")  # fmt: skip
    assert done.code == 0, done.err
    assert script("evaluate.py", f"ckpt={tmp_path}/run/best.ckpt", "report=false",
                  f"hydra.run.dir={tmp_path}/out").code == 0  # fmt: skip
    assert numbers(tmp_path / "run/metrics.json") == numbers(tmp_path / "out/metrics.json")


@pytest.mark.parametrize("name", PACKED)
def test_every_experiment_on_packs_runs_two_batches_and_evaluates_alike(script, tmp_path, monkeypatch, name):
    for number, pack in enumerate(("documents", "natural", "tiny")):
        pack_of(folder_of(tmp_path / "images" / pack, 30, 100 * number), tmp_path / "packs" / pack)
    for variable, place in (("PACKS", "packs"), ("DOCUMENTS", "images/documents"), ("GROCERY", "none")):
        monkeypatch.setenv(f"DOCCLF_{variable}", str(tmp_path / place))
    done = script("train.py", f"experiment={name}", "trainer=smoke", "trainer.max_epochs=1", "logger=none", *TINY[3:6],
                  "data.designs=0", "data.kinds=[document,thing,thing]", "image_size=32", "evaluate_on=[documents]",
                  "results=null", "report=false",
                  f"hydra.run.dir={tmp_path}/run")  # fmt: skip
    assert done.code == 0, done.err
    assert script("evaluate.py", f"ckpt={tmp_path}/run/best.ckpt", f"hydra.run.dir={tmp_path}/out", "report=false",
                  "evaluate_on=[documents]").code == 0  # fmt: skip
    ran, again = (next(tmp_path.glob(f"{place}/**/metrics.json")) for place in ("run", "out"))
    assert numbers(ran) == numbers(again)


@pytest.mark.parametrize("name", SCENES)
def test_every_experiment_of_scenes_runs_two_batches_and_evaluates_alike(script, tmp_path, monkeypatch, name):
    images = folder_of(tmp_path / "images", 30)
    for pack in ("sheets", "free"):
        pack_of(images, tmp_path / "packs" / pack)
    for variable, place in (("PACKS", "packs"), ("GROUNDS", "images"), ("PHOTOS", "none")):
        monkeypatch.setenv(f"DOCCLF_{variable}", str(tmp_path / place))
    done = script("train.py", f"experiment={name}", "trainer=smoke", "trainer.max_epochs=1", "logger=none", *TINY[3:6],
                  "backbone.weights=null", "data.designs=0", "data.holdout=0.3", "image_size=32", "evaluate_on=own",
                  "results=null", "report=false", f"hydra.run.dir={tmp_path}/run")  # fmt: skip
    assert done.code == 0, done.err
    assert (tmp_path / "run/best.ckpt").exists() and numbers(tmp_path / "run/metrics.json")["rank1"] >= 0


def test_two_processes(process, tmp_path):
    run = process("train.py", *TINY, "trainer.devices=2", "trainer.strategy=ddp", "name=two", "logger=csv",
                  fresh=True)  # fmt: skip
    output, _ = run.communicate(timeout=WAIT)
    assert run.returncode == 0, output
    state = checkpoint.load(tmp_path / "experiments/two/seed0/last.ckpt")
    assert state["global_step"] == 1 and state["samples_seen"] == 24
    assert numbers(tmp_path / "experiments/two/seed0/metrics.json")["rank1"] is not None


def test_ctrl_c_saves_and_the_same_command_continues(process, script, tmp_path):
    arguments = [*TINY[:4], "data.samples_per_epoch=720", "metric.replicates=0", "logger=none", "evaluate=false",
                 "name=stopped", "trainer.max_epochs=2", "image_size=32"]  # fmt: skip
    run = process("train.py", *arguments, fresh=True)
    deadline = time.monotonic() + WAIT
    while not (tmp_path / "experiments/stopped/seed0/batch.png").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    output, _ = run.communicate(timeout=WAIT)
    assert run.returncode == 130, output
    last = tmp_path / "experiments/stopped/seed0/last.ckpt"
    stopped_at = checkpoint.load(last)["global_step"]
    assert 0 < stopped_at < 120, output
    assert script("train.py", *arguments).code == 0
    assert checkpoint.load(last)["global_step"] == 120


def test_a_backbone_of_the_user_without_weights_argument(script, tmp_path, monkeypatch):
    (tmp_path / "own_net.py").write_text(
        "import torch\n\n\nclass Own(torch.nn.Module):\n"
        "    def __init__(self, image_size: int, width: int) -> None:\n"
        "        super().__init__()\n"
        "        self.conv = torch.nn.Conv2d(3, width, 3, stride=16)\n"
        "        self.out_channels = width\n\n"
        "    def forward(self, images):\n        return self.conv(images)\n"
    )
    folder = tmp_path / "more" / "backbone"
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text("_target_: own_net.Own\nwidth: 8\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    done = script("train.py", "--config-dir", str(tmp_path / "more"), "backbone=own", "head=gap", *TINY, "logger=none",
                  "name=own")  # fmt: skip
    assert done.code == 0, done.err
    best = f"ckpt={tmp_path}/experiments/own/seed0/best.ckpt"
    refused = script("evaluate.py", best, "report=false")
    assert refused.code == 1 and "allow=[PACKAGE]" in refused.err
    done = script("evaluate.py", best, "report=false", "allow=[own_net]", f"hydra.run.dir={tmp_path}/out")
    assert done.code == 0, done.err
    assert numbers(tmp_path / "out/metrics.json") == numbers(tmp_path / "experiments/own/seed0/metrics.json")
