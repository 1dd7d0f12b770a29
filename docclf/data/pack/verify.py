"""Comparing a pack with its checksums."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from docclf.data.pack.journal import digest
from docclf.data.pack.manifest import DATA, OFFSETS
from docclf.data.pack.read import Pack, open_pack
from docclf.errors import InputError
from docclf.utils.process.threads import thread_count


def verify_pack(path: str | Path, threads: int | None = None) -> Pack:
    """Reads a pack whole and compares every block with its checksum.

    Raises:
        InputError: naming the file and the images of every damaged block.
    """
    pack = open_pack(path)
    manifest, wrong = pack.manifest, []
    for name, want in manifest["sha256"].items():
        if hashlib.sha256((pack.path / name).read_bytes()).hexdigest() != want:
            raise InputError(f"{pack.path / name}: its checksum is not the manifest's; copy the pack again.")
    block, count = manifest["block"], pack.num_images
    edges = [*range(0, count, block), count]
    if manifest["kind"] == "u8":
        places = [edge * pack.side * pack.side * 3 for edge in edges]
    else:
        places = np.fromfile(pack.path / OFFSETS, "<u8")[edges].tolist()
    data = pack.path / DATA[manifest["kind"]]

    def whole(k: int) -> bool:
        with open(data, "rb", buffering=0) as stream:
            stream.seek(places[k])
            return digest(stream.read(places[k + 1] - places[k])) == manifest["checksums"][k]

    with (
        ThreadPoolExecutor(thread_count(threads)) as pool,
        tqdm(total=count, desc=f"verifying {pack.path.name}", unit="image", disable=None) as bar,
    ):
        for k, good in enumerate(pool.map(whole, range(len(edges) - 1))):
            bar.update(edges[k + 1] - edges[k])
            if not good:
                wrong.append(f"{edges[k]} to {edges[k + 1] - 1} ({pack.name(edges[k])}, ...)")
    if wrong:
        raise InputError(
            f"{data}: the checksums of {len(wrong)} of {len(edges) - 1} blocks are wrong: images {'; '.join(wrong[:5])}"
            f"{' and more' if len(wrong) > 5 else ''}. Copy the pack again or make it anew."
        )
    return pack
