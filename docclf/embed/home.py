"""Embedded blocks into a home of registered vectors (`docclf.store`)."""

from pathlib import Path

import numpy as np

from docclf.embed.write import arrow
from docclf.errors import InputError
from docclf.gallery.embedder import Embedder
from docclf.store.base import Row, ident
from docclf.store.open import open_store
from docclf.utils.reading.arrays import read_npy

BATCH = 500


def register(folder: Path, numbers: list[int], address: str, embedder: Embedder) -> int:
    """Writes the images of finished blocks into a home, under their labels; returns how many.

    A row goes by its label and the sha256 of its file, so that registering again changes nothing.

    Args:
        folder: of the blocks.
        numbers: which of them.
        address: of `docclf.store.open.open_store`.
        embedder: the model.

    Raises:
        InputError: a home of another model, or an array that does not fit its index.
    """
    store, pa, count = open_store(address), arrow(), 0
    there = store.facts().get("fingerprint")
    if there not in (None, embedder.fingerprint):
        raise InputError(
            f"{address} holds vectors of the model {there[:17]}, these are of {embedder.fingerprint[:17]}."
        )
    probe: np.ndarray = embedder.probe()
    about = {"fingerprint": embedder.fingerprint, "image_size": embedder.image_size, "probe": probe.tolist()}
    store.keep(about)
    for number in numbers:
        stem = folder / f"{number:08d}"
        vectors, index = read_npy(stem.with_suffix(".npy")), pa.parquet.read_table(stem.with_suffix(".parquet"))
        found = [one for one in index.to_pylist() if one["row"] is not None]
        if len(found) != len(vectors):
            raise InputError(
                f"{stem}.npy has {len(vectors)} vectors, its index {len(found)}; remove both, embed again."
            )
        rows = [
            Row(ident(one["label"], one["sha256"]), one["label"], one["path"], one["sha256"], vectors[one["row"]],
                embedder.fingerprint)
            for one in found
        ]  # fmt: skip
        for at in range(0, len(rows), BATCH):
            store.insert(rows[at : at + BATCH])
        count += len(rows)
    store.close()
    return count
