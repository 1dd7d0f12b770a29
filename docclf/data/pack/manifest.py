"""The manifest of a pack: every number in it is compared with the files, so that nothing behind it has to doubt."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from docclf.errors import InputError

OFFSETS = "offsets.u64"
DATA = {"u8": "images.u8", "jpeg": "images.jpegs"}
MOST_SIDE, MOST_IMAGES = 8192, 2**40
_HEX = re.compile(r"[0-9a-f]{32,64}")
_OPTIONAL = {"looks.u64": 8}  # bytes an image


def check(manifest: dict[str, Any], path: Path) -> None:
    """Raises InputError unless kinds, counts and sizes of a manifest are possible, and its files those of a pack.

    Args:
        manifest: of a pack of this version.
        path: the pack's folder.
    """
    wrong = _wrong(manifest)
    if wrong:
        raise InputError(f"{path}: its manifest is damaged ({wrong}); copy the pack again or make it anew.")


def _wrong(manifest: dict[str, Any]) -> str | None:
    """Returns the first entry that is not possible."""
    for name, most in {"num_images": MOST_IMAGES, "side": MOST_SIDE, "stored_side": MOST_SIDE, "block": 2**31}.items():
        if type(manifest.get(name)) is not int or not 1 <= manifest[name] <= most:
            return f"{name}={str(manifest.get(name))[:60]}"
    if manifest.get("kind") not in tuple(DATA):
        return "kind"
    files, sums, checksums = (manifest.get(name) for name in ("files", "sha256", "checksums"))
    if type(files) is not dict or type(sums) is not dict or type(checksums) is not list:
        return "files, sha256 or checksums"
    count, side = manifest["num_images"], manifest["side"]
    sizes = {"keys.json": None, "hashes.u8": 32 * count, DATA[manifest["kind"]]: None}
    if manifest["kind"] == "u8":
        sizes[DATA["u8"]] = count * side * side * 3
    else:
        sizes[OFFSETS] = 8 * (count + 1)
    sizes |= {name: each * count for name, each in _OPTIONAL.items() if name in files}
    if set(files) != set(sizes) or not set(sums) <= set(sizes):
        return "files"
    for name, size in files.items():
        if type(size) is not int or size < 0 or sizes[name] not in (None, size):
            return f"files.{name}={str(size)[:60]}"
    texts = [manifest.get("fingerprint"), *sums.values(), *checksums]
    if not all(type(text) is str and _HEX.fullmatch(text) for text in texts):
        return "fingerprint, sha256 or checksums"
    return None if len(checksums) == -(-count // manifest["block"]) else "number of checksums"


def check_files(manifest: dict[str, Any], path: Path) -> np.ndarray | None:
    """Compares what is small with its checksums: all but the pixels, which `--verify` reads.

    Returns:
        The offsets of a compact pack, int64 [N+1].

    Raises:
        InputError: naming the file that changed since the pack was written, or the manifest.
    """
    for name, want in manifest["sha256"].items():
        if hashlib.sha256((path / name).read_bytes()).hexdigest() != want:
            raise InputError(f"{path / name}: its checksum is not the manifest's; copy the pack again.")
    whole = hashlib.sha256(json.dumps([manifest["side"], manifest["stored_side"], manifest["checksums"]]).encode())
    whole.update((path / "keys.json").read_bytes())
    if whole.hexdigest() != manifest["fingerprint"]:
        raise InputError(f"{path}: its manifest changed since the pack was written; copy the pack again.")
    if manifest["kind"] == "u8":
        return None
    offsets = np.fromfile(path / OFFSETS, "<u8")
    if offsets[0] != 0 or offsets[-1] != manifest["files"][DATA["jpeg"]] or (offsets[1:] < offsets[:-1]).any():
        raise InputError(f"{path / OFFSETS}: its places do not lie in the images; copy the pack again.")
    return offsets.astype(np.int64)


def check_keys(keys: Any, count: int, path: Path) -> list[str]:
    """Returns the keys; raises InputError unless there is a text for each image."""
    if type(keys) is not list or len(keys) != count or not all(type(key) is str for key in keys):
        raise InputError(f"{path}: holds no name for each of the {count} images; copy the pack again.")
    return keys
