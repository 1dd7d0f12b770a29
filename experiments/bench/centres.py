"""Class centres on disk: our files beside those of torch.distributed.checkpoint, in turns, on one process.

python -m experiments.bench.centres [CLASSES] [DIM]
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
import torch.distributed.checkpoint as dcp

from docclf.loss.centres import files
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.cosface import CosFace

ROUNDS = 3


def once(place: Path, head: PartialFC, whole: dict) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yields what is timed, by name: both write, then both read."""
    manifest: dict = {}
    yield "our write", lambda: manifest.update(files.save(place / "ours", head))
    yield "their write", lambda: dcp.save(whole, checkpoint_id=str(place / "theirs"))
    yield "our read", lambda: files.load(place / "ours", manifest, head)
    yield "their read", lambda: dcp.load(whole, checkpoint_id=str(place / "theirs"))


def main(classes: int = 100_000, dim: int = 256) -> None:
    """Prints the median seconds of writing and reading, and their ratios."""
    head = PartialFC(classes, dim, CosFace(), SGD())
    head.shard()
    whole = {name: getattr(head.rows, name) for name in head.rows.names}
    seconds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as place:
        for number in range(ROUNDS):
            for name, job in once(Path(place) / str(number), head, whole):
                start = time.perf_counter()
                job()
                seconds.setdefault(name, []).append(time.perf_counter() - start)
    found = {name: statistics.median(all_of) for name, all_of in seconds.items()}
    print(f"{classes} x {dim}, torch {torch.__version__}: " + ", ".join(f"{n} {s:.2f} s" for n, s in found.items()))
    for what in ("write", "read"):
        print(f"{what}: ours takes {found[f'our {what}'] / found[f'their {what}']:.2f} of theirs")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
