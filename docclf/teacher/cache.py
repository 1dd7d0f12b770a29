"""The tower's features of the un-augmented training images, computed once and kept on disk."""

import hashlib
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor

from docclf.errors import InputError
from docclf.teacher.features.fill import fill
from docclf.teacher.features.identity import differences, identity
from docclf.teacher.tower import Tower
from docclf.utils import atomic
from docclf.utils.cache_folder import cache_folder
from docclf.utils.reading.sealed import opened, seal

_log = logging.getLogger(__name__)
MANIFEST, FEATURES = "manifest.json", "features.f16"
VERSION = 1


class Features:
    """Looks features up by the numbers of training samples.

    Args:
        rows: float16 [N,W], a memory map.
        resident_gb: on a GPU, a copy is kept there if it is no larger than this, 10^9 bytes.
    """

    def __init__(self, rows: np.ndarray, resident_gb: float) -> None:
        self.rows, self.resident_gb, self._copy = rows, resident_gb, None

    def __call__(self, indices: Tensor, device: torch.device) -> Tensor:
        """Returns float32 [B,W] on the device for indices [B]."""
        if device.type == "cuda" and self.rows.nbytes <= self.resident_gb * 1e9:
            if self._copy is None:
                self._copy = torch.from_numpy(np.array(self.rows)).to(device)
            return self._copy[indices.to(device)].float()
        return torch.from_numpy(self.rows[indices.cpu().numpy()]).to(device).float()


class Cache:
    """A folder with ``features.f16`` (float16 [N,W], row = number of the training sample) and ``manifest.json``.

    The manifest names tower, preprocessing and data, and the rows that are done with a digest of each part of them; it
    is written after the rows, so a run killed while filling goes on where it was. A damaged part is computed anew.
    Several processes may ask at once: one fills, the others wait.

    Args:
        folder: where; ``None`` takes a folder of its own for each tower, preprocessing and data, in DOCCLF_CACHE or
            ~/.cache/docclf.
        batch_size: images per run of the tower.
        threads: threads that read; ``None`` takes the cores of this process.
        resident_gb: see `Features`.

    Raises:
        InputError: a value out of range.
    """

    def __init__(
        self,
        folder: str | None = None,
        batch_size: int = 256,
        threads: int | None = None,
        resident_gb: float = 4.0,
    ) -> None:
        if batch_size < 1:
            raise InputError(f"teacher.cache.batch_size={batch_size}: want 1 or more.")
        self.folder, self.batch_size, self.threads, self.resident_gb = folder, batch_size, threads, resident_gb

    def open(self, tower: Tower, dataset: Any, side: int, device: torch.device) -> Features:
        """Returns the features of the training samples of a data set, computed now where they are not there.

        Raises:
            InputError: the folder holds the features of another tower, preprocessing or data, or cannot be written.
        """
        source = dataset.train_loader().source
        now = identity(tower, dataset, source, side, device)
        folder = Path(self.folder).expanduser() if self.folder else _own_folder(now)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(folder / ".lock"):
                parts = self._done(folder, now)
                if _stop(parts) < len(source):
                    self._fill(folder, now, tower, source, side, device, parts)
                rows = np.memmap(folder / FEATURES, np.float16, "r", shape=(len(source), tower.width))
        except OSError as error:
            raise InputError(
                f"the teacher's features cannot be kept in {folder}: {error}. They take "
                f"{len(source) * tower.width * 2 / 1e9:.2f} GB; choose another folder with teacher.cache.folder=DIR, "
                "or teacher.source=online."
            ) from error
        return Features(rows, self.resident_gb)

    def _done(self, folder: Path, now: dict) -> list[list]:
        """Returns [stop, digest] of each part of the rows that is there, after comparing what they were made from."""
        if not (folder / MANIFEST).exists():
            return []
        try:
            manifest = opened(json.loads((folder / MANIFEST).read_text()), folder / MANIFEST)
            then, parts = {"version": manifest["version"], **manifest["identity"]}, manifest["parts"]
            edges = [0, *(stop for stop, _ in parts)]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            _log.warning("%s is unreadable, so the features are made anew (%s)", folder / MANIFEST, error)
            return []
        if changed := differences(then, {"version": VERSION, **now}):
            raise InputError(
                f"the teacher's features in {folder} were made from something else ({'; '.join(changed)}). Restore "
                "those settings, choose another folder with teacher.cache.folder=DIR, or delete that one."
            )
        samples, row, sound = now["data"]["samples"], now["tower"]["width"] * 2, 0
        found = (folder / FEATURES).stat().st_size if (folder / FEATURES).exists() else 0
        if found == samples * row and edges == sorted(edges) and edges[-1] <= samples:
            with open(folder / FEATURES, "rb") as stream:
                while sound < len(parts):
                    if _digest(stream.read((edges[sound + 1] - edges[sound]) * row)) != parts[sound][1]:
                        break
                    sound += 1
        if sound < len(parts):
            _log.warning("%s is damaged and made anew from row %d on", folder / FEATURES, edges[sound])
        return parts[:sound]

    def _fill(
        self, folder: Path, now: dict, tower: Tower, source: Any, side: int, device: torch.device, parts: list[list]
    ) -> None:
        shape, done = (len(source), tower.width), _stop(parts)
        rows = np.memmap(folder / FEATURES, np.float16, "r+" if done else "w+", shape=shape)
        _log.info("the teacher's features go to %s (%d of %d are there)", folder, done, shape[0])

        def save(count: int) -> None:
            rows.flush()
            parts.append([count, _digest(rows[_stop(parts) : count].tobytes())])
            manifest = seal({"version": VERSION, "identity": now, "parts": parts, "teacher": tower.facts})
            atomic.write_text(folder / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False))

        fill(rows, source, tower, side, device, done, self.batch_size, self.threads, save)


def _stop(parts: list[list]) -> int:
    return parts[-1][0] if parts else 0


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _own_folder(now: dict) -> Path:
    return cache_folder() / "teacher" / hashlib.sha256(json.dumps(now, sort_keys=True).encode()).hexdigest()[:24]
