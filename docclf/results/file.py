"""Results of runs, one line of JSON per run and evaluation set: written whole, read back, compared in pairs."""

import fcntl
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from docclf import measures as table
from docclf.errors import InputError
from docclf.utils.reading.sealed import opened, seal
from docclf.utils.text import to_json

VERSION = 1
NAME = "results.jsonl"
CURVE = [round(float(x), 9) for x in np.geomspace(1e-5, 1.0, 31)]


def append(path: Path, record: dict[str, Any]) -> None:
    """Adds a record as the last line of a file: several processes may write, a kill leaves no half line behind.

    Raises:
        InputError: the folder cannot be made or the file not be written.
    """
    data = (to_json(seal(record), separators=(",", ":")) + "\n").encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                data = b"\n" + data  # another program's file without its last line end
            _write(handle, data, size)
        finally:
            os.close(handle)
    except OSError as error:
        raise InputError(
            f"results={path}: could not be written ({error.strerror or error}). Give a file in a folder that can be "
            "written, with space left: results=PATH.jsonl."
        ) from error


def _write(handle: int, data: bytes, size: int) -> None:
    """One write call; where the disk takes less than all of it, the part is cut off again."""
    try:
        if os.write(handle, data) != len(data):
            raise OSError("No space left on device")
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, size)
        raise


def read(path: Path) -> list[dict[str, Any]]:
    """Returns the records of a file in order; of several with one `key` only the last.

    Raises:
        InputError: a line that is no record of this version; names file and line.
    """
    found: dict[tuple, dict] = {}
    for number, line in enumerate(path.read_text("utf-8", "surrogateescape").split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = opened(json.loads(line), f"{path}, line {number}")
            place = key(record)
            if record["version"] != VERSION:
                raise ValueError(f"version {record['version']}, this code reads {VERSION}")
        except InputError:
            raise
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(f"{path}, line {number}: no record of a run ({error}); remove that line.") from error
        found.pop(place, None)
        found[place] = record
    return list(found.values())


def key(record: dict[str, Any]) -> tuple[str, int, str, str]:
    """Returns what a record is of: row, seed, evaluation set, config hash."""
    return record["row"], record["seed"], record["set"], record["config"]


def config_hash(config: dict, without: tuple[str, ...]) -> str:
    """Returns 16 hexadecimal digits of the sha256 of a plain config, top-level keys in ``without`` left out."""
    kept = {name: value for name, value in config.items() if name not in without}
    text = json.dumps(kept, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def measures(metrics: dict[str, Any]) -> dict[str, Any]:
    """Returns the numbers that a record keeps, to six digits."""
    shown = set(table.keys("line", metrics))
    kept = {key: value for key, value in metrics.items() if key.startswith(table.COUNTS) or key.split("/")[0] in shown}
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in kept.items()}


def curve(result: Any) -> list[float | None]:
    """Returns the TPR at the FPRs of `CURVE`, ``None`` below the first that the pairs resolve."""
    fpr, tpr = result.roc.get("fpr", np.empty(0)), result.roc.get("tpr", np.empty(0))
    floor = result.metrics.get("fpr_floor") or np.inf
    place = np.searchsorted(fpr, CURVE, side="right") - 1
    return [None if x < floor or at < 0 else round(float(tpr[at]), 4) for x, at in zip(CURVE, place, strict=True)]
