"""Training with a teacher through the scripts."""

import csv
import json

import pytest
import small_checkpoint
import torch
from conftest import TINY

from docclf.checkpoint import read as checkpoint
from docclf.training.callback.graceful_stop import GracefulStop

FAST = [*TINY, "backbone.name=test_efficientnet", "image_size=32", "embed_dim=16", "teacher=checkpoint"]


@pytest.fixture
def path(tmp_path):
    return small_checkpoint.write(tmp_path / "teacher.ckpt")


def state(folder, name="last"):
    return checkpoint.load(folder / f"{name}.ckpt")


def numbers(file):
    return {k: v for k, v in json.loads(file.read_text()).items() if k not in ("about", "digest")}


def test_smoke_then_evaluation_without_the_teachers_weights(script, tmp_path, path):
    terms = "teacher/term=[cosine,relational,contrastive,kl,kl_temperature]"
    done = script("train.py", *FAST, "trainer=smoke", f"teacher.path={path}", terms, "teacher.view=both", "name=one",
                  "trainer.log_every_n_steps=1")  # fmt: skip
    assert done.code == 0, done.err
    run = tmp_path / "experiments/one/seed0"
    with (run / "metrics.csv").open() as stream:
        rows = [row for row in csv.DictReader(stream) if row.get("train/loss")]
    for name in ("cosine", "relational", "contrastive", "kl", "kl_temperature"):
        assert all(float(row[f"train/teacher/{name}"]) > 0 for row in rows) and len(rows) == 2

    stored = state(run)
    kept = {key for key in stored["state_dict"] if not key.startswith(("encoder.", "loss."))}
    assert kept == {"teacher.map.weight", "teacher.term.contrastive._extra_state"}
    about = stored[checkpoint.KEY]["facts"]["teacher"]
    assert about["licence"].startswith("not stated; trained from random weights of test_efficientnet")
    assert about["preprocessing"]["side"] == 32 and about["width"] == 24 and len(about["weights_sha256"]) == 64
    fixed = ("running_mean", "running_var", "num_batches_tracked", ".mean", ".std")
    learned = sum(
        value.numel()
        for key, value in stored["state_dict"].items()
        if key.startswith(("encoder.", "teacher.map")) and not key.endswith(fixed)
    )
    moments = stored["optimizer_states"][0]["state"].values()
    assert sum(m["exp_avg"].numel() for m in moments) == learned, "the tower has no optimizer memory"

    (tmp_path / "teacher.ckpt").unlink()
    done = script("evaluate.py", f"ckpt={run}/best.ckpt", "report=false", f"hydra.run.dir={tmp_path}/out")
    assert done.code == 0, done.err
    assert numbers(run / "metrics.json") == numbers(tmp_path / "out/metrics.json")


def test_resume_equals_the_uninterrupted_run_queue_included(script, tmp_path, path, monkeypatch):
    base = [*FAST, "data.samples_per_epoch=36", "trainer.max_epochs=2", "logger=none", "evaluate=false",
            f"teacher.path={path}", "teacher/term=[cosine,contrastive]", "teacher.term.contrastive.length=20",
            "teacher.term.cosine.ramp=[0.0,1.0]"]  # fmt: skip
    assert script("train.py", *base, "name=whole").code == 0
    with monkeypatch.context() as patch:
        once = GracefulStop.on_train_batch_end

        def stop(self, trainer, *rest):
            self.asked = trainer.global_step == 4
            once(self, trainer, *rest)

        patch.setattr(GracefulStop, "on_train_batch_end", stop)
        assert script("train.py", *base, "name=parts").code == 130
    assert script("train.py", *base, "name=parts").code == 0
    whole, parts = (state(tmp_path / f"experiments/{name}/seed0") for name in ("whole", "parts"))
    assert whole["global_step"] == parts["global_step"] == 6
    queue = "teacher.term.contrastive._extra_state"
    assert whole["state_dict"][queue]["seen"] == parts["state_dict"][queue]["seen"] == 72
    assert torch.equal(whole["state_dict"][queue]["queue"], parts["state_dict"][queue]["queue"])
    for key, value in whole["state_dict"].items():
        if isinstance(value, torch.Tensor):
            assert torch.equal(value, parts["state_dict"][key]), key


def test_the_cache_of_a_run_is_filled_once_and_equals_the_tower_online(script, tmp_path, path):
    base = [*FAST, "logger=none", "evaluate=false", f"teacher.path={path}", "teacher.view=clean"]
    folder = tmp_path / "features"
    cached = ["teacher.source=cache", f"teacher.cache.folder={folder}"]
    for name, options in (("online", []), ("cached", cached), ("again", cached)):
        done = script("train.py", *base, *options, f"name={name}")
        assert done.code == 0, done.err
        assert ("(0 of 24 are there)" in done.out + done.err) == (name == "cached")
    maps = [state(tmp_path / f"experiments/{n}/seed0")["state_dict"]["teacher.map.weight"]
            for n in ("online", "cached", "again")]  # fmt: skip
    assert torch.equal(maps[1], maps[2]) and not torch.equal(maps[0], maps[1])
    torch.testing.assert_close(maps[0], maps[1], rtol=0, atol=1e-3)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["parts"][-1][0] == 24 and manifest["teacher"]["kind"] == "checkpoint"
    done = script("train.py", *base, *cached, "name=other", "data.data_seed=5")
    assert done.code == 1 and "data.pixels" in done.err and "teacher.cache.folder=DIR" in done.err


def test_a_teacher_of_weight_zero_leaves_the_run_as_it_is_and_init_from_ignores_the_map(script, tmp_path, path):
    base = [*FAST[:-1], "logger=none", "evaluate=false"]
    taught = ["teacher=checkpoint", f"teacher.path={path}", "teacher.term.cosine.weight=0.0"]
    assert script("train.py", *base, "name=alone").code == 0
    assert script("train.py", *base, *taught, "name=taught").code == 0
    alone, with_map = (state(tmp_path / f"experiments/{n}/seed0")["state_dict"] for n in ("alone", "taught"))
    assert set(with_map) - set(alone) == {"teacher.map.weight"}
    for key, value in alone.items():
        if isinstance(value, torch.Tensor) and key.startswith("encoder."):
            # Clipping by a common norm counts the map, whose gradient is zero.
            assert torch.equal(value, with_map[key]), key
    still = ["optim.optimizer.lr=0.0", "optim.optimizer.weight_decay=0.0"]
    source = tmp_path / "experiments/taught/seed0/last.ckpt"
    done = script("train.py", *base, *taught, *still, "name=next", f"init_from={source}")
    assert done.code == 0, done.err
    new = state(tmp_path / "experiments/next/seed0")["state_dict"]
    weights = [k for k in alone if k.startswith("encoder.") and "running" not in k and "num_batches" not in k]
    assert weights and all(torch.equal(new[k], with_map[k]) for k in weights)
    assert not torch.equal(new["teacher.map.weight"], with_map["teacher.map.weight"])


def test_the_two_stages_run_one_after_the_other(script, tmp_path, path):
    small = ["trainer=smoke", "trainer.max_epochs=1", "image_size=32", "backbone.name=test_efficientnet", "logger=none"]
    small += ["data=synthetic", *TINY[:5], "evaluate=false"]
    assert script("train.py", "experiment=clip_stage1", *small).code == 0
    own = [
        "teacher=checkpoint",
        f"teacher.path={path}",
        "teacher/term=kl",
        "teacher.source=cache",
        "teacher.view=clean",
    ]
    done = script("train.py", "experiment=clip_stage2", *small, *own, f"teacher.cache.folder={tmp_path}/features")
    assert done.code == 0 and "init_from: the encoder comes from experiments/clip_stage1/seed0/best.ckpt" in done.out
    assert (tmp_path / "experiments/clip_stage2/seed0/last.ckpt").exists() and (tmp_path / "features").is_dir()


def test_a_teacher_that_is_not_there_is_an_error_of_one_paragraph(script, tmp_path, path):
    done = script("train.py", *FAST, f"teacher.path={tmp_path}/absent.ckpt", "name=none")
    assert done.code == 1 and "there is no checkpoint" in done.err and "Traceback" not in done.err
    done = script("train.py", *FAST[:-1], "teacher=timm", "teacher.name=test_resnet", "teacher.weights=absent.pth")
    assert done.code == 1 and "teacher.weights='absent.pth' is no file" in done.err and "Traceback" not in done.err
