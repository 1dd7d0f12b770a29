"""The one call that runs everything on a CUDA device: what it records of steps that pass and of steps that fail."""

import json
import sys

import pytest
import torch

from experiments import gpu


def steps(*codes):
    return lambda toy, folder: {f"step{i}": [sys.executable, "-c", code] for i, code in enumerate(codes)}


@pytest.mark.parametrize(
    ("codes", "exits"),
    [(["print(1)", "print(2)"], [0, 0]), (["raise SystemExit(3)", "print(2)"], [3, 0]), (["1/0"], [1])],
)
def test_a_step_that_fails_is_recorded_and_the_others_go_on(tmp_path, monkeypatch, codes, exits):
    monkeypatch.setattr(gpu, "steps", steps(*codes))
    out = tmp_path / "gpu.json"
    assert gpu.main(["--toy", "--out", str(out)]) == int(any(exits))
    found = json.loads(out.read_text())
    assert [step["exit"] for step in found["steps"].values()] == exits and found["toy"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a CUDA device")
def test_without_a_device_it_says_how_to_try_it(capsys, tmp_path):
    assert gpu.main(["--out", str(tmp_path / "gpu.json")]) == 1
    assert "--toy" in capsys.readouterr().err and not (tmp_path / "gpu.json").exists()


def test_a_step_of_another_name_runs_nothing(tmp_path):
    assert gpu.main(["--toy", "--only", "none", "--out", str(tmp_path / "gpu.json")]) == 1
