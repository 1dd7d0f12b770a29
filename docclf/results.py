"""Results of runs, one line of JSON per run and evaluation set: written whole, read back, compared in pairs."""

import base64
import fcntl
import hashlib
import json
import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.metric.bootstrap import draw

VERSION = 1
NAME = "results.jsonl"
REPLICATES = 400  # 400 x 5 numbers of 16 bit are 3 to 5 kB a line; a 95 % interval of a difference moves by a tenth
KEPT = ("1e-2", "1e-3", "1e-4")  # operating points whose replicates are kept
CURVE = [round(float(x), 9) for x in np.geomspace(1e-5, 1.0, 31)]


def append(path: Path, record: dict[str, Any]) -> None:
    """Adds a record as the last line of a file: several processes may write, a kill leaves no half line behind.

    Raises:
        InputError: the folder cannot be made or the file not be written.
    """
    line = json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"
    data = line.encode("utf-8", "surrogateescape")
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
            record = json.loads(line)
            place = key(record)
            if record["version"] != VERSION:
                raise ValueError(f"version {record['version']}, this code reads {VERSION}")
        except (ValueError, KeyError, TypeError) as error:
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
    names = ("tpr@", "auroc", "rank", "eer", "threshold@fpr", "missing_negatives@", "fpr_floor", "positives")
    kept = {name: value for name, value in metrics.items() if name.startswith((*names, "negatives", "queries_"))}
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in kept.items()}


def curve(result: Any) -> list[float | None]:
    """Returns the TPR at the FPRs of `CURVE`, ``None`` below the first that the pairs resolve."""
    fpr, tpr = result.roc.get("fpr", np.empty(0)), result.roc.get("tpr", np.empty(0))
    floor = result.metrics.get("fpr_floor") or np.inf
    place = np.searchsorted(fpr, CURVE, side="right") - 1
    return [None if x < floor or at < 0 else round(float(tpr[at]), 4) for x, at in zip(CURVE, place, strict=True)]


def pack(result: Any, seed: int = 0) -> dict[str, Any] | None:
    """Returns bootstrap replicates of a result's resolved measures as text; ``None`` where it has no bootstrap data.

    On one split and with one seed a replicate draws the same classes and captures whatever the model, so the
    difference of two runs' replicates is that of `docclf.metric.compare`, with no need of their scores.
    """
    if result.bootstrap is None:
        return None
    rates = [float(text) for text in KEPT]
    ranks = [1] if result.metrics.get("rank1") is not None else []
    drawn = draw(result.bootstrap, rates, ranks, REPLICATES, seed)
    columns = {f"tpr@fpr={text}": drawn.tpr[:, at] for at, text in enumerate(KEPT)}
    columns |= {"auroc": drawn.auroc, **{f"rank{k}": drawn.ranks[k] for k in ranks}}
    columns = {name: column for name, column in columns.items() if result.metrics.get(name) is not None}
    # 65535 stands for an undefined replicate; shares lie on 0 to 65534, exact to 0.00001.
    table = np.array([np.where(np.isfinite(c), np.round(np.nan_to_num(c) * 65534), 65535) for c in columns.values()])
    planes = np.ascontiguousarray(table.astype(">u2")).view(np.uint8).reshape(-1, 2).T.tobytes()
    text = base64.b85encode(zlib.compress(planes, 9)).decode()
    return {"measures": list(columns), "replicates": REPLICATES, "seed": seed, "data": text}


def unpack(packed: dict[str, Any]) -> dict[str, np.ndarray]:
    """Returns measure to replicates [n] of what `pack` made."""
    planes = np.frombuffer(zlib.decompress(base64.b85decode(packed["data"])), np.uint8)
    values = planes.reshape(2, -1).T.copy().view(">u2").astype(float).reshape(-1, packed["replicates"])
    values = np.where(values == 65535, np.nan, values / 65534)
    return dict(zip(packed["measures"], values, strict=True))


def difference(reference: dict, record: dict, measure: str) -> tuple[float, float, float] | None:
    """Returns (difference, low, high) of one measure between two records, with a paired 95 % interval.

    ``None`` where a run has no such number or the two were not measured on the same pairs.
    """
    a, b = reference["metrics"].get(measure), record["metrics"].get(measure)
    packs = reference.get("draws"), record.get("draws")
    if a is None or b is None or None in packs or not comparable(reference, record):
        return None
    one, other = (unpack(packed).get(measure) for packed in packs)
    if one is None or other is None:
        return None
    steps = (other - one)[np.isfinite(other - one)]
    if len(steps) < 2:
        return None
    low, high = np.quantile(steps, [0.025, 0.975])
    return b - a, float(low), float(high)


def comparable(a: dict, b: dict) -> bool:
    """Returns whether two records were measured on the same images with the same replicates."""
    same = a["set"] == b["set"] and a["split"] is not None and a["split"] == b["split"]
    drawn = [(record.get("draws") or {}) for record in (a, b)]
    return same and all(drawn[0].get(name) == drawn[1].get(name) for name in ("replicates", "seed"))
