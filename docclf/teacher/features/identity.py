"""What the features of a cache were made from, as plain values that can be compared."""

import hashlib
from typing import Any

import torch

from docclf.imaging.resize import squash
from docclf.teacher.tower import Tower

NAMES, PICTURES = 4096, 32  # samples spread over the set whose names, and pixels, are looked at


def identity(tower: Tower, dataset: Any, source: Any, side: int, device: torch.device) -> dict:
    """Returns tower, preprocessing and data.

    Args:
        tower: the network.
        dataset: with ``describe()``; the fingerprints in it count, those of its evaluation part do not.
        source: the un-augmented training images, in the order of their numbers.
        side: to which they are squashed, pixels.
        device: on which the tower runs.
    """
    about = tower.describe()
    return {
        "tower": {key: about.get(key) for key in ("kind", "weights_sha256", "width")}
        | {"precision": tower.precision_on(device)},
        "preprocessing": about["preprocessing"],
        "data": {
            "samples": len(source),
            "side": side,
            "fingerprint": source.fingerprint,
            "fingerprints": _fingerprints({k: v for k, v in dataset.describe().items() if k != "evaluation"}),
            "names": _digest(source.name(i).encode("utf-8", "surrogateescape") for i in _spread(len(source), NAMES)),
            "pixels": _digest(squash(source.read(i), side).tobytes() for i in _spread(len(source), PICTURES)),
        },
    }


def differences(then: Any, now: Any, path: str = "") -> list[str]:
    """Returns what differs between two nested plain values, as ``a.b: x then, y now``."""
    if isinstance(then, dict) and isinstance(now, dict):
        keys = sorted(then.keys() | now.keys())
        return [line for k in keys for line in differences(then.get(k), now.get(k), f"{path}.{k}" if path else k)]
    return [] if then == now else [f"{path}: {then} then, {now} now"]


def _fingerprints(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [str(node["fingerprint"])] if "fingerprint" in node else []
        return own + [found for value in node.values() for found in _fingerprints(value)]
    if isinstance(node, (list, tuple)):
        return [found for value in node for found in _fingerprints(value)]
    return []


def _spread(length: int, count: int) -> list[int]:
    return sorted({i * length // count for i in range(count)}) if length > count else list(range(length))


def _digest(parts: Any) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()
