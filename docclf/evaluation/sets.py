"""The evaluation sets of a run: built before it trains, scored after it, one line of results each."""

from typing import Any

from omegaconf import DictConfig

from docclf import build
from docclf.errors import InputError

OWN = "own"  # the name in evaluate_on of the test split of the data that a run trains on


def evaluation_sets(config: DictConfig, image_size: int | None, own: Any = None) -> dict[str, Any]:
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
