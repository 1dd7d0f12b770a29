"""Rows in one gallery file (npz), that of `docclf.gallery`: read and written whole, one writer at a time."""

import fcntl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.gallery import storage
from docclf.gallery.gallery import Gallery
from docclf.store.base import Changes, Row, Where, ident, known, ranked, sound

FACTS = ("fingerprint", "image_size", "threshold", "probe")


class File:
    """A `docclf.store.base.Store` in a gallery file; right for some thousand rows: each write writes all.

    Pictures are not kept, and a gallery with local features is read only: their makers register into it.

    Args:
        path: NAME.npz; written by the first call that writes.
    """

    def __init__(self, path: str | Path) -> None:
        self.path, self.address = Path(path), str(path)

    def insert(self, rows: Sequence[Row]) -> None:
        """Writes the file anew, with the rows."""
        with self._writing() as gallery:
            if gallery.local is not None:
                raise InputError(f"{self.path} holds local features; add to it with docclf.gallery register --add.")
            if gallery.probe is None:
                raise InputError(f"{self.path} knows no model yet: keep fingerprint, image_size and probe first.")
            sound(rows, self.address, gallery.fingerprint, gallery.vectors.shape[1] if len(gallery) else None)
            new = {row.id: row for row in rows}
            self._put(gallery, [row for row in _rows(gallery) if row.id not in new] + list(new.values()))

    def delete(self, ids: Sequence[str]) -> int:
        """Writes the file anew, without the rows."""
        with self._writing() as gallery:
            rows = _rows(gallery)
            gone = {row.id for row in rows} & set(ids)
            vars(gallery).update(vars(gallery.part(np.array([row.id not in gone for row in rows], bool))))
            return len(gone)

    def scan(self, where: Where | None = None, pictures: bool = False) -> Iterator[Row]:
        """Yields rows by id."""
        rows = _rows(self._read())
        known(where, {key for row in rows for key in row.attributes}, self.address)
        yield from sorted(
            (row for row in rows if (where or {}).items() <= row.attributes.items()), key=lambda row: row.id
        )

    def count(self, where: Where | None = None) -> int:
        """Returns how many rows there are."""
        return sum(1 for _ in self.scan(where))

    def nearest(self, query: np.ndarray, count: int, where: Where | None = None) -> list[tuple[float, Row]]:
        """Computes every cosine."""
        return ranked(query, list(self.scan(where)), count)

    def picture(self, id: str) -> bytes | None:
        """Returns ``None``: the file keeps none."""
        return None

    def facts(self) -> dict[str, Any]:
        """Returns what the file says of its model, and its threshold."""
        gallery = self._read()
        found = {name: getattr(gallery, name) for name in FACTS if getattr(gallery, name) is not None}
        return found | ({"probe": found["probe"].tolist()} if "probe" in found else {})

    def keep(self, facts: Mapping[str, Any]) -> None:
        """Writes the file anew, with the facts that it has a place for."""
        if other := set(facts) - set(FACTS):
            raise InputError(f"{self.path}: a gallery file keeps no {', '.join(sorted(other))}; use NAME.db.")
        with self._writing() as gallery:
            for name, value in facts.items():
                setattr(gallery, name, np.array(value, np.float32) if name == "probe" else value)

    def since(self, state: int | None) -> Changes | None:
        """Returns all rows when the file is another."""
        new = self._state()
        return None if new == state else Changes(new, list(self.scan()), None)

    def close(self) -> None:
        """Has nothing to let go of."""

    def _state(self) -> int:
        return self.path.stat().st_mtime_ns if self.path.exists() else 0

    def _read(self) -> Gallery:
        gallery = storage.load(self.path) if self.path.exists() else Gallery(None)
        if gallery.code is not None:
            raise InputError(f"{self.path} keeps codes, and a store holds vectors; register without --code.")
        return gallery

    @contextmanager
    def _writing(self) -> Iterator[Gallery]:
        """The file as it is now, alone; what was done to it is written when nothing was raised."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path.with_name(f".{self.path.name}.lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            gallery = self._read()
            yield gallery
            storage.save(gallery, self.path)

    def _put(self, gallery: Gallery, rows: list[Row]) -> None:
        gallery.labels, gallery.names, gallery.hashes = (
            [getattr(row, name) for row in rows] for name in ("label", "name", "sha256")
        )
        gallery.attributes = [dict(row.attributes) for row in rows]
        gallery.versions = [row.fingerprint for row in rows]
        gallery.vectors = np.stack([row.vector for row in rows]) if rows else gallery.vectors
        if rows:
            gallery.fingerprint = rows[0].fingerprint


def _rows(gallery: Gallery) -> list[Row]:
    columns = (gallery.labels, gallery.names, gallery.hashes, gallery.vectors, gallery.attributes)
    return [
        Row(ident(label, sha256, attributes), label, name, sha256, vector, gallery.fingerprint, attributes)
        for label, name, sha256, vector, attributes in zip(*columns, strict=True)
    ]
