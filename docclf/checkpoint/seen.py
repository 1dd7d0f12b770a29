"""Which images a network was trained on, kept beside its checkpoints: an evaluation later is compared with them.

The file holds, for each image, the first 8 bytes of the sha256 of its content and its perceptual hash, and a sha256 of
all that at its end. 16 bytes an image are 21 MB for ImageNet-1K, which is why it is no part of a 2.5 MB checkpoint. No
name of a file is in it.
"""

import hashlib
from pathlib import Path

import numpy as np

from docclf.errors import InputError
from docclf.utils import atomic

NAME = "trained_on.u64"


def record(folder: Path, rows: np.ndarray, before: list[Path]) -> None:
    """Writes what a run trains on into its folder, with what the checkpoints it starts from were trained on.

    Args:
        folder: of the run.
        rows: content and look of each image, uint64 [N,2].
        before: the checkpoints.
    """
    earlier = [found for path in before if (found := read(beside(path))) is not None]
    payload = np.unique(np.concatenate([rows, *earlier]), axis=0).astype("<u8").tobytes()
    atomic.write_bytes(folder / NAME, payload + hashlib.sha256(payload).digest())


def beside(checkpoint: str | Path) -> Path:
    """Returns where a checkpoint's images are noted."""
    return Path(checkpoint).expanduser().parent / NAME


def read(file: Path) -> np.ndarray | None:
    """Returns content and look of each image, uint64 [N,2]; None where there is no such file.

    Raises:
        InputError: it is damaged.
    """
    if not file.is_file():
        return None
    data = file.read_bytes()
    payload, digest = data[:-32], data[-32:]
    if len(payload) % 16 or hashlib.sha256(payload).digest() != digest:
        raise InputError(
            f"{file}: is damaged, so whether tested images were trained on cannot be told; copy it again from where "
            "the run wrote it, or delete it: the evaluation then says that it is not known."
        )
    return np.frombuffer(payload, "<u8").reshape(-1, 2).astype(np.uint64)
