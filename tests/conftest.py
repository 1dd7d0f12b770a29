"""Runs the scripts inside the test process: ten times faster than a fresh interpreter each."""

import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import forked
import pytest

ROOT = Path(__file__).resolve().parents[1]
# Small enough that a whole training and evaluation takes a few seconds.
TINY = [
    "data.num_designs=24",
    "data.val_designs=8",
    "data.test_designs=8",
    "data.batch_size=12",
    "data.samples_per_epoch=24",
    "metric.replicates=20",
    "trainer.max_epochs=1",
    "report=false",  # tests/report looks at pages
]


class Output(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Keeps drawn documents and indexes of the tests out of the user's cache."""
    if "DOCCLF_CACHE" not in os.environ:
        shared = "PYTEST_XDIST_WORKER" in os.environ  # by the workers of one session, as by runs side by side
        place = tmp_path_factory.getbasetemp().parent if shared else tmp_path_factory.getbasetemp()
        os.environ["DOCCLF_CACHE"] = str(place / "cache")
    if "OMP_NUM_THREADS" not in os.environ:
        import torch

        torch.set_num_threads(2)


@pytest.fixture
def script(tmp_path, monkeypatch, capfd):
    """Returns a function that runs ``train.py`` or ``evaluate.py`` in ``tmp_path`` and returns code and output."""
    from hydra._internal.hydra import Hydra
    from hydra.core.global_hydra import GlobalHydra

    from docclf.utils.process import stop

    get_mode = Hydra.get_mode

    def mode(self, config_name, overrides):
        """Spares Hydra composing everything once more to find out that no config sets its mode."""
        return get_mode(self, config_name, overrides) if "hydra.mode" in " ".join(overrides) else None

    monkeypatch.setattr(Hydra, "get_mode", mode)

    def run(name: str, *arguments: str) -> Output:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", [str(ROOT / name), *arguments])
        monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
        capfd.readouterr()
        code: int | str | None = 0
        handlers = {number: signal.getsignal(number) for number in stop.SIGNALS}
        try:
            runpy.run_path(str(ROOT / name), run_name="__main__")
        except SystemExit as leave:
            code = leave.code
        finally:
            GlobalHydra.instance().clear()
            for number, handler in handlers.items():
                signal.signal(number, handler)
        out, err = capfd.readouterr()
        return Output(code if isinstance(code, int) else int(bool(code)), out, err)

    return run


@pytest.fixture
def process(tmp_path):
    """Returns a function that runs a script in a process of its own, for what needs one (several ranks, signals).

    It is forked from an interpreter that has imported the scripts already; ``fresh`` starts one from nothing, as a
    command does.
    """

    def run(name: str, *arguments: str, fresh: bool = False, env: dict | None = None):
        command = [sys.executable, str(ROOT / name), *arguments]
        if not fresh:
            return forked.Popen(command, tmp_path, env, tmp_path / "output.txt")
        return subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env
        )

    return run
