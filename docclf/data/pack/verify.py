"""Comparing a pack with its checksums."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tqdm import tqdm

from docclf.data.pack.read import Pack, open_pack
from docclf.errors import InputError
from docclf.utils.process.threads import thread_count


def verify_pack(path: str | Path, threads: int | None = None) -> Pack:
    """Reads a pack whole and compares every block with its checksum.

    Raises:
        InputError: naming the file and the images of every damaged block.
    """
    pack = open_pack(path)
    wrong = []
    edges = [*range(0, pack.num_images, pack.block), pack.num_images]
    with (
        ThreadPoolExecutor(thread_count(threads)) as pool,
        tqdm(total=pack.num_images, desc=f"verifying {pack.path.name}", unit="image", disable=None) as bar,
    ):
        for k, good in enumerate(pool.map(pack.whole, range(len(edges) - 1))):
            bar.update(edges[k + 1] - edges[k])
            if not good:
                wrong.append(pack.span(k))
    if wrong:
        raise InputError(
            f"{pack.data}: the checksums of {len(wrong)} of {len(edges) - 1} blocks are wrong: {'; '.join(wrong[:5])}"
            f"{' and more' if len(wrong) > 5 else ''}. Copy the pack again or make it anew."
        )
    return pack
