"""What reaches the loggers: without an account, in several loggers at once, and in one run when it is continued."""

import pytest
import yaml
from conftest import TINY

from docclf.errors import InputError
from docclf.training.callback import loggers

SMALL = [*TINY[:6], "report=true", "trainer=smoke", "evaluate_on=own"]


def test_offline_loggers_get_settings_numbers_pictures_and_the_report(script, tmp_path, monkeypatch):
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    base = [*SMALL, "logger=[csv,tensorboard,wandb_offline]", "name=w"]
    done = script("train.py", *base, "trainer.max_epochs=1")
    assert done.code == 0, done.err
    run = tmp_path / "experiments/w/seed0"

    found = events.EventAccumulator(str(next(run.glob("tensorboard/events.out*")).parent), size_guidance={"images": 0})
    found.Reload()
    assert {"batch", "curve", "roc"} <= set(found.Tags()["images"])
    assert {"val/rank1", "test/own/rank1", "test/own/auroc"} <= set(found.Tags()["scalars"])
    assert "test/own/rank1" in (run / "metrics.csv").read_text().splitlines()[0]
    settings = yaml.safe_load((run / "hparams.yaml").read_text())
    assert settings["loss.margin.m"] == 0.2 and settings["seed"] == 0 and "commit" in settings

    first = list(run.rglob("offline-run-*"))
    assert len([path for path in first if path.is_dir()]) == 1
    files = {path.name for path in run.glob("wandb/offline-run-*/files/**/*")}
    assert {"report.html", "metrics.json", "results.jsonl"} <= files
    assert any(name.startswith("batch_") and name.endswith(".png") for name in files)

    done = script("train.py", *base, "trainer.max_epochs=2", "ckpt_path=last", "evaluate=false")
    assert done.code == 0, done.err
    ids = {path.name.rpartition("-")[2] for path in run.glob("wandb/offline-run-*")}
    assert ids == {(run / "wandb_id").read_text().strip()}, "a continued run is the same run"


@pytest.mark.parametrize("error", ["UsageError", "CommError", "AuthenticationError"])
def test_wandb_without_an_account_says_what_to_do_before_anything_is_read(error):
    errors = pytest.importorskip("wandb.errors")

    class Refused:
        @property
        def experiment(self):
            raise getattr(errors, error)("No API key configured.")

    with pytest.raises(InputError, match="No API key configured. Run `wandb login`.*WANDB_API_KEY.*wandb_offline"):
        loggers._started(Refused())
