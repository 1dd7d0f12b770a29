"""Class centres on disk: our files beside those of torch.distributed.checkpoint, in turns, on one process.

python -m experiments.bench.centres [CLASSES] [DIM]
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
import torch.distributed.checkpoint as dcp

from docclf.loss.centres import files
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.cosface import CosFace

ROUNDS = 3


def main(classes: int = 100_000, dim: int = 256) -> None:
    """Prints the median seconds of writing and reading, and their ratios."""
    head = PartialFC(classes, dim, CosFace(), SGD())
    head.shard()
    whole = {name: getattr(head.rows, name) for name in head.rows.names}
    seconds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as place:
        for number in range(ROUNDS):
            ours, theirs = Path(place) / f"ours{number}", Path(place) / f"theirs{number}"
            manifest = {}
            jobs = {
                "our write": lambda: manifest.update(files.save(ours, head)),
                "their write": lambda: dcp.save(whole, checkpoint_id=str(theirs)),
                "our read": lambda: files.load(ours, manifest, head),
                "their read": lambda: dcp.load(whole, checkpoint_id=str(theirs)),
            }
            for name, job in jobs.items():
                start = time.perf_counter()
                job()
                seconds.setdefault(name, []).append(time.perf_counter() - start)
    found = {name: statistics.median(all_of) for name, all_of in seconds.items()}
    print(f"{classes} x {dim}, torch {torch.__version__}: " + ", ".join(f"{n} {s:.2f} s" for n, s in found.items()))
    for what in ("write", "read"):
        print(f"{what}: ours takes {found[f'our {what}'] / found[f'their {what}']:.2f} of theirs")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
