"""What a comparison needs of a run, in one file without code in it."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from docclf.errors import InputError
from docclf.metric.bootstrap.draw import Draws
from docclf.metric.result import Result
from docclf.report.inputs import Evaluation
from docclf.report.outcome import outcome
from docclf.utils import atomic
from docclf.utils.reading.arrays import read_npz
from docclf.utils.text import to_json

NAME = "compare.npz"
VERSION = 2


@dataclass
class Saved:
    """One evaluation as it is compared with others.

    Args:
        result: numbers, curves and replicates, without the hardest pairs.
        fingerprint: of the split (`Evaluation.fingerprint`).
        about: facts.
        class_names: name of each label.
        names: name of each row (a query; among all pairs every image) [N].
        labels: int64 [N].
        right: bool [N], whether the nearest image was of the row's class.
        known: bool [N], whether that class could be found.
        taken: label of the nearest image of another class [N]; -1 where there is none.
        margin: best own score less best other score [N]; nan where one is missing.
    """

    result: Result
    fingerprint: str
    about: dict
    class_names: list[str]
    names: list[str]
    labels: np.ndarray
    right: np.ndarray
    known: np.ndarray
    taken: np.ndarray
    margin: np.ndarray


def write(path: Path, result: Result, evaluation: Evaluation, about: dict) -> None:
    """Writes the file, whole or not at all."""
    found = outcome(evaluation, result.protocol)
    places = [found.row(i) for i in range(len(found.own))]
    other = [evaluation.label(found.column(int(at))) if at >= 0 else -1 for at in found.other_at]
    head = {
        "version": VERSION,
        "fingerprint": evaluation.fingerprint(),
        "metrics": result.metrics,
        "targets": list(result.targets),
        "protocol": result.protocol,
        "classes": result.classes,
        "class_names": evaluation.class_names,
        "names": [evaluation.name(place) for place in places],
        "about": about,
        "draws": {"seed": result.draws.seed, "split": result.draws.split} if result.draws else None,
    }
    arrays = {
        f"{group}.{key}": value
        for group in ("roc", "det", "band", "histograms")
        for key, value in getattr(result, group).items()
    }
    arrays |= {
        "head": np.frombuffer(to_json(head).encode(), np.uint8),
        "labels": np.array([evaluation.label(place) for place in places], np.int64),
        "right": found.right,
        "known": found.known,
        "taken": np.array(other, np.int64),
        "margin": found.own - found.other,
    }
    if result.draws is not None:
        arrays |= {f"draws.{key}": values for key, values in result.draws.values.items()}
    atomic.write(path, lambda temporary: _save(temporary, arrays))


def read(path: Path) -> Saved:
    """Reads the file of a run.

    Args:
        path: the file, or the folder of a run.

    Raises:
        InputError: when it is not there or is not such a file.
    """
    path = path / NAME if path.is_dir() else path
    if not path.is_file():
        raise InputError(f"{path} does not exist: give the folder of a run that was evaluated with report=true.")
    try:
        arrays = read_npz(path)
    except InputError as error:
        raise InputError(f"{path} cannot be read ({error}): evaluate the run again.") from error
    try:
        head = json.loads(arrays["head"].tobytes().decode("utf-8", "surrogateescape"))
        if head["version"] != VERSION:
            raise InputError(
                f"{path} has version {head['version']}, this code reads {VERSION}: evaluate the run again."
            )
        return _saved(head, arrays)
    except InputError:
        raise
    except Exception as error:  # a damaged archive raises whatever zipfile, json or numpy raise
        raise InputError(f"{path} cannot be read ({type(error).__name__}: {error}): evaluate the run again.") from error


def _saved(head: dict, arrays: dict[str, np.ndarray]) -> Saved:
    def group(name: str) -> dict[str, np.ndarray]:
        return {key.removeprefix(f"{name}."): value for key, value in arrays.items() if key.startswith(f"{name}.")}

    draws = head["draws"] and Draws(group("draws"), **head["draws"])
    result = Result(head["metrics"], head["targets"], head["protocol"], group("roc"), group("det"), group("histograms"),
                    head["classes"], [], [], band=group("band"), draws=draws)  # fmt: skip
    return Saved(result, head["fingerprint"], head["about"], head["class_names"], head["names"],
                 *(arrays[name] for name in ("labels", "right", "known", "taken", "margin")))  # fmt: skip


def _save(path: str, arrays: dict[str, np.ndarray]) -> None:
    with open(path, "wb") as stream:
        np.savez_compressed(stream, **arrays)
