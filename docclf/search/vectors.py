"""Vectors on disk: one .npy file, or the folder of numbered ones that ``python -m docclf.embed`` writes."""

from pathlib import Path

import numpy as np

from docclf.errors import InputError
from docclf.utils.reading.arrays import read_npy


def read_vectors(path: str | Path) -> np.ndarray:
    """Returns unit vectors float32 [N,D] of a file or a folder.

    Raises:
        InputError: none there, a damaged file, or vectors of several widths or of another length than 1.
    """
    path = Path(path)
    files = sorted(path.glob("[0-9]*.npy")) if path.is_dir() else [path]
    parts = [read_npy(file) for file in files]
    for file, rows in zip(files, parts, strict=True):
        if rows.dtype != np.float32 or rows.ndim != 2 or rows.shape[1] != parts[0].shape[-1]:
            raise InputError(f"{file}: {rows.dtype} {list(rows.shape)}; want float32 [N,D], all files of one width.")
        lengths = np.linalg.norm(rows.astype(np.float64), axis=1)
        if not (np.abs(lengths - 1) < 1e-3).all():
            raise InputError(f"{file}: vectors of other lengths than 1; want those of docclf.embed.")
    if not sum(map(len, parts)):
        raise InputError(f"{path}: no vectors; want a .npy file, or a folder that docclf.embed wrote.")
    return np.concatenate(parts)
