"""Visual words: which of some thousand typical descriptors a descriptor is nearest to, and on which side of it.

`python -m docclf.verify.vocabulary OUT.npz` makes the file that lies beside this one, of drawn documents alone.
"""

import argparse
from functools import cache
from pathlib import Path

import numpy as np

from docclf.errors import InputError
from docclf.imaging.feature.local import NORM, points
from docclf.utils import atomic

SHIPPED = Path(__file__).resolve().parent / "vocabulary.npz"
BITS = 64
_ROWS = 8192


class Vocabulary:
    """Words with signatures: Hamming embedding (Jegou, Douze, Schmid, ECCV 2008).

    All sums are whole numbers below 2^24, exact in float32: a descriptor has the same word on every processor.

    Args:
        centres: uint8 [K,128], descriptors of length about `NORM`.
        planes: int8 [64,128], the directions whose signs are a signature.
    """

    def __init__(self, centres: np.ndarray, planes: np.ndarray) -> None:
        self.centres, self.planes = centres.astype(np.float32), planes.astype(np.float32).T
        self._half = (self.centres * self.centres).sum(axis=1) / 2

    def __len__(self) -> int:
        return len(self.centres)

    def words(self, descriptors: np.ndarray, count: int = 1) -> np.ndarray:
        """Returns the nearest words of descriptors uint8 [n,128], int64 [n,count], nearest first."""
        found = [np.zeros((0, count), np.int64)]
        for at in range(0, len(descriptors), _ROWS):
            near = descriptors[at : at + _ROWS].astype(np.float32) @ self.centres.T - self._half
            rows = np.arange(len(near))
            best = []
            for _ in range(count):
                best.append(near.argmax(axis=1))
                near[rows, best[-1]] = -np.inf
            found.append(np.stack(best, axis=1))
        return np.concatenate(found)

    def signatures(self, descriptors: np.ndarray, words: np.ndarray) -> np.ndarray:
        """Returns uint64 [n]: on which side of 64 planes through its word [n] each descriptor lies."""
        offsets = descriptors.astype(np.float32) - self.centres[words]
        return np.packbits(offsets @ self.planes > 0, axis=1).view(np.uint64)[:, 0]


@cache
def shipped() -> Vocabulary:
    """Returns the vocabulary that comes with the package."""
    with np.load(SHIPPED, allow_pickle=False) as stored:
        return Vocabulary(stored["centres"], stored["planes"])


def made(designs: int, words: int, seed: int) -> dict[str, np.ndarray]:
    """Returns the arrays of a vocabulary: k-means over the points of drawn documents, clean and captured."""
    import faiss

    from docclf.synthetic.capture import capture
    from docclf.synthetic.draw import draw

    rows = []
    for design in range(designs):
        document = draw(design, 0, seed)
        rows += [points(document).descriptors, points(capture(document, (seed, design))).descriptors]
    rng = np.random.default_rng(seed)
    rows = np.concatenate(rows)
    if len(rows) < 10 * words:
        raise InputError(f"{designs} designs have {len(rows)} points, too few for {words} words; draw more of them.")
    rows = rows[rng.permutation(len(rows))[: 20 * words]].astype(np.float32)
    faiss.omp_set_num_threads(1)
    found = faiss.Kmeans(rows.shape[1], words, niter=8, seed=seed + 1)
    found.train(rows)
    centres = found.centroids * (NORM / np.linalg.norm(found.centroids, axis=1, keepdims=True))
    planes = np.linalg.qr(rng.standard_normal((rows.shape[1], rows.shape[1])))[0][:BITS]
    return {
        "centres": np.clip(np.rint(centres), 0, 255).astype(np.uint8),
        "planes": np.rint(planes * (127 / np.abs(planes).max())).astype(np.int8),
    }


def main(words: list[str] | None = None) -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m docclf.verify.vocabulary", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--designs", type=int, default=500, help="documents to draw (default: 500)")
    parser.add_argument("--words", type=int, default=4096, help="words (default: 4096)")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(words)
    arrays = made(chosen.designs, chosen.words, chosen.seed)

    def fill(temporary: str) -> None:
        with open(temporary, "wb") as stream:
            np.savez_compressed(stream, **arrays)

    atomic.write(chosen.out, fill)
    print(f"{chosen.out}: {len(arrays['centres'])} words of {chosen.designs} drawn documents")


if __name__ == "__main__":
    main()
