"""The evaluation sets of a run: built before it trains, compared with what it trains on, scored after it."""

from pathlib import Path
from typing import NamedTuple

from omegaconf import DictConfig

from docclf import build
from docclf.checkpoint import seen
from docclf.data.dataset import Dataset
from docclf.data.index.hashes import joined
from docclf.evaluation import leaks
from docclf.model.base import Described, Ready
from docclf.report.inputs import Finding

OWN = "own"  # the name in evaluate_on of the test split of the data that a run trains on


class Tested(NamedTuple):
    """A data set to score a network on, and what is known before: tested images that were trained on."""

    dataset: Dataset | None
    findings: list[Finding]


def while_training(config: DictConfig, own: Dataset, before: list[Path]) -> dict[str, Tested]:
    """Returns name to set for each entry of ``evaluate_on``; ``own`` is the data set that is trained on.

    Args:
        config: of train.py.
        own: the data set.
        before: checkpoints that the run starts from; the images they were trained on count as trained on.

    Raises:
        InputError: a root that is not there, a tested image among the training images, or a set that cannot say.
    """
    trained = [leaks.seen_by(own)]
    for path in before:
        trained += leaks.noted(seen.read(seen.beside(path)), path)
    found = {}
    for name, node in config.evaluate_on.items():
        dataset = own if name == OWN else build.data(node, config.image_size, config.seed)
        hold = f": data.holdout, data.holdout_max and data.holdout_seed as in evaluate_on.{name}"
        remedy = f"Hold the same images out of both{'' if name == OWN else hold}."
        # The checkpoint is picked on the own validation split, so it must be as new to the network as the test split.
        hashes = [dataset.evaluation_hashes(split) for split in (("val", "test") if name == OWN else ("test",))]
        found[name] = Tested(dataset, leaks.find(name, joined(hashes), trained, config.leaks, remedy))
    return found


def of_checkpoint(config: DictConfig, network: Described, make: build.Make) -> dict[str, Tested]:
    """Returns name to set for each entry of ``evaluate_on``, compared with what the checkpoint was trained on.

    Args:
        config: of evaluate.py, complete.
        network: what is evaluated.
        make: builds the parts of the config.

    Raises:
        InputError: a root that is not there, or a tested image that the checkpoint was trained on.
    """
    trained = config.ckpt if config.model.get("source") == "checkpoint" else None
    parts = config.model.get("parts") or []
    paths = [path for path in (trained, config.get("register_ckpt"), *parts) if path is not None]
    notes = {path: seen.read(seen.beside(path)) for path in paths}
    found = {}
    for name, node in config.evaluate_on.items():
        if isinstance(network, Ready):
            found[name] = Tested(None, [])
            continue
        given = {"image_size": network.image_size, "seed": config.seed or 0}
        dataset = make(config, "data", augment=None, **given) if name == OWN else build.data(node, **given)
        findings = []
        for path, rows in notes.items():
            if rows is None:
                findings.append(leaks.unknown(seen.beside(path)))
                continue
            remedy = "Evaluate on images that it was not trained on."
            known = leaks.noted(rows, path)
            findings += leaks.find(name, dataset.evaluation_hashes(config.split), known, config.leaks, remedy)
        found[name] = Tested(dataset, findings)
    return found
