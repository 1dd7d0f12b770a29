"""`python -m docclf.data.check SOURCE ...`: tells what is in a source before anything is trained on it."""

if __name__ == "__main__":
    import docclf.utils.process.watch  # noqa: F401  first: Ctrl-C while the rest loads

import argparse
from collections import Counter

import numpy as np

from docclf.data.index.build import Index
from docclf.data.index.command import add_source_arguments, indexes_of, main
from docclf.data.index.copies import NEAR, drop_copies, near_pairs
from docclf.data.pack.estimate import predict
from docclf.data.pack.items import PackItems
from docclf.utils import text

_SHOWN = 10


def report(indexes: list[Index], side: int, threads: int | None = None, shown: int = _SHOWN) -> str:
    """Returns what was found, as text.

    Args:
        indexes: one of each source, with copies.
        side: side of the pack whose size and time are predicted, pixels.
        threads: threads that would pack.
        shown: lines of each list.
    """
    entries = [entry for index in indexes for entry in index.entries]
    lines = []
    for index in indexes:
        size = sum(entry.size for entry in index.entries)
        lines.append(f"{text.shown(str(index.root))}: {len(index.entries)} readable images, {size / 1e9:.3f} GB")
    lines += _listed("left out", [f"{p}: {reason}" for index in indexes for p, reason in index.skipped], shown)
    copies = drop_copies(entries, "exact")
    lines += _listed("exact copies", [f"{entries[k].path}: {reason}" for k, reason in copies.items()], shown)
    singles = [entry for k, entry in enumerate(entries) if k not in copies]
    looks = np.array([entry.look for entry in singles], np.uint64)
    near = [
        f"{singles[i].path} and {singles[j].path} ({(singles[i].look ^ singles[j].look).bit_count()} of 64 bits differ)"
        for i, j in near_pairs(looks).tolist()
    ]
    lines += _listed(f"near copies (perceptual hash within {NEAR} bits)", near, shown)
    shapes = Counter((entry.width, entry.height) for entry in entries)
    sides = np.array([(entry.width, entry.height) for entry in entries])
    often = ", ".join(f"{width} x {height} ({count})" for (width, height), count in shapes.most_common(3))
    lines.append(f"shapes: {len(shapes)}, {_range('width', sides[:, 0])}, {_range('height', sides[:, 1])}; {often}")
    small = int((sides.min(axis=1) < side).sum())
    lines.append(f"smaller than {side} px on a side: {small}")
    for name, compact in (("pack", False), ("compact pack", True)):
        lines.append(f"{name} of {side} px: {predict(PackItems(indexes, side, compact), threads)}")
    return "\n".join(lines)


def _listed(title: str, rows: list[str], shown: int) -> list[str]:
    more = [f"  and {len(rows) - shown} more"] if len(rows) > shown else []
    return [f"{title}: {len(rows)}", *(f"  {text.shown(row)}" for row in rows[:shown]), *more]


def _range(name: str, values: np.ndarray) -> str:
    return f"{name} {values.min()} to {values.max()} (median {np.median(values):.0f})"


def _work() -> None:
    parser = argparse.ArgumentParser(prog="python -m docclf.data.check", description=__doc__)
    add_source_arguments(parser, "+")
    parser.add_argument("--side", type=int, default=128, help="side of the pack to predict, pixels (default: 128)")
    parser.add_argument("--shown", type=int, default=_SHOWN, help=f"lines of each list (default: {_SHOWN})")
    options = parser.parse_args()
    print(report(indexes_of(options, "off"), options.side, options.threads, options.shown))


if __name__ == "__main__":
    main(_work)
