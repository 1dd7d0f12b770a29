"""Drawn documents as training images and as an evaluation set."""

from functools import cached_property

import numpy as np

from docclf.data.drawn.cache import cached, drawing_name
from docclf.data.drawn.designs import design_hashes
from docclf.data.evaluation.loader import EvaluationPart
from docclf.data.evaluation.set import EvaluationSet
from docclf.data.pixels.source import Source
from docclf.errors import InputError
from docclf.synthetic.design import kind_of
from docclf.synthetic.worker import Row, picture

# First design of each split: multiples of the family block, so that siblings never stand in two splits, and far apart,
# so that the evaluation documents stay the same whatever the number of training designs.
STARTS = {"train": 0, "val": 450_000, "test": 900_000}
MOST = 450_000
COUNTS = {"val": 100, "test": 250}  # designs of the evaluation
_MOST_CAPTURES = 999


class Pictures(Source):
    """Rows that are drawn, or found in the cache, when the first one is read.

    Args:
        rows: what is drawn.
        names: what each is called.
        side: side of the squashed pictures, pixels.
        seed: seed of the documents.
        strength: strength of the captures.
        cache_dir: folder of the drawn pictures; None takes DOCCLF_CACHE or ~/.cache/docclf.
        workers: drawing processes; None takes the cores of this process.
    """

    def __init__(
        self,
        rows: list[Row],
        names: list[str],
        side: int,
        seed: int,
        strength: float,
        cache_dir: str | None,
        workers: int | None,
    ):
        self.rows, self._names, self._how = rows, names, (side, seed, strength, cache_dir, workers)
        self.fingerprint = drawing_name(rows, side, seed, strength)

    @cached_property
    def pixels(self) -> np.ndarray:
        """uint8 [n,side,side,3], read-only."""
        return cached(self.rows, *self._how)

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, i: int) -> np.ndarray:
        """Returns picture i, uint8 [side,side,3], squashed; the caller must not write to it."""
        return np.asarray(self.pixels[i])

    def name(self, i: int) -> str:
        """Returns what an error message should call picture i."""
        return self._names[i]


def drawn_documents(
    image_size: int,
    batch_size: int,
    threads: int | None,
    data_seed: int,
    unregistered: float,
    captures: int,
    cache_dir: str | None,
    workers: int | None,
    counts: dict[str, int] = COUNTS,
    strength: float = 1.0,
) -> EvaluationSet:
    """Returns an evaluation set of designs: one clean copy registered, captured copies of other people the queries.

    Args:
        counts: split to the number of its designs.
        image_size, batch_size, threads, data_seed, unregistered, captures, cache_dir, workers, strength: see
            `docclf.data.synthetic.Synthetic`.

    Raises:
        InputError: a value out of range.
    """
    bounds = {"captures": (captures, 1, _MOST_CAPTURES), "data_seed": (data_seed, 0, 2**63)}
    bounds |= {f"{split}_designs": (count, 2, MOST) for split, count in counts.items()}
    for name, (value, least, most) in (bounds | {"strength": (strength, 0, 2)}).items():
        if not least <= value <= most:
            raise InputError(f"data.{name}={value}: expected {least} to {most}.")
    if not 0 <= unregistered < 1:
        raise InputError(f"data.unregistered={unregistered}: expected a share in [0, 1).")
    parts, classes = {}, {}
    for split, count in counts.items():
        known, designs = _order(STARTS[split], count, unregistered)
        classes[split] = [f"{kind_of(design, data_seed)}-{design}" for design in designs]
        hashes = design_hashes(designs, data_seed)
        for part, copies in (("register", (0,)), ("query", tuple(range(1, captures + 1)))):
            chosen = designs[:known] if part == "register" else designs
            rows = [Row(design, design * 1000 + copy, copy > 0) for design in chosen for copy in copies]
            labels = np.arange(len(chosen)).repeat(len(copies))
            names = [f"{classes[split][label]}-copy{row.fill % 1000}" for label, row in zip(labels, rows, strict=True)]
            pictures = Pictures(rows, names, image_size, data_seed, strength, cache_dir, workers)

            def whole(i: int, rows: list[Row] = rows) -> np.ndarray:
                return picture(rows[i], data_seed, strength)

            parts[split, part] = EvaluationPart(names, labels, pictures.read, lambda h=hashes: h, whole)
    return EvaluationSet(parts, classes, image_size, batch_size, threads)


def _order(start: int, count: int, unregistered: float) -> tuple[int, list[int]]:
    """Returns how many designs are registered, and all designs of a split, the registered ones first."""
    left_out = min(round(unregistered * count), count - 1)
    impostor = [(k + 1) * left_out // count > k * left_out // count for k in range(count)]
    designs = sorted(range(count), key=lambda k: (impostor[k], k))
    return count - left_out, [start + k for k in designs]
