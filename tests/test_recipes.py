"""The rows of the table: composed at every budget, and what a budget may change."""

import json

import pytest
from conftest import ROOT, TINY
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

import train  # noqa: F401  registers its schema
from docclf.config import plain
from docclf.config.check import check
from experiments.table.original import PUBLISHED

CONF = ROOT / "conf"
ROWS = [row.row for row in PUBLISHED]
# What a budget may change: number of samples, size of data and batch, and where it runs.
MAY = {"budget", "data.batch_size", "data.samples_per_epoch", "trainer.accelerator", "trainer.devices"}
MAY |= {"trainer.precision", "init_from"}
SMALLER = {"image_size", "trainer.max_epochs"}


@pytest.fixture(autouse=True)
def roots(monkeypatch):
    for name in ("PACKS", "DOCUMENTS", "GROCERY", "CAPTURES"):
        monkeypatch.setenv(f"DOCCLF_{name}", "here")


def composed(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("train", overrides=list(overrides))


def flat(config):
    return plain.flat(OmegaConf.to_container(config, resolve=True))


@pytest.mark.parametrize("row", ["table/cosface", "table/f128_r96", "table/imagenet_clip_ln_bn"])
def test_a_budget_changes_nothing_else(row):
    whole = flat(composed(f"experiment={row}"))
    for budget, allowed in (("h200", MAY), ("cpu_data", MAY | SMALLER)):
        config = composed(f"experiment={row}", f"budget={budget}")
        check(config)
        less = flat(config)
        changed = {key for key in whole.keys() | less.keys() if whole.get(key) != less.get(key)}
        assert changed <= allowed, changed - allowed
        assert less["data.samples_per_epoch"] < whole["data.samples_per_epoch"] and less["budget"] == budget
    free = composed(f"experiment={row}", "budget=cpu")
    check(free)
    assert free.data["_target_"].endswith("Synthetic") and free.backbone.weights is None
    assert flat(free)["loss.scale"] == whole["loss.scale"] and list(free.evaluate_on) == ["synthetic"]


def test_the_command_line_wins_over_a_budget():
    config = composed("experiment=table/cosface", "budget=cpu", "data=indoor", "image_size=96", "trainer.max_epochs=5")
    assert config.data["_target_"].endswith("Packed") and config.image_size == 96 and config.trainer.max_epochs == 5


def test_the_reference_is_the_original_s():
    config = composed("experiment=table/cosface")
    assert (config.image_size, config.embed_dim, config.trainer.max_epochs) == (128, 256, 20)
    assert (config.data.samples_per_epoch, config.data.batch_size, config.data.expand) == (2_560_000, 512, 24)
    assert (config.loss.scale, config.loss.margin.m, config.loss.sample_rate, config.loss.logq) == (
        64.0,
        0.4,
        0.3,
        False,
    )
    assert config.optim.optimizer.lr == 1e-3 and config.optim.schedule["_target_"].endswith("Polynomial")
    assert config.optim.schedule.warmup == 0.1 and config.trainer.gradient_clip_val == 5.0
    second = composed("experiment=table/imagenet_clip_ln_bn", "seed=3", "budget=h200")
    assert second.optim.optimizer.lr == 1e-4 and second.data.batch_size == 1024 and second.data.expand == 1
    assert second.init_from == "experiments/table/imagenet_ln_bn/h200/seed3/best.ckpt"


def test_rows_of_the_folder_run_at_the_small_budget(script, tmp_path):
    done = script("train.py", "-m", "experiment=table/softmax,table/classes_130k", "budget=cpu",
                  *TINY[:6], "trainer.max_epochs=1", "report=false", "evaluate_on=own", "logger=none")  # fmt: skip
    assert done.code == 0, done.err
    lines = [json.loads(line) for line in (tmp_path / "experiments/results/table.jsonl").read_text().splitlines()]
    found = {line["row"]: line["training"]["classes"] for line in lines}
    assert found == {"table/softmax": 24 * 24, "table/classes_130k": 24 * 8}
    assert {line["budget"] for line in lines} == {"cpu"}
