"""Another model in the running service: the register is embedded again and changed at once.

POST /api/reload does it, or, beside the service, ``python -m docclf.serve.work.reload GALLERY MODEL``.
"""

import sys
from dataclasses import replace
from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.imaging.read import read_image
from docclf.serve.work.engine import about, opened
from docclf.store.base import Rebuilds, Row, Store
from docclf.store.open import open_store
from docclf.utils.text import shown

BATCH, TRIES = 64, 10


def reload(path: str, store: Store) -> dict[str, Any]:
    """Makes the register one of the model that is in the file now; every worker takes both over before its next batch.

    Thresholds and calibrations of the old model go, as they say nothing of the new one.

    Returns:
        What happened: the model, how many images were embedded again.

    Raises:
        InputError: an image whose picture is not kept, or a home that cannot change all rows at once.
    """
    embedder, facts = opened(path), store.facts()
    if facts.get("fingerprint") == embedder.fingerprint:
        store.keep(about(embedder))
        return {"model": embedder.fingerprint, "embedded": 0}
    if not isinstance(store, Rebuilds):
        raise InputError(
            f"{store.address} cannot change its model in place; register into a new one, and start with it."
        )
    gone = {name: None for name in facts if name.startswith(("threshold", "calibration"))}
    done: dict[str, np.ndarray] = {}
    for _ in range(TRIES):  # what is registered meanwhile is embedded as well
        changes = store.since(None)
        rows = changes.rows
        _embed(store, [row for row in rows if row.id not in done], embedder, done)
        fresh = [replace(row, vector=done[row.id], fingerprint=embedder.fingerprint) for row in rows]
        if store.rebuild(fresh, {**gone, **about(embedder)}, changes.state):
            return {"model": embedder.fingerprint, "embedded": len(done)}
    raise InputError("the register changes faster than it can be embedded; nothing was changed. Try again.")


def _embed(store: Store, rows: list[Row], embedder: Any, done: dict[str, np.ndarray]) -> None:
    for at in range(0, len(rows), BATCH):
        part = rows[at : at + BATCH]
        pictures = [store.picture(row.id) for row in part]
        if missing := [row.name for row, picture in zip(part, pictures, strict=True) if picture is None]:
            raise InputError(
                f"{len(missing)} or more images have no picture to embed again, for example {missing[0]}; register "
                "them again with their files. Nothing was changed."
            )
        vectors = embedder([read_image(picture, name="a kept picture") for picture in pictures])
        done |= {row.id: vector for row, vector in zip(part, vectors, strict=True)}


def main(words: list[str]) -> None:
    """Reads GALLERY and MODEL."""
    if len(words) != 2:
        sys.exit("python -m docclf.serve.work.reload GALLERY MODEL")
    try:
        print(reload(words[1], open_store(words[0])))
    except InputError as error:
        sys.exit(shown(f"error: {error}"))


if __name__ == "__main__":
    main(sys.argv[1:])
