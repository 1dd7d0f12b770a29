"""The evaluation sets of a run: built before it trains, scored after it, one line of results each."""

import json
from pathlib import Path
from typing import Any

import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from docclf import build, records, results, run
from docclf.errors import InputError

OWN = "own"  # the name in evaluate_on of the test split of the data that a run trains on


def sets(config: DictConfig, image_size: int | None, own: Any = None) -> dict[str, Any]:
    """Returns name to data set for each entry of ``evaluate_on``; ``own`` is the given data set.

    Args:
        config: of either script.
        image_size: side the network takes, pixels.
        own: the data set that is trained on, which must hold no image that is tested.

    Raises:
        InputError: a root that is not there, or a tested image among the training images.
    """
    found = {}
    for name, node in config.evaluate_on.items():
        found[name] = own if name == OWN else build.data(node, image_size, config.seed or 0)
        if name != OWN and (shared := trained_on(own) & held_out(found[name])):
            raise InputError(
                f"evaluate_on={name}: {len(shared)} of its images are among the training images. Hold the same images "
                f"out of both: data.holdout, data.holdout_max and data.holdout_seed as in evaluate_on.{name}."
            )
    return found


def trained_on(dataset: Any) -> set[str]:
    """Returns the sha256 of the images a data set trains on; empty where it trains on no files."""
    if instances := getattr(dataset, "instances", None):  # folders
        return {entry.sha256 for _, entry in instances.images}
    source = getattr(dataset, "source", None)  # packs
    parts = zip(getattr(source, "packs", ()), getattr(source, "rows", ()), strict=True)
    return {row.tobytes().hex() for pack, rows in parts for row in pack.hashes[rows]}


def held_out(dataset: Any) -> set[str]:
    """Returns the sha256 of the images that a folder of documents holds out; empty for other data sets."""
    index = getattr(dataset, "index", None)
    return {entry.sha256 for entry in index.entries} - trained_on(dataset) if index is not None else set()


def score(
    config: DictConfig,
    folder: Path,
    network: Any,
    found: dict[str, Any],
    training: dict[str, Any] | None,
    stored: dict[str, Any] | None = None,
) -> float | None:
    """Scores a network on every set; `own` reports into ``folder``, another set into a folder of its name there.

    Args:
        config: of either script, complete.
        folder: output folder.
        network: what is scored.
        found: of `sets`.
        training: what the training cost; ``None`` without one.
        stored: the checkpoint that evaluate.py was given.

    Returns:
        The value that picks checkpoints, on the first set.
    """
    split, device = config.get("split") or "test", config.get("device") or "auto"
    first = []
    for name, dataset in found.items():
        place = folder if name == OWN else folder / name
        if name != OWN:
            print(f"on {name}:", flush=True)
        result = run.report(config, place, network, split, device, data=dataset)
        first.append(result.metrics.get("select"))
        about = json.loads((place / "metrics.json").read_text())["about"]
        line = records.record(config, stored, name, result, about, training, folder)
        own = folder / results.NAME
        for path in dict.fromkeys([own, Path(config.results or own)]):
            results.append(path, line)
    return first[0] if first else None


def finished(config: DictConfig, folder: Path) -> float | None:
    """Returns what a run that is complete returned, or ``None`` when it must run (again).

    It is complete when its best.ckpt is there and there is a line of results with its very config for each set.
    """
    skip = config.skip_finished
    skip = HydraConfig.get().mode == RunMode.MULTIRUN if skip is None else skip
    path = Path(config.results or folder / results.NAME)
    if not skip or not config.evaluate or not (folder / "best.ckpt").exists() or not path.exists():
        return None
    wanted = records.digest(build.plain(config)), config.seed, config.name
    lines = {x["set"]: x for x in results.read(path) if (x["config"], x["seed"], x["row"]) == wanted}
    if not config.evaluate_on or not set(config.evaluate_on) <= set(lines):
        return None
    print(f"{folder} is finished and left as it is; skip_finished=false runs it again", flush=True)
    value = lines[next(iter(config.evaluate_on))]["training"]["select"]
    return torch.nan if value is None else value
