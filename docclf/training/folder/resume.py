"""Whether a run's folder is finished, continued or fresh."""

from pathlib import Path
from typing import Any

import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from docclf.checkpoint import read as checkpoint
from docclf.config import plain
from docclf.config.plain import flat
from docclf.errors import InputError
from docclf.results import file as results
from docclf.results import record as records
from docclf.training.compatibility import other_images

IMAGES = "training_images"  # entry of the facts of a checkpoint: the fingerprint of what it was trained on
# Settings that may differ between a run and its continuation.
FREE = (
    *("ckpt_path", "evaluate", "report", "logger", "callbacks", "trainer", "name", "results", "evaluate_on"),
    *("skip_finished", "budget", "checkpoint_every_steps", "leaks"),
)
# May differ as well, since its product with the number of processes may not (training.compatibility.check_batch).
PER_PROCESS = "data.batch_size"


def finished(config: DictConfig, folder: Path) -> float | None:
    """Returns what a run that is complete returned, or ``None`` when it must run (again).

    It is complete when its best.ckpt is there and there is a line of results with its very config for each set.
    """
    skip = config.skip_finished
    skip = HydraConfig.get().mode == RunMode.MULTIRUN if skip is None else skip
    path = Path(config.results or folder / results.NAME)
    if not skip or not config.evaluate or not (folder / "best.ckpt").exists() or not path.exists():
        return None
    wanted = records.digest(plain.plain(config)), config.seed, config.name
    lines = {x["set"]: x for x in results.read(path) if (x["config"], x["seed"], x["row"]) == wanted}
    if not config.evaluate_on or not set(config.evaluate_on) <= set(lines):
        return None
    print(f"{folder} is finished and left as it is; skip_finished=false runs it again", flush=True)
    value = lines[next(iter(config.evaluate_on))]["training"]["select"]
    return torch.nan if value is None else value


def check_images(path: Path | None, dataset: Any) -> None:
    """Compares the training images with those that a run had, before anything is built or written.

    Args:
        path: of the checkpoint that the run goes on from; ``None`` for a fresh run.
        dataset: of the run, with ``num_classes`` and ``fingerprint()``.

    Raises:
        InputError: they are others, or in another order.
    """
    facts = checkpoint.load(path)[checkpoint.KEY].get("facts") or {} if path else {}
    then, now = facts.get(IMAGES), dataset.fingerprint()
    if then is not None and then != now:
        counts = f"{facts.get('num_classes')} classes then, {dataset.num_classes} now"
        raise other_images(path, f"{counts}; fingerprint {str(then)[:16]} then, {now[:16]} now")


def checkpoint_to_continue(config: DictConfig, folder: Path) -> Path | None:
    """Returns the checkpoint to continue from, or ``None`` for a fresh run.

    Raises:
        InputError: the folder holds a run with other settings, or the checkpoint asked for is not there.
    """
    last = folder / "last.ckpt"
    if config.ckpt_path is None and not last.exists():
        return None
    path = last if config.ckpt_path in (None, "last") else Path(config.ckpt_path)
    stored = checkpoint.load(path)
    old, new = flat(checkpoint.config_of(stored, path).config), flat(plain.plain(config))
    if "optimizer_states" not in stored:
        raise InputError(
            f"{path} holds the weights only, to evaluate or to start from (init_from={path}); a run goes on from its "
            "last.ckpt: ckpt_path=last, or the path of another one."
        )
    free = {k for k in old.keys() | new.keys() if k.split(".")[0] in FREE} | {PER_PROCESS}
    differing = sorted(k for k in (old.keys() | new.keys()) - free if old.get(k) != new.get(k))
    if differing:
        shown = "; ".join(f"{k}: {old.get(k)!r} there, {new.get(k)!r} now" for k in differing[:8])
        raise InputError(
            f"{path} is a run with other settings ({shown}). Continue it with the settings it had, or start a fresh "
            "run under another name: name=NAME."
        )
    return path
