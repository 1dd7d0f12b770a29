"""The same scores, block by block, for other tools."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from docclf.metric.pairs.layout import Layout, all_pairs_layout, check_same_model, register_query_layout
from docclf.metric.pairs.scores import plain_float32

Block = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def register_query_scores(register: Tensor, register_labels: Tensor, query: Tensor, query_labels: Tensor,
                          fusion: str = "max") -> Iterator[Block]:  # fmt: skip
    """Yields (scores float32 [n], genuine bool [n], query index [n], register index [n]) of every pair, tile by tile.

    The scores are bit for bit those that `RegisterQuery` counts. The register index of a class with several images is
    that of its first.

    Raises:
        InputError: bad embeddings, labels or widths.
    """
    return _blocks(register_query_layout(register, register_labels, query, query_labels, fusion))


def all_pairs_scores(register: Tensor, register_labels: Tensor, query: Tensor,
                     query_labels: Tensor) -> Iterator[Block]:  # fmt: skip
    """Yields (scores, genuine, one index, other index) of every unordered pair that `AllPairs` counts, tile by tile.

    Raises:
        InputError: bad embeddings, labels or widths.
    """
    check_same_model(register, query)
    return _blocks(all_pairs_layout(torch.cat([register, query]), torch.cat([register_labels, query_labels])))


def _blocks(layout: Layout) -> Iterator[Block]:
    row_source, col_source = layout.row_source.cpu(), layout.col_source.cpu()
    for row in layout.row_edges()[:-1]:
        for first, last in layout.spans(row):
            # The settings hold for this tile only: between two tiles the caller's own work runs.
            with plain_float32(1), torch.no_grad(), torch.autocast(layout.rows.device.type, enabled=False):
                tile = layout.tile(row, first, last)
            valid = torch.ones_like(tile.scores, dtype=torch.bool) if tile.valid is None else tile.valid
            same = torch.zeros_like(valid) if tile.same is None else tile.same
            place = valid.nonzero().cpu()
            yield (tile.scores[valid].cpu().numpy(), same[valid].cpu().numpy(), row_source[place[:, 0] + row].numpy(),
                   col_source[place[:, 1] + first].numpy())  # fmt: skip
