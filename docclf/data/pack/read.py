"""Reading packs: images of one side, decoded once, in one file that is read by number.

A pack is a folder. `manifest.json` is written last, so a folder without it is no pack. `images.u8` holds the pixels of
image i at byte `i * side * side * 3`; the compact form has `images.jpegs` and `offsets.u64` (num_images + 1 numbers)
instead. `keys.json` lists what each image was called, `hashes.u8` the sha256 of each source file,
`looks.u64` its perceptual hash.
"""

import json
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from docclf.data.pack.journal import digest
from docclf.data.pack.manifest import DATA, check, check_files, check_keys
from docclf.data.pack.part import Part
from docclf.errors import InputError
from docclf.imaging.resize import squash
from docclf.utils.reading import plain_json
from docclf.utils.reading.sealed import opened

FORMAT = "docclf-pack"
VERSION = 1
MANIFEST = "manifest.json"
KEYS = "keys.json"
HASHES = "hashes.u8"
LOOKS = "looks.u64"


class Pack(Part):
    """An opened pack; all methods may be called from several threads and processes at once.

    Args:
        path: the pack's folder.
        manifest: its checked manifest.
        offsets: of the images of a compact pack, checked.

    Attributes:
        num_images: images N; image i is class i.
        side: S, pixels.
        fingerprint: sha256 over the side, the keys and the checksum of every block; equal packs have equal ones.
        images: uint8 [N,S,S,3] RGB, mapped from disk and read-only; None in the compact form.
    """

    def __init__(self, path: Path, manifest: dict, offsets: np.ndarray | None = None):
        self.path, self.manifest = path, manifest
        self.num_images, self.side = manifest["num_images"], manifest["side"]
        self.fingerprint = manifest["fingerprint"]
        self.block, self._fresh = manifest["block"], np.ones(len(manifest["checksums"]), bool)
        self.data = path / DATA[manifest["kind"]]
        if manifest["kind"] == "u8":
            shape = (self.num_images, self.side, self.side, 3)
            self.images: np.memmap | None = np.memmap(self.data, np.uint8, "r", shape=shape)
        else:
            self.images = None
            self._jpegs = np.memmap(self.data, np.uint8, "r")
            self._offsets = offsets

    def __len__(self) -> int:
        return self.num_images

    @cached_property
    def keys(self) -> list[str]:
        """What each image was called in its source: a path, or shard and member."""
        file = self.path / KEYS
        return check_keys(plain_json.read(file, "copy the pack again"), self.num_images, file)

    @cached_property
    def hashes(self) -> np.ndarray:
        """The sha256 of each image's source file, uint8 [N,32]."""
        return np.fromfile(self.path / HASHES, np.uint8).reshape(-1, 32)

    @cached_property
    def looks(self) -> np.ndarray:
        """The perceptual hash of each image, uint64 [N]; `NONE` in packs that were made before they were kept."""
        if LOOKS not in self.manifest["files"]:
            return super().looks
        return np.fromfile(self.path / LOOKS, "<u8").astype(np.uint64)

    def read(self, i: int) -> np.ndarray:
        """Returns image i, uint8 [S,S,3] RGB; the caller must not write to it.

        Raises:
            InputError: naming the images, when their bytes changed since the pack was written.
        """
        self.check(i)
        if self.images is not None:
            return self.images[i]
        image = cv2.imdecode(self._jpegs[self._offsets[i] : self._offsets[i + 1]], cv2.IMREAD_COLOR)
        if image is None or len(image) != self.manifest["stored_side"]:
            raise InputError(
                f"{self.path}: image {i} ({self.name(i)}) is none of {self.manifest['stored_side']} pixels; make the "
                "pack anew."
            )
        return cv2.cvtColor(squash(image, self.side), cv2.COLOR_BGR2RGB)

    def check(self, rows: np.ndarray | int) -> None:
        """Compares the blocks of images ``rows`` with their checksums, each when it is first asked for.

        Raises:
            InputError: naming the images of a block that changed since the pack was written.
        """
        blocks = rows // self.block
        if not self._fresh[blocks].any():
            return
        for k in np.unique(blocks).tolist():
            if self._fresh[k] and not self.whole(k):
                raise InputError(
                    f"{self.data}: the checksum of {self.span(k)} is wrong; `python -m docclf.data.pack --verify "
                    f"{self.path}` names all that changed. Copy the pack again or make it anew."
                )
            self._fresh[k] = False

    def whole(self, k: int) -> bool:
        """Returns whether block k has its checksum."""
        start, stop = k * self.block, min((k + 1) * self.block, self.num_images)
        if self.images is not None:
            places = [edge * self.side * self.side * 3 for edge in (start, stop)]
        else:
            places = self._offsets[[start, stop]].tolist()
        with open(self.data, "rb", buffering=0) as stream:  # not the map, where a bad disk ends the process
            stream.seek(places[0])
            return digest(stream.read(places[1] - places[0])) == self.manifest["checksums"][k]

    def span(self, k: int) -> str:
        """Returns what a message calls block k."""
        start, stop = k * self.block, min((k + 1) * self.block, self.num_images)
        return f"images {start} to {stop - 1} ({self.name(start)}, ...)"


def open_pack(path: str | Path) -> Pack:
    """Opens a pack after checking that its files are there and have the length that the manifest tells.

    Raises:
        InputError: naming the file that is missing, unreadable or of another length.
    """
    path = Path(path).expanduser().absolute()
    manifest = read_manifest(path)
    for name, size in manifest["files"].items():
        file = path / name
        found = file.stat().st_size if file.is_file() else None
        if found != size:
            what = "is missing" if found is None else f"has {found} bytes instead of {size}"
            raise InputError(f"{file}: {what}, so the pack is not whole; copy it again or make it anew.")
    return Pack(path, manifest, check_files(manifest, path))


def read_manifest(path: Path) -> dict:
    """Returns the manifest of a pack.

    Raises:
        InputError: when there is none that this version reads.
    """
    file = path / MANIFEST
    try:
        manifest = opened(json.loads(file.read_text()), file)
    except FileNotFoundError:
        remedy = f"make one with `python -m docclf.data.pack SOURCE --out {path} --side 128`"
        if (path / "journal.jsonl").exists():
            remedy = "the pack is unfinished: run the command that began it again, it goes on where it stopped"
        raise InputError(f"{path}: no pack there ({MANIFEST} is missing); {remedy}.") from None
    except InputError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{file}: cannot be read ({error}); copy the pack again or make it anew.") from error
    if not isinstance(manifest, dict) or (manifest.get("format"), manifest.get("version")) != (FORMAT, VERSION):
        raise InputError(f"{file}: is no manifest of a {FORMAT} of version {VERSION}; make the pack anew.")
    check(manifest, path)
    return manifest
