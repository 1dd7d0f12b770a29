"""Rows as columns of an Arrow table, which is what LanceDB takes and gives."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from docclf.errors import InputError
from docclf.store.base import Row, sound
from docclf.utils.reading import plain_json
from docclf.utils.text import to_json

TEXTS = [("name", pa.string()), ("value", pa.string())]  # of facts
PLAIN = ("id", "label", "name", "sha256", "fingerprint", "attributes")


def schema(width: int) -> list[tuple[str, pa.DataType]]:
    """Returns the fields of rows with vectors of a width; ``tags`` are the attributes as they are searched."""
    texts, vector = [(name, pa.string()) for name in PLAIN], pa.list_(pa.float32(), width)
    return [*texts, ("tags", pa.list_(pa.string())), ("vector", vector), ("picture", pa.binary())]


def table(rows: Sequence[Row], of: pa.Schema) -> pa.Table:
    """Returns rows, one at least, as a table."""
    values: dict[str, Any] = {name: [getattr(row, name) for row in rows] for name in PLAIN if name != "attributes"}
    values |= {"attributes": [to_json(row.attributes) for row in rows], "picture": [row.picture for row in rows]}
    values["tags"] = [[f"{key}={value}" for key, value in row.attributes.items()] for row in rows]
    flat = pa.array(np.stack([row.vector for row in rows]).ravel())
    values["vector"] = pa.FixedSizeListArray.from_arrays(flat, len(rows[0].vector))
    return pa.table(values, schema=of)


def read(found: pa.Table, address: str) -> list[Row]:
    """Returns the rows of a table.

    Raises:
        InputError: it holds what is no row.
    """
    lines = found.drop_columns([c for c in ("vector", "_distance") if c in found.column_names]).to_pylist()
    width = found.schema.field("vector").type.list_size
    flat = found["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(len(lines), width)
    try:
        rows = [
            Row(**{**line, "attributes": plain_json.parse(line["attributes"])}, vector=vector)
            for line, vector in zip(lines, flat, strict=True)
        ]
        sound(rows, address, None, width)
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{address} is damaged or not of docclf: {error}") from error
    return rows


def quoted(value: str) -> str:
    """Returns a text as a literal of SQL."""
    return "'" + value.replace("'", "''") + "'"
