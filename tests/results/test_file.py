"""Lines of results: written whole, read back, compared in pairs, and what a run puts into them."""

import json
import os

import numpy as np
import pytest
from conftest import TINY
from forked import Process
from image_files import save
from report_cases import made, measured

from docclf.errors import InputError
from docclf.metric.compare import compare
from docclf.results import file as results
from docclf.results import replicates

SMALL = [*TINY[:6], "report=false", "logger=none", "trainer=smoke", "trainer.max_epochs=1"]
OTHER = ["evaluate_on.synthetic.test_designs=8", "evaluate_on.synthetic.val_designs=8"]


def line(row="a", seed=0, name="own", config="c", **more):
    return {"version": 1, "row": row, "seed": seed, "set": name, "config": config, **more}


def recorded(result, split="s"):
    return line(split=split, metrics=results.measures(result.metrics), draws=replicates.pack(result))


def test_the_last_of_two_lines_of_one_run_counts(tmp_path):
    path = tmp_path / "deep" / "r.jsonl"
    for record in (line(x=1), line(seed=1), line(x=2, text="健保卡")):
        results.append(path, record)
    assert results.read(path) == [line(seed=1), line(x=2, text="健保卡")]


def test_a_line_after_one_without_end_is_a_line_of_its_own(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text(json.dumps(line()))
    results.append(path, line(seed=1))
    assert len(results.read(path)) == 2


@pytest.mark.parametrize("text", ['{"version": 1', "[]", '{"version": 1}', json.dumps(line() | {"version": 9})])
def test_a_broken_line_is_named(tmp_path, text):
    (tmp_path / "r.jsonl").write_text(json.dumps(line()) + "\n" + text + "\n")
    with pytest.raises(InputError, match="line 2"):
        results.read(tmp_path / "r.jsonl")


def test_a_disk_that_takes_half_a_line_keeps_none_of_it(tmp_path, monkeypatch):
    path, write = tmp_path / "r.jsonl", os.write
    results.append(path, line())
    before = path.read_bytes()
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[: len(data) // 2]))
    with pytest.raises(InputError, match="results="):
        results.append(path, line(seed=1))
    assert path.read_bytes() == before


def _writes(path, seed):
    for at in range(20):
        results.append(path, line(seed=seed, config=str(at), filler="x" * 30000))


def test_processes_that_write_at_once_mix_no_lines(tmp_path):
    writers = [Process(target=_writes, args=(tmp_path / "r.jsonl", seed)) for seed in range(3)]
    [writer.start() for writer in writers]
    [writer.join() for writer in writers]
    assert len(results.read(tmp_path / "r.jsonl")) == 60


def test_packed_replicates_give_the_paired_difference_of_compare():
    a, b = (measured(made(classes=30, noise=noise, unregistered=5), replicates=400) for noise in (0.9, 1.3))
    found = {row.metric: row for row in compare(a, b)}
    one, two = recorded(a), recorded(b)
    assert {"tpr@fpr=1e-2", "auroc", "rank1"} <= set(one["draws"]["measures"])
    for measure in one["draws"]["measures"]:
        step, low, high = replicates.difference(one, two, measure)
        expected = found[measure]
        assert step == pytest.approx(expected.difference, abs=2e-6)
        assert (low, high) == pytest.approx((expected.low, expected.high), abs=4e-5)
    assert replicates.difference(one, one, "rank1") == (0.0, 0.0, 0.0)


def test_what_was_measured_on_other_pairs_is_not_compared():
    one = recorded(measured(made(classes=30)))
    for changed in ({"split": "t"}, {"set": "grocery"}, {"draws": None}, {"split": None}):
        assert replicates.difference(one, one | changed, "rank1") is None
    assert replicates.difference(one, one, "tpr@fpr=1e-4") is None, "too few pairs for that point"


def test_undefined_replicates_stay_undefined():
    result = measured(made(classes=3, queries=1, unregistered=1, noise=0.1))
    unpacked = replicates.unpack(replicates.pack(result))
    assert all(np.nanmax(column) <= 1 and len(column) == 30 for column in unpacked.values())
    assert any(np.isnan(column).any() for column in unpacked.values())


def test_a_run_records_each_evaluation_set(script, tmp_path):
    path = tmp_path / "all.jsonl"
    done = script("train.py", *SMALL, "evaluate_on=[own,synthetic]", *OTHER, "name=one", f"results={path}")
    assert done.code == 0, done.err
    lines = results.read(path)
    assert [(x["row"], x["seed"], x["set"]) for x in lines] == [("one", 0, "own"), ("one", 0, "synthetic")]
    assert results.read(tmp_path / "experiments/one/seed0/results.jsonl") == lines
    first = lines[0]
    assert first["training"]["samples"] == 24 and first["training"]["classes"] == 24
    assert first["training"]["seconds"] > 0 and first["network"]["parameters"] > 1000 and first["network"]["gmac"] > 0
    assert str(tmp_path) not in path.read_text() and "results=.../all.jsonl" in first["command"]
    assert {"1e-1", "1e-5"} <= {name.split("=")[1] for name in first["metrics"] if "fpr=" in name and "/" not in name}
    # the same documents under two names
    assert first["split"] == lines[1]["split"] and first["metrics"] == lines[1]["metrics"]
    assert (tmp_path / "experiments/one/seed0/synthetic/metrics.json").exists()

    best = f"ckpt={tmp_path}/experiments/one/seed0/best.ckpt"
    again = script("evaluate.py", best, "evaluate_on=synthetic", *OTHER, "report=false", f"results={path}")
    assert again.code == 0, again.err
    repeated = results.read(path)
    assert len(repeated) == 2, "the same network on the same set replaces its line"
    assert repeated[-1]["metrics"] == lines[1]["metrics"] and repeated[-1]["training"] == first["training"]

    for model in ("hog", "untrained"):
        done = script("evaluate.py", f"model={model}", best, "evaluate_on=synthetic", *OTHER, "report=false",
                      f"results={path}")  # fmt: skip
        assert done.code == 0, done.err
    rows = {x["row"]: x for x in results.read(path)}
    assert set(rows) == {"one", "hog", "untrained"} and rows["hog"]["training"] is None
    assert replicates.difference(rows["hog"], rows["one"], "rank1") is not None


def test_a_sweep_skips_what_is_finished_and_runs_what_is_not(script, tmp_path):
    base = ["-m", *SMALL, "name=s", f"results={tmp_path}/r.jsonl", "metric.replicates=0"]
    assert script("train.py", *base, "seed=0,1").code == 0
    first, second = (next((tmp_path / f"experiments/s/seed{seed}").rglob("best.ckpt")) for seed in (0, 1))
    second.unlink()
    second.with_name("last.ckpt").unlink()
    kept = first.stat().st_mtime_ns
    done = script("train.py", *base, "seed=0,1")
    assert done.code == 0 and done.out.count("is finished") == 1, done.out
    assert first.stat().st_mtime_ns == kept and second.exists()
    again = script("train.py", *base, "seed=0", "evaluate_on=[own,synthetic]", *OTHER)
    assert again.code == 0 and "is finished" not in again.out, "a set was not measured yet"
    assert script("train.py", *base, "seed=0", "skip_finished=false").out.count("check:") > 0


def test_training_on_tested_images_is_refused(script, tmp_path):
    for at in range(20):
        save(tmp_path / f"pool/{at}.png", at)
    base = ["data=folder", f"data.root={tmp_path}/pool", "data.batch_size=4", *SMALL[4:], "metric.replicates=0"]
    documents = ["evaluate_on=documents", f"evaluate_on.documents.root={tmp_path}/pool"]
    done = script("train.py", *base, *documents, "data.holdout_seed=1", "name=leak")
    assert done.code == 1 and "are among the training images" in done.err
    done = script("train.py", *base, *documents, "name=fine")
    assert done.code == 0, done.err
    done = script("train.py", *base, "evaluate_on=documents", "name=unset")
    assert done.code == 1 and "DOCCLF_DOCUMENTS" in done.err and "evaluate_on.documents.root=VALUE" in done.err
