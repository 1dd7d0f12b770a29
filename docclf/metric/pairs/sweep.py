"""All pairs of a layout, gone through in the way that their number asks for."""

from docclf.metric.pairs.found import Sweep
from docclf.metric.pairs.layout import Layout
from docclf.metric.pairs.plain import plain
from docclf.metric.pairs.tiles.walk import walk

PLAIN = 1 << 18  # pairs whose scores and places are held and sorted: 7 MB, some 60 ms


def sweep(layout: Layout, targets: list[float], extremes: int, block_rows: int) -> Sweep:
    """Returns the same numbers either way.

    Args:
        layout: rows and columns.
        targets: false-positive rates whose thresholds are wanted.
        extremes: about how many of the highest impostor pairs to keep with their places, at least.
        block_rows: rows a worker takes at a time.
    """
    if layout.pairs() <= PLAIN:
        return plain(layout, targets)
    return walk(layout, targets, extremes, block_rows)
