"""The guard against testing on training images: by content an error, by look a finding."""

import logging
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from docclf.data.dataset import Dataset
from docclf.data.index.copies import NEAR, near_between
from docclf.data.index.hashes import Hashes, short
from docclf.errors import InputError
from docclf.report.inputs import Finding

_log = logging.getLogger(__name__)
CHOICES = ("refuse", "warn")
SHOWN = 5


class Seen(NamedTuple):
    """Images that a network has seen, or is about to.

    Args:
        rows: content (first 8 bytes of the sha256) and look of each, uint64 [N,2].
        name: what image i is called.
    """

    rows: np.ndarray
    name: Callable[[int], str]


def seen_by(dataset: Dataset) -> Seen:
    """Returns the images that a data set trains on; raises InputError when it cannot say."""
    hashes = dataset.training_hashes()
    return Seen(np.stack([short(hashes.contents), hashes.looks], axis=1).astype(np.uint64), hashes.name)


def noted(rows: np.ndarray | None, where: object) -> list[Seen]:
    """Returns the images that docclf.checkpoint.seen noted, which has no names; none where nothing is noted."""
    return [] if rows is None else [Seen(rows, lambda i: f"an image that {where} was trained on")]


def find(name: str, tested: Hashes, seen: list[Seen], leaks: str, remedy: str) -> list[Finding]:
    """Compares tested images with those that were trained on.

    Args:
        name: of the set in `evaluate_on`.
        tested: its images.
        seen: what was trained on.
        leaks: "refuse", or "warn": then equal images are a finding too.
        remedy: what to do about it, for the error.

    Raises:
        InputError: another `leaks`, or tested images that were trained on.
    """
    if leaks not in CHOICES:
        raise InputError(f"leaks={leaks}: expected one of {', '.join(CHOICES)}.")
    findings = []
    same = sorted({pair for one in seen for pair in _same(tested, one)})
    if same:
        text = f"{len({first for first, _ in same})} of the tested images are among the training images"
        if leaks == "refuse":
            raise InputError(
                f"evaluate_on={name}: {text}, for example {_listed(same)}. {remedy} Or leaks=warn: the figures are "
                "then of images that were trained on, and metrics.json says so."
            )
        text = f"{text}: the figures are not those of images that were never seen."
        findings.append(Finding("trained on", "problem", len(same), text, _lines(same)))
        _log.warning("evaluate_on=%s: %s For example %s", name, text, _listed(same))
    equal = {first for first, _ in same}
    near = sorted({pair for one in seen for pair in _near(tested, one) if pair[0] not in equal})
    if near:
        text = f"tested images look like training images (perceptual hash within {NEAR} of 64 bits); look at the pairs."
        findings.append(Finding("like a training image", "look", len(near), text, _lines(near)))
        _log.warning("evaluate_on=%s: %d %s For example %s", name, len(near), text, _listed(near))
    return findings


def unknown(where: object) -> Finding:
    """Returns the finding of a checkpoint that does not say what it was trained on."""
    text = f"{where} is not there, so tested images were not compared with those that were trained on."
    return Finding("training images", "note", 0, text)


def _same(tested: Hashes, seen: Seen) -> list[tuple[str, str]]:
    contents = short(tested.contents)
    _, ours, theirs = np.intersect1d(contents, seen.rows[:, 0], return_indices=True)
    return [(tested.name(int(i)), seen.name(int(j))) for i, j in zip(ours, theirs, strict=True)]


def _near(tested: Hashes, seen: Seen) -> list[tuple[str, str]]:
    looks, first = np.unique(tested.looks, return_index=True)
    pairs = near_between(looks, np.ascontiguousarray(seen.rows[:, 1]))
    return [(tested.name(int(first[i])), seen.name(int(j))) for i, j in pairs]


def _lines(pairs: list[tuple[str, str]]) -> list[str]:
    return [f"{ours} and {theirs}" for ours, theirs in pairs[:12]]


def _listed(pairs: list[tuple[str, str]]) -> str:
    return "; ".join(_lines(pairs)[:SHOWN])
