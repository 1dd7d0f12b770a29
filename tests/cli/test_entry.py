"""What a user types: help, printing, sweeps, experiments, quoting, folders."""

import json
import re

import pytest
from conftest import TINY


def test_help_names_groups_and_shows_how_to_start(script):
    done = script("train.py", "--help")
    assert done.code == 0
    assert "python train.py" in done.out and "partialfc_cosface" in done.out and "synthetic" in done.out


def test_print_the_config(script):
    done = script("train.py", "--cfg", "job", "--resolve", "loss.margin.m=0.35")
    assert done.code == 0 and re.search(r"m: 0\.35", done.out)
    assert script("evaluate.py", "--help").code == 0


@pytest.mark.parametrize("spelling", ["experiment=mine", "+experiment=mine"])
def test_experiment_with_and_without_plus(script, tmp_path, spelling):
    folder = tmp_path / "more" / "experiment"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text("# @package _global_\nname: mine\nembed_dim: 48\n")
    done = script("train.py", "--config-dir", str(tmp_path / "more"), spelling, "--cfg", "job")
    assert done.code == 0 and "embed_dim: 48" in done.out


def test_config_dir_adds_a_choice(script, tmp_path):
    folder = tmp_path / "more" / "backbone"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(
        "_target_: docclf.backbone.timm.TimmBackbone\nname: test_resnet\nweights: null\nstride: null\n"
    )
    done = script("train.py", "--config-dir", str(tmp_path / "more"), "backbone=mine", "--cfg", "job")
    assert done.code == 0 and "test_resnet" in done.out


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["backbone=lcnett"], ["lcnett", "efficientnet_b0"]),
        (["lrr=3"], ["lrr"]),
        (["loss.margn=3"], ["margn"]),
        (["+loss.margn=3"], ["did you mean 'margin'"]),
        (["optim.optimizer.lr=fast"], ["optim.optimizer.lr='fast'"]),
        (["data=folder"], ["data.root"]),
        (["data=folder", "data.root=/data/台灣健保卡"], ["""'data.root="/data/台灣健保卡"'"""]),
        (["data=folder", "data.root=a=b"], ["""'data.root="a=b"'"""]),
        (["data=folder", "data.root=nowhere"], ["nowhere"]),
        (["ckpt_path=nowhere.ckpt"], ["nowhere.ckpt"]),
        (["init_from=nowhere.ckpt"], ["nowhere.ckpt"]),
        ([*TINY, "logger=none", "trainer.accumulate_grad_batches=2"], ["loss.fused=false"]),
    ],
)
def test_mistakes_are_told_in_one_paragraph(script, arguments, words):
    done = script("train.py", *arguments)
    assert done.code == 1
    assert "error: " in done.err and "Traceback" not in done.err + done.out
    for word in words:
        assert word in done.err


def test_quoted_values_pass(script, tmp_path):
    done = script("train.py", "data=folder", f'data.root="{tmp_path}/健保卡 a=b"', "--cfg", "job")
    assert done.code == 0 and "健保卡 a=b" in done.out


def test_sweep_over_lists_and_ranges_names_its_folders(script, tmp_path):
    done = script(
        "train.py", "-m", "trainer=smoke", "evaluate=false", "logger=none", "name=s", *TINY[:5],
        "loss.margin.m=range(0.1,0.3,0.1)", "norm=bn,ln_bn",
    )  # fmt: skip
    assert done.code == 0, done.err
    found = sorted(str(p.parent.relative_to(tmp_path / "experiments/s/seed0")) for p in tmp_path.rglob("last.ckpt"))
    assert len(found) == 4 and all(re.search(r"loss.margin.m-0.[12]_norm-(bn|ln_bn)_", name) for name in found), found


def test_a_failing_job_does_not_stop_the_sweep(script, tmp_path):
    done = script(
        "train.py", "-m", "trainer=smoke", "evaluate=false", "logger=none", "name=f", *TINY[:5],
        "backbone.stride=5,16",
    )  # fmt: skip
    assert done.code == 1 and "backbone.stride=5" in done.err
    assert len(list(tmp_path.rglob("last.ckpt"))) == 1


def test_several_loggers_and_one_wandb_run_per_job(script, tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_SILENT", "true")
    done = script(
        "train.py", "-m", "trainer=smoke", "evaluate=false", "logger=[csv,tensorboard,wandb_offline]", "name=w",
        *TINY[:5], "seed=0,1",
    )  # fmt: skip
    assert done.code == 0, done.err
    runs = {p.name for p in tmp_path.rglob("offline-run-*")}
    assert len(runs) == 2, runs
    assert len(list(tmp_path.rglob("metrics.csv"))) == 2 and len(list(tmp_path.rglob("events.out*"))) == 2


def test_rerun_from_the_stored_config(script, tmp_path):
    first = script("train.py", "trainer=smoke", *TINY[:6], "report=false", "name=again", "loss.margin.m=0.21")
    assert first.code == 0, first.err
    run = tmp_path / "experiments/again/seed0"
    done = script("train.py", "-cp", str(run / ".hydra"), "-cn", "config", f"hydra.run.dir={tmp_path}/second")
    assert done.code == 0, done.err
    assert json.loads((tmp_path / "second/metrics.json").read_text())["rank1"] is not None
    assert (run / "metrics.json").read_text().split('"about"')[0] == (
        tmp_path / "second/metrics.json"
    ).read_text().split('"about"')[0]
