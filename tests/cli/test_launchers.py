"""Sweeps beside Hydra's own launcher: joblib, submitit on this machine, and what a sweeper like Optuna needs."""

import importlib.util
import json
import re

import pytest
import yaml
from conftest import TINY

from docclf.config.resolvers import MOST, budget_folder, override_folder

SMALL = [*TINY[:6], "trainer=smoke", "trainer.max_epochs=1", "report=false", "logger=none", "metric.replicates=0"]


def needs(name):
    return pytest.mark.skipif(
        importlib.util.find_spec(f"hydra_plugins.{name}") is None, reason=f"{name.replace('_', '-')} is not installed"
    )


def lines(tmp_path, name):
    return [json.loads(line) for line in (tmp_path / name).read_text().splitlines()]


@needs("hydra_joblib_launcher")
@pytest.mark.slow  # quicker: another launcher, below, and processes that write one file at once, in tests/results
def test_joblib_runs_jobs_in_processes_that_share_one_file_of_results(script, tmp_path, monkeypatch):
    from joblib.externals.loky import get_reusable_executor

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    try:
        done = script("train.py", "-m", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", *SMALL, "name=j",
                      "seed=0,1,2", f"results={tmp_path}/all.jsonl")  # fmt: skip
    finally:
        get_reusable_executor().shutdown(wait=True, kill_workers=True)
    assert done.code == 0, done.out + done.err
    assert sorted(line["seed"] for line in lines(tmp_path, "all.jsonl")) == [0, 1, 2]


@needs("hydra_submitit_launcher")
def test_submitit_on_this_machine(script, tmp_path):
    done = script("train.py", "-m", "hydra/launcher=submitit_local", "hydra.launcher.timeout_min=30", *SMALL, "name=l",
                  "seed=7", f"results={tmp_path}/all.jsonl")  # fmt: skip
    assert done.code == 0, done.out + done.err
    assert [line["seed"] for line in lines(tmp_path, "all.jsonl")] == [7]


@needs("hydra_optuna_sweeper")
def test_optuna_maximises_the_value_of_the_validation(script, tmp_path):
    search = {"direction": "maximize", "n_trials": 2, "n_jobs": 1, "storage": "sqlite:///search.db", "study_name": "m"}
    done = script("train.py", "-m", "hydra/sweeper=optuna", *(f"hydra.sweeper.{k}={v}" for k, v in search.items()),
                  *SMALL, "name=o", f"results={tmp_path}/all.jsonl", "loss.margin.m=interval(0.1,0.4)")  # fmt: skip
    assert done.code == 0, done.out + done.err
    values = [line["training"]["select"] for line in lines(tmp_path, "all.jsonl")]
    best = yaml.safe_load(next(tmp_path.rglob("optimization_results.yaml")).read_text())
    assert len(values) == 2 and best["best_value"] == max(values)
    assert 0.1 <= best["best_params"]["loss.margin.m"] <= 0.4 and (tmp_path / "search.db").exists()


def test_a_sweep_of_folders_goes_on_after_a_failure_and_names_folders_apart(script, tmp_path):
    folder = tmp_path / "more/experiment/mine"
    folder.mkdir(parents=True)
    for name, stride in (("a", 5), ("b", 16), ("c", 16), ("d", 7)):  # lcnet has no map of stride 5 or 7
        (folder / f"{name}.yaml").write_text(
            f"# @package _global_\nname: mine/{name}\nbackbone:\n  stride: {stride}\nloss:\n  scale: {stride}.0\n"
        )
    done = script("train.py", "--config-dir", str(tmp_path / "more"), "-m", "experiment=glob(mine/*)", "budget=cpu",
                  *SMALL, "results=all.jsonl", "evaluate_on=own")  # fmt: skip
    assert done.code == 1 and "backbone.stride=5" in done.err and "backbone.stride=7" in done.err
    assert done.err.count("failed: experiment=mine/") == 2
    assert sorted(line["row"] for line in lines(tmp_path, "all.jsonl")) == ["mine/b", "mine/c"]
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("best.ckpt"))
    assert len(found) == 2 and all(re.search(r"mine/[bc]/cpu/seed0/", path) for path in found), found
    done = script("train.py", "-m", "experiment=glob(nowhere/*)")
    assert done.code == 1 and "table/cosface" in done.err


def test_a_run_returns_the_value_of_its_checkpoint_for_a_sweeper(script, tmp_path, monkeypatch):
    from docclf.training.folder import resume

    kept = []
    finished = resume.finished
    monkeypatch.setattr(resume, "finished", lambda *a: kept.append(finished(*a)) or kept[-1])
    base = ["-m", *SMALL, "name=v"]
    assert script("train.py", *base).code == 0
    assert script("train.py", *base).code == 0
    recorded = json.loads(next(tmp_path.rglob("results.jsonl")).read_text())["training"]["select"]
    assert kept == [None, recorded] and recorded > 0


def test_names_of_folders():
    assert budget_folder("full") == budget_folder(None) == "" and budget_folder("cpu") == "/cpu"
    assert override_folder("loss.margin.m-0.2_norm-bn") == "loss.margin.m-0.2_norm-bn"
    paths = override_folder("backbone.weights-/a/b.pth"), override_folder("backbone.weights-/a-b.pth")
    assert "/" not in paths[0] and paths[0] != paths[1]
    long = [override_folder("x" * 300 + end) for end in "ab"]
    assert long[0] != long[1] and all(len(name) <= MOST for name in long)
    assert len(override_folder("健" * 200).encode()) <= MOST
