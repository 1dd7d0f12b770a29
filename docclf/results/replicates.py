"""Bootstrap replicates as text in a result's line, and paired differences of them."""

import base64
import zlib
from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.measures import keys
from docclf.metric.compare import paired
from docclf.metric.result import Result

REPLICATES = 400  # 400 x 5 numbers of 16 bit are 3 to 5 kB a line; a 95 % interval of a difference moves by a tenth

MOST = 10_000  # measures, and replicates, of a line


def pack(result: Result) -> dict[str, Any] | None:
    """Returns the first replicates of a result's resolved measures as text; ``None`` where it has none.

    On one split and with one seed a replicate draws the same classes and captures whatever the model, so the
    difference of two runs' replicates is that of `docclf.metric.compare`, with no need of their scores.
    """
    if result.draws is None:
        return None
    values = result.draws.values
    columns = {key: values[key][:REPLICATES] for key in keys("draws", result.metrics) if key in values}
    # 65535 stands for an undefined replicate; shares lie on 0 to 65534, exact to 0.00001.
    table = np.array([np.where(np.isfinite(c), np.round(np.nan_to_num(c) * 65534), 65535) for c in columns.values()])
    planes = np.ascontiguousarray(table.astype(">u2")).view(np.uint8).reshape(-1, 2).T.tobytes()
    text = base64.b85encode(zlib.compress(planes, 9)).decode()
    count = table.shape[1] if columns else 0
    return {"measures": list(columns), "replicates": count, "seed": result.draws.seed, "data": text}


def unpack(packed: dict[str, Any]) -> dict[str, np.ndarray]:
    """Returns measure to replicates [n] of what `pack` made.

    Raises:
        InputError: it is none of that, or would unpack to another size than it tells.
    """
    try:
        names, count = packed["measures"], packed["replicates"]
        if type(names) is not list or len(names) > MOST or type(count) is not int or not 0 <= count <= MOST:
            raise ValueError(f"{len(names)} measures, replicates={count}")
        size = 2 * len(names) * count
        planes = zlib.decompressobj().decompress(base64.b85decode(packed["data"]), size + 1)
        values = np.frombuffer(planes, np.uint8).reshape(2, len(names) * count).T.copy().view(">u2").astype(float)
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise InputError(f"a line of results holds damaged replicates ({error}); remove the line.") from error
    values = np.where(values == 65535, np.nan, values / 65534).reshape(len(names), count)
    return dict(zip(names, values, strict=True))


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
    span = paired(one, other)
    return None if span is None else (b - a, *span)


def comparable(a: dict, b: dict) -> bool:
    """Returns whether two records were measured on the same images with replicates of one seed."""
    same = a["set"] == b["set"] and a["split"] is not None and a["split"] == b["split"]
    drawn = [(record.get("draws") or {}) for record in (a, b)]
    return same and drawn[0].get("seed") == drawn[1].get("seed")
